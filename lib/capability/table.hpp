// SPDX-License-Identifier: BSL-1.0
//
// The table of grants and forwarders. See Note: capability table.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>

#include "capability/chunk.hpp"
#include "capability/tag.hpp"
#include "still/capability/pins.hpp"
#include "still/capability/slot.hpp"
#include "still/capability/slots.hpp"

namespace still::slots {

/// Thread contract: every member from any thread.
class capability_table {
public:
    /// Slots are retired after `last_generation` (≥ 1) incarnations. Orders as `wanted`, as far as the system goes
    /// along. One whose slots stay for good is never destroyed.
    explicit capability_table(std::uint32_t last_generation = std::numeric_limits<std::uint32_t>::max(),
        ordering wanted = ordering::by_revoker, stay slots = stay::as_the_table);
    /// Precondition: nothing is granted and nobody uses it.
    ~capability_table();
    capability_table(capability_table const&) = delete;
    capability_table& operator=(capability_table const&) = delete;

    // As the functions of the same names in still/capability/slots.hpp.
    [[nodiscard]] name grant(stored& version, kind const& type, bank const& payer, std::uint64_t maker = 0,
        grant_of what = grant_of::version);
    [[nodiscard]] name forward(name const& source, kind const& type, bank const& payer);
    [[nodiscard]] name attenuate(name const& source, kind const& type, std::uint32_t lost) const noexcept;
    [[nodiscard]] std::uint32_t losses_of(name const& asked, kind const& type) const noexcept;
    [[nodiscard]] std::uint64_t maker_of(name const& asked, kind const& type) const noexcept;
    [[nodiscard]] std::uint64_t grant_of_name(name const& asked, kind const& type) const noexcept;
    void revoke(name const& owned) noexcept;
    [[nodiscard]] waited revoke_and_wait(name const& owned, std::chrono::steady_clock::time_point deadline) noexcept;
    [[nodiscard]] opened open(name const& asked, kind const& type) noexcept;
    [[nodiscard]] replaced replace(name const& cell, kind const& type, stored& next, stored const* expected) noexcept;
    void close(opened const& lease) noexcept;
    std::size_t reclaim() noexcept { return reclaim(nullptr, nullptr); }

    /// Effect: empties every slot that a destroyed bank pays for, and adds to the report how many there were, and the
    /// leases on what they granted; also those on what was granted before, taken back or replaced since, and is paid
    /// for by `destroyed`, if that isn't null, or a bank below it. O(slots).
    void take_back_grants(core::bank_record const* destroyed, destruction& report) noexcept;

    [[nodiscard]] table_state seen() const noexcept;

    // As a part of forks; see Note: forks.
    void hold() noexcept { growing_.lock(); }
    void let_go() noexcept { growing_.unlock(); }
    void begin_child() noexcept;

    static constexpr std::size_t chunk_slots = slot_chunks::chunk_slots;
    static constexpr std::size_t most_chunks = slot_chunks::most_chunks;

