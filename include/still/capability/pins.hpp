// SPDX-License-Identifier: BSL-1.0
//
// Pins: where each thread writes down which versions it is reading, so that nobody destroys them. They
// are hazard pointers; see Note: pins.
//
// The argument, which every caller relies on: a reader writes its pin, then looks whether the way to the
// version is still whole; a revoker breaks the way, then looks for pins. And a reader that ends clears its pin, then
// looks whether the version waits for that; a revoker says that it does, then looks for pins. Between its two steps the
// revoker has all cores execute a fence, so that readers need none; where the system doesn't offer that, all steps are
// sequentially consistent. Either way at least one of the two sees the other.

#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "still/core/config.hpp"

namespace still::core {
class bank_record;
}

namespace still::slots {

/// The head of a granted version in memory.
/// Invariant: until `destroy` runs, the version is whole; it runs once, after the grant is gone and
/// when no lease names the version.
struct stored {
    void (*destroy)(stored*) noexcept;
    stored* next_retired = nullptr;
    /// Who pays for it; null where nobody does.
    core::bank_record* payer = nullptr;
    /// Where nothing is lost if it isn't destroyed, but all that its payer's own memory has goes back at once: how many
    /// owners of blocks there it is, this block included.
    std::int32_t owners_to_forget = must_be_destroyed;

    static constexpr std::int32_t must_be_destroyed = -1;
};

/// Where a thread has written down which version it reads.
using pin = std::atomic<stored const*>*;

/// How it is made sure that of a reader and a revoker one sees the other.
enum class ordering : std::uint8_t {
    by_revoker, ///< readers execute no fence
    by_both,
};

/// One thread's pins. Records are never freed, only handed on to other threads: their number is bounded
/// by the most leases that were ever held at a time, of each thread a sixteenth, rounded up.
struct alignas(512) pin_record {
    static constexpr unsigned cells = 16;

    /// Filled and cleared by the owner, read by all.
    std::array<std::atomic<stored const*>, cells> versions{};
    /// By which slot and generation each was opened. Written before the version is, and for those only who wait.
    std::array<std::atomic<std::uint64_t>, cells> ways{};
    /// The list of all records; fixed once it is published.
    pin_record* next_of_all = nullptr;
    std::atomic<bool> taken{ true };
    std::atomic<std::thread::id> thread{};
    // The owner's own.
    std::uint32_t used = 0;
    /// The thread's pins; of a record that was left behind in a child of `fork`, the record itself.
    void const* owner = nullptr;
    pin_record* next_of_owner = nullptr;

    static constexpr std::uint32_t full = (std::uint32_t{ 1 } << cells) - 1;

