// SPDX-License-Identifier: BSL-1.0
//
// Insert, assign and erase of one element.
//
// Each takes a way that has been taken down to the leaf, and an index there. On a way into a tree of
// our own, nodes that nobody else owns are edited in place; the rest is copied. O(log n); at most two
// allocations a level; on an exception the tree is as it was.

#pragma once

#include <cstddef>
#include <utility>

#include "still/tree/rewrite.hpp"

namespace still::tree {

/// Effect: the tree with a new element before `index` of the leaf.
/// Precondition: it keeps the order, and its key is absent.
template <class Schema, class KeySource, class ValueSource>
[[nodiscard]] new_root<Schema> insert_at(
    typename Schema::heap& heap, path<Schema>& way, std::size_t index, incoming<KeySource, ValueSource>&& element)
{
    if constexpr (Schema::edits_in_place) {
        if (way.editable(0) && way.leaf_at().length < Schema::leaf_capacity) {
            auto& into = way.edit_leaf();
            auto const moved = into.length - index;
            spare<typename Schema::key_type, key_cell<Schema>> key(heap, std::forward<KeySource>(element.key));
            spare<typename Schema::value_type, value_cell<Schema>> value(
                heap, std::forward<ValueSource>(element.value));
            relocate(into.keys.cell(index + 1), into.keys.cell(index), moved);
            key.move_to(into.keys.cell(index));
            if constexpr (Schema::has_values) {
                relocate(into.values.cell(index + 1), into.values.cell(index), moved);
                value.move_to(into.values.cell(index));
            }
            ++into.length;
            adjust_summaries(way, 0, 1);
            return std::nullopt;
        }
    }
    auto change
        = rewrite_leaf(heap, way, index, 0, 1, [&](leaf_packer<Schema>& packer) { packer.add(std::move(element)); });
    return ascend(heap, way, 1, std::move(change), 1);
}

/// Effect: the tree with another value beside the key at `index` of the leaf; the key stays.
/// Precondition: index < length of the leaf.
template <class Schema, class ValueSource>
[[nodiscard]] new_root<Schema> assign_at(
    typename Schema::heap& heap, path<Schema>& way, std::size_t index, ValueSource&& value)
{
    STILL_ASSERT(index < way.leaf_at().length);
    if constexpr (Schema::edits_in_place) {
        if (way.editable(0)) {
            spare<typename Schema::value_type, value_cell<Schema>> built(heap, std::forward<ValueSource>(value));
            built.replace(way.edit_leaf().values.cell(index));
            adjust_summaries(way, 0, 0);
            return std::nullopt;
        }
    }
    auto const& key = *way.leaf_at().keys.at(index);
    auto change = rewrite_leaf(heap, way, index, 1, 1,
        [&](leaf_packer<Schema>& packer) { packer.add(incoming{ kept{ key }, std::forward<ValueSource>(value) }); });
    return ascend(heap, way, 1, std::move(change), 0);
}

/// Effect: the tree without the element at `index` of the leaf; a null root where it was the last.
/// Precondition: index < length of the leaf.
template <class Schema>
[[nodiscard]] new_root<Schema> erase_at(typename Schema::heap& heap, path<Schema>& way, std::size_t index)
{
    STILL_ASSERT(index < way.leaf_at().length);
    auto const least = way.root_level() == 0 ? std::size_t{ 1 } : Schema::leaf_minimum;
    constexpr auto loss = ~std::uint64_t{ 0 };
    if constexpr (Schema::edits_in_place) {
        if (way.editable(0) && way.leaf_at().length > least) {
            auto& from = way.edit_leaf();
            auto const moved = from.length - index - 1u;
            std::destroy_at(from.keys.cell(index));
            relocate(from.keys.cell(index), from.keys.cell(index + 1), moved);
            if constexpr (Schema::has_values) {
                std::destroy_at(from.values.cell(index));
                relocate(from.values.cell(index), from.values.cell(index + 1), moved);
            }
            --from.length;
            adjust_summaries(way, 0, loss);
            return std::nullopt;
        }
    }
    auto change = rewrite_leaf(heap, way, index, 1, 0, [](leaf_packer<Schema>&) { });
    return ascend(heap, way, 1, std::move(change), loss);
}

} // namespace still::tree
