// SPDX-License-Identifier: BSL-1.0
//
// Pins: where each thread writes down which versions it is reading, so that nobody destroys them. They
// are hazard pointers; see Note: pins.
//
// The argument, which every caller relies on: a reader writes its pin, then looks whether the way to the
// version is still whole; a revoker breaks the way, then looks for pins. All four steps are sequentially
// consistent, so at least one of the two sees the other.

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

    /// Filled and cleared by the owner, read by all; others mark what they wait for.
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

namespace pins {

/// Effect: takes a cell of the calling thread's. Null: there is no memory for one.
[[nodiscard]] pin take() noexcept;

/// Effect: names `version`, opened by `way`, in a cell that was taken. Sequentially consistent: what the caller reads
/// after it was not changed by anyone who missed the pin.
inline void set(pin held, stored const* version, std::uint64_t way) noexcept
{
    auto* const record = pin_record::of(held);
    record->ways[static_cast<std::size_t>(held - record->versions.data())].store(way, std::memory_order_relaxed);
    held->store(version, std::memory_order_seq_cst);
}

/// Effect: names another version instead, as `set` does. Returns true when somebody waits for the one named before.
[[nodiscard]] bool exchange(pin held, stored const* version) noexcept;

/// Effect: gives a cell back. The reads made under it happen before the version's destruction.
/// Precondition: the calling thread took it. A breach stops the program.
/// Returns true when somebody found the version named here, and left it to the caller to have it
/// destroyed.
[[nodiscard]] bool clear(pin held) noexcept;

/// True when a pin names the version; then that pin is marked, and clearing it will say so.
/// Precondition: the way to it was broken before, with sequential consistency, so that no new reader
/// can succeed.
[[nodiscard]] bool named(stored const* version) noexcept;

/// Effect: calls visit(version, way, thread) for each pin that names a version, as `visit` returns true.
/// A way may be that of a lease that began meanwhile.
template <class Visit>
void for_each(Visit visit) noexcept;

/// The newest record, and by next_of_all the others.
[[nodiscard]] pin_record* newest() noexcept;

/// Records there are, for statistics and tests.
[[nodiscard]] std::size_t records() noexcept;

template <class Visit>
void for_each(Visit visit) noexcept
{
    constexpr std::uintptr_t mark = 1;
    for (auto* record = newest(); record != nullptr; record = record->next_of_all)
        for (unsigned cell = 0; cell < pin_record::cells; ++cell) {
            auto const named
                = reinterpret_cast<std::uintptr_t>(record->versions[cell].load(std::memory_order_seq_cst)) & ~mark;
            if (named != 0
                && !visit(reinterpret_cast<stored const*>(named), record->ways[cell].load(std::memory_order_relaxed),
                    record->thread.load(std::memory_order_relaxed)))
                return;
        }
}

} // namespace pins

} // namespace still::slots
