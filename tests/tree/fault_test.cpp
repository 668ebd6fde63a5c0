// SPDX-License-Identifier: BSL-1.0
//
// Whatever throws, and whenever, operands are as they were and nothing leaks.

#include <gtest/gtest.h>

#include <functional>
#include <new>

#include "live_count.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

namespace {

using namespace still_test;

template <class Key, class Value, class Policy = tiny_policy>
struct faulty {
    using tree = still::map<Key, Value, std::less<>, Policy>;
    static Key key(int number) { return Key(number); }

    static tree make(int count, int stride, int from = 0)
    {
        tree made;
        for (int index = 0; index < count; ++index)
            made = std::move(made).insert(key(from + index * stride), Value(index));
        return made;
    }

    static bool holds(tree const& seen, int count, int stride, int from = 0)
    {
        if (seen.size() != static_cast<std::size_t>(count) || !validate(seen))
            return false;
        int index = 0;
        for (auto const& [at, value] : seen) {
            if (at.key() != from + index * stride || value.key() != index)
                return false;
            ++index;
        }
        return true;
    }
};

using by_copy = faulty<faulty_value, faulty_value>;
using by_move = faulty<faulty_moving_value, faulty_moving_value>;

/// Runs `act` with the n-th event of one kind failing, for every n; after each, with nothing failing any
/// more, runs `check`. Returns the number of faults injected.
template <class Act, class Check>
std::int64_t at_every(schedule& kind, Act& act, Check& check)
{
    for (std::int64_t n = 1;; ++n) {
        auto thrown = false;
        auto fired = false;
        {
            schedule::scope const faults(kind, n);
            try {
                act();
            } catch (std::bad_alloc const&) {
                thrown = true;
            } catch (injected_fault const&) {
                thrown = true;
            }
            fired = faults.fired();
        }
        EXPECT_EQ(thrown, fired) << "a fault was swallowed";
        check(thrown, n);
        if (!fired)
            return n - 1;
    }
}

/// The same for each kind of event. Returns the number of allocations that were made to fail.
template <class Act, class Check>
std::int64_t at_every_fault(Act act, Check check)
{
    at_every(value_ledger::copies, act, check);
    at_every(value_ledger::moves, act, check);
    at_every(value_ledger::comparisons, act, check);
    return at_every(heap_ledger::allocations, act, check);
}

template <class Faulty>
class tree_faults : public live_count_test { };

using in_boxes = faulty<faulty_value, faulty_value, tiny_boxed_policy>;

using kinds = ::testing::Types<by_copy, by_move, in_boxes>;
TYPED_TEST_SUITE(tree_faults, kinds);

TYPED_TEST(tree_faults, insert_leaves_the_version_as_it_was)
{
    for (int count : { 0, 1, 3, 4, 16, 40 }) {
        auto const before = TypeParam::make(count, 2);
        for (int at = -1; at <= 2 * count; at += 2 + 2 * (count / 8)) {
            at_every_fault(
                [&] {
                    auto after = before.insert(TypeParam::key(at), 7);
                    EXPECT_EQ(after.size(), before.size() + 1);
                },
                [&](bool, std::int64_t n) { ASSERT_TRUE(TypeParam::holds(before, count, 2)) << n; });
        }
    }
}

TYPED_TEST(tree_faults, insert_in_place_leaves_the_version_as_it_was)
{
    for (int count : { 1, 4, 16, 40 }) {
        for (int at = -1; at <= 2 * count; at += 2 + 2 * (count / 8)) {
            auto ours = TypeParam::make(count, 2);
            at_every_fault(
                [&] {
                    ours = std::move(ours).insert(TypeParam::key(at), 7);
                    ours = std::move(ours).erase(TypeParam::key(at));
                },
                [&](bool thrown, std::int64_t n) {
                    if (thrown && ours.size() == static_cast<std::size_t>(count) + 1)
                        return; // the insert succeeded, and the erase after it threw
                    ASSERT_TRUE(TypeParam::holds(ours, count, 2)) << n;
                });
            // A fault in the erase leaves the new element there; nothing else may differ.
            EXPECT_TRUE(validate(ours)) << validate(ours);
        }
    }
}

TYPED_TEST(tree_faults, erase_in_place_leaves_the_version_as_it_was)
{
    for (int count : { 2, 4, 16, 40 }) {
        for (int at = 0; at < count; at += 1 + count / 8) {
            auto const whole = TypeParam::make(count, 1);
            auto const rest = whole.erase(TypeParam::key(at));
            auto ours = whole;
            at_every_fault(
                [&] {
                    ours = TypeParam::make(count, 1);
                    ours = std::move(ours).erase(TypeParam::key(at));
                },
                [&](bool thrown, std::int64_t n) {
                    ASSERT_TRUE(validate(ours)) << n;
                    ASSERT_TRUE(!thrown || ours.size() == whole.size() || ours == rest || ours.empty()) << n;
                });
        }
    }
}

TYPED_TEST(tree_faults, assign_and_erase_leave_the_version_as_it_was)
{
    for (int count : { 1, 5, 33 }) {
        auto const before = TypeParam::make(count, 1);
        for (int at = 0; at < count; at += 1 + count / 5) {
            auto const intact = [&](bool, std::int64_t n) { ASSERT_TRUE(TypeParam::holds(before, count, 1)) << n; };
            at_every_fault(
                [&] { EXPECT_EQ(before.insert_or_assign(TypeParam::key(at), 1'000).size(), before.size()); }, intact);
            if (count > 1)
                at_every_fault([&] { EXPECT_EQ(before.erase(TypeParam::key(at)).size() + 1, before.size()); }, intact);
        }
    }
}

TYPED_TEST(tree_faults, algebra_leaves_both_operands_as_they_were)
{
    auto const left = TypeParam::make(30, 3);
    auto const right = TypeParam::make(25, 2, 11);
    auto const intact = [&](bool, std::int64_t n) {
        ASSERT_TRUE(TypeParam::holds(left, 30, 3)) << n;
        ASSERT_TRUE(TypeParam::holds(right, 25, 2, 11)) << n;
    };
    at_every_fault([&] { EXPECT_GT(set_union(left, right).size(), 30u); }, intact);
    at_every_fault([&] { EXPECT_LT(set_intersection(left, right).size(), 25u); }, intact);
    at_every_fault([&] { EXPECT_LT(set_difference(left, right).size(), 30u); }, intact);
    at_every_fault([&] { EXPECT_GT(set_symmetric_difference(left, right).size(), 30u); }, intact);
}

TYPED_TEST(tree_faults, split_and_join_leave_their_operands_as_they_were)
{
    auto const whole = TypeParam::make(40, 1);
    auto const high = TypeParam::make(9, 1, 100);
    auto const intact = [&](bool, std::int64_t n) {
        ASSERT_TRUE(TypeParam::holds(whole, 40, 1)) << n;
        ASSERT_TRUE(TypeParam::holds(high, 9, 1, 100)) << n;
    };
    at_every_fault([&] { EXPECT_EQ(whole.split(TypeParam::key(17)).below.size(), 17u); }, intact);
    at_every_fault([&] { EXPECT_EQ(join(whole, high).size(), 49u); }, intact);
}

TYPED_TEST(tree_faults, a_throwing_combiner_leaves_both_operands_as_they_were)
{
    auto const left = TypeParam::make(30, 1);
    auto const right = TypeParam::make(30, 1, 7);
    for (int fatal = 1; fatal <= 23; ++fatal) {
        int calls = 0;
        auto const combine = [&](auto const&, auto const&, auto const& value) {
            if (++calls == fatal)
                throw injected_fault();
            return value;
        };
        EXPECT_THROW(static_cast<void>(set_union(left, right, combine)), injected_fault);
        ASSERT_TRUE(TypeParam::holds(left, 30, 1));
        ASSERT_TRUE(TypeParam::holds(right, 30, 1, 7));
    }
}

TEST(tree_faults, a_throwing_comparator_while_reading_changes_nothing)
{
    live_count const seen;
    {
        auto const before = by_copy::make(40, 2);
        auto const after = before.insert(by_copy::key(33), 1);
        auto const attempt = [&](std::int64_t) {
            try {
                for (auto const& change : diff(before, after))
                    EXPECT_EQ(change.after->first.key(), 33);
                EXPECT_FALSE(before == after);
                EXPECT_TRUE(before.contains(by_copy::key(4)));
            } catch (injected_fault const&) {
            }
        };
        EXPECT_GT(at_each_comparison(attempt), 5);
        EXPECT_TRUE(by_copy::holds(before, 40, 2));
    }
    EXPECT_TRUE(seen.balanced());
}

} // namespace
