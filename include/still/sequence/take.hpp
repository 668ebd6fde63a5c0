// SPDX-License-Identifier: BSL-1.0
//
// The beginning of a table without gaps.

#pragma once

#include <cstdint>
#include <utility>

#include "still/radix/node.hpp"

namespace still::sequence {

/// Returns a table of the slots below `end`, which shares all nodes that have no others. Allocates a node a level at
/// most, along the cut; throws what the heap does. Recursion is bounded by the levels.
/// Precondition: the table has slots at all indices from first() to end - 1; first() < end.
template <class Node>
[[nodiscard]] owned<Node> slots_below(typename Node::heap_type& heap, Node const& from, page_index end)
{
    STILL_ASSERT(from.first() < end);
    if (from.last() < end)
        return owned<Node>::share(&from);
    auto const cut = from.digit_of(end - 1);
    if (from.is_leaf()) {
        auto made = Node::make(heap, 0, from.first(), cut + 1);
        for (unsigned digit = 0; digit <= cut; ++digit)
            made.edit().append_slot(heap, digit, from.slot_at(digit));
        return made;
    }
    auto last = slots_below(heap, *from.child_at(cut), end);
    if (cut == 0) // a branch of one child is no branch
        return last;
    auto made = Node::make(heap, from.level(), from.first(), cut + 1);
    auto& fresh = made.edit();
    fresh.set_size(end - from.first());
    for (unsigned digit = 0; digit < cut; ++digit)
        fresh.append_child(digit, owned<Node>::share(from.child_at(digit)));
    fresh.append_child(cut, std::move(last));
    return made;
}

} // namespace still::sequence
