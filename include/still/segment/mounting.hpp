// SPDX-License-Identifier: BSL-1.0
//
// Putting mounts and keepers into a segment's content, fetching what keepers keep, and freezing.

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <utility>

#include "still/segment/writing.hpp"

namespace still::segments {

/// Throws misaligned_range unless `count` bytes from `offset` on are whole pages, or reach to `end`.
inline void require_pages(std::uint64_t offset, std::uint64_t count, std::uint64_t end)
{
    if (offset % page_bytes != 0)
        boost::throw_exception(misaligned_range(offset));
    if (count % page_bytes != 0 && offset + count != end)
        boost::throw_exception(misaligned_range(offset + count));
}

/// Pages that `count` bytes take.
[[nodiscard]] inline std::uint64_t page_count(std::uint64_t count) noexcept
{
    return count / page_bytes + (count % page_bytes != 0 ? 1 : 0);
}

/// Effect: the pages from `offset` on show those of `inner` from `from` on. What ends with `inner`, within a page, is
/// followed by zeros.
/// Preconditions: count ≥ 1, the range is in the content, [from, from + count) in `inner`. Allocates a record and
/// nodes. Throws misaligned_range, mount_too_deep, and what the table does, with nothing changed.
inline void mount(content& of, std::uint64_t offset, content const& inner, std::uint64_t from, std::uint64_t count,
    mount_rights rights)
{
    if (offset % page_bytes != 0)
        boost::throw_exception(misaligned_range(offset));
    require_pages(from, count, inner.size);
    if (inner.mount_depth >= most_mounts)
        boost::throw_exception(mount_too_deep());
    auto const start = offset / page_bytes;
    auto const slot
        = make_slot<mount_record>(of.pages.heap(), slot_kind::mount, content(inner), start, from / page_bytes, rights);
    auto next = of.pages;
    put_run(next, start, page_count(count), slot);
    of.pages.swap(next);
    of.mount_depth = std::max(of.mount_depth, static_cast<std::uint8_t>(inner.mount_depth + 1));
    of.may_have_keepers = of.may_have_keepers || inner.may_have_keepers;
}

/// Effect: the pages of `count` bytes from `offset` on are a keeper's, who counts them from 0.
/// Preconditions: count ≥ 1, the range is in the content. Allocates a record and nodes. Throws misaligned_range and
/// what the table does, with nothing changed.
inline void keep(content& of, std::uint64_t offset, std::uint64_t count, std::shared_ptr<keeper> who)
{
    require_pages(offset, count, of.size);
    auto const start = offset / page_bytes;
    auto const slot = make_slot<keeper_record>(of.pages.heap(), slot_kind::keeper, std::move(who), start, count);
    auto next = of.pages;
    put_run(next, start, page_count(count), slot);
    of.pages.swap(next);
    of.may_have_keepers = true;
}

/// True when a page is with a keeper, here or where mounts lead. O(slots, with those of mounts).
[[nodiscard]] inline bool has_keepers(content const& of)
{
    auto found = false;
    for_each_run(of.pages, 0, of.page_end(), [&](page_index start, std::uint64_t count, page_slot const& slot) {
        for_each_through_mounts(found ? nullptr : &slot, start, count,
            [&](page_index, pages_at const& there) { found = found || there.held->keeper() != nullptr; });
    });
    return found;
}

/// The pages that keepers have supplied, as slots: one frame wherever a page shows.
struct fetched_pages {
    std::map<kept_page, page_slot> slots;
    asking_in_order questions;
};

/// Returns the slot of a keeper's page. Asks it once. Throws what it makes it throw, and what the payer does.
[[nodiscard]] inline page_slot fetched(
    fetched_pages& pages, keeper_record const& whom, page_index page, std::pmr::memory_resource* payer)
{
    auto const asked = page_kept(whom, page);
    auto found = pages.slots.find(asked);
    if (found == pages.slots.end()) {
        auto const answer = pages.questions.bytes_of(whom, page);
        found = pages.slots.emplace(asked, overwritten{ zero_page, 0, answer }.slot(payer)).first;
    }
    return found->second;
}

/// Effect: pages of [first, end) that are with keepers become what they supply, also in what is mounted there.
/// Asks each keeper once a page. Throws what keepers make it throw and what table and payer do, with nothing changed.
/// Recursion is bounded by most_mounts.
inline void fetch(content& of, fetched_pages& supplied, page_index first, page_index end)
{
    if (!of.may_have_keepers)
        return;
    auto const held = of.pages; // a keeper may replace the version that is being fetched
    auto next = of.pages;
    auto const heap = of.pages.heap();
    for_each_run(held, first, end, [&](page_index start, std::uint64_t count, page_slot const& slot) {
        if (auto const* const kept = slot.keeper()) {
            for (auto page = start; page - start < count; ++page) {
                auto answer = fetched(supplied, *kept, kept->inner(page), heap.resource());
                put(next, page, std::move(answer).with_watch(slot.watched()));
            }
            return;
        }
        auto const* const through = slot.mount();
        if (through == nullptr || !through->mounted.may_have_keepers)
            return;
        auto inner = through->mounted;
        inner.pages = std::move(inner.pages).with_heap(heap);
        fetch(inner, supplied, through->inner(start), through->inner(start) + count);
        if (inner.pages.same_root(through->mounted.pages))
            return;
        put_run(next, start, count,
            make_slot<mount_record>(heap, slot_kind::mount, std::move(inner), page_index{ through->start },
                page_index{ through->first }, mount_rights{ through->rights })
                .with_watch(slot.watched()));
    });
    of.pages.swap(next);
    if (first == 0 && end >= of.page_end())
        of.may_have_keepers = false;
}

/// Effect: all pages are frames or nothing, and none is watched. Asks keepers for all they have; frames of mounts are
/// shared. Throws as fetch does, with nothing changed.
inline void freeze(content& of)
{
    auto next = of;
    fetched_pages supplied;
    fetch(next, supplied, 0, next.page_end());
    auto const held = next.pages;
    for_each_run(held, 0, next.page_end(), [&](page_index start, std::uint64_t count, page_slot const& slot) {
        if (slot.kind() != slot_kind::mount) {
            if (slot.watched())
                put_run(next.pages, start, count, slot.with_watch(false));
            return;
        }
        put_run(next.pages, start, count, {});
        for_each_through_mounts(&slot, start, count, [&](page_index page, pages_at const& there) {
            put_run(next.pages, page, there.count, there.held->with_watch(false)); // a frame: all others were fetched
        });
    });
    next.mount_depth = 0;
    next.may_have_keepers = false;
    of = std::move(next);
}

} // namespace still::segments
