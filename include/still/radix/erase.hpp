// SPDX-License-Identifier: BSL-1.0
//
// Taking an index's slot away.

#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "still/radix/assign.hpp"
#include "still/radix/path.hpp"

namespace still::radix {

/// Returns a leaf for the index, as the leaf or uniform node `from` has it, without the index's slot.
/// Precondition: it has one, and others beside it in the leaf. Allocates one node; throws what heap and slot do.
template <class Node>
[[nodiscard]] owned<Node> copy_without_slot(typename Node::heap_type& heap, Node const& from, page_index index)
{
    auto const present = static_cast<typename Node::bitmap>(digits_of(from) & ~Node::bit_of(Node::digit_of(index, 0)));
    auto copy = Node::make(heap, 0, Node::start_of(index, 0), static_cast<unsigned>(std::popcount(present)));
    for (auto const next : each_bit(present))
        copy.edit().append_slot(heap, next, slot_in(from, next));
    return copy;
}

/// Returns a copy of a branch without one of its children. Precondition: digit present, entries() ≥ 3.
/// Allocates one node; throws what the heap does.
template <class Node>
[[nodiscard]] owned<Node> copy_without_child(typename Node::heap_type& heap, Node const& branch, unsigned digit)
{
    auto copy = Node::make(heap, branch.level(), branch.first(), branch.entries() - 1);
    copy.edit().set_size(branch.size() - branch.child_of(digit)->size());
    copy.edit().share_children_but(branch, digit);
    return copy;
}

/// Effect: the subtree at the path's end goes. At most one node a level is copied; throws what the heap does.
template <class Node>
void erase_end(typename Node::heap_type& heap, owned<Node>& root, path<Node>& way)
{
    auto const delta = -static_cast<std::int64_t>(way.end().size());
    if (way.length() == 0) {
        root = {};
        return;
    }
    way.step_up();
    auto& branch = way.end();
    auto const digit = branch.digit_of(way.index());
    graft<Node> above(heap, way, delta);
    if (branch.entries() == 2) {
        // A branch of one child is no branch: the child takes its place.
        auto* const sibling = branch.child_at(branch.position_of(digit) == 0 ? 1 : 0);
        above.put(root, owned<Node>::share(sibling));
    } else if (way.end_is_unshared()) {
        auto const gone = branch.remove_child(digit);
        branch.set_size(branch.size() + static_cast<std::uint64_t>(delta));
        above.count();
    } else {
        above.put(root, copy_without_child(heap, branch, digit));
    }
}

/// Effect: `index` has no slot. Nodes that only this root reaches are edited in place, others copied,
/// at most one a level; where a uniform node is split, fan-out nodes a level are made; otherwise, without shared
/// nodes on the way, and where slots move without throwing, nothing is allocated. Returns false, with nothing done,
/// when it had none. Precondition: index < index_end. O(levels · fan-out). Throws what heap and slot do, with the
/// table as it was.
template <class Node>
bool erase(typename Node::heap_type& heap, owned<Node>& root, page_index index)
{
    STILL_ASSERT(index < index_end);
    if (!root)
        return false;
    path<Node> way(root, index);
    auto& end = way.end();
    if (end.is_branch() || !end.covers(index) || end.slot_for(index) == nullptr)
        return false;
    if (!end.is_uniform() && end.entries() == 1) {
        erase_end(heap, root, way);
        return true;
    }
    graft<Node> above(heap, way, -1);
    if (end.is_uniform()) {
        above.split(heap, end);
        above.put(root, copy_without_slot(heap, end, index));
        return true;
    }
    if constexpr (Node::edits_in_place) {
        if (way.end_is_unshared()) {
            end.remove_slot(end.digit_of(index));
            above.count();
            return true;
        }
    }
    above.put(root, copy_without_slot(heap, end, index));
    return true;
}

} // namespace still::radix
