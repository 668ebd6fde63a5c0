// SPDX-License-Identifier: BSL-1.0
//
// A slot of the table of grants and forwarders. Chunks of slots keep their place and their type for good, so
// that a reader may look at any slot at any time, and tell by its tag or generation what it has seen.
// See Note: capability table.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "still/capability/pins.hpp"

namespace still::core {
class bank_record;
}

namespace still::slots {

/// What stands for a type in a slot.
struct kind;

/// One grant or forwarder, or a free place for one.
///
/// Invariants, whoever looks:
///   live:  tag ≠ 0, and generation is the name's
///   free:  tag = 0, and generation is one that no name has yet, or 0: retired for good
///   a grant has depth 0 and a version; a forwarder's depth is its parent's + 1, or it was born dead
///   generation never decreases, so that equal generations before and after mean one incarnation
/// Whoever exchanges the tag for 0 empties the slot: its owner, or the destruction of the bank that pays for it.
struct alignas(64) slot {
    std::atomic<std::uint64_t> tag{ 0 };
    std::atomic<std::uint32_t> generation{ 1 };
    std::atomic<std::uint32_t> depth{ 0 };
    /// Of a forwarder: the slot before it, and its generation there. Of a grant: who made it.
    std::atomic<std::uint64_t> parent{ 0 };
    /// Of a grant: null while it is being emptied.
    std::atomic<stored*> version{ nullptr };
    std::atomic<kind const*> type{ nullptr };
    std::atomic<core::bank_record*> payer{ nullptr };
    /// Of a free slot, the next.
    std::atomic<std::uint32_t> next{ 0 };
    /// The last generation that ended with its bank.
    std::atomic<std::uint32_t> ended_with_bank{ 0 };
    /// What is lost to those who come through here.
    std::atomic<std::uint32_t> lost{ 0 };

    static constexpr std::uint32_t born_dead = std::numeric_limits<std::uint32_t>::max();
};

/// Bytes that a slot costs its bank.
inline constexpr std::size_t slot_bytes = 64;
static_assert(sizeof(slot) == slot_bytes);

/// All slots of a table, by their index. Once made, a chunk stays.
struct slot_chunks {
    static constexpr unsigned index_bits = 24;
    static constexpr std::size_t chunk_slots = 1024;
    static constexpr std::size_t most_chunks = (std::size_t{ 1 } << index_bits) / chunk_slots;

    std::array<std::atomic<slot*>, most_chunks> first{};
    /// Raised with each generation that ends, before anybody is told so. No two tables ever have the same.
    std::atomic<std::uint64_t> epoch{ 0 };

    /// Precondition: it was made.
    [[nodiscard]] slot& operator[](std::uint32_t index) const noexcept
    {
        return first[index / chunk_slots].load(std::memory_order_acquire)[index % chunk_slots];
    }
    /// Null where none was ever made. Precondition: the index has index_bits at most.
    [[nodiscard]] slot* find(std::uint32_t index) const noexcept
    {
        auto* const chunk = first[index / chunk_slots].load(std::memory_order_acquire);
        return chunk != nullptr ? chunk + index % chunk_slots : nullptr;
    }
};

} // namespace still::slots
