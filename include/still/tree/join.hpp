// SPDX-License-Identifier: BSL-1.0
//
// Join and split: trees end to end, and a tree cut in two. Both share all but the cut's edges.
//
// The ladder: `combine` wants neighbours of one level (tree/pack.hpp); `join` wants a separator;
// `concat` finds the separator.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "still/tree/rewrite.hpp"

namespace still::tree {

/// Effect: neighbours of one level as they are where both are full enough, else laid out anew.
/// Precondition: as for combine.
template <class Schema>
[[nodiscard]] pieces<Schema> settle(typename Schema::heap& heap, owned<node<Schema>>&& low,
    typename Schema::key_type const* separator, owned<node<Schema>>&& high)
{
    auto const least = minimum_length<Schema>(low->level);
    if (low->length >= least && high->length >= least)
        return { std::move(low), std::move(high), separator };
    return combine(heap, *low, separator, *high);
}

/// Effect: the elements of `low`, then those of `high`; either may be empty, and then the other is the
/// result itself. Nodes of our own are reused, others shared. O(|height(low) - height(high)| + 1), with
/// two allocations a level at most. Throws what the heap and the copy of an element throw.
/// Precondition: max(low) < *separator ≤ min(high); the separator may lie in `low` or `high`.
template <class Schema>
[[nodiscard]] owned<node<Schema>> join(typename Schema::heap& heap, owned<node<Schema>> low,
    typename Schema::key_type const* separator, owned<node<Schema>> high)
{
    if (!low)
        return high;
    if (!high)
        return low;
    if (low->level == high->level)
        return make_root(heap, settle(heap, std::move(low), separator, std::move(high)));
    auto const low_is_higher = low->level > high->level;
    auto& higher = low_is_higher ? low : high;
    auto& lower = low_is_higher ? high : low;
    auto const gained = size_of(*lower);
    auto const level = unsigned{ lower->level };
    path<Schema> way(higher);
    if (low_is_higher)
        way.descend_right(level);
    else
        way.descend_left(level);
    auto edge = owned<node<Schema>>::share(&way.at(level));
    auto lower_alive = owned<node<Schema>>::share(lower.borrow()); // the separator may lie in it
    auto neighbours = low_is_higher ? settle(heap, std::move(edge), separator, std::move(lower))
                                    : settle(heap, std::move(lower), separator, std::move(edge));
    auto changed
        = ascend(heap, way, level + 1, replacement<Schema>{ way.slot(level + 1), 1, std::move(neighbours) }, gained);
    return changed ? std::move(*changed) : std::move(higher);
}

/// Effect: the same, where the separator isn't known. O(height) more.
/// Precondition: max(low) < min(high).
template <class Schema>
[[nodiscard]] owned<node<Schema>> concat(typename Schema::heap& heap, owned<node<Schema>> low, owned<node<Schema>> high)
{
    if (!high)
        return low;
    auto const* first = high.get();
    while (first->level > 0)
        first = as_branch(*first).child(0);
    auto const* const separator = as_leaf(*first).keys.at(0);
    return join(heap, std::move(low), separator, std::move(high));
}

/// Effect: children [first, last) of a branch as a tree. At most one allocation.
template <class Schema>
[[nodiscard]] owned<node<Schema>> part_of(
    typename Schema::heap& heap, branch<Schema> const& whole, std::size_t first, std::size_t last)
{
    if (first == last)
        return {};
    if (last - first == 1)
        return owned<node<Schema>>::share(whole.child(first));
    branch_packer<Schema> packer(heap, whole.level, last - first);
    packer.share(whole, first, last, nullptr);
    return packer.finish().first;
}

/// Effect: elements [first, last) of a leaf as a tree. At most one allocation.
template <class Schema>
[[nodiscard]] owned<node<Schema>> part_of(
    typename Schema::heap& heap, leaf<Schema> const& whole, std::size_t first, std::size_t last)
{
    if (first == last)
        return {};
    if (last - first == whole.length)
        return owned<node<Schema>>::share(&whole);
    leaf_packer<Schema> packer(heap, last - first);
    packer.copy(whole, first, last);
    return packer.finish().first;
}

/// Effect: the elements before `index` of the leaf that `way` leads to. O(log n), shares the rest with
/// the whole, and is the whole's own root where nothing is cut off.
template <class Schema>
[[nodiscard]] owned<node<Schema>> part_before(typename Schema::heap& heap, path<Schema> const& way, std::size_t index)
{
    auto const& whole = way.at(way.root_level());
    if (way.position_of_leaf() + index == size_of(whole))
        return owned<node<Schema>>::share(&whole);
    auto part = part_of(heap, way.leaf_at(), 0, index);
    for (unsigned level = 1; level <= way.root_level(); ++level) {
        auto const& passed = way.branch_at(level);
        auto const slot = way.slot(level);
        part = join(heap, part_of(heap, passed, 0, slot), separator_before(passed, slot), std::move(part));
    }
    return part;
}

/// Effect: the elements from `index` of the leaf on. Otherwise as part_before.
template <class Schema>
[[nodiscard]] owned<node<Schema>> part_from(typename Schema::heap& heap, path<Schema> const& way, std::size_t index)
{
    if (way.position_of_leaf() + index == 0)
        return owned<node<Schema>>::share(&way.at(way.root_level()));
    auto part = part_of(heap, way.leaf_at(), index, way.leaf_at().length);
    for (unsigned level = 1; level <= way.root_level(); ++level) {
        auto const& passed = way.branch_at(level);
        auto const next = way.slot(level) + 1;
        if (next < passed.length)
            part = join(
                heap, std::move(part), separator_before(passed, next), part_of(heap, passed, next, passed.length));
    }
    return part;
}

/// Effect: the first `count` elements of a tree. O(log n); the root itself where that is all.
template <class Schema>
[[nodiscard]] owned<node<Schema>> first_of(
    typename Schema::heap& heap, borrowed<node<Schema>> root, std::uint64_t count)
{
    if (!root || count == 0)
        return {};
    path<Schema> way(root);
    auto const index = way.descend_to_position(count);
    return part_before(heap, way, index);
}

} // namespace still::tree
