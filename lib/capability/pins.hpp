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

#include "still/capability/slots.hpp"

namespace still::slots {

/// One thread's pins. Records are never freed, only handed on to other threads: their number is bounded
/// by the most leases that were ever held at a time, of each thread a sixteenth, rounded up.
struct alignas(256) pin_record {
    static constexpr unsigned cells = 16;

    /// Filled and cleared by the owner, read by all; others mark what they wait for.
    std::array<std::atomic<stored const*>, cells> versions{};
    /// The list of all records; fixed once it is published.
    pin_record* next_of_all = nullptr;
    std::atomic<bool> taken{ true };
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

/// Effect: names `version` in a cell that was taken. Sequentially consistent: what the caller reads
/// after it was not changed by anyone who missed the pin.
inline void set(pin held, stored const* version) noexcept
{
    held->store(version, std::memory_order_seq_cst);
}

/// Effect: gives a cell back. The reads made under it happen before the version's destruction.
/// Precondition: the calling thread took it. A breach stops the program.
/// Returns true when somebody found the version named here, and left it to the caller to have it
/// destroyed.
[[nodiscard]] bool clear(pin held) noexcept;

/// True when a pin names the version; then that pin is marked, and clearing it will say so.
/// Precondition: the way to it was broken before, with sequential consistency, so that no new reader
/// can succeed.
[[nodiscard]] bool named(stored const* version) noexcept;

/// Records there are, for statistics and tests.
[[nodiscard]] std::size_t records() noexcept;

} // namespace pins

} // namespace still::slots
