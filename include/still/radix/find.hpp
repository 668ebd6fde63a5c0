// SPDX-License-Identifier: BSL-1.0
//
// Finding: the slot of one index, and the nearest slot in use at, after or before one.
// Nothing here allocates, throws or touches a count. A null root is an empty table.

#pragma once

#include <bit>

#include "still/radix/node.hpp"

namespace still::radix {

/// The slot of an index, or null. O(levels).
template <class Node>
[[nodiscard]] typename Node::slot_type const* find(Node const* root, page_index index) noexcept
{
    if (root == nullptr)
        return nullptr;
    // Branches are entered by their digit alone: the leaf knows the whole index, and tells at the end.
    while (!root->is_leaf()) {
        root = root->child_of(root->digit_of(index));
        if (root == nullptr)
            return nullptr;
    }
    return root->covers(index) ? root->slot_of(root->digit_of(index)) : nullptr;
}

/// A slot in use: its leaf, its digit, and the digit's position there. No leaf: there is none.
template <class Node>
struct position {
    Node const* leaf = nullptr;
    unsigned digit = 0;
    unsigned entry = 0;

    [[nodiscard]] static position lowest_of(Node const& leaf) noexcept
    {
        return { &leaf, static_cast<unsigned>(std::countr_zero(leaf.present())), 0 };
    }
    [[nodiscard]] static position highest_of(Node const& leaf) noexcept
    {
        return { &leaf, static_cast<unsigned>(std::bit_width(leaf.present())) - 1, leaf.entries() - 1 };
    }
    /// Precondition, as for slot(): leaf is not null.
    [[nodiscard]] page_index index() const noexcept { return leaf->first() + digit; }
    [[nodiscard]] typename Node::slot_type const& slot() const noexcept { return leaf->slot_at(entry); }

    [[nodiscard]] friend bool operator==(position one, position other) noexcept
    {
        return one.leaf == other.leaf && one.digit == other.digit;
    }
};

/// The lowest slot in use. O(levels).
template <class Node>
[[nodiscard]] position<Node> lowest(Node const* root) noexcept
{
    if (root == nullptr)
        return {};
    while (!root->is_leaf())
        root = root->child_at(0);
    return position<Node>::lowest_of(*root);
}

/// The highest slot in use. O(levels).
template <class Node>
[[nodiscard]] position<Node> highest(Node const* root) noexcept
{
    if (root == nullptr)
        return {};
    while (!root->is_leaf())
        root = root->child_at(root->entries() - 1);
    return position<Node>::highest_of(*root);
}

/// The lowest slot in use whose index is `index` or higher. O(levels).
template <class Node>
[[nodiscard]] position<Node> at_or_after(Node const* root, page_index index) noexcept
{
    Node const* above = nullptr; // the nearest subtree known to lie wholly above the index
    while (root != nullptr) {
        if (index <= root->first())
            return lowest(root);
        if (index > root->last())
            break;
        auto const digit = root->digit_of(index);
        auto const entry = root->position_of(digit);
        if (root->is_leaf()) {
            if (entry == root->entries())
                break;
            auto const digits_left = root->present() >> digit;
            return { root, digit + static_cast<unsigned>(std::countr_zero(digits_left)), entry };
        }
        auto const entered = root->has(digit);
        auto const next = entry + (entered ? 1U : 0U);
        if (next < root->entries())
            above = root->child_at(next);
        root = entered ? root->child_at(entry) : nullptr;
    }
    return lowest(above);
}

/// The highest slot in use whose index is lower than `index`. O(levels).
template <class Node>
[[nodiscard]] position<Node> before(Node const* root, page_index index) noexcept
{
    Node const* below = nullptr; // the nearest subtree known to lie wholly below the index
    while (root != nullptr) {
        if (index > root->last())
            return highest(root);
        if (index <= root->first())
            break;
        auto const digit = root->digit_of(index);
        auto const entry = root->position_of(digit);
        if (root->is_leaf()) {
            if (entry == 0)
                break;
            auto const digits_below = root->present() & (Node::bit_of(digit) - 1);
            return { root, static_cast<unsigned>(std::bit_width(digits_below)) - 1, entry - 1 };
        }
        if (entry > 0)
            below = root->child_at(entry - 1);
        root = root->child_of(digit);
    }
    return highest(below);
}

/// The next slot in use, or none. O(1) within a leaf, else O(levels).
template <class Node>
[[nodiscard]] position<Node> next(Node const* root, position<Node> here) noexcept
{
    if (here.entry + 1 == here.leaf->entries())
        return at_or_after(root, here.leaf->last() + 1);
    auto const digits_left = here.leaf->present() >> (here.digit + 1);
    here.digit += 1 + static_cast<unsigned>(std::countr_zero(digits_left));
    ++here.entry;
    return here;
}

/// The slot in use before this one, or none; from none, the highest. O(1) within a leaf, else O(levels).
template <class Node>
[[nodiscard]] position<Node> previous(Node const* root, position<Node> here) noexcept
{
    if (here.leaf == nullptr)
        return highest(root);
    if (here.entry == 0)
        return before(root, here.leaf->first());
    auto const digits_below = here.leaf->present() & (Node::bit_of(here.digit) - 1);
    here.digit = static_cast<unsigned>(std::bit_width(digits_below)) - 1;
    --here.entry;
    return here;
}

} // namespace still::radix
