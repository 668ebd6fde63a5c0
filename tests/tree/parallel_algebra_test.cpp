// SPDX-License-Identifier: BSL-1.0
//
// Set algebra on several threads gives what it gives on one, whatever the operands' shapes and wherever they are cut.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "executors.hpp"
#include "operands.hpp"
#include "still/bank.hpp"
#include "still/core/charged_heap.hpp"

namespace {

using namespace still_test;

using shaped_set = still::set<int, std::less<>, tiny_policy>;
using shaped_map = still::map<int, int, std::less<>, tiny_policy>;
using boxed_map = still::map<int, int, std::less<>, tiny_boxed_policy>;
using offset_set = still::set<int, std::less<>, tiny_offset_policy>;
using measured_map = still::map<int, int, std::less<>, tiny_measured_policy>;

template <class Container>
void expect_same(Container const& made, Container const& wanted, Container const& left)
{
    EXPECT_EQ(made, wanted);
    EXPECT_TRUE(validate(made)) << validate(made);
    EXPECT_TRUE(made.same_root(left) || !wanted.same_root(left)) << "no change gives the same root";
}

template <class Container, class Executor>
void agrees(unsigned cases)
{
    live_count const seen;
    auto const forks_before = invocations.events();
    Executor on;
    auto const seed = std::random_device()();
    for (unsigned number = 0; number < cases && !::testing::Test::HasFailure(); ++number) {
        std::mt19937 random(seed + number);
        auto const [left, right] = any_operands<Container>(random);
        parallel<Container, Executor> const apart{ { on, 1 + random() % 20, random() % 8 } };
        expect_same(apart.set_union(left.version, right.version), set_union(left.version, right.version), left.version);
        expect_same(apart.set_intersection(left.version, right.version), set_intersection(left.version, right.version),
            left.version);
        expect_same(apart.set_difference(left.version, right.version), set_difference(left.version, right.version),
            left.version);
        expect_same(apart.set_symmetric_difference(left.version, right.version),
            set_symmetric_difference(left.version, right.version), left.version);
        expect_same(apart.combined(left.version, right.version, still::keep, still::keep, still::keep_right),
            still::merge(left.version, right.version, still::keep, still::keep, still::keep_right), left.version);
        EXPECT_TRUE(same_elements(left.version, left.model)) << "an operand changed";
        EXPECT_TRUE(same_elements(right.version, right.model)) << "an operand changed";
        if (::testing::Test::HasFailure())
            ADD_FAILURE() << "seed " << seed + number;
    }
    EXPECT_GT(invocations.events() - forks_before, cases) << "trees were parted";
    EXPECT_TRUE(seen.balanced());
}

TEST(parallel_algebra, of_sets_one_half_after_the_other)
{
    agrees<shaped_set, first_then_second>(300);
}
TEST(parallel_algebra, of_sets_the_second_half_first)
{
    agrees<shaped_set, second_then_first>(300);
}
TEST(parallel_algebra, of_sets_on_threads)
{
    agrees<shaped_set, thread_executor>(40);
}
TEST(parallel_algebra, of_maps_one_half_after_the_other)
{
    agrees<shaped_map, first_then_second>(300);
}
TEST(parallel_algebra, of_maps_on_threads)
{
    agrees<shaped_map, thread_executor>(40);
}
TEST(parallel_algebra, of_elements_in_boxes_on_threads)
{
    agrees<boxed_map, thread_executor>(40);
}
TEST(parallel_algebra, of_trees_of_offsets)
{
    agrees<offset_set, second_then_first>(150);
}
TEST(parallel_algebra, of_measured_trees)
{
    agrees<measured_map, first_then_second>(150);
}

TEST(parallel_algebra, the_left_element_survives)
{
    using container = still::set<tagged, std::less<>, tiny_policy>;
    container left;
    container right;
    for (int key = 0; key < 200; ++key) {
        left = std::move(left).insert({ key * 2, 'l' });
        right = std::move(right).insert({ key * 3, 'r' });
    }
    first_then_second on;
    parallel<container, first_then_second> const apart{ { on, 8, 3 } };
    for (auto const element : apart.set_union(left, right))
        EXPECT_EQ(element.tag, element.key % 2 == 0 && element.key < 400 ? 'l' : 'r') << element.key;
    for (auto const element : apart.set_intersection(left, right))
        EXPECT_EQ(element.tag, 'l');
}

TEST(parallel_algebra, of_large_versions_by_the_public_functions)
{
    thread_executor on;
    std::mt19937 random(7);
    auto const any_numbers = [&] {
        std::vector<int> numbers(150'000);
        std::ranges::generate(numbers, [&] { return static_cast<int>(random() % 400'000); });
        return still::set<int>().insert_range(numbers);
    };
    auto const left = any_numbers();
    auto const right = any_numbers();
    auto const before = invocations.events();
    expect_same(still::set_union(on, left, right), set_union(left, right), left);
    expect_same(still::set_intersection(on, left, right), set_intersection(left, right), left);
    expect_same(still::set_difference(on, left, right), set_difference(left, right), left);
    expect_same(still::set_symmetric_difference(on, left, right), set_symmetric_difference(left, right), left);
    EXPECT_GE(invocations.events() - before, 4u);
    auto const asked = invocations.events();
    EXPECT_EQ(still::set_union(still::inline_executor(), left, right), set_union(left, right));
    EXPECT_TRUE(still::set_union(on, left, left).same_root(left));
    EXPECT_TRUE(still::set_union(on, still::set<int>(), right).same_root(right));
    EXPECT_TRUE(still::set_intersection(on, still::set<int>(), right).empty());
    EXPECT_EQ(invocations.events(), asked) << "nothing to part";
}

TEST(parallel_algebra, of_two_heaps_is_in_the_left_ones)
{
    using container = still::set<int, std::less<>, still::charged_policy>;
    still::bank const ours(1 << 20);
    still::bank const theirs(1 << 20);
    first_then_second on;
    container left(ours);
    container right(theirs);
    for (int key = 0; key < 3'000; ++key) {
        left = std::move(left).insert(key * 2);
        right = std::move(right).insert(key * 3);
    }
    parallel<container, first_then_second> const apart{ { on, 100, 2 } };
    auto const before = theirs.usage();
    auto const both = apart.set_union(left, right);
    EXPECT_EQ(both, set_union(left, right));
    EXPECT_EQ(theirs.usage(), before);
    right = container(theirs);
    EXPECT_EQ(theirs.usage(), 0u);
    EXPECT_EQ(both.size(), 5'000u);
}

} // namespace
