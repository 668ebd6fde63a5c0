// SPDX-License-Identifier: BSL-1.0
//
// The same table in another heap's memory.

#pragma once

#include "still/radix/node.hpp"

namespace still::radix {

/// Returns a copy of all below a node, slots too, made by `heap`. O(nodes), one allocation each. Throws what heap and
/// slots do.
template <class Node>
[[nodiscard]] owned<Node> copy_below(typename Node::heap_type& heap, Node const& seen)
{
    if (seen.is_uniform())
        return Node::make_uniform(heap, seen.level(), seen.first(), seen.uniform_slot());
    auto copy = Node::make(heap, seen.level(), seen.first(), seen.entries());
    auto& fresh = copy.edit();
    unsigned position = 0;
    for (auto const digit : each_bit(seen.present())) {
        if (seen.is_leaf())
            fresh.append_slot(heap, digit, seen.slot_at(position));
        else
            fresh.append_child(digit, copy_below(heap, *seen.child_at(position)));
        ++position;
    }
    if (fresh.is_branch())
        fresh.set_size(seen.size());
    return copy;
}

/// The same for a root, which may be null.
template <class Node>
[[nodiscard]] owned<Node> copy_of(typename Node::heap_type& heap, Node const* root)
{
    return root == nullptr ? owned<Node>() : copy_below(heap, *root);
}

} // namespace still::radix
