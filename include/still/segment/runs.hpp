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
/// without a slot are left out, and neighbours with equal slots may come apart. O(runs in the range + levels).
template <class Visit>
void for_each_run(segment_table const& pages, page_index first, page_index end, Visit&& visit)
{
    for (auto const [start, count, slot] : pages.runs(std::min(first, radix::index_end))) {
        if (start >= end)
            return;
        auto const from = std::max(start, first);
        visit(from, std::min(start + count, end) - from, slot);
    }
}

/// Effect: one page has `slot`, or none where that is nothing and not watched. Throws what the table does, with
/// nothing changed.
inline void put(segment_table& pages, page_index page, page_slot slot)
{
    pages = slot == page_slot() ? std::move(pages).erase(page) : std::move(pages).assign(page, std::move(slot));
}

/// Effect: the pages from `first` on have `slot`; where it is nothing and not watched, they have none. Costs the ends
/// of the run. Throws what the table does, with nothing changed.
inline void put_run(segment_table& pages, page_index first, std::uint64_t count, page_slot const& slot)
{
    if (count == 1)
        return put(pages, first, slot); // in place where it may be
    pages = slot == page_slot() ? std::move(pages).erase(first, count) : std::move(pages).assign(first, count, slot);
}

} // namespace still::segments
