// SPDX-License-Identifier: BSL-1.0
//
// Giving many indices their slots: those that lie in one leaf at once.

#pragma once

#include <bit>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>

#include "still/radix/assign.hpp"
#include "still/radix/compose.hpp"

namespace still::radix {

/// Ranges of pairs that stay where they are, so that slots of one leaf may be gathered by their addresses.
template <class Range>
concept groups_by_leaf
    = std::ranges::forward_range<Range> && std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>;

/// Effect: in the leaf for an index, those digits have the slots that `given` has. One new leaf at most, made with
/// room for what it holds; otherwise as `assign` of each. Returns false, with nothing done, where they had equal ones.
/// Precondition: index < index_end; something is given.
template <class Node>
bool assign_leaf(typename Node::heap_type& heap, owned<Node>& root, page_index index, slots_of<Node> const& given)
{
    auto const start = Node::start_of(index, 0);
    auto const make_leaf = [&] { return compose(heap, start, given); };
    auto const count = [](slots_of<Node> const& slots) {
        unsigned present = 0;
        for (auto const* const slot : slots.at)
            present += slot != nullptr ? 1U : 0U;
        return present;
    };
    if (!root) {
        root = make_leaf();
        return true;
    }
    path<Node> way(root, index);
    auto const& end = way.end();
    // A uniform node that is new may complete spans above it.
    auto const is_full = count(given) == Node::fan_out;
    if (!is_full && !end.covers(index)) {
        assign_beside(heap, root, way, count(given), make_leaf);
        return true;
    }
    if (!is_full && end.is_branch()) {
        assign_in_branch(heap, root, way, count(given), make_leaf);
        return true;
    }
    auto changed = false;
    if (end.covers(index) && !end.is_branch()) {
        auto merged = given;
        auto held_count = 0U;
        auto grows = false;
        for (unsigned digit = 0; digit < Node::fan_out; ++digit) {
            auto const* const held = end.slot_for(start + digit);
            held_count += held != nullptr ? 1U : 0U;
            if (given.at[digit] == nullptr || (held != nullptr && static_cast<bool>(*held == *given.at[digit])))
                merged.at[digit] = held; // an equal slot stays
            else
                changed = true;
            grows = grows || (held == nullptr && given.at[digit] != nullptr);
        }
        if (!changed)
            return false;
        // A leaf of our own is edited where it is, as long as it has room.
        auto const stays = Node::edits_in_place && way.end_is_unshared() && end.is_leaf() && !grows;
        auto made = stays ? owned<Node>() : compose(heap, start, merged);
        if (made && !made->is_uniform()) {
            graft<Node> above(heap, way, static_cast<std::int64_t>(made->size()) - held_count);
            if (end.is_uniform())
                above.split(heap, end);
            above.put(root, std::move(made));
            return true;
        }
    }
    for (unsigned digit = 0; digit < Node::fan_out; ++digit) {
        if (given.at[digit] != nullptr)
            changed = assign(heap, root, start + digit, *given.at[digit]) || changed;
    }
    return changed;
}

/// Effect: assigns each slot of a range of (index, slot) to its index, in order. Neighbours in the range that lie in
/// one leaf, in ascending order, are assigned together. A throw leaves a part of them assigned.
/// Precondition: the indices are below index_end.
template <class Node, groups_by_leaf Range>
void assign_all(typename Node::heap_type& heap, owned<Node>& root, Range& batch)
{
    auto const last = std::ranges::end(batch);
    for (auto at = std::ranges::begin(batch); at != last;) {
        auto const& [index, slot] = *at;
        auto next = std::ranges::next(at);
        slots_of<Node> given;
        auto digit = Node::digit_of(index, 0);
        given.at[digit] = &slot;
        auto count = 1U;
        for (; next != last; ++next) {
            auto const& [next_index, next_slot] = *next;
            auto const next_digit = Node::digit_of(next_index, 0);
            if (Node::start_of(next_index, 0) != Node::start_of(index, 0) || next_digit <= digit)
                break;
            digit = next_digit;
            given.at[digit] = &next_slot;
            ++count;
        }
        if (count == 1)
            assign(heap, root, index, slot);
        else
            assign_leaf(heap, root, index, given);
        at = next;
    }
}

} // namespace still::radix
