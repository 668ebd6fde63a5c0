// SPDX-License-Identifier: BSL-1.0
//
// Parallel operations on oneTBB's threads.

#include <gtest/gtest.h>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "still/parallel.hpp"
#include "still/set.hpp"
#include "tbb_executor.hpp"

namespace {

using numbers = still::set<int>;

// Also where the machine has fewer.
tbb::global_control const threads(tbb::global_control::max_allowed_parallelism, 4);

numbers any_numbers(unsigned seed)
{
    std::mt19937 random(seed);
    std::vector<int> made(60'000);
    std::ranges::generate(made, [&] { return static_cast<int>(random() % 150'000); });
    return numbers().insert_range(made);
}

/// Every operation gives what it gives without the executor.
template <class Executor>
void agrees(Executor on)
{
    auto const left = any_numbers(1);
    auto const right = any_numbers(2);
    EXPECT_EQ(still::set_union(on, left, right), set_union(left, right));
    EXPECT_EQ(still::set_intersection(on, left, right), set_intersection(left, right));
    EXPECT_EQ(still::set_difference(on, left, right), set_difference(left, right));
    EXPECT_EQ(still::set_symmetric_difference(on, left, right), set_symmetric_difference(left, right));
    EXPECT_EQ(still::insert_range(on, left, right), left.insert_range(right));
    EXPECT_EQ(still::erase_keys(on, left, right), left.erase_keys(right));
    EXPECT_TRUE(still::set_union(on, left, left.take(20'000)).same_root(left));
    auto const is_odd = [](int number) { return number % 2 == 1; };
    EXPECT_EQ(still::filter(on, left, is_odd), left.filter(is_odd));
    std::vector<int> const sorted(left.begin(), left.end());
    auto built = still::from_sorted<numbers>(on, sorted);
    EXPECT_EQ(built, left);
    EXPECT_TRUE(validate(built)) << validate(built);
    still::release(on, std::move(built));
    EXPECT_TRUE(built.empty());
}

TEST(tbb_executor, operations_agree_in_the_default_arena)
{
    agrees(still::tbb_executor());
}

TEST(tbb_executor, operations_agree_in_the_callers_arena)
{
    tbb::task_arena arena(3);
    arena.execute([] {
        EXPECT_EQ(still::tbb_executor::concurrency(), 3u);
        agrees(still::tbb_executor());
    });
}

TEST(tbb_executor, operations_agree_in_an_arena_that_is_named)
{
    tbb::task_arena arena(4);
    still::tbb_arena_executor const on(arena);
    EXPECT_EQ(on.concurrency(), 4u);
    agrees(on);
}

TEST(tbb_executor, several_threads_do_the_work)
{
    tbb::task_arena arena(2);
    still::tbb_arena_executor const on(arena);
    std::mutex door;
    std::set<std::thread::id> seen;
    // Either half waits for the other, for which it takes two threads.
    std::atomic<int> arrived{ 0 };
    auto const half = [&] {
        ++arrived;
        while (arrived < 2)
            std::this_thread::yield();
        std::scoped_lock const guard(door);
        seen.insert(std::this_thread::get_id());
    };
    on.invoke(half, half);
    EXPECT_EQ(seen.size(), 2u);
}

TEST(tbb_executor, an_exception_comes_to_the_caller)
{
    tbb::task_arena arena(4);
    still::tbb_arena_executor const on(arena);
    auto const left = any_numbers(3);
    std::atomic<int> calls{ 0 };
    auto const fails = [&](int) -> bool {
        if (++calls == 40'000)
            throw std::runtime_error("enough");
        return true;
    };
    EXPECT_THROW(static_cast<void>(still::filter(on, left, fails)), std::runtime_error);
    EXPECT_TRUE(validate(left)) << validate(left);
}

TEST(tbb_executor, an_arena_of_one_thread_takes_the_sequential_way)
{
    tbb::task_arena arena(1);
    agrees(still::tbb_arena_executor(arena));
}

TEST(tbb_executor, goes_on_in_a_group_that_is_cancelled)
{
    auto const left = any_numbers(5);
    auto const right = any_numbers(6);
    auto const wanted = set_union(left, right);
    tbb::task_group group;
    numbers made;
    group.run_and_wait([&] {
        group.cancel();
        made = set_union(still::tbb_executor(), left, right);
    });
    EXPECT_EQ(made, wanted);
}

} // namespace
