// SPDX-License-Identifier: BSL-1.0
//
// Giving an index a slot.

#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "still/radix/find.hpp"
#include "still/radix/path.hpp"

namespace still::radix {

/// Returns a new leaf that holds one slot. Allocates one node; throws what heap and slot do.
template <class Node, class Source>
[[nodiscard]] owned<Node> single(typename Node::heap_type& heap, page_index index, Source&& source)
{
    auto leaf = Node::make(heap, 0, Node::start_of(index, 0), 1);
    leaf.edit().append_slot(heap, Node::digit_of(index, 0), std::forward<Source>(source));
    return leaf;
}

/// Returns a copy of a leaf in which `digit` has a slot made from `source`.
/// Allocates one node; throws what heap and slot do. Where slots move without throwing, `source` is
/// used last, so that a throw leaves it as it was.
template <class Node, class Source>
[[nodiscard]] owned<Node> copy_with_slot(
    typename Node::heap_type& heap, Node const& leaf, unsigned digit, Source&& source)
{
    using bitmap = typename Node::bitmap;
    using slot_type = typename Node::slot_type;
    auto copy = Node::make(heap, 0, leaf.first(), leaf.entries() + (leaf.has(digit) ? 0U : 1U));
    auto& fresh = copy.edit();
    constexpr auto source_comes_last = Node::edits_in_place && !std::is_nothrow_copy_constructible_v<slot_type>;
    auto const present = static_cast<bitmap>(leaf.present() | Node::bit_of(digit));
    for (auto left = present; left != 0; left = static_cast<bitmap>(left & (left - 1))) {
        auto const next = static_cast<unsigned>(std::countr_zero(left));
        if (next != digit)
            fresh.append_slot(heap, next, std::as_const(*leaf.slot_of(next)));
        else if constexpr (!source_comes_last)
            // NOLINTNEXTLINE(bugprone-use-after-move): the loop comes here once
            fresh.append_slot(heap, next, std::forward<Source>(source));
    }
    if constexpr (source_comes_last)
        fresh.insert_slot(
            digit, std::make_obj_using_allocator<slot_type>(heap.elements(), std::forward<Source>(source)));
    return copy;
}

/// Effect: the leaf at the path's end gets a slot for the path's index, made from `source`.
/// Precondition: the end is a leaf that covers the index.
template <class Node, class Source>
void assign_in_leaf(typename Node::heap_type& heap, owned<Node>& root, path<Node> const& way, Source&& source)
{
    auto& leaf = way.end();
    auto const digit = leaf.digit_of(way.index());
    auto const delta = leaf.has(digit) ? 0 : 1;
    graft<Node> above(heap, way, delta);
    if constexpr (Node::edits_in_place) {
        if (way.end_is_unshared()) {
            owned<Node> roomier;
            if (delta == 1 && leaf.full())
                roomier = Node::make(heap, 0, leaf.first(), leaf.entries() + 1);
            auto slot = std::make_obj_using_allocator<typename Node::slot_type>(
                heap.elements(), std::forward<Source>(source));
            if (roomier) {
                leaf.give_slots_to(roomier.edit());
                roomier.edit().insert_slot(digit, std::move(slot));
                above.put(root, std::move(roomier));
            } else {
                if (delta == 1)
                    leaf.insert_slot(digit, std::move(slot));
                else
                    leaf.replace_slot(digit, std::move(slot));
                above.count();
            }
            return;
        }
    }
    above.put(root, copy_with_slot(heap, leaf, digit, std::forward<Source>(source)));
}

/// Effect: the branch at the path's end gets a leaf for the path's index.
/// Precondition: the end is a branch that covers the index and has no child for it.
template <class Node, class Source>
void assign_in_branch(typename Node::heap_type& heap, owned<Node>& root, path<Node> const& way, Source&& source)
{
    auto& branch = way.end();
    auto const digit = branch.digit_of(way.index());
    graft<Node> above(heap, way, 1);
    if (!way.end_is_unshared()) {
        above.extend(heap, branch);
        above.put(root, single<Node>(heap, way.index(), std::forward<Source>(source)));
        return;
    }
    owned<Node> roomier;
    if (branch.full())
        roomier = Node::make(heap, branch.level(), branch.first(), branch.entries() + 1);
    auto leaf = single<Node>(heap, way.index(), std::forward<Source>(source));
    if (roomier)
        branch.give_children_to(roomier.edit());
    auto& edited = roomier ? roomier.edit() : branch;
    edited.insert_child(digit, std::move(leaf));
    edited.set_size(edited.size() + 1);
    if (roomier)
        above.put(root, std::move(roomier));
    else
        above.count();
}

/// Effect: a new branch comes above the path's end, to hold it and a leaf for the path's index.
/// Precondition: the end does not cover the index.
template <class Node, class Source>
void assign_beside(typename Node::heap_type& heap, owned<Node>& root, path<Node> const& way, Source&& source)
{
    auto const& end = way.end();
    auto const level = Node::level_of_both(end.first(), way.index());
    auto const end_digit = Node::digit_of(end.first(), level);
    auto const digit = Node::digit_of(way.index(), level);
    graft<Node> above(heap, way, 1);
    auto branch = Node::make(heap, level, Node::start_of(way.index(), level), 2);
    auto& fresh = branch.edit();
    fresh.set_size(end.size() + 1);
    if (digit < end_digit)
        fresh.append_child(digit, {});
    fresh.append_child(end_digit, owned<Node>::share(&end));
    if (digit > end_digit)
        fresh.append_child(digit, {});
    above.hang(std::move(branch), digit);
    above.put(root, single<Node>(heap, way.index(), std::forward<Source>(source)));
}

/// Effect: `index` has a slot equal to `source`. Nodes that only this root reaches are edited in place,
/// others copied, at most one a level. Returns false, with nothing done, when it had an equal one.
/// Precondition: index < index_end. O(levels · fan-out). Throws what heap and slot do, with the table
/// as it was; `source` too, where slots move without throwing.
template <class Node, class Source>
bool assign(typename Node::heap_type& heap, owned<Node>& root, page_index index, Source&& source)
{
    STILL_ASSERT(index < index_end);
    if (!root) {
        root = single<Node>(heap, index, std::forward<Source>(source));
        return true;
    }
    path<Node> const way(root, index);
    auto const& end = way.end();
    if (!end.covers(index)) {
        assign_beside(heap, root, way, std::forward<Source>(source));
    } else if (!end.is_leaf()) {
        assign_in_branch(heap, root, way, std::forward<Source>(source));
    } else {
        auto const* const held = end.slot_of(end.digit_of(index));
        if (held != nullptr && static_cast<bool>(*held == std::as_const(source)))
            return false;
        assign_in_leaf(heap, root, way, std::forward<Source>(source));
    }
    return true;
}

} // namespace still::radix
