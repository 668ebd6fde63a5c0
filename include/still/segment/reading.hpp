// SPDX-License-Identifier: BSL-1.0
//
// Reading a segment's content: what a page holds, through mounts, and bytes.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "still/core/memory_frames.hpp"
#include "still/radix/position.hpp"
#include "still/segment/asking.hpp"
#include "still/segment/content.hpp"

namespace still::segments {

/// Where the bytes of a page are: at `bytes`, or with a keeper, who counts it `page`.
struct page_place {
    std::byte const* bytes = zero_page.data();
    keeper_record const* kept = nullptr;
    page_index page = 0;
    std::uint32_t telling = 0; ///< where to look first for a difference
    bool never_zero = false; ///< known to be other than zeros

    /// True for what nothing is kept of: zeros.
    [[nodiscard]] bool is_hole() const noexcept { return bytes == zero_page.data(); }

    /// True when both are surely the same page, without looking at bytes.
    [[nodiscard]] friend bool operator==(page_place const& one, page_place const& other) noexcept
    {
        if (one.kept == nullptr || other.kept == nullptr)
            return one.kept == other.kept && one.bytes == other.bytes;
        return page_kept(*one.kept, one.page) == page_kept(*other.kept, other.page);
    }
};

/// A slot that is no mount, or null, the page that it is for, and how many pages from there on it is for.
struct pages_at {
    page_slot const* held;
    page_index page;
    std::uint64_t count;

    /// True when there may be something else than zeros.
    [[nodiscard]] bool has_something() const noexcept { return held != nullptr && held->kind() != slot_kind::nothing; }
};

/// Where mounts lead from `count` pages on whose slot is `held`, or null: as far as they lead to one slot.
/// O(levels) for each mount.
[[nodiscard]] inline pages_at through_mounts(page_slot const* held, page_index page, std::uint64_t count = 1)
{
    while (held != nullptr && held->kind() == slot_kind::mount) {
        auto const& through = *held->mount();
        page = through.inner(page);
        auto const next = radix::at_or_after(through.mounted.pages.root().get(), page);
        if (next.leaf == nullptr)
            return { nullptr, page, count };
        if (next.run_first() > page)
            return { nullptr, page, std::min(count, next.run_first() - page) };
        count = std::min(count, next.run_last() - page + 1);
        held = &next.slot();
    }
    return { held, page, count };
}

/// Where the first of some pages is.
[[nodiscard]] inline page_place place_of(pages_at const& there) noexcept
{
    if (there.held == nullptr)
        return {};
    if (auto const* const record = there.held->frame())
        return { record->bytes, nullptr, 0, record->telling, memory_frames::never_zero(*record) };
    if (auto const* const kept = there.held->keeper())
        return { nullptr, kept, kept->inner(there.page) };
    return {};
}

/// Where a page is whose slot is `held`, or null. O(levels) for each mount.
[[nodiscard]] inline page_place place_of(page_slot const* held, page_index page)
{
    return place_of(through_mounts(held, page));
}

/// True when two pages hold other bytes. Precondition: neither is with a keeper.
/// Looks first where a write is known to have been: pages are cold, and most that are compared do differ.
[[nodiscard]] inline bool bytes_differ(page_place const& one, page_place const& other) noexcept
{
    if ((one.is_hole() && other.never_zero) || (other.is_hole() && one.never_zero))
        return true; // without a look at memory that may be far away
    constexpr std::size_t line = 64;
    auto const differ_at = [&](std::size_t byte) {
        auto const from = byte / line * line;
        return std::memcmp(one.bytes + from, other.bytes + from, line) != 0;
    };
    return differ_at(other.telling) || differ_at(one.telling) || std::memcmp(one.bytes, other.bytes, page_bytes) != 0;
}

/// True when a slot leads to a read-only mount.
[[nodiscard]] inline bool read_only(page_slot const* held) noexcept
{
    return held != nullptr && held->kind() == slot_kind::mount && held->mount()->rights == mount_rights::read_only;
}

/// The pages that one operation reads: a keeper is asked for each at most once.
class supplied_pages {
public:
    /// The bytes of a page. Where a keeper has it, it is asked, and its answer is valid as long as this object.
    /// Throws what `ask` does, and std::bad_alloc.
    [[nodiscard]] std::span<std::byte const, page_bytes> bytes_of(page_place const& place)
    {
        if (place.kept == nullptr)
            return std::span<std::byte const, page_bytes>(place.bytes, page_bytes);
        auto const asked = page_kept(*place.kept, place.page);
        auto found = answers_.find(asked);
        if (found == answers_.end())
            found = note(*place.kept, place.page, ask(*place.kept, place.page));
        return std::span<std::byte const, page_bytes>(found->second.data(), page_bytes);
    }

private:
    using noted = std::map<kept_page, std::vector<std::byte>>;

