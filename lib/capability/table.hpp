// SPDX-License-Identifier: BSL-1.0
//
// The table of grants and forwarders: chunks of slots that keep their place and their type for good, so
// that a reader may look at any slot at any time, and tell by its generation what it has seen.
// See Note: capability table.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>

#include "capability/tag.hpp"
#include "still/capability/slots.hpp"

namespace still::slots {

/// One grant or forwarder, or a free place for one.
///
/// Invariants, whoever looks:
///   live:  tag ≠ 0, and generation is the name's
///   free:  tag = 0, and generation is one that no name has yet, or 0: retired for good
///   a grant has depth 0; a forwarder's depth is its parent's + 1, and `version` is its parent's
///   generation never decreases, so that equal generations before and after mean one incarnation
struct alignas(64) slot {
    std::atomic<std::uint64_t> tag{ 0 };
    std::atomic<std::uint32_t> generation{ 1 };
    std::atomic<std::uint32_t> depth{ 0 };
    std::atomic<std::uint32_t> parent{ 0 };
    std::atomic<std::uint32_t> parent_generation{ 0 };
    std::atomic<stored*> version{ nullptr };
    std::atomic<kind const*> type{ nullptr };
    /// The slot's owner alone touches it.
    bank payer;
    std::atomic<std::uint32_t> next_free{ 0 };
};
static_assert(sizeof(slot) == slot_bytes);

/// Thread contract: every member from any thread.
class capability_table {
public:
    /// Slots are retired after `last_generation` (≥ 1) incarnations.
    explicit capability_table(std::uint32_t last_generation = std::numeric_limits<std::uint32_t>::max());
    /// Precondition: nothing is granted and nobody uses it.
    ~capability_table();
    capability_table(capability_table const&) = delete;
    capability_table& operator=(capability_table const&) = delete;

    // As the functions of the same names in still/capability/slots.hpp.
    [[nodiscard]] name grant(stored& version, kind const& type, bank const& payer);
    [[nodiscard]] name forward(name const& source, kind const& type, bank const& payer);
    void revoke(name const& owned) noexcept;
    [[nodiscard]] opened open(name const& asked, kind const& type) noexcept;
    void close(opened const& lease) noexcept;
    std::size_t reclaim() noexcept;

    /// What it holds now. Exact while nobody else uses it.
    struct statistics {
        std::size_t live; ///< grants and forwarders
        std::size_t retired; ///< slots whose generation would wrap
        std::size_t bytes; ///< in chunks: ≤ slot_bytes · (most live slots ever + retired) + one chunk
    };
    [[nodiscard]] statistics seen() const noexcept;

    static constexpr std::size_t chunk_slots = 1024;
    static constexpr std::size_t most_chunks = 16'384;

private:
    /// What a name leads to: the slot's content, as the named incarnation had it. No version: why not.
    struct sighting {
        slot const* place = nullptr;
        stored* version = nullptr;
        std::uint32_t depth = 0;
        refusal why = refusal::null;
    };
    [[nodiscard]] slot* find(std::uint32_t index) const noexcept;
    [[nodiscard]] sighting look(name const& asked, kind const& type) const noexcept;
    /// True when nothing on the way from a slot to its grant has been revoked.
    [[nodiscard]] bool whole(slot const* from, std::uint32_t generation, std::uint32_t depth) const noexcept;
    /// A free slot, the caller's until it is published or freed. Throws std::bad_alloc.
    [[nodiscard]] std::uint32_t take();
    void give_back(std::uint32_t index) noexcept;
    /// Clears a pin, and destroys what waited for that.
    void unpin(pin held) noexcept;
    /// Puts a version whose grant is gone on the list.
    void retire(stored* version) noexcept;
    [[nodiscard]] name publish(std::uint32_t index, kind const& type, bank const& payer) noexcept;

    tag_maker const tags_;
    std::uint32_t const last_generation_;
    /// Lower half: 1 + the index of the first free slot, or 0. Upper half: counts changes, so that a slot
    /// that was taken and came back isn't mistaken for one that never left.
    std::atomic<std::uint64_t> free_{ 0 };
    std::atomic<stored*> retired_versions_{ nullptr };
    /// Counts pins that were cleared after a reclaim had found them.
    std::atomic<std::size_t> awaited_ends_{ 0 };
    std::atomic<std::size_t> live_{ 0 };
    std::atomic<std::size_t> retired_slots_{ 0 };
    std::mutex growing_;
    std::atomic<std::uint32_t> made_{ 0 };
    std::array<std::atomic<slot*>, most_chunks> chunks_{};
};

} // namespace still::slots
