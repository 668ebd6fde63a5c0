// SPDX-License-Identifier: BSL-1.0
//
// Combining two descendants of one segment that did not get in each other's way. See Note: melding.

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "still/segment/patch.hpp"
#include "still/segment/transaction.hpp"

namespace still {

/// How two transactions got in each other's way.
enum class conflict_kind : std::uint8_t {
    both_wrote,
    first_read, ///< what the second wrote
    second_read, ///< what the first wrote
};

/// Bytes, or pages where pages are tracked, over which two transactions conflict.
struct meld_conflict {
    byte_run range;
    conflict_kind kind;

    [[nodiscard]] friend bool operator==(meld_conflict, meld_conflict) noexcept = default;
};

/// What `meld` returns: a version, or the conflicts. True in a condition where there is a version.
class meld_result {
public:
    explicit meld_result(segment melded) noexcept
        : version_(std::move(melded))
    {
    }
    /// Precondition: not empty.
    explicit meld_result(std::vector<meld_conflict> conflicts) noexcept
        : conflicts_(std::move(conflicts))
    {
    }

    [[nodiscard]] explicit operator bool() const noexcept { return version_.has_value(); }
    /// Throws std::logic_error where there are conflicts.
    [[nodiscard]] segment const& version() const&
    {
        if (!version_)
            boost::throw_exception(
                std::logic_error("still: transactions that conflict have no meld (look at conflicts() first)"));
        return *version_;
    }
    [[nodiscard]] segment version() && { return std::as_const(*this).version(); }
    /// In ascending order of kind, then of ranges; none where there is a version.
    [[nodiscard]] std::vector<meld_conflict> const& conflicts() const& noexcept { return conflicts_; }
    [[nodiscard]] std::vector<meld_conflict> conflicts() && noexcept { return std::move(conflicts_); }

private:
    std::optional<segment> version_;
    std::vector<meld_conflict> conflicts_;
};

namespace segments {

/// Effect: appends what two ascending lists of runs have in common. O(n + m).
inline void intersect(std::vector<byte_run> const& one, std::vector<byte_run> const& other, conflict_kind kind,
    std::vector<meld_conflict>& found)
{
    for (auto left = one.begin(), right = other.begin(); left != one.end() && right != other.end();) {
        // Ends are the last bytes: a run may reach to 2^64.
        auto const left_end = left->offset + (left->count - 1);
        auto const right_end = right->offset + (right->count - 1);
        auto const first = std::max(left->offset, right->offset);
        auto const last = std::min(left_end, right_end);
        if (first <= last)
            found.push_back({ { first, last - first + 1 }, kind });
        if (left_end < right_end)
            ++left;
        else
            ++right;
    }
}

/// True when both are the same slot, or both none.
[[nodiscard]] inline bool same_slot(page_slot const* one, page_slot const* other) noexcept
{
    return one == nullptr || other == nullptr ? one == other : *one == *other;
}

/// Returns the first transaction's version with what the second wrote.
[[nodiscard]] inline segment combine(
    segment const& base, transaction const& first, transaction const& second, std::vector<byte_run> const& written)
{
    auto result = first.current();
    auto next = internals::of(result);
    auto const& theirs = internals::of(second.current());
    supplied_pages supplied;
    std::vector<std::byte> bytes;
    auto run = written.begin();
    for (auto pages = diff(base, second.current()).pages(); !pages.at_end(); pages.advance_page()) {
        auto const page = pages.page();
        if (same_slot(base.pages().find(page), result.pages().find(page))) {
            adopt_pages(next, page, 1, theirs.pages.find(page));
            continue;
        }
        // Both wrote to the page, at different bytes.
        auto const start = page * page_bytes;
        auto const last = start + (page_bytes - 1);
        while (run != written.end() && run->offset + (run->count - 1) < start)
            ++run;
        for (auto here = run; here != written.end() && here->offset <= last; ++here) {
            auto const from = std::max(start, here->offset);
            auto const to = std::min(last, here->offset + (here->count - 1));
            bytes.resize(static_cast<std::size_t>(to - from + 1));
            read_through(theirs, supplied, from, bytes);
            write(next, supplied, from, bytes);
        }
    }
    internals::replace(result, std::move(next));
    return result;
}

} // namespace segments

/// Returns the version with what both transactions wrote, where neither read or wrote what the other wrote: as if one
/// had run after the other, in either order. Else the conflicts, exactly those ranges, of bytes where both track
/// bytes, else of pages. Frames of either are shared; a page that both wrote to is copied, and the first transaction's
/// bank pays. Observers aren't told.
/// O(accesses · log + nodes and pages that changed). Throws std::invalid_argument where `base` isn't what both began
/// with, and what allocating does; all are as they were then.
[[nodiscard]] inline meld_result meld(segment const& base, transaction const& first, transaction const& second)
{
    for (auto const* const one : { &first, &second }) {
        if (!one->base().same_root(base) && one->base() != base)
            boost::throw_exception(std::invalid_argument(
                "still: a transaction did not begin with the base that it is melded over (give that version)"));
    }
    auto const first_written = first.write_set();
    auto const second_written = second.write_set();
    std::vector<meld_conflict> conflicts;
    segments::intersect(first_written, second_written, conflict_kind::both_wrote, conflicts);
    segments::intersect(first.read_set(), second_written, conflict_kind::first_read, conflicts);
    segments::intersect(second.read_set(), first_written, conflict_kind::second_read, conflicts);
    if (!conflicts.empty())
        return meld_result(std::move(conflicts));
    return meld_result(segments::combine(base, first, second, second_written));
}

} // namespace still
