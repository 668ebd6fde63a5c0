// SPDX-License-Identifier: BSL-1.0
//
// Filters and partitions: right, one call an element in order, and whole subtrees shared.

#include <gtest/gtest.h>

#include "tree_cases.hpp"

namespace {

using namespace still_test;

class tree_filter : public live_count_test { };

/// Conditions of every density: single elements, runs, none, all.
struct condition {
    unsigned seed;
    unsigned kind;
    bool operator()(int key) const
    {
        auto const number = static_cast<unsigned>(key);
        switch (kind) {
        case 0:
            return true;
        case 1:
            return false;
        case 2:
            return (number * 2654435761u ^ seed) % 2 == 0;
        case 3:
            return number / 16 % 2 == seed % 2; // runs
        case 4:
            return number != seed % 120; // all but one
        default:
            return number == seed % 120;
        }
    }
    bool operator()(int key, int) const { return (*this)(key); }
};

model_map filtered(model_map model, condition const& stays)
{
    std::erase_if(model, [&](auto const& entry) { return !stays(entry.first); });
    return model;
}

template <class Container>
void filters_anything()
{
    for_any_shape<Container>(
        [](auto const& seen, auto const& model, auto& random) {
            for (unsigned kind = 0; kind < 6; ++kind) {
                condition const stays{ static_cast<unsigned>(random()), kind };
                auto const wanted = filtered(model, stays);
                auto const part = seen.filter(stays);
                EXPECT_TRUE(holds(part, wanted));
                EXPECT_EQ(part.same_root(seen), wanted == model);
                auto const without = seen.erase_if([&](auto const& key, auto const&...) { return stays(key); });
                auto const [matching, others] = seen.partition(stays);
                EXPECT_TRUE(holds(matching, wanted));
                EXPECT_EQ(without, others);
                EXPECT_EQ(others.size() + wanted.size(), model.size());
                EXPECT_TRUE(disjoint(matching, others));
                EXPECT_EQ(set_union(matching, others), seen);
                EXPECT_TRUE(validate(others)) << validate(others);
                EXPECT_TRUE(validate(without)) << validate(without);
            }
        },
        400);
}

TEST_F(tree_filter, sets_agree_with_the_model)
{
    filters_anything<shaped_set>();
}
TEST_F(tree_filter, maps_agree_with_the_model)
{
    filters_anything<shaped_map>();
}
TEST_F(tree_filter, sets_on_plain_counts_agree_with_the_model)
{
    filters_anything<still::set<int, std::less<>, tiny_local_policy>>();
}

TEST_F(tree_filter, each_element_is_asked_about_once_in_order)
{
    for_any_shape<shaped_map>([](auto const& seen, auto const& model, auto& random) {
        auto next = model.begin();
        auto const asked = [&](int key, int value) {
            EXPECT_EQ(key, next->first);
            EXPECT_EQ(value, next->second);
            ++next;
            return random() % 2 == 0;
        };
        static_cast<void>(seen.filter(asked));
        EXPECT_EQ(next, model.end());
        next = model.begin();
        static_cast<void>(seen.partition([&](auto entry) { return asked(entry.first, entry.second); }));
        EXPECT_EQ(next, model.end());
    });
}

TEST_F(tree_filter, what_stays_is_shared)
{
    still::set<int, std::less<>, test_policy> numbers;
    for (int number = 0; number < 100'000; ++number)
        numbers = std::move(numbers).insert(number);
    auto const nothing_gone = allocations();
    EXPECT_TRUE(numbers.filter([](int) { return true; }).same_root(numbers));
    EXPECT_TRUE(numbers.erase_if([](int) { return false; }).same_root(numbers));
    EXPECT_TRUE(numbers.partition([](int) { return true; }).matching.same_root(numbers));
    EXPECT_TRUE(numbers.partition([](int) { return false; }).rest.same_root(numbers));
    EXPECT_TRUE(numbers.filter([](int) { return false; }).empty());
    EXPECT_EQ(allocations(), nothing_gone);
    auto const few_gone = numbers.filter([](int number) { return number != 20'000 && number / 10 != 5'000; });
    EXPECT_EQ(few_gone.size(), 99'989u);
    EXPECT_LE(allocations() - nothing_gone, 40u) << "whole subtrees stay, of some 2 000 nodes";
    auto const before = allocations();
    auto const run = numbers.filter([](int number) { return number < 10'000 || number >= 30'000; });
    EXPECT_LE(allocations() - before, 40u);
    EXPECT_TRUE(validate(run)) << validate(run);
}

template <class Faulty>
class tree_filter_faults : public live_count_test { };
using kinds = ::testing::Types<faulty_by_copy, faulty_by_move>;
TYPED_TEST_SUITE(tree_filter_faults, kinds);

TYPED_TEST(tree_filter_faults, leave_the_version_as_it_was)
{
    auto const whole = TypeParam::make_map(50);
    auto const check = [&] { ASSERT_TRUE(TypeParam::intact(whole, 50)); };
    auto const even = [](auto const& key, auto const&) {
        count_callback();
        return key.key() % 2 == 0;
    };
    auto const runs = [](auto const& key, auto const&) {
        count_callback();
        return key.key() / 10 != 2;
    };
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(whole.filter(even).size(), 25u); }, check), 100);
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(whole.filter(runs).size(), 40u); }, check), 60);
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(whole.partition(runs).rest.size(), 10u); }, check), 60);
}

} // namespace
