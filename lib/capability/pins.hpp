// SPDX-License-Identifier: BSL-1.0
//
// Pins: where each thread writes down which versions it is reading, so that nobody destroys them. They
// are hazard pointers; see Note: pins.
//
// The argument, which every caller relies on: a reader writes its pin, then looks whether the way to the
// version is still whole; a revoker breaks the way, then looks for pins. And a reader that ends clears its pin, then
// looks whether the version is awaited; a revoker says that it is, then looks for pins. Between its two steps the
// revoker has all cores execute a fence, so that readers need none; where the system doesn't offer that, all steps are
// sequentially consistent. Either way at least one of the two sees the other.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "still/capability/slots.hpp"

namespace still::slots {

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
    void const* owner = nullptr;
    pin_record* next_of_owner = nullptr;

    /// The record that a cell is in: records are as large as they are aligned.
    [[nodiscard]] static pin_record* of(pin cell) noexcept
    {
        return reinterpret_cast<pin_record*>(
            reinterpret_cast<std::uintptr_t>(cell) & ~std::uintptr_t{ sizeof(pin_record) - 1 });
    }
};
static_assert(sizeof(pin_record) == alignof(pin_record));

/// How it is made sure that of a reader and a revoker one sees the other.
enum class ordering : std::uint8_t {
    cheapest, ///< by the revoker alone, where the system lets it
    locked, ///< by both
};

namespace pins {

/// Effect: takes a cell of the calling thread's. Null: there is no memory for one.
[[nodiscard]] pin take() noexcept;

/// Effect: names `version`, opened by `way`, in a cell that was taken, instead of what it named before. What the caller
/// reads after it was not changed by anyone who missed the pin. `revoker_orders`: whoever breaks a way calls `order`.
inline void set(pin held, stored const* version, std::uint64_t way, bool revoker_orders) noexcept
{
    auto* const record = pin_record::of(held);
    record->ways[static_cast<std::size_t>(held - record->versions.data())].store(way, std::memory_order_relaxed);
    if (revoker_orders) {
        held->store(version, std::memory_order_release);
        std::atomic_signal_fence(std::memory_order_seq_cst); // for the compiler; the revoker does it for the machine
    } else {
        held->exchange(version, std::memory_order_seq_cst);
    }
}

/// Effect: gives a cell back. The reads made under it happen before the version's destruction. What the caller reads
/// after it was not changed by anyone who still saw the pin.
/// Precondition: the calling thread took it. A breach stops the program.
void clear(pin held, bool revoker_orders) noexcept;

/// Effect: all that other threads did before is seen by this one, and the other way about. Whoever has broken a way, or
/// said that a version is awaited, calls it before it looks for pins. A few microseconds where other threads run.
void order(bool revoker_orders) noexcept;

/// True when a pin names the version. Precondition: the way to it was broken before, so that no new reader can
/// succeed, and `order` called.
[[nodiscard]] bool named(stored const* version) noexcept;

/// Versions that wait for the end of leases, so that who ends one knows whether to look. A version counts at a
/// place that it shares with one in a thousand others: looking in vain does no harm.
inline constexpr std::size_t awaited_places = 1024;
extern std::array<std::atomic<std::uint32_t>, awaited_places> awaited;
[[nodiscard]] inline std::atomic<std::uint32_t>& awaited_at(stored const* version) noexcept
{
    auto const address = reinterpret_cast<std::uintptr_t>(version);
    return awaited[(address / 16 ^ address / 16 / awaited_places) % awaited_places];
}

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
