// SPDX-License-Identifier: BSL-1.0
//
// The difference of two segments as runs of pages, and as runs of bytes.

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "still/core/change.hpp"
#include "still/segment/coming_changes.hpp"
#include "still/segment/version.hpp"

namespace still {

/// Neighbouring pages: first_page up to first_page + page_count, page_count ≥ 1.
struct page_run {
    page_index first_page;
    std::uint64_t page_count;

    [[nodiscard]] friend bool operator==(page_run, page_run) noexcept = default;
};

/// Neighbouring bytes: offset up to offset + count, count ≥ 1.
struct byte_run {
    std::uint64_t offset;
    std::uint64_t count;

    [[nodiscard]] friend bool operator==(byte_run, byte_run) noexcept = default;
};

namespace segments {

/// A walk over the pages that differ, in order. A page that is with a keeper differs from all but the same page of the
/// same keeper. Owns nothing. Nothing allocates.
class differing_pages {
public:
    /// At the end.
    differing_pages() noexcept = default;
    /// At the first page.
    explicit differing_pages(segment_table::diff_type const& changes)
        : changes_(changes)
    {
        enter();
        settle();
    }

    /// True when all pages that differ have been seen.
    [[nodiscard]] bool at_end() const noexcept { return changes_.at_end(); }
    /// Preconditions: not at the end.
    [[nodiscard]] page_index page() const noexcept { return page_; }
    /// So many pages from page() on are the same before, and the same after: one frame may stand for many.
    [[nodiscard]] std::uint64_t count() const noexcept { return run_end_ - page_; }
    [[nodiscard]] page_place const& before() const noexcept { return before_; }
    [[nodiscard]] page_place const& after() const noexcept { return after_; }
    /// The slot that the page has afterwards, or null.
    [[nodiscard]] page_slot const* slot_after() const noexcept { return changes_.front().after; }

    /// Effect: moves on past count() pages, or to the end.
    void advance()
    {
        page_ = run_end_;
        settle();
    }
    /// Effect: moves on to the next page, or to the end.
    void advance_page()
    {
        if (++page_ == run_end_)
            settle();
    }

private:
    void enter()
    {
        if (at_end())
            return;
        auto const& entry = changes_.front();
        page_ = entry.first;
        end_ = entry.first + entry.count;
    }

    /// Effect: goes on to a page that differs, from page_ on.
    void settle()
    {
        while (!at_end()) {
            auto const& change = changes_.front();
            while (page_ < end_) {
                // Mounts may be large, and sparse: what is alike in both is looked at once.
                auto const before = through_mounts(change.before, page_, end_ - page_);
                auto const after = through_mounts(change.after, page_, end_ - page_);
                before_ = place_of(before);
                after_ = place_of(after);
                run_end_ = page_ + std::min({ before.count, after.count, kept_alike() });
                if (differ())
                    return;
                page_ = run_end_;
            }
            changes_.advance();
            enter();
        }
    }
    /// Of so many pages from page_ on one keeper keeps as much both before and after: the last that it keeps may be
    /// cut.
    [[nodiscard]] std::uint64_t kept_alike() const noexcept
    {
        if (before_.kept == nullptr || after_.kept == nullptr)
            return radix::index_end;
        auto const whole = std::min(before_.kept->bytes, after_.kept->bytes) / page_bytes;
        auto const page = std::max(before_.page, after_.page);
        return page < whole ? whole - page : 1;
    }
    [[nodiscard]] bool differ() const noexcept
    {
        if (before_ == after_)
            return false;
        if (before_.kept != nullptr || after_.kept != nullptr)
            return true;
        return bytes_differ(before_, after_);
    }

    coming_changes changes_;
    page_index page_ = 0;
    page_index run_end_ = 0; // of the pages that are like page_
    page_index end_ = 0; // of the pages that the current change is about
    page_place before_{};
    page_place after_{};
};

/// What iterators over runs have in common. `Walk::next(run)` moves to the next run, or sets it to one without length.
template <class Run, class Walk>
class run_iterator {
public:
    using value_type = Run;
    using reference = Run;
    using pointer = radix::arrow<Run>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag; // its reference is a value
    using iterator_concept = std::forward_iterator_tag;

