// SPDX-License-Identifier: BSL-1.0
//
// Large trees, high trees and nested ones on a stack of 64 KiB. Every operation's stack follows the height.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <ranges>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "small_stack.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

namespace {

using namespace still_test;

class tree_small_stack : public live_count_test { };

constexpr int million = 1'000'000;

/// Leaves of one element and branches of two children are legal.
struct least_policy : test_policy {
    static constexpr std::size_t leaf_capacity = 3;
    static constexpr std::size_t branch_capacity = 4;
};

/// A set of the even numbers below 2 · count, as high as a legal tree of them can be: every node of the least
/// length.
template <class Set>
Set highest_tree(int count)
{
    using schema = typename Set::schema;
    std::vector<std::pair<int, still::tree::no_value>> elements;
    for (int index = 0; index < count; ++index)
        elements.emplace_back(2 * index, still::tree::no_value());
    auto const part = [](std::size_t total, unsigned level) {
        auto const least = still::tree::minimum_length<schema>(level);
        std::vector<std::size_t> lengths(std::max<std::size_t>(1, total / least), least);
        lengths.back() += total - least * lengths.size();
        return lengths;
    };
    Set made;
    auto& core = still::tree::internals::core(made);
    core = core.with(shaped_tree<schema>(core.heap(), elements, part, [](int, int high) { return high; }));
    return made;
}

template <class Set>
unsigned height_of(Set const& seen)
{
    return still::tree::internals::core(seen).root()->level + 1u;
}

/// Everything there is, on two versions that share and one that doesn't.
template <class Set>
void do_everything(Set whole, int count)
{
    auto const size = static_cast<std::size_t>(count);
    auto edited = whole;
    std::size_t edits = 0;
    for (int key = 1; key < 2 * count; key += count / 50, ++edits)
        edited = std::move(edited).insert(key | 1);
    for (int key = 0; key < 2 * count; key += count / 25, ++edits)
        edited = edited.erase(key & ~1);
    auto const other = Set::from_sorted(std::views::iota(0, count));
    EXPECT_TRUE(validate(edited));
    EXPECT_GE(set_union(whole, edited).size(), size);
    EXPECT_EQ(set_union(whole, other).size(), size + size / 2);
    EXPECT_EQ(set_intersection(whole, other).size(), (size + 1) / 2);
    EXPECT_EQ(set_difference(whole, other).size(), size / 2);
    EXPECT_EQ(set_symmetric_difference(whole, edited).size(), edits);
    std::size_t changes = 0;
    diff(whole, edited, [&](auto const&) { return ++changes, true; });
    EXPECT_EQ(changes, edits);
    EXPECT_FALSE(whole == edited);
    auto const parts = edited.split(count);
    EXPECT_TRUE(validate(parts.below));
    EXPECT_TRUE(validate(parts.above));
    EXPECT_EQ(join(parts.below, parts.above).size() + (parts.found ? 1 : 0), edited.size());
    EXPECT_EQ(*whole.nth(size / 2), 2 * (count / 2));
    EXPECT_GT(whole.footprint().nodes, size / 127);
    EXPECT_EQ(std::accumulate(whole.begin(), whole.end(), 0LL), static_cast<long long>(count) * (count - 1));
    edited = Set();
    whole = Set(); // the last owner of most
}

TEST_F(tree_small_stack, a_million_elements)
{
    on_small_stack([] {
        using tree = still::set<int, std::less<>, test_policy>;
        do_everything(tree::from_sorted(
                          std::views::iota(0, million) | std::views::transform([](int index) { return 2 * index; })),
            million);
    });
}

TEST_F(tree_small_stack, the_highest_tree_of_the_smallest_nodes)
{
    on_small_stack([] {
        using tree = still::set<int, std::less<>, least_policy>;
        constexpr int count = 1 << 17;
        auto whole = highest_tree<tree>(count);
        EXPECT_TRUE(validate(whole)) << validate(whole);
        EXPECT_EQ(height_of(whole), 18u);
        do_everything(std::move(whole), count);
    });
}

TEST_F(tree_small_stack, elements_erased_one_by_one_to_the_last)
{
    on_small_stack([] {
        constexpr int count = 1 << 12;
        auto left = highest_tree<still::set<int, std::less<>, least_policy>>(count);
        for (int index = 0; index < count; ++index)
            left = std::move(left).erase(2 * ((index * 1'365) % count)); // 1365 and 2^12 have no common factor
        EXPECT_TRUE(left.empty());
    });
}

/// Maps in maps. Each level of the nesting is a type of its own, so that the depth is bounded by the program.
template <int Depth>
struct nested {
    using type = still::map<int, typename nested<Depth - 1>::type, std::less<>, test_policy>;
    static type make(int width)
    {
        type made;
        for (int key = 0; key < width; ++key)
            made = std::move(made).insert(key, nested<Depth - 1>::make(width));
        return made;
    }
};
template <>
struct nested<0> {
    using type = int;
    static type make(int width) { return width; }
};

TEST_F(tree_small_stack, maps_in_maps)
{
    on_small_stack([] {
        auto const whole = nested<12>::make(2);
        auto const copy = nested<12>::make(2);
        EXPECT_TRUE(whole == copy);
        auto changed = whole.erase(0);
        EXPECT_EQ(set_union(changed, whole).size(), 2u);
        std::size_t changes = 0;
        diff(whole, changed, [&](auto const&) { return ++changes, true; });
        EXPECT_EQ(changes, 1u);
    });
}

} // namespace
