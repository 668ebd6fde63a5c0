// SPDX-License-Identifier: BSL-1.0
//
// What a heap and its versions cost.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "still/heap/options.hpp"
#include "still/heap/pause_histogram.hpp"

namespace still {

/// Numbers of one moment; when other threads work on the heap, each is right for a moment of its own.
struct heap_statistics {
    /// The tracker in use, and why a better one was passed over (empty if none was).
    tracker_kind tracker = tracker_kind::automatic;
    std::string passed_over{};

    /// Bytes of address space reserved, and of those the bytes in use: committed, tracked, scanned.
    std::size_t capacity_bytes = 0;
    std::size_t mapped_bytes = 0;
    /// Bytes free inside what is in use, for the allocator to hand out before the heap grows.
    std::size_t free_bytes = 0;
    /// Bytes of pages written since the last cut, as far as the tracker knows without reading them:
    /// `compare` knows nothing and counts all that are in use.
    std::size_t dirty_bytes = 0;
    /// Bytes of pages that have no memory of their own: they rest on the frames of the last cut.
    std::size_t resting_bytes = 0;
    /// Bytes of frames that versions hold, the heap's own last cut among them.
    std::size_t retained_bytes = 0;
    /// Bytes of memory that frames occupy: retained bytes, and freed slots kept for the next cut.
    std::size_t occupied_bytes = 0;

    /// Cuts taken so far, and versions of them that somebody still holds.
    std::uint64_t cuts = 0;
    std::size_t versions_alive = 0;

    /// How long writers were kept out by the last cut or rollback that was done, the longest time where it let them in
    /// between; and the longest pause of all. From the gate's closing to its opening, waiting for guards included.
    std::chrono::nanoseconds last_pause{};
    std::chrono::nanoseconds longest_pause{};
    /// All pauses: each time that writers were kept out, by cuts and rollbacks, also those that were refused or gave up
    /// waiting, and to let pages rest. One cut may have several. In `rests` of them pages came to rest.
    pause_histogram pauses{};
    std::uint64_t rests = 0;
    /// The longest that a writer really waited for its guard. That may be more than the longest pause: the time until
    /// its system runs it again is the writer's alone; and where another pause has begun by then, of the next cut, or
    /// of the next pages that come to rest, it waits for that one too. So on a machine with more threads than cores it
    /// was seen to be some times as long.
    std::chrono::nanoseconds longest_delay{};
    /// How long the last cut or rollback took in all, and the longest one: with what the call spent on letting pages
    /// rest after the cut, which snapshot::total is without.
    std::chrono::nanoseconds last_total{};
    std::chrono::nanoseconds longest_total{};
    /// Pages that the last cut copied while writers went on, and those left for the pause.
    std::size_t pages_copied_ahead = 0;
    std::size_t pages_copied_in_pause = 0;
    /// Cuts at which writers wrote faster than was copied. See heap_options::when_outrun.
    std::uint64_t cuts_outrun = 0;
};

} // namespace still