    run_iterator() noexcept = default;
    /// At the first run.
    explicit run_iterator(segment_table::diff_type const& changes)
        : walk_(changes)
    {
        run_ = walk_.next();
    }

    [[nodiscard]] Run operator*() const noexcept
    {
        STILL_ASSERT(run_ != Run{});
        return run_;
    }
    [[nodiscard]] pointer operator->() const noexcept { return pointer(**this); }
    run_iterator& operator++()
    {
        STILL_ASSERT(run_ != Run{});
        run_ = walk_.next();
        return *this;
    }
    run_iterator operator++(int)
    {
        auto const before = *this;
        ++*this;
        return before;
    }
    [[nodiscard]] friend bool operator==(run_iterator const& one, run_iterator const& other) noexcept
    {
        return one.run_ == other.run_;
    }
    [[nodiscard]] friend bool operator==(run_iterator const& one, std::default_sentinel_t) noexcept
    {
        return one.run_ == Run{};
    }

private:
    Walk walk_;
    Run run_{};
};

/// Joins pages that differ into runs.
class page_run_walk {
public:
    page_run_walk() noexcept = default;
    explicit page_run_walk(segment_table::diff_type const& changes)
        : pages_(changes)
    {
    }
    [[nodiscard]] page_run next()
    {
        page_run run{};
        for (; !pages_.at_end(); pages_.advance()) {
            if (run.page_count != 0 && pages_.page() != run.first_page + run.page_count)
                break;
            if (run.page_count == 0)
                run.first_page = pages_.page();
            run.page_count += pages_.count();
        }
        return run;
    }

private:
    differing_pages pages_;
};

/// The first place from `from` on where two pages differ, or (`wanted` false) agree; page_bytes where there is none.
[[nodiscard]] inline std::size_t mismatch(
    std::byte const* one, std::byte const* other, std::size_t from, bool wanted) noexcept
{
    for (; from < page_bytes && from % sizeof(std::uint64_t) != 0; ++from) {
        if ((one[from] != other[from]) == wanted)
            return from;
    }
    for (; from < page_bytes; from += sizeof(std::uint64_t)) {
        std::uint64_t left = 0;
        std::uint64_t right = 0;
        std::memcpy(&left, one + from, sizeof left);
        std::memcpy(&right, other + from, sizeof right);
        auto const different = left ^ right;
        // Eight bytes at once: all alike, or, where bytes that agree are wanted, none of them.
        if (wanted && different == 0)
            continue;
        for (std::size_t i = from; i < from + sizeof(std::uint64_t); ++i) {
            if ((one[i] != other[i]) == wanted)
                return i;
        }
    }
    return page_bytes;
}

/// Joins bytes that differ into runs.
class byte_run_walk {
public:
    byte_run_walk() noexcept = default;
    explicit byte_run_walk(segment_table::diff_type const& changes)
        : pages_(changes)
    {
    }
    [[nodiscard]] byte_run next()
    {
        byte_run run{};
        for (; !pages_.at_end(); pages_.advance_page(), from_ = 0) {
            for (auto const* const place : { &pages_.before(), &pages_.after() }) {
                if (place->kept != nullptr)
                    boost::throw_exception(not_present(place->page));
            }
            auto const* const one = pages_.before().bytes;
            auto const* const other = pages_.after().bytes;
            while (from_ < page_bytes) {
                auto const first = mismatch(one, other, from_, true);
                auto const offset = pages_.page() * page_bytes + first;
                if (run.count != 0 && (first == page_bytes || offset != run.offset + run.count)) {
                    from_ = first;
                    return run;
                }
                if (first == page_bytes)
                    break;
                auto const end = mismatch(one, other, first, false);
                if (run.count == 0)
                    run.offset = offset;
                run.count += end - first;
                from_ = end;
                if (end < page_bytes)
                    return run;
            }
        }
        return run;
    }

private:
    differing_pages pages_;
    std::size_t from_ = 0;
};

} // namespace segments

/// The runs that differ from one segment to another: a lazy, ordered, forward range of page_run or byte_run, each as
/// long as can be. Owns nothing: valid as long as both segments are kept. Cheap to copy.
template <class Run, class Walk>
class basic_segment_diff {
public:
    using iterator = segments::run_iterator<Run, Walk>;
    using value_type = Run;