    /// Effect: keeps each page of an answer that isn't known yet. Returns the first.
    noted::iterator note(keeper_record const& whom, page_index page, std::vector<std::byte> answer)
    {
        for (auto from = page_bytes; from < answer.size(); from += page_bytes) {
            auto const start = answer.begin() + static_cast<std::ptrdiff_t>(from);
            answers_.try_emplace(page_kept(whom, page + from / page_bytes), start, start + page_bytes);
        }
        answer.resize(page_bytes);
        return answers_.emplace(page_kept(whom, page), std::move(answer)).first;
    }

    noted answers_;
};

/// Bytes of one page: `count` from `from` on.
struct page_piece {
    page_index page;
    std::size_t from;
    std::size_t count;
};

/// Effect: calls visit(piece, slot or null) for each page of a range of bytes, in order; a range of pages without
/// slots may come page by page. Stops where `visit` returns false. Returns whether it never did.
template <class Visit>
bool for_each_page(segment_table const& pages, std::uint64_t offset, std::uint64_t count, Visit&& visit)
{
    auto held = pages.lower_bound(offset / page_bytes);
    while (count > 0) {
        auto const page = offset / page_bytes;
        auto const from = static_cast<std::size_t>(offset % page_bytes);
        auto const here = static_cast<std::size_t>(std::min<std::uint64_t>(count, page_bytes - from));
        page_slot const* slot = nullptr;
        if (held != pages.end() && held->index == page) {
            slot = &held->slot;
            ++held;
        }
        if (!visit(page_piece{ page, from, here }, slot))
            return false;
        offset += here;
        count -= here;
    }
    return true;
}

/// True when all slots of a range of bytes are plain. O(runs in the range + levels).
[[nodiscard]] inline bool plain(segment_table const& pages, std::uint64_t offset, std::uint64_t count)
{
    if (count == 0)
        return true;
    auto const last = offset / page_bytes + (offset % page_bytes + (count - 1)) / page_bytes;
    for (auto const [start, pages_in_run, slot] : pages.runs(offset / page_bytes)) {
        if (start > last)
            return true;
        if (!slot.plain())
            return false;
    }
    return true;
}

/// Effect: fills `target` with the bytes from `offset` on. O(bytes + levels for each run of holes).
/// Allocates nothing. Preconditions: they are in the content, and all slots plain.
inline void read_plain(segment_table const& pages, std::uint64_t offset, std::span<std::byte> target)
{
    auto held = pages.lower_bound(offset / page_bytes);
    while (!target.empty()) {
        auto const page = offset / page_bytes;
        auto const from = static_cast<std::size_t>(offset % page_bytes);
        std::size_t count = 0;
        if (held != pages.end() && held->index == page) {
            count = std::min(target.size(), page_bytes - from);
            std::memcpy(target.data(), page_content(&held->slot).data() + from, count);
            ++held;
        } else {
            auto const hole = held == pages.end() ? std::uint64_t{ target.size() } : held->index * page_bytes - offset;
            count = static_cast<std::size_t>(std::min(std::uint64_t{ target.size() }, hole));
            std::memset(target.data(), 0, count);
        }
        target = target.subspan(count);
        offset += count;
    }
}

/// Effect: fills `target` with the bytes from `offset` on; `supplied` has what keepers answered.
/// Precondition: they are in the content. Throws what keepers make it throw, with nothing written.
inline void read_through(content const& of, supplied_pages& supplied, std::uint64_t offset, std::span<std::byte> target)
{
    if (of.may_have_keepers) {
        for_each_page(of.pages, offset, target.size(), [&](page_piece piece, page_slot const* held) {
            static_cast<void>(supplied.bytes_of(place_of(held, piece.page)));
            return true;
        });
    }
    for_each_page(of.pages, offset, target.size(), [&](page_piece piece, page_slot const* held) {
        auto const bytes = supplied.bytes_of(place_of(held, piece.page)).subspan(piece.from, piece.count);
        std::memcpy(target.data(), bytes.data(), bytes.size());
        target = target.subspan(bytes.size());
        return true;
    });
}

/// Effect: calls visit(first, pages) for each run of pages of [first, first + count) that have something, in order,
/// where the slot of all is `held`, or null: what mounts lead to. O(runs that mounts lead to · levels).
template <class Visit>
void for_each_through_mounts(page_slot const* held, page_index first, std::uint64_t count, Visit&& visit)
{
    while (count > 0) {
        auto const there = through_mounts(held, first, count);
        if (there.has_something())
            visit(first, there);
        first += there.count;
        count -= there.count;
    }
}

} // namespace still::segments
