// SPDX-License-Identifier: BSL-1.0
//
// Set algebra whose left operand may be spent: results, what is edited in place, what others see of it, and what is
// left after a fault.

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tree_cases.hpp"

namespace {

using namespace still_test;

class tree_algebra_in_place : public live_count_test { };

/// Which operation, of containers and of their models.
enum class operation { unite, intersect, subtract, toggle };
constexpr auto all_operations = { operation::unite, operation::intersect, operation::subtract, operation::toggle };

template <class Left, class Right>
auto applied(operation which, Left&& left, Right&& right)
{
    switch (which) {
    case operation::unite:
        return set_union(std::forward<Left>(left), std::forward<Right>(right));
    case operation::intersect:
        return set_intersection(std::forward<Left>(left), std::forward<Right>(right));
    case operation::subtract:
        return set_difference(std::forward<Left>(left), std::forward<Right>(right));
    default:
        return set_symmetric_difference(std::forward<Left>(left), std::forward<Right>(right));
    }
}

template <class Container>
void spends_its_left_operand_alone()
{
    for_any_shape<Container>([](Container const&, model_map const&, std::mt19937& random) {
        // As few and scattered as elements must be to be taken in one by one, and others.
        auto const small_model = any_model(random, random() % 2 == 0 ? 300 : 60);
        auto small = any_shape<Container>(small_model, random);
        if (random() % 2 == 0)
            small = small.filter([&](auto const&...) { return random() % 40 == 0; });
        auto const large = any_shape<Container>(any_model(random, 300), random);
        for (auto const which : all_operations) {
            auto const wanted = applied(which, large, small);
            auto copy = large; // shares its root: nothing may be edited
            ASSERT_EQ(applied(which, std::move(copy), small), wanted);
            // A root of its own, above nodes that `large` has too.
            auto const other = std::pair{ 1'000, 1 };
            auto mine = large;
            if constexpr (Container::schema::has_values)
                mine = std::move(mine).insert(other.first, other.second).erase(other.first);
            else
                mine = std::move(mine).insert(other.first).erase(other.first);
            auto made = applied(which, std::move(mine), small);
            ASSERT_TRUE(validate(made)) << validate(made);
            ASSERT_EQ(made, wanted);
            ASSERT_TRUE(which == operation::intersect ? mine == large : mine.empty());
            // Both operands may be spent, and be one and the same.
            auto right = small;
            auto left = large;
            ASSERT_EQ(applied(which, std::move(left), std::move(right)), wanted);
            auto self = large;
            ASSERT_EQ(applied(which, std::move(self), self), applied(which, large, large));
        }
        ASSERT_TRUE(validate(small)) << validate(small);
    });
}

TEST_F(tree_algebra_in_place, of_sets_gives_what_it_gives_of_lvalues)
{
    spends_its_left_operand_alone<shaped_set>();
}

TEST_F(tree_algebra_in_place, of_maps_gives_what_it_gives_of_lvalues)
{
    spends_its_left_operand_alone<shaped_map>();
}

TEST_F(tree_algebra_in_place, makes_hardly_any_node_where_the_left_operand_is_alone)
{
    std::vector<int> keys;
    for (int key = 0; key < 2'000; ++key)
        keys.push_back(2 * key);
    auto large = shaped_set::from_sorted(keys);
    auto const present = shaped_set::from_sorted(std::vector{ 0, 1'000, 2'000 });
    auto const leaving = shaped_set::from_sorted(std::vector{ 2, 3'000 });
    auto const beside = shaped_set::from_sorted(std::vector{ 3'990, 3'992, 3'994, 5'000 });
    auto before = allocations();
    large = set_union(std::move(large), present);
    EXPECT_EQ(allocations(), before) << "nothing is new";
    large = set_difference(std::move(large), leaving);
    EXPECT_EQ(allocations(), before) << "elements left the leaves they were in";
    EXPECT_EQ(large.size(), 1'998U);
    auto const whole = large;
    EXPECT_TRUE(set_difference(std::move(large), beside) == set_difference(whole, beside));
    large = whole.insert(-1).erase(-1);
    before = allocations();
    auto const kept = large;
    auto const other = set_union(std::move(large), present);
    EXPECT_TRUE(other.same_root(kept));
    EXPECT_EQ(allocations(), before);
}

TEST_F(tree_algebra_in_place, is_said_by_operators_too)
{
    std::vector<int> keys;
    for (int key = 0; key < 2'000; ++key)
        keys.push_back(2 * key);
    auto const whole = shaped_set::from_sorted(keys);
    auto const few = shaped_set::from_sorted(std::vector{ 1, 2'000, 4'001 });
    auto const made = [&](auto&& left, auto&& right) {
        using one = decltype(left);
        using other = decltype(right);
        auto const own = [](auto const& of) { return of.insert(-1).erase(-1); };
        auto l = own(whole);
        auto r = own(few);
        EXPECT_EQ(static_cast<one>(l) | static_cast<other>(r), set_union(whole, few));
        l = own(whole);
        r = own(few);
        EXPECT_EQ(static_cast<one>(l) & static_cast<other>(r), set_intersection(whole, few));
        l = own(whole);
        r = own(few);
        EXPECT_EQ(static_cast<one>(l) - static_cast<other>(r), set_difference(whole, few));
        l = own(whole);
        r = own(few);
        EXPECT_EQ(static_cast<one>(l) ^ static_cast<other>(r), set_symmetric_difference(whole, few));
        EXPECT_EQ(l.empty(), std::is_rvalue_reference_v<one>);
        EXPECT_EQ(r.empty(), std::is_rvalue_reference_v<one> && std::is_rvalue_reference_v<other>);
    };
    made(shaped_set(whole), shaped_set(few));
    made(shaped_set(whole), few);
    made(whole, few);

    // In place, as by name.
    auto large = whole.insert(-1).erase(-1);
    auto const present = shaped_set::from_sorted(std::vector{ 0, 1'000, 2'000 });
    auto const before = allocations();
    large = std::move(large) | present;
    EXPECT_EQ(allocations(), before);
}

TEST_F(tree_algebra_in_place, leaves_to_a_walk_what_lies_side_by_side)
{
    std::vector<int> keys;
    for (int key = 0; key < 4'000; ++key)
        keys.push_back(key);
    auto const all = shaped_set::from_sorted(keys);
    auto const block = all.slice(3'000, 4'000);
    // The block behind is taken in as the nodes it has.
    auto mine = all.slice(0, 3'000);
    auto const before = heap_ledger::live_blocks.load();
    mine = set_union(std::move(mine), block);
    EXPECT_LT(heap_ledger::live_blocks.load() - before, 20);
    EXPECT_TRUE(mine == all);
}

TEST_F(tree_algebra_in_place, a_fault_leaves_operands_valid_and_the_right_one_as_it_was)
{
    using trees = faulty_by_copy;
    auto const right = trees::make_map(4, 61, 1);
    for (auto const which : { operation::unite, operation::subtract, operation::toggle }) {
        auto left = trees::make_map(100, 2);
        auto const faults = at_every_fault(
            [&] {
                auto const made = applied(which, std::move(left), right);
                EXPECT_TRUE(validate(made));
            },
            [&] {
                EXPECT_TRUE(validate(left)); // NOLINT(bugprone-use-after-move): valid is what is promised
                EXPECT_TRUE(trees::intact(right, 4, 61, 1));
                left = trees::make_map(100, 2);
            });
        EXPECT_GT(faults, 4);
    }
}

} // namespace