    /// What `diff` makes of the difference of two segments' tables, and the size of the second.
    basic_segment_diff(segment_table::diff_type changes, std::uint64_t size_after) noexcept
        : changes_(changes)
        , size_after_(size_after)
    {
    }

    /// Finds the first run. Costs the nodes opened and the pages compared up to its end; allocates nothing.
    [[nodiscard]] iterator begin() const { return iterator(changes_); }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }
    /// As begin() == end().
    [[nodiscard]] bool empty() const { return begin() == end(); }

    /// The differing pages one by one, for code on the segment's own layer.
    [[nodiscard]] segments::differing_pages pages() const { return segments::differing_pages(changes_); }
    /// The size of the second segment.
    [[nodiscard]] std::uint64_t size_after() const noexcept { return size_after_; }

private:
    segment_table::diff_type changes_;
    std::uint64_t size_after_;
};

using segment_diff = basic_segment_diff<page_run, segments::page_run_walk>;
using segment_byte_diff = basic_segment_diff<byte_run, segments::byte_run_walk>;

/// The runs of pages whose bytes differ, in ascending order; pages past the end of one count as zeros
/// there. Right for any two segments, at the cost of the nodes and pages they don't share; mounts are looked through.
/// Frames that differ and hold the same bytes are no difference; a difference in size alone shows in size() only.
/// Keepers aren't asked: a page with one differs from all but the same page of the same keeper.
/// A lazy range that owns nothing: both segments must outlive it.
[[nodiscard]] inline segment_diff diff(segment const& before, segment const& after) noexcept
{
    return { diff(before.pages(), after.pages()), after.size() };
}
void diff(segment const&& before, segment const& after) = delete;
void diff(segment const& before, segment const&& after) = delete;
void diff(segment const&& before, segment const&& after) = delete;

/// The runs of bytes that differ, exactly. As `diff`, and for each page that differs O(page_bytes). Iterating throws
/// not_present where a page is with a keeper and may differ: fetch first.
[[nodiscard]] inline segment_byte_diff diff_bytes(segment const& before, segment const& after) noexcept
{
    return { diff(before.pages(), after.pages()), after.size() };
}
void diff_bytes(segment const&& before, segment const& after) = delete;
void diff_bytes(segment const& before, segment const&& after) = delete;
void diff_bytes(segment const&& before, segment const&& after) = delete;

/// Effect: calls `visit(page_run)` for each run, in order, until it returns false; a visitor that returns
/// nothing sees all. Returns whether all were seen. Otherwise as the range.
template <std::invocable<page_run> Visit>
bool diff(segment const& before, segment const& after, Visit&& visit)
{
    return visit_changes(diff(before, after), visit);
}
/// Effect: the same for `visit(byte_run)` and runs of bytes.
template <std::invocable<byte_run> Visit>
bool diff_bytes(segment const& before, segment const& after, Visit&& visit)
{
    return visit_changes(diff_bytes(before, after), visit);
}

/// True when both have the same bytes, holes counting as zeros. Prunes shared nodes and equal frames:
/// O(nodes and pages not shared); allocates nothing. Keepers aren't asked.
[[nodiscard]] inline bool operator==(segment const& one, segment const& other)
{
    return one.size() == other.size() && diff(one, other).empty();
}

/// Returns the first broken rule, or soundness. O(nodes).
[[nodiscard]] inline report validate(segment const& seen)
{
    if (auto table = validate(seen.pages()); !table)
        return table;
    auto const* const fault = seen.broken_rule();
    return fault == nullptr ? report() : report(std::string("no segment has ") + fault, "its end");
}

} // namespace still
