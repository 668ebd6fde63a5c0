// SPDX-License-Identifier: BSL-1.0
//
// Taking an index's slot away.

#pragma once

#include <bit>
#include <utility>

#include "still/radix/path.hpp"

namespace still::radix {

/// Returns a copy of a leaf without one of its slots. Precondition: digit present, entries() ≥ 2.
/// Allocates one node; throws what heap and slot do.
template <class Node>
[[nodiscard]] owned<Node> copy_without_slot(typename Node::heap_type& heap, Node const& leaf, unsigned digit)
{
    using bitmap = typename Node::bitmap;
    auto copy = Node::make(heap, 0, leaf.first(), leaf.entries() - 1);
    auto const present = static_cast<bitmap>(leaf.present() & ~Node::bit_of(digit));
    for (auto left = present; left != 0; left = static_cast<bitmap>(left & (left - 1))) {
        auto const next = static_cast<unsigned>(std::countr_zero(left));
        copy.edit().append_slot(heap, next, std::as_const(*leaf.slot_of(next)));
    }
    return copy;
}

/// Returns a copy of a branch without one of its children. Precondition: digit present, entries() ≥ 3.
/// Allocates one node; throws what the heap does.
template <class Node>
[[nodiscard]] owned<Node> copy_without_child(typename Node::heap_type& heap, Node const& branch, unsigned digit)
{
    using bitmap = typename Node::bitmap;
    auto copy = Node::make(heap, branch.level(), branch.first(), branch.entries() - 1);
    copy.edit().set_size(branch.size() - branch.child_of(digit)->size());
    auto const present = static_cast<bitmap>(branch.present() & ~Node::bit_of(digit));
    for (auto left = present; left != 0; left = static_cast<bitmap>(left & (left - 1))) {
        auto const next = static_cast<unsigned>(std::countr_zero(left));
        copy.edit().append_child(next, owned<Node>::share(branch.child_of(next)));
    }
    return copy;
}

/// Effect: the leaf at the path's end, which holds this one slot, goes.
template <class Node>
void erase_leaf(typename Node::heap_type& heap, owned<Node>& root, path<Node>& way)
{
    if (way.length() == 0) {
        root = {};
        return;
    }
    way.step_up();
    auto& branch = way.end();
    auto const digit = branch.digit_of(way.index());
    graft<Node> above(heap, way, -1);
    if (branch.entries() == 2) {
        // A branch of one child is no branch: the child takes its place.
        auto* const sibling = branch.child_at(branch.position_of(digit) == 0 ? 1 : 0);
        above.put(root, owned<Node>::share(sibling));
    } else if (way.end_is_unshared()) {
        auto const gone = branch.remove_child(digit);
        branch.set_size(branch.size() - 1);
        above.count();
    } else {
        above.put(root, copy_without_child(heap, branch, digit));
    }
}

/// Effect: `index` has no slot. Nodes that only this root reaches are edited in place, others copied,
/// at most one a level; without shared nodes on the way, and where slots move without throwing,
/// nothing is allocated. Returns false, with nothing done, when it had none.
/// Precondition: index < index_end. O(levels · fan-out). Throws what heap and slot do, with the table
/// as it was.
template <class Node>
bool erase(typename Node::heap_type& heap, owned<Node>& root, page_index index)
{
    STILL_ASSERT(index < index_end);
    if (!root)
        return false;
    path<Node> way(root, index);
    auto& leaf = way.end();
    auto const digit = leaf.digit_of(index);
    if (!leaf.is_leaf() || !leaf.covers(index) || !leaf.has(digit))
        return false;
    if (leaf.entries() == 1) {
        erase_leaf(heap, root, way);
        return true;
    }
    graft<Node> above(heap, way, -1);
    if constexpr (Node::edits_in_place) {
        if (way.end_is_unshared()) {
            leaf.remove_slot(digit);
            above.count();
            return true;
        }
    }
    above.put(root, copy_without_slot(heap, leaf, digit));
    return true;
}

} // namespace still::radix
