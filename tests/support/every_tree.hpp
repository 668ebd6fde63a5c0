// SPDX-License-Identifier: BSL-1.0
//
// Every legal tree of a few elements, in nodes so small that a few elements make a high one, each beside its
// elements as a set of bits.

#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "still/set.hpp"
#include "tree_shapes.hpp"

namespace still_test {

/// Leaves of 1 to 3 elements, branches of 2 to 4 children: the highest trees there are.
struct least_policy : local_test_policy {
    static constexpr std::size_t leaf_capacity = 3;
    static constexpr std::size_t branch_capacity = 4;
    static constexpr int split_most = 9;
    static constexpr int edit_most = 7;
    static constexpr int join_most = 6;
    static constexpr int high_size = 9;
    static constexpr int descendants_from = 1;
    static constexpr int descendants_most = 6;
};
/// Leaves of 2 to 6 elements, branches of 3 to 8 children: a root may be too short to be anything else.
struct short_root_policy : local_test_policy {
    static constexpr std::size_t leaf_capacity = 6;
    static constexpr std::size_t branch_capacity = 8;
    static constexpr int split_most = 13;
    static constexpr int edit_most = 12;
    static constexpr int join_most = 10;
    static constexpr int high_size = 14;
    static constexpr int descendants_from = 7;
    static constexpr int descendants_most = 10;
};

/// A set of the numbers below 64: number n is bit n.
using bits = std::uint64_t;

[[nodiscard]] constexpr bits bits_below(int number)
{
    return number <= 0 ? 0 : (bits{ 1 } << number) - 1;
}

/// Where separators stand between two neighbours' keys.
enum class separators { at_the_higher, just_above_the_lower };

template <class Policy>
using tree_in = still::set<int, std::less<>, Policy>;

template <class Policy>
[[nodiscard]] tree_in<Policy> tree_of(bits elements, tree_shape const& shape, separators where)
{
    std::vector<std::pair<int, still::tree::no_value>> keys;
    for (auto rest = elements; rest != 0; rest &= rest - 1)
        keys.emplace_back(std::countr_zero(rest), still::tree::no_value());
    tree_in<Policy> made;
    auto& core = still::tree::internals::core(made);
    auto const part = [&](std::size_t, unsigned level) { return shape[level]; };
    auto const separate = [&](int low, int high) { return where == separators::at_the_higher ? high : low + 1; };
    core = core.with(shaped_tree<typename tree_in<Policy>::schema>(core.heap(), keys, part, separate));
    return made;
}

/// The elements, or ~0 where an invariant is broken, or size, iteration and search tell of different ones.
template <class Policy>
[[nodiscard]] bits bits_of(tree_in<Policy> const& seen)
{
    if (auto const sound = validate(seen); !sound) {
        ADD_FAILURE() << sound;
        return ~bits{ 0 };
    }
    bits all = 0;
    for (int const element : seen) {
        if (!seen.contains(element) || seen.rank(element) != static_cast<std::size_t>(std::popcount(all)))
            return ~bits{ 0 };
        all |= bits{ 1 } << element;
    }
    return seen.size() == static_cast<std::size_t>(std::popcount(all)) ? all : ~bits{ 0 };
}

template <class Policy>
struct sample {
    tree_in<Policy> version;
    bits elements;
};

/// Every legal tree of exactly these elements, with separators placed both ways.
template <class Policy>
void add_trees(bits elements, std::vector<sample<Policy>>& all)
{
    for (auto const& shape :
        every_shape<typename tree_in<Policy>::schema>(static_cast<std::size_t>(std::popcount(elements)))) {
        all.push_back({ tree_of<Policy>(elements, shape, separators::at_the_higher), elements });
        if (shape.size() > 1)
            all.push_back({ tree_of<Policy>(elements, shape, separators::just_above_the_lower), elements });
    }
}

/// Every legal tree of `count` elements: 2 apart, starting at `first`.
template <class Policy>
[[nodiscard]] std::vector<sample<Policy>> trees_of_size(int count, int first = 0)
{
    bits elements = 0;
    for (int index = 0; index < count; ++index)
        elements |= bits{ 1 } << (first + 2 * index);
    std::vector<sample<Policy>> all;
    add_trees(elements, all);
    return all;
}

using exhaustive_policies = ::testing::Types<least_policy, short_root_policy>;

} // namespace still_test
