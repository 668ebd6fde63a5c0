// SPDX-License-Identifier: BSL-1.0
//
// Single-key edits at every size to 5 000, each with the difference both ways, the patch and ranks checked.
//
// In nodes of full size (126 elements in a leaf): every position at every size to 140, past the first split;
// at each size above, both ends and the positions equal to 7 · size modulo 769, so that in any 769 sizes in a
// row every position comes up. With STILL_TEST_EVERY_POSITION=1 in the environment: every position at every size
// (37 million edits; ten minutes optimised). In tiny nodes: every position at every size to 160.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <random>
#include <ranges>
#include <vector>

#include "live_count.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

namespace {

using namespace still_test;

template <class Policy>
using tree_in = still::map<int, int, std::less<>, Policy>;

/// What one edit must have changed: a key's value before and after, absent where it is negative.
struct expected_change {
    int key;
    int before;
    int after;
};

template <class Tree>
bool is_only_change(Tree const& before, Tree const& after, expected_change const& expected)
{
    std::size_t count = 0;
    auto right = true;
    for (auto const& change : diff(before, after)) {
        ++count;
        auto const is = [&](auto const& pointer, int value) {
            return value < 0 ? !pointer : pointer && pointer->first == expected.key && pointer->second == value;
        };
        right = right && is(change.before, expected.before) && is(change.after, expected.after);
    }
    return right && count == 1;
}

/// The key has this rank, is there or not, and its neighbours are numbered as they must be.
template <class Tree>
bool is_ranked(Tree const& seen, int key, std::size_t rank, bool present)
{
    if (seen.rank(key) != rank || seen.rank(key + 1) != rank + (present ? 1 : 0) || seen.contains(key) != present)
        return false;
    if (rank > 0 && seen.nth(rank - 1)->first >= key)
        return false;
    if (rank == seen.size())
        return !present;
    auto const here = seen.nth(rank)->first;
    return present ? here == key : here > key;
}

/// Everything about one edit. `rank` is that of the key, before and after.
template <class Tree>
bool is_right(Tree const& before, Tree const& after, std::size_t rank, expected_change const& change)
{
    auto const grown = (change.after >= 0 ? 1 : 0) - (change.before >= 0 ? 1 : 0);
    return after.size() == before.size() + static_cast<std::size_t>(grown)
        && is_ranked(before, change.key, rank, change.before >= 0)
        && is_ranked(after, change.key, rank, change.after >= 0) && is_only_change(before, after, change)
        && is_only_change(after, before, { change.key, change.after, change.before }) && before != after
        && patch(before, diff(before, after)) == after;
}

/// The edits at one position: insert in the gap below the element there (or at the end), erase and update of
/// the element.
template <class Tree>
::testing::AssertionResult edits_are_right(Tree const& before, std::vector<int> const& keys, std::size_t position)
{
    auto const failed = [&](char const* what) {
        return ::testing::AssertionFailure() << what << " at " << position << " of " << keys.size();
    };
    auto const gap = position < keys.size() ? keys[position] - 1 : keys.empty() ? 1 : keys.back() + 1;
    if (!is_right(before, before.insert(gap, 7), position, { gap, -1, 7 }))
        return failed("insert");
    if (position == keys.size())
        return ::testing::AssertionSuccess();
    auto const key = keys[position];
    if (!is_right(before, before.erase(key), position, { key, key, -1 }))
        return failed("erase");
    if (!is_right(before, before.insert_or_assign(key, key + 1), position, { key, key, key + 1 }))
        return failed("update");
    return ::testing::AssertionSuccess();
}

/// Grows a tree by one element at a time, in random order, and edits it at each size. `keys` are even, and
/// each has itself for its value.
template <class Policy>
void edit_at_every_size(std::size_t most, std::size_t all_positions_to, std::size_t stride)
{
    live_count const seen;
    {
        constexpr unsigned seed = 20'261'122;
        std::mt19937 random(seed);
        std::vector<int> order(most);
        for (std::size_t index = 0; index < most; ++index)
            order[index] = 4 * static_cast<int>(index) + 2;
        std::ranges::shuffle(order, random);
        tree_in<Policy> tree;
        std::vector<int> keys;
        for (std::size_t size = 0;; ++size) {
            if (size <= all_positions_to) {
                for (std::size_t position = 0; position <= size; ++position) {
                    ASSERT_TRUE(edits_are_right(tree, keys, position)) << "seed " << seed;
                }
            } else {
                for (std::size_t const position : { std::size_t{ 0 }, std::size_t{ 1 }, size - 2, size - 1, size }) {
                    ASSERT_TRUE(edits_are_right(tree, keys, position)) << "seed " << seed;
                }
                for (auto position = 7 * size % stride; position < size; position += stride) {
                    ASSERT_TRUE(edits_are_right(tree, keys, position)) << "seed " << seed;
                }
            }
            if (size % 64 == 0 || size <= 64) {
                ASSERT_TRUE(validate(tree)) << validate(tree);
            }
            if (size == most)
                break;
            auto const next = order[size];
            // Every second version is a copy, so that shared and unshared paths are edited.
            tree = size % 2 == 0 ? tree.insert(next, next) : std::move(tree).insert(next, next);
            keys.insert(std::ranges::lower_bound(keys, next), next);
        }
    }
    EXPECT_TRUE(seen.balanced());
}

TEST(tree_single_edit, at_every_size_to_5000_in_nodes_of_full_size)
{
    auto const* const asked = std::getenv("STILL_TEST_EVERY_POSITION");
    auto const every = asked != nullptr && *asked == '1';
    edit_at_every_size<test_policy>(5'000, every ? 5'000 : 140, 769);
}
TEST(tree_single_edit, at_every_position_to_160_in_tiny_nodes)
{
    edit_at_every_size<tiny_policy>(160, 160, 1);
}

/// Trees packed densely, where every insert splits: up to the full branch above full leaves.
TEST(tree_single_edit, at_every_position_of_packed_trees)
{
    using tree = tree_in<test_policy>;
    for (std::size_t const size : { 126u, 252u, 1'890u }) {
        std::vector<std::pair<int, int>> entries;
        std::vector<int> keys;
        for (std::size_t index = 0; index < size; ++index) {
            keys.push_back(4 * static_cast<int>(index) + 2);
            entries.emplace_back(keys.back(), keys.back());
        }
        auto const packed = tree::from_sorted(entries);
        for (std::size_t position = 0; position <= size; ++position) {
            ASSERT_TRUE(edits_are_right(packed, keys, position));
        }
    }
}

/// Counts what it compares.
struct counting_less {
    static inline std::size_t calls = 0;
    bool operator()(int one, int other) const noexcept
    {
        ++calls;
        return one < other;
    }
};

/// Shared subtrees are never looked into: at most the leaves on the way to the change, before and after.
TEST(tree_single_edit, a_difference_compares_near_the_change_only)
{
    using tree = still::set<int, counting_less, test_policy>;
    auto const before
        = tree::from_sorted(std::views::iota(0, 20'000) | std::views::transform([](int index) { return 2 * index; }));
    constexpr std::size_t leaf = tree::schema::leaf_capacity;
    for (int key = 0; key < 40'000; key += 997) {
        auto const after = key % 2 == 0 ? before.erase(key) : before.insert(key);
        counting_less::calls = 0;
        EXPECT_EQ(std::ranges::distance(diff(before, after)), 1);
        EXPECT_LE(counting_less::calls, 5 * leaf) << key;
    }
}

} // namespace
