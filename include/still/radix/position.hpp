// SPDX-License-Identifier: BSL-1.0
//
// Slots in use and their neighbours: the nearest at, after or before an index, and the n-th. Nothing here
// allocates, throws or touches a count. A null root is an empty table.

#pragma once

#include <bit>
#include <cstdint>

#include "still/radix/node.hpp"

namespace still::radix {

/// A slot in use: the leaf or uniform node that has it, its index, and where in the node it is. No leaf: there is
/// none.
template <class Node>
struct position {
    Node const* leaf = nullptr;
    page_index at = 0;
    unsigned entry = 0;

    [[nodiscard]] static position lowest_of(Node const& end) noexcept
    {
        if (end.is_uniform())
            return { &end, end.first(), 0 };
        return { &end, end.first() + static_cast<unsigned>(std::countr_zero(end.present())), 0 };
    }
    [[nodiscard]] static position highest_of(Node const& end) noexcept
    {
        if (end.is_uniform())
            return { &end, end.last(), 0 };
        return { &end, end.first() + static_cast<unsigned>(std::bit_width(end.present())) - 1, end.entries() - 1 };
    }
    /// Precondition, as for slot(): leaf is not null.
    [[nodiscard]] page_index index() const noexcept { return at; }
    [[nodiscard]] typename Node::slot_type const& slot() const noexcept { return leaf->slot_at(entry); }

    // The run that the position is in: all of a uniform node, or one index.

    [[nodiscard]] page_index run_first() const noexcept { return leaf->is_uniform() ? leaf->first() : at; }
    [[nodiscard]] page_index run_last() const noexcept { return leaf->is_uniform() ? leaf->last() : at; }

    [[nodiscard]] friend bool operator==(position one, position other) noexcept
    {
        return one.leaf == other.leaf && (one.leaf == nullptr || one.at == other.at);
    }
};

/// The lowest slot in use. O(levels).
template <class Node>
[[nodiscard]] position<Node> lowest(Node const* root) noexcept
{
    if (root == nullptr)
        return {};
    while (root->is_branch())
        root = root->child_at(0);
    return position<Node>::lowest_of(*root);
}

/// The highest slot in use. O(levels).
template <class Node>
[[nodiscard]] position<Node> highest(Node const* root) noexcept
{
    if (root == nullptr)
        return {};
    while (root->is_branch())
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
        if (root->is_uniform())
            return { root, index, 0 };
        auto const digit = root->digit_of(index);
        auto const entry = root->position_of(digit);
        if (root->is_leaf()) {
            if (entry == root->entries())
                break;
            auto const digits_left = root->present() >> digit;
            return { root, index + static_cast<unsigned>(std::countr_zero(digits_left)), entry };
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
        if (root->is_uniform())
            return { root, index - 1, 0 };
        auto const digit = root->digit_of(index);
        auto const entry = root->position_of(digit);
        if (root->is_leaf()) {
            if (entry == 0)
                break;
            auto const digits_below = root->present() & (Node::bit_of(digit) - 1);
            return { root, root->first() + static_cast<unsigned>(std::bit_width(digits_below)) - 1, entry - 1 };
        }
        if (entry > 0)
            below = root->child_at(entry - 1);
        root = root->child_of(digit);
    }
    return highest(below);
}

/// The next slot in use, or none. O(1) within a leaf or uniform node, else O(levels).
template <class Node>
[[nodiscard]] position<Node> next(Node const* root, position<Node> here) noexcept
{
    if (here.leaf->is_uniform()) {
        if (here.at == here.leaf->last())
            return at_or_after(root, here.at + 1);
        ++here.at;
        return here;
    }
    if (here.entry + 1 == here.leaf->entries())
        return at_or_after(root, here.leaf->last() + 1);
    auto const digits_left = here.leaf->present() >> here.leaf->digit_of(here.at) >> 1;
    here.at += 1 + static_cast<unsigned>(std::countr_zero(digits_left));
    ++here.entry;
    return here;
}

/// The next slot in use that isn't of the same run, or none. As `next`.
template <class Node>
[[nodiscard]] position<Node> next_run(Node const* root, position<Node> here) noexcept
{
    here.at = here.run_last();
    return next(root, here);
}

/// The slot in use before this one, or none; from none, the highest. O(1) within a leaf or uniform node, else
/// O(levels).
template <class Node>
[[nodiscard]] position<Node> previous(Node const* root, position<Node> here) noexcept
{
    if (here.leaf == nullptr)
        return highest(root);
    if (here.leaf->is_uniform()) {
        if (here.at == here.leaf->first())
            return before(root, here.at);
        --here.at;
        return here;
    }
    if (here.entry == 0)
        return before(root, here.leaf->first());
    auto const digits_below = here.leaf->present() & (Node::bit_of(here.leaf->digit_of(here.at)) - 1);
    here.at = here.leaf->first() + static_cast<unsigned>(std::bit_width(digits_below)) - 1;
    --here.entry;
    return here;
}

/// The slot in use with this number, counted from 0. Looks at the sizes of the nodes beside the way, which full
/// nodes spare: O(levels) nodes in a dense table, O(levels · fan-out) in any. Precondition: number < root->size().
template <class Node>
[[nodiscard]] position<Node> nth(Node const* root, std::uint64_t number) noexcept
{
    STILL_ASSERT(root != nullptr && number < root->size());
    while (root->is_branch()) {
        auto const in_child = Node::span_mask(root->level() - 1) + 1;
        unsigned entry = 0;
        if (root->size() == in_child * root->entries()) { // all children are full
            entry = static_cast<unsigned>(number / in_child);
            number %= in_child;
        } else {
            for (; number >= root->child_at(entry)->size(); ++entry)
                number -= root->child_at(entry)->size();
        }
        root = root->child_at(entry);
    }
    if (root->is_uniform())
        return { root, root->first() + number, 0 };
    auto const entry = static_cast<unsigned>(number);
    auto digits_left = root->present();
    for (unsigned passed = 0; passed < entry; ++passed)
        digits_left = static_cast<typename Node::bitmap>(digits_left & (digits_left - 1));
    return { root, root->first() + static_cast<unsigned>(std::countr_zero(digits_left)), entry };
}

/// The number of slots in use whose index is lower than `index`. Costs as `nth`.
template <class Node>
[[nodiscard]] std::uint64_t rank(Node const* root, page_index index) noexcept
{
    std::uint64_t below = 0;
    while (root != nullptr) {
        if (index <= root->first())
            break;
        if (index > root->last())
            return below + root->size();
        if (root->is_uniform())
            return below + (index - root->first());
        auto const digit = root->digit_of(index);
        auto const entry = root->position_of(digit);
        if (root->is_leaf())
            return below + entry;
        auto const in_child = Node::span_mask(root->level() - 1) + 1;
        if (root->size() == in_child * root->entries()) {
            below += in_child * entry;
        } else {
            for (unsigned passed = 0; passed < entry; ++passed)
                below += root->child_at(passed)->size();
        }
        root = root->child_of(digit);
    }
    return below;
}

} // namespace still::radix