    [[nodiscard]] slot_chunks const& chunks() const noexcept { return chunks_; }
    /// What readers of this table's slots have to do.
    [[nodiscard]] ordering readers_order() const noexcept { return order_; }
    /// Effect: destroys a version that waited for the pin that the caller has taken off it.
    void look_after(stored const* version) noexcept;

private:
    /// What a name leads to: the slot's content, as the named incarnation had it. No place: why not.
    struct sighting {
        slot* place = nullptr;
        std::uint32_t depth = 0;
        std::uint32_t lost = 0;
        refusal why = refusal::null;
    };
    /// The grant at the end of a way that is whole; none: why it isn't.
    struct way_end {
        slot* grant = nullptr;
        refusal why = refusal::revoked;
    };
    [[nodiscard]] slot* find(std::uint32_t index) const noexcept { return chunks_.find(index); }
    [[nodiscard]] sighting look(name const& asked, kind const& type) const noexcept;
    /// Follows a way from a slot to its grant.
    [[nodiscard]] way_end follow(slot* from, std::uint32_t generation, std::uint32_t depth) const noexcept;
    /// The same, but in O(1) where this thread has followed it before and nothing was taken back since.
    [[nodiscard]] way_end follow_known(slot* from, std::uint32_t generation, std::uint32_t depth) const noexcept;
    /// Opens what was sighted, whatever its rights.
    [[nodiscard]] opened enter(sighting const& found, name const& asked) noexcept;
    /// Why a name of that generation doesn't open any more.
    [[nodiscard]] static refusal end_of(slot const& place, std::uint32_t generation) noexcept;
    /// Whether a lease by `way` came through a slot's incarnation.
    enum class passage : std::uint8_t { through, elsewhere, unknown };
    [[nodiscard]] passage passes(std::uint64_t way, std::uint32_t index, std::uint32_t generation) const noexcept;
    /// A free slot, the caller's until it is published or freed. Throws std::bad_alloc.
    [[nodiscard]] std::uint32_t take();
    void give_back(std::uint32_t index) noexcept;
    /// Raises a generation, if nobody has yet.
    void end_generation(slot& place, std::uint32_t generation) noexcept;
    /// What was in a slot: a grant's version, for the caller to retire, and the payer, for the caller to refund.
    struct contents {
        stored* granted = nullptr;
        core::bank_record* payer = nullptr;
    };
    /// Empties a slot whose tag the caller has exchanged for 0.
    [[nodiscard]] contents empty(std::uint32_t index, std::uint32_t generation) noexcept;
    /// Empties a slot that a destroyed bank pays for; no payer: it was none. Precondition: the banks' tree is locked.
    [[nodiscard]] contents take_back(slot& place, std::uint32_t index) noexcept;
    /// In a child of `fork`, before the first slot is filled or emptied there: empties those that threads of the
    /// parent's were just filling or emptying.
    void finish_for_parent() noexcept
    {
        if (unfinished_.load(std::memory_order_acquire)) [[unlikely]]
            finish_unfinished();
    }
    void finish_unfinished() noexcept;
    struct closing;
    /// As `reclaim`, and adds the leases on what it keeps to the report, where a bank from `payer` down pays for it.
    std::size_t reclaim(core::bank_record const* payer, destruction* report) noexcept;
    static void note_leases(destruction& report, stored const* granted) noexcept;
    /// Clears a pin, and destroys what waited for that.
    void unpin(pin held, stored const* version) noexcept;
    /// Effect: lets go of versions, linked by next_retired, whose destroyed banks have memory of their own and that
    /// need no destructor: of each bank all at once where there is nothing else in that memory, else one by one.
    static void forget(stored* all) noexcept;
    /// Puts a version whose grant is gone on the list, and says that it waits.
    void retire(stored* version) noexcept;
    [[nodiscard]] name publish(std::uint32_t index, kind const& type, core::bank_record& payer) noexcept;

    tag_maker const tags_;
    std::uint32_t const last_generation_;
    ordering const order_;
    stay const slots_stay_;
    /// Lower half: 1 + the index of the first free slot, or 0. Upper half: counts changes, so that a slot
    /// that was taken and came back isn't mistaken for one that never left.
    std::atomic<std::uint64_t> free_{ 0 };
    /// Versions whose grant is gone, by next_retired: those that nobody has looked for yet, and those that were found
    /// pinned.
    std::atomic<stored*> retired_versions_{ nullptr };
    std::atomic<stored*> pinned_versions_{ nullptr };
    /// Counts pins that were cleared while somebody waited for that.
    std::atomic<std::size_t> awaited_ends_{ 0 };
    std::atomic<std::size_t> live_{ 0 };
    std::atomic<std::size_t> retired_slots_{ 0 };
    std::mutex growing_;
    /// Whether this is a child of `fork` in which nobody has finished yet what was begun in the parent.
    std::atomic<bool> unfinished_{ false };
    std::atomic<std::uint32_t> made_{ 0 };
    slot_chunks chunks_;
};

} // namespace still::slots
