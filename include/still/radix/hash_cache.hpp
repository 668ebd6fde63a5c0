// SPDX-License-Identifier: BSL-1.0
//
// Where a node keeps the hash of what is below it, for slots that ask for it.

#pragma once

#include <atomic>
#include <cstdint>

namespace still::radix {

/// Slots in whose tables nodes keep hashes of what is below them: those that say so by a member type `keeps_hashes`.
/// The layer above has the hashes; one table keeps one kind.
template <class Slot>
concept hash_kept = requires { typename Slot::keeps_hashes; };

/// A hash that may be known. Thread contract: `known` and `learn` from any thread, all of which learn the same;
/// `forget` by the node's only owner.
class hash_cache {
public:
    /// The hash, or 0: not known.
    [[nodiscard]] std::uint64_t known() const noexcept { return known_.load(std::memory_order_relaxed); }
    void learn(std::uint64_t hash) const noexcept { known_.store(hash, std::memory_order_relaxed); }
    void forget() noexcept { known_.store(0, std::memory_order_relaxed); }

private:
    mutable std::atomic<std::uint64_t> known_{ 0 };
};

/// For slots without.
class no_hash_cache {
public:
    static void forget() noexcept { }
};

} // namespace still::radix
