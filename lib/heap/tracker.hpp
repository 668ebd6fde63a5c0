// SPDX-License-Identifier: BSL-1.0
//
// How a heap learns which of its region's pages were written. One interface, several mechanisms, the
// best that works chosen by trying. See Note: trackers.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "heap/page_set.hpp"
#include "still/heap/options.hpp"

namespace still::heaps {

/// Whether anybody may be writing to the region.
enum class writers : std::uint8_t { in, out };

/// Pages are numbered from the region's base. What a tracker reports may be too much, never too
/// little: whoever asks compares pages with their last frames anyway.
///
/// Thread contract: one call at a time (the caller's lock); writers may go on meanwhile, but where it says otherwise,
/// and a page that is written while `take` runs is reported by this call or by the next one.
class tracker {
public:
    virtual ~tracker() = default;

    [[nodiscard]] virtual tracker_kind kind() const noexcept = 0;

    /// Effect: from now on the pages are tracked, and count as not written.
    /// Precondition: committed, and not tracked yet. Throws std::system_error; arming may be repeated.
    virtual void arm(page_span pages) = 0;

    /// Effect: as `arm`, but the pages may count as written until they are taken, so that writing to them costs nothing
    /// and leaves huge pages whole.
    virtual void watch(page_span pages) { arm(pages); }

    /// Effect: adds to `written` all pages of [0, pages) written since they were armed or last taken.
    /// They count as not written again *before* this returns, so whoever copies them afterwards copies
    /// all that won't be reported again: protect first, copy after. With writers in, some trackers report the
    /// pages and take none. With writers out, this ends what `prepare` began.
    /// Precondition: all are armed, and `written` has room. Throws std::system_error, and then all pages that may
    /// have been taken are in `written`.
    virtual void take(std::size_t pages, page_set& written, writers present) = 0;
    /// False where with writers in nothing is taken, so that the same pages are reported again.
    [[nodiscard]] virtual bool takes_from_writers() const noexcept { return true; }

    /// Effect: as `take` of these pages, but nothing counts as not written afterwards. Precondition: as `take`.
    virtual void look(page_span pages, page_set& written) = 0;

    /// Effect: until writers are out, system calls may write to the pages too, and they count as written.
    /// Precondition: the pages are armed.
    virtual void prepare(page_span) noexcept { }

    /// True where what is armed is a mapping of the tracker's own: then its pages don't rest, and discarding
    /// them doesn't make zeros.
    [[nodiscard]] virtual bool has_own_mapping() const noexcept { return false; }
};

/// A tracker, and why better ones were passed over.
struct tracker_choice {
    std::unique_ptr<tracker> chosen;
    std::string passed_over;
};

/// Where a tracked region is, and how many pages it may come to have.
struct tracked_place {
    std::byte* base;
    std::size_t pages;
    bool huge_pages = false; // are wanted
};

/// All of them, from the best downwards. The last works everywhere.
inline constexpr tracker_kind tracker_ladder[]
    = { tracker_kind::userfault, tracker_kind::protect, tracker_kind::private_file, tracker_kind::compare };

/// Effect: makes a tracker, once it has proved itself on scratch pages. Precondition: not `automatic`.
/// Throws std::bad_alloc, and std::system_error when it doesn't work here.
[[nodiscard]] std::unique_ptr<tracker> make_tracker(tracker_kind wanted, tracked_place where);

/// Effect: tries the ladder; or makes the one that is wanted.
/// Throws std::bad_alloc, and for a tracker that is wanted and doesn't work std::system_error.
[[nodiscard]] tracker_choice choose_tracker(tracker_kind wanted, tracked_place where);

} // namespace still::heaps