    /// True in a child of `fork`, where its pins name nothing any more: nobody gets it again.
    [[nodiscard]] bool left_behind() const noexcept { return owner == this; }
    /// The record that a cell is in: records are as large as they are aligned.
    [[nodiscard]] static pin_record* of(pin cell) noexcept
    {
        return reinterpret_cast<pin_record*>(
            reinterpret_cast<std::uintptr_t>(cell) & ~std::uintptr_t{ sizeof(pin_record) - 1 });
    }
    [[nodiscard]] unsigned number_of(pin cell) const noexcept { return static_cast<unsigned>(cell - versions.data()); }
    /// Effect: takes a free cell. Precondition: the caller owns this, and it isn't full.
    [[nodiscard]] pin take() noexcept
    {
        auto const cell = static_cast<unsigned>(std::countr_one(used));
        used |= std::uint32_t{ 1 } << cell;
        return &versions[cell];
    }
};
static_assert(sizeof(pin_record) == alignof(pin_record));

struct slot;

/// A way through forwarders that was whole when its table had an epoch: then it is as long as the table has that.
struct known_way {
    slot const* from = nullptr;
    slot* grant = nullptr;
    std::uint64_t epoch = 0;
    std::uint32_t generation = 0;
};

/// The calling thread's records, the one with room most likely first. Its address is the thread's name.
/// Nothing destroys it, so that it can still be used after the thread's destructors have begun to run.
struct thread_pins {
    pin_record* first = nullptr;
    bool exiting = false;
    /// The ways that it followed last.
    std::array<known_way, 8> ways{};
    /// Slots that it has looked at to follow ways, for tests.
    std::uint64_t followed = 0;
    [[nodiscard]] known_way& way_from(slot const* place) noexcept
    {
        return ways[reinterpret_cast<std::uintptr_t>(place) / 64 % ways.size()];
    }
};
// Variables are the library's: as inline ones, a program that hides its symbols from a shared library would have
// others.
extern constinit thread_local thread_pins pins_of_thread;

namespace pins {

/// Effect: as `take`, where the first of the thread's records has no room.
[[nodiscard]] pin take_elsewhere() noexcept;

/// Effect: leaves the thread's records without a lease to others. Precondition: the thread is exiting.
void release_unused() noexcept;

/// Effect: in a child of `fork`, clears all pins: leases that were open are not the child's. Records that had some are
/// left behind, so that the end of such a lease ends no other. Precondition: no other thread runs.
void begin_child() noexcept;

/// Effect: takes a cell of the first of the calling thread's records. Null: it has no room, or there is none.
[[nodiscard]] inline pin take_at_hand() noexcept
{
    auto* const record = pins_of_thread.first;
    return record != nullptr && record->used != pin_record::full ? record->take() : nullptr;
}

/// Effect: takes a cell of the calling thread's. Null: there is no memory for one.
[[nodiscard]] inline pin take() noexcept
{
    auto const held = take_at_hand();
    return held != nullptr ? held : take_elsewhere();
}

/// Effect: names `version`, or none, in a cell instead of what it named before. Whoever changes what the caller reads
/// after it, unseen by the caller, sees the cell as it is now.
inline void name(pin held, stored const* version, ordering how) noexcept
{
    if (how == ordering::by_revoker) {
        held->store(version, std::memory_order_release);
        std::atomic_signal_fence(std::memory_order_seq_cst); // for the compiler; the revoker does it for the machine
    } else {
        held->exchange(version, std::memory_order_seq_cst);
    }
}

/// Effect: names `version`, opened by `way`, in a cell that was taken; see `name`.
inline void set(pin held, stored const* version, std::uint64_t way, ordering how) noexcept
{
    auto* const record = pin_record::of(held);
    record->ways[record->number_of(held)].store(way, std::memory_order_relaxed);
    name(held, version, how);
}

/// Effect: gives a cell back. The reads made under it happen before the version's destruction; see `name`.
/// Of a record that was left behind, nothing. Precondition: the calling thread took it. A breach stops the program.
inline void clear(pin held, ordering how) noexcept
{
    auto* const record = pin_record::of(held);
    auto& mine = pins_of_thread;
    if (record->owner != &mine) [[unlikely]] {
        STILL_CHECK(record->left_behind()); // a lease ends on the thread that opened it
        return;
    }
    name(held, nullptr, how);
    record->used &= ~(std::uint32_t{ 1 } << record->number_of(held));
    if (mine.exiting)
        release_unused();
}

/// Versions that wait for the end of leases, so that who ends one knows whether to look: how many there are at a place,
/// and all their addresses in one sum without carries. Versions share places; where one alone waits, nobody else looks.
class waiting_place {
public:
    void add(stored const* version) noexcept { change(version, 1); }
    void remove(stored const* version) noexcept { change(version, -1); }
    /// False where the version doesn't wait. True may be wrong, where two others do.
    [[nodiscard]] bool may_have(stored const* version) const noexcept
    {
        auto const seen = word_.load(std::memory_order_seq_cst);
        auto const count = seen & most;
        return count != 0 && (count != 1 || (seen & ~most) == key_of(version));
    }

private:
    static constexpr std::uint64_t most = (1U << 20U) - 1;
    [[nodiscard]] static std::uint64_t key_of(stored const* version) noexcept
    {
        return reinterpret_cast<std::uintptr_t>(version) / alignof(std::max_align_t) * (most + 1);
    }
    void change(stored const* version, int by) noexcept
    {
        auto seen = word_.load(std::memory_order_relaxed);
        auto next = seen;
        do
            next = ((seen & ~most) ^ key_of(version)) | ((seen + static_cast<std::uint64_t>(by)) & most);
        while (!word_.compare_exchange_weak(seen, next, std::memory_order_seq_cst, std::memory_order_relaxed));
    }

    std::atomic<std::uint64_t> word_{ 0 };
};
inline constexpr std::size_t waiting_places = 1024;
extern constinit std::array<waiting_place, waiting_places> waiting;
[[nodiscard]] inline waiting_place& place_of(stored const* version) noexcept
{
    auto const address = reinterpret_cast<std::uintptr_t>(version) / alignof(std::max_align_t);
    return waiting[(address ^ address / waiting_places) % waiting_places];
}

/// Effect: whoever has broken a way, or said that a version waits, calls it before it looks for pins. Then it sees
/// those of all readers that found the way whole. A few microseconds where other threads run.
void order(ordering how) noexcept;

/// True when a pin names the version. Precondition: the way to it was broken before, so that no new reader can
/// succeed, and `order` called.
[[nodiscard]] bool named(stored const* version) noexcept;

/// Effect: calls visit(version, way, thread) for each pin that names a version, as `visit` returns true.
/// A way may be that of a lease that began meanwhile. Preconditions as of `named`.
template <class Visit>
void for_each(Visit visit) noexcept;

/// The newest record, and by next_of_all the others.
[[nodiscard]] pin_record* newest() noexcept;

/// Records there are, for statistics and tests.
[[nodiscard]] std::size_t records() noexcept;

template <class Visit>
void for_each(Visit visit) noexcept
{
    for (auto* record = newest(); record != nullptr; record = record->next_of_all)
        for (unsigned cell = 0; cell < pin_record::cells; ++cell) {
            auto const* const named = record->versions[cell].load(std::memory_order_seq_cst);
            if (named != nullptr
                && !visit(named, record->ways[cell].load(std::memory_order_relaxed),
                    record->thread.load(std::memory_order_relaxed)))
                return;
        }
}

} // namespace pins

} // namespace still::slots
