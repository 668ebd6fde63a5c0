// SPDX-License-Identifier: BSL-1.0
//
// Making a node of what its digits are to have, in the one shape that the content allows.

#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "still/radix/node.hpp"

namespace still::radix {

/// What each digit of a branch is to have: a subtree, or null.
template <class Node>
struct children_of {
    owned<Node> at[Node::fan_out];
};

/// What each digit of a leaf is to have: a slot, or null.
template <class Node>
struct slots_of {
    typename Node::slot_type const* at[Node::fan_out] = {};
};

/// True when all children are uniform nodes of the level below, with equal slots. Throws what `==` does.
/// Precondition: none is null.
template <class Node>
[[nodiscard]] bool are_alike(children_of<Node> const& children, unsigned level)
{
    auto const& first = children.at[0];
    for (auto const& child : children.at) {
        if (!child->is_uniform() || child->level() + 1 != level)
            return false;
    }
    for (unsigned digit = 1; digit < Node::fan_out; ++digit) {
        if (!static_cast<bool>(first->uniform_slot() == children.at[digit]->uniform_slot()))
            return false;
    }
    return true;
}

/// Returns the subtree over the span of `level` that starts at `first`: null for no children, the child itself for
/// one, a uniform node where all are alike, else a branch. Takes the children, unless it throws.
/// Allocates one node at most. Throws what heap and slot do.
template <class Node>
[[nodiscard]] owned<Node> compose(
    typename Node::heap_type& heap, unsigned level, page_index first, children_of<Node>& children)
{
    using bitmap = typename Node::bitmap;
    bitmap present = 0;
    std::uint64_t size = 0;
    for (unsigned digit = 0; digit < Node::fan_out; ++digit) {
        if (!children.at[digit])
            continue;
        present = static_cast<bitmap>(present | Node::bit_of(digit));
        size += children.at[digit]->size();
    }
    if (present == 0)
        return {};
    if (std::has_single_bit(present))
        return std::move(children.at[std::countr_zero(present)]);
    if (present == Node::every_digit && are_alike(children, level))
        return Node::make_uniform(heap, level, first, children.at[0]->uniform_slot());
    auto made = Node::make(heap, level, first, static_cast<unsigned>(std::popcount(present)));
    made.edit().set_size(size);
    for (auto const digit : each_bit(present))
        made.edit().append_child(digit, std::move(children.at[digit]));
    return made;
}

/// Returns the leaf over the span that starts at `first`: null for no slots, a uniform node where all are equal,
/// else a leaf, with copies of the slots. Allocates one node at most. Throws what heap and slot do.
template <class Node>
[[nodiscard]] owned<Node> compose(typename Node::heap_type& heap, page_index first, slots_of<Node> const& slots)
{
    unsigned entries = 0;
    auto alike = true;
    for (auto const* const slot : slots.at)
        entries += slot != nullptr ? 1U : 0U;
    if (entries == 0)
        return {};
    alike = entries == Node::fan_out;
    for (unsigned digit = 1; alike && digit < Node::fan_out; ++digit)
        alike = slots.at[digit] == slots.at[0] || static_cast<bool>(*slots.at[0] == *slots.at[digit]);
    if (alike)
        return Node::make_uniform(heap, 0, first, *slots.at[0]);
    auto made = Node::make(heap, 0, first, entries);
    for (unsigned digit = 0; digit < Node::fan_out; ++digit) {
        if (slots.at[digit] != nullptr)
            made.edit().append_slot(heap, digit, *slots.at[digit]);
    }
    return made;
}

} // namespace still::radix
