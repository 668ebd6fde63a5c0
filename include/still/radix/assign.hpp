// SPDX-License-Identifier: BSL-1.0
//
// Giving an index a slot.

#pragma once

#include <bit>
#include <memory>
#include <type_traits>
#include <utility>

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

/// The digits that a leaf has in use, or of a uniform node's part, all.
template <class Node>
[[nodiscard]] typename Node::bitmap digits_of(Node const& end) noexcept
{
    return end.is_uniform() ? Node::every_digit : end.present();
}

/// The slot of a digit in a leaf, or in any part of a uniform node. Precondition: the digit is in use there.
template <class Node>
[[nodiscard]] typename Node::slot_type const& slot_in(Node const& end, unsigned digit) noexcept
{
    return end.is_uniform() ? end.uniform_slot() : end.slot_at(end.position_of(digit));
}

/// Returns a leaf for the path's index, as the leaf or uniform node `from` has it, but with a slot made from
/// `source`. Allocates one node; throws what heap and slot do. Where slots move without throwing, `source` is
/// used last, so that a throw leaves it as it was.
template <class Node, class Source>
[[nodiscard]] owned<Node> copy_with_slot(
    typename Node::heap_type& heap, Node const& from, page_index index, Source&& source)
{
    using bitmap = typename Node::bitmap;
    using slot_type = typename Node::slot_type;
    auto const digit = Node::digit_of(index, 0);
    auto const present = static_cast<bitmap>(digits_of(from) | Node::bit_of(digit));
    auto copy = Node::make(heap, 0, Node::start_of(index, 0), static_cast<unsigned>(std::popcount(present)));
    auto& fresh = copy.edit();
    if constexpr (Node::copies_bytes && std::is_nothrow_constructible_v<slot_type, Source>
        && !std::uses_allocator_v<slot_type, decltype(heap.elements())>) {
        if (from.is_leaf()) {
            slot_type made(std::forward<Source>(source));
            fresh.copy_slots_around(from, digit);
            fresh.replace_slot(digit, std::move(made));
            return copy;
        }
    }
    constexpr auto source_comes_last = Node::edits_in_place && !std::is_nothrow_copy_constructible_v<slot_type>;
    for (auto const next : each_bit(present)) {
        if (next != digit)
            fresh.append_slot(heap, next, slot_in(from, next));
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
    above.put(root, copy_with_slot(heap, leaf, way.index(), std::forward<Source>(source)));
}

/// Effect: the branch at the path's end gets the leaf that `make_leaf()` returns, with `size` slots, for the path's
/// index. Called last of what may throw. Precondition: the end is a branch that covers the index and has no child for
/// it.
template <class Node, class Make>
void assign_in_branch(
    typename Node::heap_type& heap, owned<Node>& root, path<Node> const& way, unsigned size, Make const& make_leaf)
{
    auto& branch = way.end();
    auto const digit = branch.digit_of(way.index());
    graft<Node> above(heap, way, size);
    if (!way.end_is_unshared()) {
        above.extend(heap, branch);
        above.put(root, make_leaf());
        return;
    }
    owned<Node> roomier;
    if (branch.full())
        roomier = Node::make(heap, branch.level(), branch.first(), branch.entries() + 1);
    auto leaf = make_leaf();
    if (roomier)
        branch.give_children_to(roomier.edit());
    auto& edited = roomier ? roomier.edit() : branch;
    edited.insert_child(digit, std::move(leaf));
    edited.set_size(edited.size() + size);
    if (roomier)
        above.put(root, std::move(roomier));
    else
        above.count();
}

/// Effect: a new branch comes above the path's end, to hold it and such a leaf for the path's index.
/// Precondition: the end does not cover the index.
template <class Node, class Make>
void assign_beside(
    typename Node::heap_type& heap, owned<Node>& root, path<Node> const& way, unsigned size, Make const& make_leaf)
{
    auto const& end = way.end();
    auto const level = Node::level_of_both(end.first(), way.index());
    auto const end_digit = Node::digit_of(end.first(), level);
    auto const digit = Node::digit_of(way.index(), level);
    graft<Node> above(heap, way, size);
    auto branch = Node::make(heap, level, Node::start_of(way.index(), level), 2);
    auto& fresh = branch.edit();
    fresh.set_size(end.size() + size);
    if (digit < end_digit)
        fresh.append_child(digit, {});
    fresh.append_child(end_digit, owned<Node>::share(&end));
    if (digit > end_digit)
        fresh.append_child(digit, {});
    above.hang(std::move(branch), digit);
    above.put(root, make_leaf());
}

/// Effect: the uniform node at the path's end makes room for another slot at the path's index.
template <class Node, class Source>
void assign_in_uniform(typename Node::heap_type& heap, owned<Node>& root, path<Node> const& way, Source&& source)
{
    auto const& uniform = way.end();
    graft<Node> above(heap, way, 0);
    above.split(heap, uniform);
    above.put(root, copy_with_slot(heap, uniform, way.index(), std::forward<Source>(source)));
}

/// True when a leaf is full, and all its slots equal, once this digit has the slot. Throws what `==` does.
template <class Node, class Source>
[[nodiscard]] bool completes_leaf(Node const& leaf, unsigned digit, Source const& slot)
{
    if (static_cast<typename Node::bitmap>(leaf.present() | Node::bit_of(digit)) != Node::every_digit)
        return false;
    for (unsigned next = 0; next < Node::fan_out; ++next) {
        if (next != digit && !static_cast<bool>(slot_in(leaf, next) == slot))
            return false;
    }
    return true;
}

/// True when all of a branch is uniform once the part below this digit is, with the slot. Throws what `==` does.
template <class Node, class Source>
[[nodiscard]] bool completes_branch(Node const& branch, unsigned digit, Source const& slot)
{
    if (static_cast<typename Node::bitmap>(branch.present() | Node::bit_of(digit)) != Node::every_digit)
        return false;
    for (auto const next : each_bit(branch.present())) {
        auto const& child = *branch.child_of(next);
        if (next != digit
            && (!child.is_uniform() || child.level() + 1 != branch.level()
                || !static_cast<bool>(child.uniform_slot() == slot)))
            return false;
    }
    return true;
}

/// Effect: goes up from a subtree that becomes uniform, of `level`, as far as spans become uniform with it. Returns
/// the level of the highest. Throws what `==` does.
template <class Node, class Source>
[[nodiscard]] unsigned step_up_to_uniform(path<Node>& way, unsigned level, Source const& slot)
{
    while (way.length() > 0) {
        auto const& branch = way.branch(way.length() - 1);
        if (branch.level() != level + 1 || !completes_branch(branch, branch.digit_of(way.index()), slot))
            break;
        way.step_up();
        ++level;
    }
    return level;
}

/// Effect: the leaf at the path's end becomes uniform, and what lies above it as far as that goes.
/// Precondition: the end is a leaf that the slot completes.
template <class Node, class Source>
void assign_completing(typename Node::heap_type& heap, owned<Node>& root, path<Node>& way, Source&& source)
{
    auto const delta = way.end().has(way.end().digit_of(way.index())) ? 0 : 1;
    auto const level = step_up_to_uniform(way, 0, std::as_const(source));
    graft<Node> above(heap, way, delta);
    auto const first = Node::start_of(way.index(), level);
    above.put(root, Node::make_uniform(heap, level, first, std::forward<Source>(source)));
}

/// Effect: `index` has a slot equal to `source`. Nodes that only this root reaches are edited in place,
/// others copied, at most one a level; where a uniform node is split, fan-out nodes a level are made. Returns
/// false, with nothing done, when it had an equal one. Precondition: index < index_end. O(levels · fan-out).
/// Throws what heap and slot do, with the table as it was; `source` too, where slots move without throwing.
template <class Node, class Source>
bool assign(typename Node::heap_type& heap, owned<Node>& root, page_index index, Source&& source)
{
    STILL_ASSERT(index < index_end);
    if (!root) {
        root = single<Node>(heap, index, std::forward<Source>(source));
        return true;
    }
    path<Node> way(root, index);
    auto const& end = way.end();
    auto const make_leaf = [&] { return single<Node>(heap, index, std::forward<Source>(source)); };
    if (!end.covers(index)) {
        assign_beside(heap, root, way, 1, make_leaf);
    } else if (end.is_branch()) {
        assign_in_branch(heap, root, way, 1, make_leaf);
    } else {
        auto const* const held = end.slot_for(index);
        if (held != nullptr && static_cast<bool>(*held == std::as_const(source)))
            return false;
        if (end.is_uniform())
            assign_in_uniform(heap, root, way, std::forward<Source>(source));
        else if (completes_leaf(end, end.digit_of(index), std::as_const(source)))
            assign_completing(heap, root, way, std::forward<Source>(source));
        else
            assign_in_leaf(heap, root, way, std::forward<Source>(source));
    }
    return true;
}

} // namespace still::radix
