// SPDX-License-Identifier: BSL-1.0
//
// Whatever throws, and whenever, operands are as they were and nothing leaks.

#include <gtest/gtest.h>

#include "tree_cases.hpp"

namespace {

using namespace still_test;

template <class Faulty>
class tree_faults : public live_count_test { };

using faulty_in_boxes = faulty_trees<faulty_value, faulty_value, tiny_boxed_policy>;

using kinds = ::testing::Types<faulty_by_copy, faulty_by_move, faulty_in_boxes>;
TYPED_TEST_SUITE(tree_faults, kinds);

TYPED_TEST(tree_faults, insert_leaves_the_version_as_it_was)
{
    for (int count : { 0, 1, 3, 4, 16, 40 }) {
        auto const before = TypeParam::make_map(count, 2);
        for (int at = -1; at <= 2 * count; at += 2 + 2 * (count / 8)) {
            at_every_fault(
                [&] {
                    auto after = before.insert(TypeParam::key(at), 7);
                    EXPECT_EQ(after.size(), before.size() + 1);
                },
                [&] { ASSERT_TRUE(TypeParam::intact(before, count, 2)); });
        }
    }
}

TYPED_TEST(tree_faults, insert_in_place_leaves_the_version_as_it_was)
{
    for (int count : { 1, 4, 16, 40 }) {
        for (int at = -1; at <= 2 * count; at += 2 + 2 * (count / 8)) {
            auto ours = TypeParam::make_map(count, 2);
            at_every_fault(
                [&] {
                    ours = std::move(ours).insert(TypeParam::key(at), 7);
                    ours = std::move(ours).erase(TypeParam::key(at));
                },
                [&] {
                    if (ours.size() == static_cast<std::size_t>(count) + 1)
                        return; // the insert succeeded, and the erase after it threw
                    ASSERT_TRUE(TypeParam::intact(ours, count, 2));
                });
            EXPECT_TRUE(TypeParam::intact(ours, count, 2)) << "at last neither threw";
        }
    }
}

TYPED_TEST(tree_faults, erase_in_place_leaves_the_version_as_it_was)
{
    for (int count : { 2, 4, 16, 40 }) {
        for (int at = 0; at < count; at += 1 + count / 8) {
            auto const whole = TypeParam::make_map(count, 1);
            auto const rest = whole.erase(TypeParam::key(at));
            auto ours = whole;
            at_every_fault(
                [&] {
                    ours = TypeParam::make_map(count, 1);
                    ours = std::move(ours).erase(TypeParam::key(at));
                },
                [&] {
                    ASSERT_TRUE(validate(ours));
                    ASSERT_TRUE(ours.size() == whole.size() || ours == rest || ours.empty());
                });
        }
    }
}

TYPED_TEST(tree_faults, assign_and_erase_leave_the_version_as_it_was)
{
    for (int count : { 1, 5, 33 }) {
        auto const before = TypeParam::make_map(count, 1);
        for (int at = 0; at < count; at += 1 + count / 5) {
            auto const intact = [&] { ASSERT_TRUE(TypeParam::intact(before, count, 1)); };
            at_every_fault(
                [&] { EXPECT_EQ(before.insert_or_assign(TypeParam::key(at), 1'000).size(), before.size()); }, intact);
            if (count > 1)
                at_every_fault([&] { EXPECT_EQ(before.erase(TypeParam::key(at)).size() + 1, before.size()); }, intact);
        }
    }
}

TYPED_TEST(tree_faults, algebra_leaves_both_operands_as_they_were)
{
    auto const left = TypeParam::make_map(30, 3);
    auto const right = TypeParam::make_map(25, 2, 11);
    auto const intact = [&] {
        ASSERT_TRUE(TypeParam::intact(left, 30, 3));
        ASSERT_TRUE(TypeParam::intact(right, 25, 2, 11));
    };
    at_every_fault([&] { EXPECT_GT(set_union(left, right).size(), 30u); }, intact);
    at_every_fault([&] { EXPECT_LT(set_intersection(left, right).size(), 25u); }, intact);
    at_every_fault([&] { EXPECT_LT(set_difference(left, right).size(), 30u); }, intact);
    at_every_fault([&] { EXPECT_GT(set_symmetric_difference(left, right).size(), 30u); }, intact);
}

TYPED_TEST(tree_faults, split_and_join_leave_their_operands_as_they_were)
{
    auto const whole = TypeParam::make_map(40, 1);
    auto const high = TypeParam::make_map(9, 1, 100);
    auto const intact = [&] {
        ASSERT_TRUE(TypeParam::intact(whole, 40, 1));
        ASSERT_TRUE(TypeParam::intact(high, 9, 1, 100));
    };
    at_every_fault([&] { EXPECT_EQ(whole.split(TypeParam::key(17)).below.size(), 17u); }, intact);
    at_every_fault([&] { EXPECT_EQ(join(whole, high).size(), 49u); }, intact);
}

TYPED_TEST(tree_faults, a_throwing_combiner_leaves_both_operands_as_they_were)
{
    auto const left = TypeParam::make_map(30, 1);
    auto const right = TypeParam::make_map(30, 1, 7);
    for (int fatal = 1; fatal <= 23; ++fatal) {
        int calls = 0;
        auto const combine = [&](auto const&, auto const&, auto const& value) {
            if (++calls == fatal)
                throw injected_fault();
            return value;
        };
        EXPECT_THROW(static_cast<void>(set_union(left, right, combine)), injected_fault);
        ASSERT_TRUE(TypeParam::intact(left, 30, 1));
        ASSERT_TRUE(TypeParam::intact(right, 30, 1, 7));
    }
}

TEST(tree_faults, a_throwing_comparator_while_reading_changes_nothing)
{
    live_count const seen;
    {
        auto const before = faulty_by_copy::make_map(40, 2);
        auto const after = before.insert(faulty_by_copy::key(33), 1);
        auto const attempt = [&](std::int64_t) {
            try {
                for (auto const& change : diff(before, after))
                    EXPECT_EQ(change.after->first.key(), 33);
                EXPECT_FALSE(before == after);
                EXPECT_TRUE(before.contains(faulty_by_copy::key(4)));
            } catch (injected_fault const&) {
            }
        };
        EXPECT_GT(at_each_comparison(attempt), 5);
        EXPECT_TRUE(faulty_by_copy::intact(before, 40, 2));
    }
    EXPECT_TRUE(seen.balanced());
}

} // namespace
