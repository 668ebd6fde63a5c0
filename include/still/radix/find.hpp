// SPDX-License-Identifier: BSL-1.0
//
// Finding the slot of an index. Nothing here allocates, throws or touches a count. A null root is an empty table.

#pragma once

#include "still/radix/node.hpp"

namespace still::radix {

/// The slot of an index, or null. Precondition: the node is packed, of this level, and covers the index.
///
/// Levels are constants here: the digit is known before the node arrives from memory, and what is compared is one
/// byte, so that a lookup in a dense table waits for one load a level. See Note: page table nodes.
template <unsigned Level, class Node>
[[nodiscard]] inline typename Node::slot_type const* find_packed(Node const* node, page_index index) noexcept
{
    auto const digit = Node::digit_of(index, Level);
    if (digit >= node->entries())
        return nullptr;
    if constexpr (Level == 0) {
        return &node->slot_at(digit);
    } else {
        auto const* const child = node->child_at(digit);
        return child->is_packed(Level - 1) ? find_packed<Level - 1>(child, index) : find(child, index);
    }
}

/// The slot of an index, or null. O(levels).
template <class Node>
[[nodiscard]] typename Node::slot_type const* find(Node const* root, page_index index) noexcept
{
    if (root == nullptr)
        return nullptr;
    for (auto const* node = root;;) {
        // Dense tables of up to 2^30 indices, with digits of 5 bits.
        if (node->covers(index)) {
            if (node->is_packed(0))
                return find_packed<0>(node, index);
            if (node->is_packed(1))
                return find_packed<1>(node, index);
            if (node->is_packed(2))
                return find_packed<2>(node, index);
            if (node->is_packed(3))
                return find_packed<3>(node, index);
            if (node->is_packed(4))
                return find_packed<4>(node, index);
            if (node->is_packed(5))
                return find_packed<5>(node, index);
        }
        // Branches are entered by their digit alone: the end knows the whole index, and tells.
        if (!node->is_branch())
            return node->covers(index) ? node->slot_for(index) : nullptr;
        node = node->child_of(node->digit_of(index));
        if (node == nullptr)
            return nullptr;
    }
}

} // namespace still::radix
