// SPDX-License-Identifier: BSL-1.0
//
// Slices: the elements between two numbers, and those outside.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "still/tree/join.hpp"

namespace still::tree {

/// Effect: the elements of a tree from the one with this number on. O(log n); the root itself where that is
/// all. Precondition: first ≤ size.
template <class Schema>
[[nodiscard]] owned<node<Schema>> rest_of(typename Schema::heap& heap, borrowed<node<Schema>> root, std::uint64_t first)
{
    STILL_ASSERT(first <= size_of(root));
    if (!root || first == size_of(root))
        return {};
    path<Schema> way(root);
    auto const index = way.descend_to_position(first);
    return part_from(heap, way, index);
}

/// Effect: the elements with numbers in [first, last). O(log n), all but the edges shared; the root itself
/// where that is all. Precondition: last ≤ size.
template <class Schema>
[[nodiscard]] owned<node<Schema>> slice_of(
    typename Schema::heap& heap, borrowed<node<Schema>> root, std::uint64_t first, std::uint64_t last)
{
    STILL_ASSERT(last <= size_of(root));
    if (first >= last)
        return {};
    // Down to the node with a child that is cut, so that no more than the slice is laid out anew.
    while (root->level > 0 && last - first < size_of(root)) {
        auto const& from = as_branch(*root);
        std::size_t slot = 0;
        auto before = std::uint64_t{ 0 };
        while (before + from.child_size(slot) <= first)
            before += from.child_size(slot++);
        if (last > before + from.child_size(slot))
            break;
        root = borrowed<node<Schema>>(from.child(slot));
        first -= before;
        last -= before;
    }
    auto const low = first_of(heap, root, last);
    return rest_of(heap, low.borrow(), first);
}

/// Effect: all elements but those with numbers in [first, last). O(log n), all but the edges shared; the root
/// itself where that is all. Precondition: last ≤ size.
template <class Schema>
[[nodiscard]] owned<node<Schema>> without_slice(
    typename Schema::heap& heap, borrowed<node<Schema>> root, std::uint64_t first, std::uint64_t last)
{
    if (first >= last)
        return owned<node<Schema>>::share(root);
    auto low = first_of(heap, root, first);
    return concat(heap, std::move(low), rest_of(heap, root, last));
}

} // namespace still::tree
