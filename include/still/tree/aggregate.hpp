// SPDX-License-Identifier: BSL-1.0
//
// Asking for the measure of a part of a tree, and for the place where a prefix's measure meets a condition.
// See Note: measures.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "still/tree/node.hpp"

namespace still::tree {

/// The measure of elements [first, last) of a subtree, by their numbers. O(log n): only the two edges are
/// gone down. Precondition: first ≤ last ≤ size_of(seen).
template <class Schema>
[[nodiscard]] auto measure_between(node<Schema> const& seen, std::uint64_t first, std::uint64_t last) noexcept
{
    using measure = typename Schema::measure;
    STILL_ASSERT(first <= last);
    auto sum = measure::identity();
    if (seen.level == 0) {
        for (; first < last; ++first) {
            auto const index = static_cast<std::size_t>(first);
            sum = measure::combine(
                sum, measure_of<Schema>(*as_leaf(seen).keys.at(index), *as_leaf(seen).values.at(index)));
        }
        return sum;
    }
    auto const& passed = as_branch(seen);
    std::uint64_t start = 0;
    for (std::size_t slot = 0; slot < passed.length && start < last; ++slot) {
        auto const child = passed.child_summary(slot);
        auto const end = start + child.size;
        if (first <= start && end <= last)
            sum = measure::combine(sum, child.measured);
        else if (first < end)
            sum = measure::combine(
                sum, measure_between(*passed.child(slot), std::max(first, start) - start, std::min(last, end) - start));
        start = end;
    }
    return sum;
}

/// The same for a root, which may be null.
template <class Schema>
[[nodiscard]] auto measure_between(borrowed<node<Schema>> root, std::uint64_t first, std::uint64_t last) noexcept
{
    return root ? measure_between(*root, first, last) : Schema::measure::identity();
}

/// The number of the first element, from number `first` on, at which `reached(measure of [first, it])` holds;
/// the size of the tree where it never does. O(log n) calls. Throws what `reached` throws.
/// Precondition: first ≤ size; once `reached` holds for a prefix, it holds for all longer ones.
template <class Schema, class Reached>
[[nodiscard]] std::uint64_t search_prefix(borrowed<node<Schema>> root, std::uint64_t first, Reached& reached)
{
    using measure = typename Schema::measure;
    if (!root)
        return 0;
    auto const* seen = root.get();
    auto sum = measure::identity();
    std::uint64_t before = 0; // elements in front of `seen`
    // Down to where the asked part begins, then up over whole subtrees and down again into the one where
    // the condition comes true. A path is kept so that going up costs nothing.
    struct step {
        branch<Schema> const* passed;
        std::size_t slot;
        std::uint64_t before;
    };
    step way[Schema::max_height];
    auto const top = unsigned{ seen->level };
    while (seen->level > 0) {
        auto const& passed = as_branch(*seen);
        std::size_t slot = 0;
        auto start = before;
        for (; slot + 1u < passed.length && first >= start + passed.child_size(slot); ++slot)
            start += passed.child_size(slot);
        way[passed.level] = { &passed, slot, start };
        before = start;
        seen = passed.child(slot);
    }
    auto in_leaf = [&](node<Schema> const& of, std::uint64_t start, std::uint64_t from) {
        for (auto index = static_cast<std::size_t>(from - start); index < of.length; ++index) {
            sum = measure::combine(sum, measure_of<Schema>(*as_leaf(of).keys.at(index), *as_leaf(of).values.at(index)));
            if (reached(std::as_const(sum)))
                return start + index;
        }
        return start + of.length;
    };
    if (auto const at = in_leaf(*seen, before, first); at < before + seen->length)
        return at;
    for (unsigned level = 1; level <= top; ++level) {
        auto [passed, slot, start] = way[level];
        start += passed->child_size(slot);
        for (++slot; slot < passed->length; ++slot) {
            auto const child = passed->child_summary(slot);
            auto const with_child = measure::combine(sum, child.measured);
            if (!reached(with_child)) {
                sum = with_child;
                start += child.size;
                continue;
            }
            for (seen = passed->child(slot); seen->level > 0;) { // the condition comes true below here
                auto const& opened = as_branch(*seen);
                std::size_t within = 0;
                for (; within + 1u < opened.length; ++within) {
                    auto const part = opened.child_summary(within);
                    auto const with_part = measure::combine(sum, part.measured);
                    if (reached(with_part))
                        break;
                    sum = with_part;
                    start += part.size;
                }
                seen = opened.child(within);
            }
            return in_leaf(*seen, start, start);
        }
    }
    return size_of(root);
}

} // namespace still::tree
