// SPDX-License-Identifier: BSL-1.0
//
// Every legal tree of a few elements: join, split, edits and the algebra of all of them against sets of bits,
// with the validator after each. Parts of all of them are in exhaustive_parts_test.cpp.

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include "every_tree.hpp"
#include "live_count.hpp"

namespace {

using namespace still_test;

template <class Policy>
class tree_exhaustive : public live_count_test { };

TYPED_TEST_SUITE(tree_exhaustive, exhaustive_policies);

TYPED_TEST(tree_exhaustive, shapes_are_all_there_and_legal)
{
    // Sums over the partings of a size among leaves, each times the partings of those leaves, and so on up.
    constexpr auto is_least = std::is_same_v<TypeParam, least_policy>;
    std::size_t const expected[][10] = { { 1, 1, 2, 4, 8, 18, 42, 97, 229, 550 }, { 1, 1, 1, 1, 2, 3, 5, 7, 12, 18 } };
    for (std::size_t count = 0; count < 10; ++count)
        EXPECT_EQ(every_shape<typename tree_in<TypeParam>::schema>(count).size(), expected[is_least ? 0 : 1][count]);
    for (auto const& made : trees_of_size<TypeParam>(TypeParam::split_most))
        ASSERT_EQ(bits_of(made.version), made.elements);
}

TYPED_TEST(tree_exhaustive, split_at_every_key_and_gap)
{
    for (int count = 0; count <= TypeParam::split_most; ++count) {
        for (auto const& whole : trees_of_size<TypeParam>(count, 1)) {
            for (int key = 0; key <= 2 * count; ++key) {
                auto const parts = whole.version.split(key);
                auto const here = bits{ 1 } << key;
                ASSERT_EQ(bits_of(parts.below), whole.elements & bits_below(key));
                ASSERT_EQ(bits_of(parts.above), whole.elements & ~bits_below(key) & ~here);
                ASSERT_EQ(parts.found.has_value(), (whole.elements & here) != 0);
                if (parts.found) {
                    ASSERT_EQ(*parts.found, key);
                }
            }
            ASSERT_EQ(bits_of(whole.version), whole.elements);
        }
    }
}

TYPED_TEST(tree_exhaustive, insert_and_erase_at_every_key_and_gap)
{
    for (int count = 0; count <= TypeParam::edit_most; ++count) {
        for (auto const& whole : trees_of_size<TypeParam>(count, 1)) {
            for (int key = 0; key <= 2 * count; ++key) {
                auto const here = bits{ 1 } << key;
                auto const more = whole.version.insert(key);
                ASSERT_EQ(bits_of(more), whole.elements | here);
                auto const less = whole.version.erase(key);
                ASSERT_EQ(bits_of(less), whole.elements & ~here);
                ASSERT_EQ(more.same_root(whole.version), (whole.elements & here) != 0);
                ASSERT_EQ(less.same_root(whole.version), (whole.elements & here) == 0);
            }
            ASSERT_EQ(bits_of(whole.version), whole.elements);
        }
    }
}

TYPED_TEST(tree_exhaustive, edit_in_place_at_every_key_and_gap)
{
    for (int count = 0; count <= TypeParam::edit_most; ++count) {
        for (auto const& shape : every_shape<typename tree_in<TypeParam>::schema>(static_cast<std::size_t>(count))) {
            bits elements = 0;
            for (int index = 0; index < count; ++index)
                elements |= bits{ 2 } << (2 * index);
            for (int key = 0; key <= 2 * count; ++key) {
                auto const here = bits{ 1 } << key;
                auto ours = tree_of<TypeParam>(elements, shape, separators::just_above_the_lower);
                ours = std::move(ours).insert(key);
                ASSERT_EQ(bits_of(ours), elements | here);
                ours = tree_of<TypeParam>(elements, shape, separators::just_above_the_lower);
                ours = std::move(ours).erase(key);
                ASSERT_EQ(bits_of(ours), elements & ~here);
                // Half ours: the nodes that `kept` shares stay as they are.
                auto const kept = ours;
                ours = std::move(ours).insert(2 * count + 1);
                ours = std::move(ours).insert(key);
                ASSERT_EQ(bits_of(ours), elements | here | (bits{ 2 } << (2 * count)));
                ASSERT_EQ(bits_of(kept), elements & ~here);
            }
        }
    }
}

TYPED_TEST(tree_exhaustive, join_of_every_two)
{
    constexpr int most = TypeParam::join_most;
    std::vector<sample<TypeParam>> low;
    std::vector<sample<TypeParam>> high;
    for (int count = 0; count <= most; ++count) {
        for (auto& made : trees_of_size<TypeParam>(count))
            low.push_back(std::move(made));
        for (auto& made : trees_of_size<TypeParam>(count, 2 * most))
            high.push_back(std::move(made));
    }
    for (auto const& one : low) {
        for (auto const& other : high) {
            ASSERT_EQ(bits_of(join(one.version, other.version)), one.elements | other.elements);
        }
        ASSERT_EQ(bits_of(one.version), one.elements);
    }
}

/// A high tree beside each low one, and the other way about.
TYPED_TEST(tree_exhaustive, join_of_a_high_and_a_low_tree)
{
    auto const high = trees_of_size<TypeParam>(TypeParam::high_size, 10);
    for (int count = 1; count <= 3; ++count) {
        for (auto const& one : trees_of_size<TypeParam>(count)) {
            for (auto const& other : high) {
                ASSERT_EQ(bits_of(join(one.version, other.version)), one.elements | other.elements);
            }
        }
        for (auto const& one : trees_of_size<TypeParam>(count, 50)) {
            for (auto const& other : high) {
                ASSERT_EQ(bits_of(join(other.version, one.version)), one.elements | other.elements);
            }
        }
    }
}

template <class Policy>
bits bits_of_diff(tree_in<Policy> const& before, tree_in<Policy> const& after)
{
    bits changed = 0;
    for (auto const& change : diff(before, after))
        changed |= bits{ 1 } << (change.before != nullptr ? *change.before : *change.after);
    return changed;
}

template <class Policy>
::testing::AssertionResult algebra_is_right(sample<Policy> const& one, sample<Policy> const& other)
{
    auto const left = one.elements;
    auto const right = other.elements;
    auto const united = set_union(one.version, other.version);
    auto const common = set_intersection(one.version, other.version);
    auto const rest = set_difference(one.version, other.version);
    auto const either = set_symmetric_difference(one.version, other.version);
    auto const failed = [&](char const* what) {
        return ::testing::AssertionFailure() << what << " of " << std::hex << left << " and " << right;
    };
    if (bits_of(united) != (left | right))
        return failed("union");
    if (bits_of(common) != (left & right))
        return failed("intersection");
    if (bits_of(rest) != (left & ~right))
        return failed("difference");
    if (bits_of(either) != (left ^ right))
        return failed("symmetric difference");
    if (bits_of_diff(one.version, other.version) != (left ^ right))
        return failed("diff");
    if (bits_of(patch(one.version, diff(one.version, other.version))) != right)
        return failed("patch");
    if ((one.version == other.version) != (left == right))
        return failed("equality");
    if (united.same_root(one.version) != ((left | right) == left)
        || common.same_root(one.version) != ((left & right) == left)
        || rest.same_root(one.version) != ((left & ~right) == left)
        || either.same_root(one.version) != ((left ^ right) == left))
        return failed("identity");
    return ::testing::AssertionSuccess();
}

TYPED_TEST(tree_exhaustive, algebra_of_every_two_over_five_keys)
{
    std::vector<sample<TypeParam>> all;
    for (bits elements = 0; elements < 32; ++elements)
        add_trees(elements << 1U, all);
    for (auto const& one : all) {
        for (auto const& other : all) {
            ASSERT_TRUE(algebra_is_right(one, other));
        }
    }
}

/// Two descendants of one tree, so that nodes are shared: every two single edits of every tree.
TYPED_TEST(tree_exhaustive, algebra_of_every_two_descendants)
{
    for (int count = TypeParam::descendants_from; count <= TypeParam::descendants_most; ++count) {
        for (auto const& ancestor : trees_of_size<TypeParam>(count, 1)) {
            std::vector<sample<TypeParam>> descendants;
            for (int key = 0; key <= 2 * count; key += 1) {
                auto const here = bits{ 1 } << key;
                if ((ancestor.elements & here) != 0)
                    descendants.push_back({ ancestor.version.erase(key), ancestor.elements & ~here });
                else if (key % 4 == 0) // a gap in each two
                    descendants.push_back({ ancestor.version.insert(key), ancestor.elements | here });
            }
            for (auto const& one : descendants) {
                ASSERT_TRUE(algebra_is_right(one, ancestor));
                ASSERT_TRUE(algebra_is_right(ancestor, one));
                for (auto const& other : descendants) {
                    ASSERT_TRUE(algebra_is_right(one, other));
                }
            }
        }
    }
}

/// Keys that are counted, behind every tree: a tail that is too short is shared out with the tree's end,
/// which is opened again for that, and nothing of it may be left alive or destroyed twice.
TYPED_TEST(tree_exhaustive, a_short_tail_behind_every_tree_of_counted_keys)
{
    using counted = still::set<faulty_value, std::less<>, TypeParam>;
    using schema = typename counted::schema;
    for (int count = 1; count <= TypeParam::split_most; ++count) {
        for (auto const& shape : every_shape<schema>(static_cast<std::size_t>(count))) {
            std::vector<std::pair<int, still::tree::no_value>> elements;
            for (int index = 0; index < count; ++index)
                elements.emplace_back(index, still::tree::no_value());
            counted whole;
            auto& core = still::tree::internals::core(whole);
            auto const part = [&](std::size_t, unsigned level) { return shape[level]; };
            core = core.with(
                shaped_tree<schema>(core.heap(), elements, part, [](auto const&, auto const& high) { return high; }));
            for (int const more : { 1, 2, 4 }) {
                auto const tail = counted::from_sorted(std::views::iota(count, count + more));
                auto const both = set_union(whole, tail);
                ASSERT_TRUE(validate(both)) << validate(both);
                ASSERT_EQ(both.size(), static_cast<std::size_t>(count + more));
            }
        }
    }
}

} // namespace
