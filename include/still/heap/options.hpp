// SPDX-License-Identifier: BSL-1.0
//
// How a heap is made.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "still/core/bank.hpp"

namespace still {

inline namespace literals {

/// Sizes in bytes: 4_KiB, 64_MiB, 8_GiB.
[[nodiscard]] constexpr std::size_t operator""_KiB(unsigned long long count) noexcept
{
    return count << 10;
}
[[nodiscard]] constexpr std::size_t operator""_MiB(unsigned long long count) noexcept
{
    return count << 20;
}
[[nodiscard]] constexpr std::size_t operator""_GiB(unsigned long long count) noexcept
{
    return count << 30;
}

} // namespace literals

/// How a heap learns which pages were written since the last cut. See Note: trackers.
enum class tracker_kind : std::uint8_t {
    automatic, ///< the best that this machine offers, found by trying
    userfault, ///< the kernel notes writes (asynchronous write-protection, Linux 6.7 and later)
    protect, ///< pages are read-only until they are written: a signal for each (mprotect, SIGSEGV)
    compare, ///< every page in use is compared with its last frame; works anywhere, costs O(heap)
};

/// The name used in texts: "userfault", for instance.
[[nodiscard]] constexpr char const* name(tracker_kind kind) noexcept
{
    switch (kind) {
    case tracker_kind::userfault:
        return "userfault";
    case tracker_kind::protect:
        return "protect";
    case tracker_kind::compare:
        return "compare";
    case tracker_kind::automatic:
        break;
    }
    return "automatic";
}

struct heap_options {
    /// Bytes of address space to reserve: the most that the heap may grow to, its own records
    /// included. Costs no memory. Rounded up to pages.
    std::size_t capacity = 1_GiB;
    /// Anything but automatic is forced: the heap isn't made where it doesn't work.
    tracker_kind tracker = tracker_kind::automatic;
    /// Small objects of containers come from pools by size, a thread's own as a rule; else, as larger ones do, from
    /// the best fit. See Note: allocation.
    bool pools = true;
    /// Pays for the frames of the heap's versions, page_bytes each. Nobody, when it names no bank.
    still::bank bank{};
    /// For people: appears in error texts and statistics.
    std::string label{};
};

} // namespace still
