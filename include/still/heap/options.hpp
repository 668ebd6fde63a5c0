// SPDX-License-Identifier: BSL-1.0
//
// How a heap is made.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "still/core/bank.hpp"
#include "still/heap/version_info.hpp"

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
    private_file, ///< pages that were written are no longer those of the file under them (a private mapping)
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
    case tracker_kind::private_file:
        return "private_file";
    case tracker_kind::compare:
        return "compare";
    case tracker_kind::automatic:
        break;
    }
    return "automatic";
}

/// What a cut does when writers write faster than it copies. See Note: pre-copy.
enum class outrun_rule : std::uint8_t {
    accept, ///< keeps them out for as long as the rest takes
    throttle, ///< makes each outermost guard wait 50 us until the rest is small, or 16 rounds are done
};

struct heap_options {
    /// Bytes of address space to reserve: the most that the heap may grow to, its own records
    /// included. Costs no memory. Rounded up to pages.
    /// The frames of versions lie in a memory file that grows, with holes, up to the capacity and more, 256 MiB at a
    /// time (under tracker_kind::private_file there is another, of what is in use). So it must fit below RLIMIT_FSIZE,
    /// the process's limit on the size of files. Where it doesn't, the system sends SIGXFSZ, which ends the program;
    /// one that ignores that signal gets std::system_error (EFBIG) from `snapshot` instead.
    std::size_t capacity = 1_GiB;
    /// Anything but automatic is forced: the heap isn't made where it doesn't work.
    tracker_kind tracker = tracker_kind::automatic;
    /// Small objects of containers come from pools by size, a thread's own as a rule; else, as larger ones do, from
    /// the best fit. See Note: allocation.
    bool pools = true;
    /// Asks the kernel for pages of 2 MiB, and takes memory for each such page at once, when the heap grows to it.
    /// Lookups in large data cost less; the first write to a huge page after a cut breaks it up. Pages
    /// rest by heap::rest alone, whatever `rest_after` says. tracker_kind::private_file has none, and isn't taken then.
    /// See Note: huge-pages.
    bool huge_pages = false;
    /// Pays for the frames of the heap's versions, page_bytes each. Nobody, when it names no bank.
    still::bank bank{};
    /// For people: appears in error texts and statistics.
    std::string label{};
    outrun_rule when_outrun = outrun_rule::accept;
    /// A page that stayed unwritten during so many cuts gives up its memory and rests on its frame, so that it is there
    /// once, not twice. Its next write copies it, and costs what one after `fork` costs, about four times what it
    /// costs otherwise; so only what is seldom written should rest. 0: all that can, at once; `never`: nothing, but by
    /// heap::rest. Under tracker_kind::private_file nothing rests at all. See Note: resting.
    std::uint32_t rest_after = 32;
    static constexpr std::uint32_t never = ~std::uint32_t{ 0 };
    /// Versions older than this are told to `on_old_version`; zero: none is too old.
    std::chrono::nanoseconds version_age_limit{};
    /// Called once for each version that is kept longer than the limit, by the thread that takes the next
    /// cut or rollback, before that begins and outside of all locks. What it throws comes out of `snapshot`
    /// or `restore`, which then did nothing.
    std::function<void(version_info const&)> on_old_version{};
};

/// How a snapshot is taken.
struct snapshot_options {
    /// For people: appears in the registry of versions. The heap's label, where it is empty.
    std::string label{};
    /// When to give up waiting for guards in progress; never, where there is none.
    std::optional<std::chrono::steady_clock::time_point> deadline{};
};

} // namespace still
