// SPDX-License-Identifier: BSL-1.0
//
// Which pages of a region rest on their frames instead of having memory of their own, and which may come to.
// Only the books: who maps and drops is in rest.cpp. See Note: resting.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "heap/frame_store.hpp"
#include "heap/page_set.hpp"
#include "still/core/report.hpp"
#include "still/segment.hpp"

namespace still::heaps {

/// Invariants: resting ⊆ backed, resting ⊆ at home. at home: the last cut's frame of the page is in its home.
/// backed: the page is part of a private mapping of the store's file, at its home. resting: and nobody is known to
/// have written to it since. A page that is backed and doesn't rest may have bytes of its own, or not: a tracker
/// reports too much.
/// Thread contract: the caller's lock. Nothing but make_room throws.
class resting_pages {
public:
    /// Pages rest once they stayed unwritten during `rest_after` cuts.
    explicit resting_pages(std::uint32_t rest_after) noexcept
        : rest_after_(rest_after)
    {
    }

    /// Effect: makes room for pages below `pages`. Throws std::bad_alloc, and then nothing changed that matters.
    void make_room(std::size_t pages);

    /// Effect: notes a cut: `written` pages don't rest, and the frames of `changed` pages are those of `last`.
    void note_cut(
        page_set const& written, page_set const& changed, segment const& last, frame_store const& store) noexcept;
    /// Effect: notes a rollback that may have written to the `changed` pages, whose frames are those of `last` now.
    /// Those that it made rest are told apart, by note_resting, after this.
    void note_rollback(page_set const& changed, segment const& last, frame_store const& store) noexcept;

    /// Effect: notes that the pages rest now. Precondition: they are at home, and all backed or none.
    void note_resting(page_span pages) noexcept;
    /// Effect: notes that the pages are anonymous memory now.
    void note_anonymous(page_span pages) noexcept;

    /// Effect: begins to look for pages that may come to rest: at home, not resting, none of `pending`; and unless
    /// `all` are wanted, unwritten for long enough. O(pages in use / 64).
    void begin(page_set const& pending, bool all) noexcept;
    /// True when `begin` has something to find that it didn't find the last time, as far as cuts alone tell.
    [[nodiscard]] bool is_due() const noexcept { return due_; }
    /// Returns the next runs of what `begin` has found: as many pages as one slice may take, in as many runs, none
    /// of them partly backed. None of them are returned again; an empty span when all were.
    [[nodiscard]] std::span<page_span const> next() noexcept;

    [[nodiscard]] bool is_backed(std::size_t page) const noexcept { return backed_.contains(page); }
    [[nodiscard]] bool is_any_backed(page_span pages) const noexcept;
    [[nodiscard]] page_set const& resting() const noexcept { return resting_; }
    /// Runs of backed pages; and how many there were if these were backed too. Precondition: none of them is.
    [[nodiscard]] std::size_t runs() const noexcept { return runs_; }
    [[nodiscard]] std::size_t runs_with(page_span pages) const noexcept;

    /// Pages that one slice maps at most, and the least that are worth an entry: what is beside backed pages takes
    /// none.
    static constexpr std::size_t most_pages = 512;
    static constexpr std::size_t least_pages = 64;
    [[nodiscard]] bool is_worth_mapping(page_span pages) const noexcept;

    [[nodiscard]] report validate(segment const& last, frame_store const& store) const;

private:
    void note_frames(page_set const& changed, segment const& last, frame_store const& store) noexcept;
    [[nodiscard]] std::size_t backed_neighbours(page_span pages) const noexcept;

    /// Runs that one slice drops at most: a call of the system each. And how far apart they may be, since the
    /// tracker is asked for all in between.
    static constexpr std::size_t most_runs = 64;
    static constexpr std::size_t widest = 16 * 1024;

    std::uint32_t const rest_after_;
    std::uint32_t cuts_ = 0; // since lately_ began
    bool turned_ = false; // lately_ and before_ together go back for long enough
    bool due_ = false;
    page_set at_home_;
    page_set backed_;
    page_set resting_;
    page_set lately_; // written within the last rest_after cuts
    page_set before_; // written within rest_after cuts before that
    page_set found_; // by `begin`, and not returned yet
    std::size_t from_ = 0;
    std::size_t runs_ = 0; // of backed pages
    std::array<page_span, most_runs> window_{};
};

} // namespace still::heaps
