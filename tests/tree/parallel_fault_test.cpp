// SPDX-License-Identifier: BSL-1.0
//
// Faults on any thread: the exception comes to the caller, operands are as they were, and nothing leaks.

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "executors.hpp"
#include "operands.hpp"
#include "still/bank.hpp"
#include "tree_cases.hpp"

namespace {

using namespace still_test;

using trees = faulty_by_copy;

/// Faults of every kind and number in one operation on sets of 25 and 20 elements that are parted among threads.
template <class Executor, class Act>
std::int64_t survives(Act act)
{
    live_count const seen;
    std::int64_t faults = 0;
    {
        auto const left = trees::make_set(25);
        auto const right = trees::make_set(20, 2, 5);
        Executor on;
        parallel<trees::set, Executor> const apart{ { on, 6, 2 } };
        faults = still_test::at_faults_of_every_kind([&] { act(apart, left, right); },
            [&] { return trees::intact(left, 25) && trees::intact(right, 20, 2, 5); }, { &invocations });
    }
    EXPECT_TRUE(seen.balanced());
    return faults;
}

template <class Executor>
void algebra_survives()
{
    EXPECT_GT(survives<Executor>(
                  [](auto& apart, auto& left, auto& right) { static_cast<void>(apart.set_union(left, right)); }),
        20);
    EXPECT_GT(survives<Executor>(
                  [](auto& apart, auto& left, auto& right) { static_cast<void>(apart.set_intersection(left, right)); }),
        20);
    EXPECT_GT(survives<Executor>(
                  [](auto& apart, auto& left, auto& right) { static_cast<void>(apart.set_difference(left, right)); }),
        20);
    EXPECT_GT(survives<Executor>([](auto& apart, auto& left, auto& right) {
        static_cast<void>(apart.set_symmetric_difference(left, right));
    }),
        20);
}

/// Elements of a set, the larger first.
std::vector<faulty_value> backwards(trees::set const& seen)
{
    std::vector<faulty_value> elements(seen.begin(), seen.end());
    std::ranges::reverse(elements);
    return elements;
}

template <class Executor>
void parts_survive()
{
    EXPECT_GT(survives<Executor>([](auto& apart, auto& left, auto& right) {
        static_cast<void>(apart.insert_range(left, backwards(right)));
    }),
        50);
    EXPECT_GT(survives<Executor>([](auto& apart, auto& left, auto& right) {
        static_cast<void>(apart.erase_keys(left, backwards(right)));
    }),
        50);
    EXPECT_GT(survives<Executor>([](auto& apart, auto& left, auto&) {
        static_cast<void>(apart.filter(left, [](auto at) { return at.key()->key() % 3 != 0; }));
    }),
        20);
    EXPECT_GT(survives<Executor>([](auto& apart, auto& left, auto&) {
        std::vector<faulty_value> const elements(left.begin(), left.end());
        static_cast<void>(apart.from_sorted(elements));
    }),
        50);
}

TEST(parallel_faults, of_algebra_on_one_thread)
{
    algebra_survives<failing_executor<false>>();
    algebra_survives<failing_executor<true>>();
}
TEST(parallel_faults, of_parts_on_one_thread)
{
    parts_survive<failing_executor<false>>();
    parts_survive<failing_executor<true>>();
}

/// On threads a fault may come in both halves' place, so that one is counted and thrown.
TEST(parallel_faults, of_algebra_on_threads)
{
    algebra_survives<failing_threads>();
}
TEST(parallel_faults, of_parts_on_threads)
{
    parts_survive<failing_threads>();
}

TEST(parallel_faults, of_a_predicate_on_any_thread)
{
    live_count const seen;
    {
        auto const version = trees::make_set(40);
        failing_threads on;
        parallel<trees::set, failing_threads> const apart{ { on, 6, 2 } };
        auto const faults = at_each_fault(callback_calls, [&](std::int64_t n) {
            auto const filtered = [&] {
                static_cast<void>(apart.filter(version, [](auto) {
                    count_callback();
                    return true;
                }));
            };
            if (n <= 40)
                EXPECT_THROW(filtered(), injected_fault);
            else
                filtered();
            EXPECT_TRUE(trees::intact(version, 40));
        });
        EXPECT_EQ(faults, 40);
    }
    EXPECT_TRUE(seen.balanced());
}

TEST(parallel_faults, a_full_bank_tells_the_caller)
{
    using container = still::set<int, std::less<>, still::charged_policy>;
    still::bank const payer(400'000);
    {
        container left(payer);
        container right(payer);
        for (int key = 0; key < 4'000; ++key) {
            left = std::move(left).insert(key * 2);
            right = std::move(right).insert(key * 2 + 1);
        }
        auto const before = payer.usage();
        thread_executor on;
        parallel<container, thread_executor> const apart{ { on, 100, 2 } };
        payer.charge(payer.limit() - before - 4'000);
        EXPECT_THROW(static_cast<void>(apart.set_union(left, right)), still::quota_exceeded);
        payer.refund(payer.limit() - before - 4'000);
        EXPECT_EQ(payer.usage(), before);
        EXPECT_EQ(apart.set_union(left, right).size(), 8'000u);
        EXPECT_EQ(left.size(), 4'000u);
    }
    EXPECT_EQ(payer.usage(), 0u);
}

} // namespace
