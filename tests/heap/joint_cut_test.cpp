// SPDX-License-Identifier: BSL-1.0
//
// Several heaps at one instant.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "every_tracker.hpp"
#include "still/cut.hpp"

namespace still_test {
namespace {

using namespace std::chrono_literals;
using counter = std::uint64_t;

counter& counter_in(still::heap& heap)
{
    return heap.construct<counter>("counter", 0U);
}
counter shown_in(still::snapshot const& version)
{
    return *version.map().find<counter>("counter");
}
std::chrono::steady_clock::time_point soon(std::chrono::milliseconds time = 30ms)
{
    return std::chrono::steady_clock::now() + time;
}

class joint_cuts : public ::testing::Test {
protected:
    still::heap one{ { .capacity = 1_MiB, .label = "one" } };
    still::heap other{ { .capacity = 1_MiB, .label = "other" } };
    counter& in_one = counter_in(one);
    counter& in_other = counter_in(other);
};

TEST_F(joint_cuts, come_in_the_order_of_the_arguments)
{
    in_one = 1;
    in_other = 2;
    auto const [second, first] = still::cut(other, one);
    EXPECT_EQ(shown_in(first), 1U);
    EXPECT_EQ(shown_in(second), 2U);
    EXPECT_EQ(first.label(), "one");
    EXPECT_EQ(first.number(), 1U);
    auto const [alone] = still::cut(one);
    EXPECT_EQ(alone.number(), 2U);
    EXPECT_TRUE(alone.pages().same_root(first.pages())) << "nothing changed";
}

// Guards nest in either order, by two threads at a time: a cut that closed one heap and waited for the other for good
// would never end, and one that closed them one by one would see the counters apart.
TEST_F(joint_cuts, see_both_heaps_at_one_instant)
{
    std::atomic<bool> done{ false };
    auto const write = [&](still::heap& first, still::heap& second) {
        while (!done.load()) {
            {
                auto const outer = first.mutate();
                auto const inner = second.mutate();
                std::atomic_ref(in_one).fetch_add(1);
                std::atomic_ref(in_other).fetch_add(1);
            }
            std::this_thread::sleep_for(100us);
        }
    };
    std::thread forth(write, std::ref(one), std::ref(other));
    std::thread back(write, std::ref(other), std::ref(one));
    counter before = 0;
    for (int i = 0; i < 30; ++i) {
        auto const [seen, also] = still::cut(one, other);
        auto const value = shown_in(seen);
        EXPECT_EQ(shown_in(also), value);
        EXPECT_GE(value, before);
        before = value;
    }
    done = true;
    forth.join();
    back.join();
    EXPECT_TRUE(one.validate());
    EXPECT_TRUE(other.validate());
}

// Each is inside of its own heap, and waits for the other's: as soon as one is closed, one of them waits for the cut.
TEST_F(joint_cuts, let_out_who_waits_for_a_heap_that_is_closed)
{
    std::atomic<int> inside{ 0 };
    auto const cross = [&](still::heap& mine, still::heap& others) {
        auto const outer = mine.mutate();
        ++inside;
        while (inside.load() < 2)
            std::this_thread::yield();
        std::this_thread::sleep_for(5ms); // the cut closes one of the two meanwhile
        auto const inner = others.mutate();
        std::atomic_ref(in_one).fetch_add(1);
        std::atomic_ref(in_other).fetch_add(1);
    };
    std::thread forth(cross, std::ref(one), std::ref(other));
    std::thread back(cross, std::ref(other), std::ref(one));
    while (inside.load() < 2)
        std::this_thread::yield();
    auto const [seen, also] = still::cut(one, other);
    EXPECT_EQ(shown_in(seen), shown_in(also));
    forth.join();
    back.join();
}

TEST_F(joint_cuts, give_up_at_a_deadline_and_leave_all_as_it_was)
{
    for (auto* const held : { &one, &other }) {
        std::atomic<int> step{ 0 };
        std::thread writer([&] {
            auto const guard = held->mutate();
            step = 1;
            while (step.load() == 1)
                std::this_thread::yield();
        });
        while (step.load() == 0)
            std::this_thread::yield();
        try {
            static_cast<void>(still::cut(soon(), one, other));
            ADD_FAILURE() << "a writer is inside";
        } catch (std::system_error const& error) {
            EXPECT_EQ(error.code(), std::errc::timed_out);
        }
        step = 2;
        writer.join();
        // Both are open again, and can be cut.
        static_cast<void>(one.mutate());
        static_cast<void>(other.mutate());
        in_one = in_other = in_one + 1;
        auto const [seen, also] = still::cut(soon(10s), one, other);
        EXPECT_EQ(shown_in(seen), shown_in(also));
    }
}

TEST_F(joint_cuts, refuse_a_heap_twice_and_ones_own_guard)
{
    EXPECT_THROW(static_cast<void>(still::cut(one, other, one)), std::invalid_argument);
    for (auto* const held : { &one, &other }) {
        auto const guard = held->mutate();
        try {
            static_cast<void>(still::cut(one, other));
            ADD_FAILURE() << "this thread is inside";
        } catch (std::system_error const& error) {
            EXPECT_EQ(error.code(), std::errc::resource_deadlock_would_occur);
        }
    }
    auto const [seen, also] = still::cut(one, other);
    EXPECT_EQ(seen.number(), 1U) << "what was refused wasn't a cut";
    EXPECT_EQ(also.number(), 1U);
}

// Two threads that cut the same heaps, named the other way round.
TEST_F(joint_cuts, wait_for_one_another)
{
    auto const cut_often = [](still::heap& first, still::heap& second) {
        for (int i = 0; i < 50; ++i)
            static_cast<void>(still::cut(first, second));
    };
    std::thread forth(cut_often, std::ref(one), std::ref(other));
    std::thread back(cut_often, std::ref(other), std::ref(one));
    forth.join();
    back.join();
    EXPECT_EQ(one.snapshot().number(), 101U);
    EXPECT_EQ(other.snapshot().number(), 101U);
}

TEST_F(joint_cuts, roll_back_together)
{
    in_one = in_other = 7;
    auto const [first, second] = still::cut(one, other);
    in_one = in_other = 8;
    one.restore(first);
    other.restore(second);
    EXPECT_EQ(in_one, 7U);
    EXPECT_EQ(in_other, 7U);
}

TEST_F(joint_cuts, of_many_heaps)
{
    std::vector<std::unique_ptr<still::heap>> more;
    std::vector<still::heap*> all;
    for (int i = 0; i < 10; ++i) {
        more.push_back(std::make_unique<still::heap>(still::heap_options{ .capacity = 1_MiB }));
        counter_in(*more.back()) = static_cast<counter>(i);
        all.push_back(more.back().get());
    }
    std::swap(all.front(), all.back());
    auto calls = 0;
    auto const versions = still::heaps::snapshots_at_once(all, std::nullopt, [&] { ++calls; });
    ASSERT_EQ(versions.size(), 10U);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(shown_in(versions.front()), 9U);
    EXPECT_EQ(shown_in(versions.back()), 0U);
    EXPECT_EQ(shown_in(versions[5]), 5U);
    // What is thrown in that instant comes out, and nothing was cut.
    EXPECT_THROW(static_cast<void>(
                     still::heaps::snapshots_at_once(all, std::nullopt, [] { throw std::runtime_error("not now"); })),
        std::runtime_error);
    static_cast<void>(all.front()->mutate());
    EXPECT_EQ(all.front()->snapshot().number(), 2U);
}

} // namespace
} // namespace still_test
