// SPDX-License-Identifier: BSL-1.0
//
// Runs of pages that have the same slot.

#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "still/segment/slot.hpp"

namespace still::segments {

/// Effect: calls visit(first, count, slot) for runs of pages in [first, end) that have equal slots, in order; pages
/// without a slot are left out. Returns nothing. O(slots in the range + levels).
template <class Visit>
void for_each_run(segment_table const& pages, page_index first, page_index end, Visit&& visit)
{
    auto held = pages.lower_bound(std::min(first, radix::index_end));
    while (held != pages.end() && held->index < end) {
        auto const start = held->index;
        auto const& slot = held->slot;
        auto next = start + 1;
        for (++held; held != pages.end() && held->index == next && next < end && held->slot == slot; ++held)
            ++next;
        visit(start, next - start, slot);
    }
}

/// Effect: the pages from `first` on have `slot`; where it is nothing and not watched, they have none.
/// Throws what the table does, and then `pages` is partly done: give it a copy.
inline void put_run(segment_table& pages, page_index first, std::uint64_t count, page_slot const& slot)
{
    auto const none = slot == page_slot();
    for (auto page = first; page - first < count; ++page)
        pages = none ? std::move(pages).erase(page) : std::move(pages).assign(page, slot);
}

/// Effect: one page has `slot`, or none where that is nothing and not watched. Throws what the table does, with
/// nothing changed.
inline void put(segment_table& pages, page_index page, page_slot slot)
{
    pages = slot == page_slot() ? std::move(pages).erase(page) : std::move(pages).assign(page, std::move(slot));
}

} // namespace still::segments
