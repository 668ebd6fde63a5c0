// SPDX-License-Identifier: BSL-1.0
//
// Making the changes of a difference in another segment: by pages, which are shared, or by the bytes that
// changed, which may be kept and sent.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "still/segment/diff.hpp"

namespace still {

namespace segments {

/// Effect: pages of a content have the slot of another's, or none: watched as before. Throws what the table does, and
/// then the content is partly done: give it a copy.
inline void adopt_pages(content& of, page_index first, std::uint64_t count, page_slot const* slot)
{
    if (slot != nullptr && slot->mount() != nullptr) {
        auto const& mounted = slot->mount()->mounted;
        of.mount_depth = std::max(of.mount_depth, static_cast<std::uint8_t>(mounted.mount_depth + 1));
        of.may_have_keepers = of.may_have_keepers || mounted.may_have_keepers;
    }
    of.may_have_keepers = of.may_have_keepers || (slot != nullptr && slot->keeper() != nullptr);
    auto const before = of.pages;
    auto const fresh = slot == nullptr ? page_slot() : slot->with_watch(false);
    put_run(of.pages, first, count, fresh);
    for_each_run(before, first, first + count, [&](page_index start, std::uint64_t length, page_slot const& held) {
        if (held.watched())
            put_run(of.pages, start, length, fresh.with_watch(true));
    });
}

/// True when a page is, before and after, a frame or a hole of the same bytes.
[[nodiscard]] inline bool same_plain_page(page_slot const* one, page_slot const* other)
{
    auto const of_its_own = [](page_slot const* held) {
        return held == nullptr || held->kind() == slot_kind::frame || held->kind() == slot_kind::nothing;
    };
    return of_its_own(one) && of_its_own(other) && !bytes_differ(place_of(one, 0), place_of(other, 0));
}

} // namespace segments

/// Bytes that changed, with the bytes that they changed to: owns all it needs, and may be sent elsewhere.
/// A regular value.
class segment_patch {
public:
    /// No change of nothing.
    segment_patch() = default;
    /// Changes to a segment of `size` bytes: runs in ascending order and apart, and their bytes one after the other.
    /// Throws std::invalid_argument where they are not.
    segment_patch(std::uint64_t size, std::vector<byte_run> runs, std::vector<std::byte> bytes)
        : size_(size)
        , runs_(std::move(runs))
        , bytes_(std::move(bytes))
    {
        std::uint64_t end = 0;
        std::uint64_t total = 0;
        for (auto const run : runs_) {
            if (run.count == 0 || run.offset < end || run.offset > size_ || run.count > size_ - run.offset)
                boost::throw_exception(
                    std::invalid_argument("still: a patch's run at byte " + std::to_string(run.offset)
                        + " is out of order or past the end (give ascending runs that lie apart, below the size)"));
            end = run.offset + run.count;
            total += run.count;
        }
        if (total != bytes_.size())
            boost::throw_exception(std::invalid_argument("still: a patch of " + std::to_string(total) + " bytes has "
                + std::to_string(bytes_.size()) + " (give the bytes of each run, one after the other)"));
    }

    /// The size of the segment that it leads to.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] std::span<byte_run const> runs() const& noexcept { return runs_; }
    [[nodiscard]] std::vector<byte_run> runs() && noexcept { return std::move(runs_); }
    /// The bytes of all runs, one after the other.
    [[nodiscard]] std::span<std::byte const> bytes() const& noexcept { return bytes_; }
    [[nodiscard]] std::vector<std::byte> bytes() && noexcept { return std::move(bytes_); }

    [[nodiscard]] friend bool operator==(segment_patch const&, segment_patch const&) = default;

private:
    std::uint64_t size_ = 0;
    std::vector<byte_run> runs_;
    std::vector<std::byte> bytes_;
};

/// Returns the bytes that differ from one segment to the other, with what they are in the second.
/// O(nodes and pages not shared); allocates what it returns. Throws not_present as `diff_bytes`.
[[nodiscard]] inline segment_patch make_patch(segment const& before, segment const& after)
{
    std::vector<byte_run> runs;
    std::vector<std::byte> bytes;
    segments::supplied_pages supplied;
    for (auto run : diff_bytes(before, after)) {
        if (run.offset >= after.size())
            break; // past its end
        run.count = std::min(run.count, after.size() - run.offset);
        runs.push_back(run);
        auto const start = bytes.size();
        bytes.resize(start + static_cast<std::size_t>(run.count));
        segments::read_through(segments::internals::of(after), supplied, run.offset, std::span(bytes).subspan(start));
    }
    return { after.size(), std::move(runs), std::move(bytes) };
}

/// Returns `base` with the pages that differ as they are in the second segment of the difference, whose size it gets:
/// patch(before, diff(before, after)) == after. Slots are shared, so that nothing is copied but nodes; what `base` had
/// at those pages goes, mounts too; but frames that have those bytes already stay. Not reported to observers.
/// O(nodes and pages not shared).
/// Throws what allocating nodes does, and what cutting `base` to the new size does.
[[nodiscard]] inline segment patch(segment const& base, segment_diff const& changes)
{
    auto result = base.resize(changes.size_after());
    auto next = segments::internals::of(result);
    for (auto pages = changes.pages(); !pages.at_end() && pages.page() < next.page_end(); pages.advance()) {
        auto const count = std::min(pages.count(), next.page_end() - pages.page());
        if (count > 1 || !segments::same_plain_page(next.pages.find(pages.page()), pages.slot_after()))
            segments::adopt_pages(next, pages.page(), count, pages.slot_after());
    }
    segments::internals::replace(result, std::move(next));
    return result;
}

/// Returns `base` with the bytes of a patch, and its size: patch(before, make_patch(before, after)) == after. Bytes are
/// stored as by `write`, run by run. Where that throws, `base` is as it was.
[[nodiscard]] inline segment patch(segment const& base, segment_patch const& changes)
{
    auto result = base.resize(changes.size());
    auto bytes = changes.bytes();
    for (auto const run : changes.runs()) {
        auto const count = static_cast<std::size_t>(run.count);
        result = std::move(result).write(run.offset, bytes.first(count));
        bytes = bytes.subspan(count);
    }
    return result;
}

/// Returns `base` with the bytes that differ as they are in the second segment of the difference, and its size:
/// exactly these bytes, so that others in the same pages stay as `base` has them.
[[nodiscard]] inline segment patch(segment const& base, segment_byte_diff const& changes)
{
    auto result = base.resize(changes.size_after());
    for (auto pages = changes.pages(); !pages.at_end(); pages.advance_page()) {
        auto const start = pages.page() * page_bytes;
        if (start >= changes.size_after())
            break;
        for (auto const* const place : { &pages.before(), &pages.after() }) {
            if (place->kept != nullptr)
                boost::throw_exception(not_present(place->page));
        }
        auto const* const before = pages.before().bytes;
        auto const* const after = pages.after().bytes;
        auto const end = static_cast<std::size_t>(std::min<std::uint64_t>(page_bytes, changes.size_after() - start));
        for (auto from = segments::mismatch(before, after, 0, true); from < end;) {
            auto const to = std::min(end, segments::mismatch(before, after, from, false));
            result = std::move(result).write(start + from, std::span(after + from, to - from));
            from = segments::mismatch(before, after, to, true);
        }
    }
    return result;
}

} // namespace still
