// SPDX-License-Identifier: BSL-1.0

#include "still/heap/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "still/heap/mutation.hpp"

using still::mutation;
using still::heaps::gate;

namespace {

std::chrono::steady_clock::time_point soon()
{
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
}

TEST(gate, knows_who_is_inside)
{
    gate door;
    EXPECT_FALSE(door.inside());
    {
        mutation const outer(door);
        EXPECT_TRUE(door.inside());
        {
            mutation const inner(door);
            EXPECT_TRUE(door.inside());
        }
        EXPECT_TRUE(door.inside());
        std::thread([&] { EXPECT_FALSE(door.inside()); }).join();
    }
    EXPECT_FALSE(door.inside());
}

TEST(gate, gives_up_at_the_deadline_and_is_open_again)
{
    gate door;
    std::atomic<bool> entered{ false };
    std::atomic<bool> leave{ false };
    std::thread writer([&] {
        mutation const guard(door);
        entered = true;
        entered.notify_all();
        leave.wait(false);
    });
    entered.wait(false);
    EXPECT_FALSE(door.close(soon()));
    // Others may enter.
    std::thread([&] { mutation const guard(door); }).join();
    leave = true;
    leave.notify_all();
    writer.join();
    EXPECT_TRUE(door.close(std::nullopt));
    door.open();
}

TEST(gate, nested_guards_do_not_wait_for_a_cut_that_waits_for_them)
{
    gate door;
    std::atomic<bool> closing{ false };
    auto guard = std::make_unique<mutation>(door);
    std::thread cutter([&] {
        closing = true;
        closing.notify_all();
        EXPECT_TRUE(door.close(std::nullopt));
        door.open();
    });
    closing.wait(false);
    for (int i = 0; i < 1000; ++i)
        mutation const nested(door);
    guard.reset();
    cutter.join();
}

TEST(gate, a_slow_one_delays_each_once_and_nested_guards_never)
{
    gate door;
    EXPECT_EQ(door.longest_delay(), std::chrono::nanoseconds(0));
    {
        mutation const guard(door);
        door.slow();
        mutation const nested(door);
    }
    EXPECT_EQ(door.longest_delay(), std::chrono::nanoseconds(0));
    {
        mutation const guard(door);
        EXPECT_GE(door.longest_delay(), gate::slow_step);
    }
    EXPECT_TRUE(door.close(soon()));
    door.open();
    auto const before = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i)
        mutation const guard(door);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 1000 * gate::slow_step);
}

TEST(gate, who_waits_at_a_slow_one_is_not_inside)
{
    gate door;
    door.slow();
    std::atomic<bool> stop{ false };
    std::thread writer([&] {
        while (!stop)
            mutation const guard(door);
    });
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(door.close(std::nullopt));
        door.open();
        door.slow();
    }
    stop = true;
    door.open();
    writer.join();
}

TEST(gate, the_delay_of_a_writer_is_noted)
{
    gate door;
    ASSERT_TRUE(door.close(std::nullopt));
    std::thread writer([&] { mutation const guard(door); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    door.open();
    writer.join();
    EXPECT_GT(door.longest_delay(), std::chrono::nanoseconds(0));
}

TEST(gate, two_gates_do_not_mix)
{
    gate one;
    gate other;
    mutation const first(one);
    EXPECT_FALSE(other.inside());
    EXPECT_TRUE(other.close(soon()));
    other.open();
    {
        mutation const second(other);
        EXPECT_TRUE(other.inside());
        EXPECT_TRUE(one.inside());
    }
    EXPECT_FALSE(other.inside());
    EXPECT_TRUE(one.inside());
}

TEST(gate, lines_outlive_gates_and_threads)
{
    // Threads come and go while gates do: lines are handed on, and none is used after its owner.
    for (int round = 0; round < 20; ++round) {
        gate door;
        for (int i = 0; i < 3; ++i)
            std::thread([&] { mutation const guard(door); }).join();
        mutation const guard(door);
        EXPECT_TRUE(door.inside());
    }
}

/// Has the last word in its thread, after whatever the thread came by later has ended.
struct last_word {
    std::function<void()> say;
    ~last_word()
    {
        if (say)
            say();
    }
};
thread_local last_word at_the_end;

/// Effect: uses gates in a thread, and calls what is to be said when the thread's lines have ended.
template <class Say>
std::thread saying_last(std::initializer_list<gate*> doors, Say say)
{
    std::vector<gate*> const all(doors);
    return std::thread([=] {
        at_the_end.say = say;
        for (auto* const door : all)
            mutation const guard(*door);
    });
}

TEST(gate, a_thread_whose_lines_have_ended_has_none_of_anothers)
{
    gate door;
    std::atomic<int> stage{ 0 };
    auto const reach = [&](int next) {
        stage = next;
        stage.notify_all();
    };
    auto const wait_for = [&](int wanted) {
        for (auto seen = stage.load(); seen < wanted; seen = stage.load())
            stage.wait(seen);
    };
    std::thread last = saying_last({ &door }, [&] {
        reach(1);
        wait_for(2);
        EXPECT_FALSE(door.inside()) << "the line that was this thread's is another's now";
        EXPECT_NE(door.remembered_number(), 0U);
        EXPECT_NE(door.number_of_thread(), 0U);
        {
            mutation const guard(door);
            mutation const nested(door);
            EXPECT_TRUE(door.inside());
            EXPECT_NE(door.number_of_thread(), 0U);
            reach(3);
            wait_for(4);
        }
        EXPECT_FALSE(door.inside());
        reach(5);
    });
    wait_for(1);
    {
        mutation const guard(door);
        EXPECT_EQ(door.number_of_thread(), 0U);
        reach(2);
        wait_for(3);
    }
    EXPECT_FALSE(door.inside());
    EXPECT_FALSE(door.close(soon()));
    reach(4);
    wait_for(5);
    EXPECT_TRUE(door.close(soon()));
    door.open();
    last.join();
}

TEST(gate, threads_whose_lines_have_ended_leave_none_behind)
{
    gate door;
    for (int round = 0; round < 20; ++round) {
        gate other;
        saying_last({ &door, &other }, [&] {
            auto brief = std::make_unique<gate>();
            for (auto* const again : { &door, brief.get(), &other, &door }) {
                again->expect();
                again->expect_no_more();
                mutation const guard(*again);
                again->expect();
                again->expect_no_more();
                EXPECT_TRUE(again->inside());
            }
            for (auto const* const left : { &door, &other })
                EXPECT_FALSE(left->inside());
        }).join();
        EXPECT_TRUE(other.close(soon()));
    }
    EXPECT_EQ(door.number_of_thread(), 0U) << "one line serves one after the other";
    EXPECT_TRUE(door.close(soon()));
}

/// Keeps a guard until its thread ends.
thread_local std::optional<mutation> kept_to_the_end;

TEST(gate, a_guard_that_outlasts_its_threads_lines_counts)
{
    gate door;
    std::thread([&] {
        at_the_end.say = [&] {
            EXPECT_FALSE(door.inside());
            EXPECT_TRUE(door.close(soon()));
            door.open();
        };
        kept_to_the_end.reset();
        kept_to_the_end.emplace(door);
    }).join();
    EXPECT_TRUE(door.close(soon()));
}

// Writers count without atomics inside the guard; the cut reads between them. A gate that lets both in
// shows as an odd sum, or to the thread sanitizer as a race.
void exclude_each_other(gate::ordering ordering)
{
    gate door(ordering);
    constexpr int writers = 3;
    constexpr int rounds = 4000;
    struct alignas(64) pair {
        long left = 0;
        long right = 0;
    };
    std::vector<pair> pairs(writers);
    std::atomic<int> running{ writers };
    std::vector<std::thread> threads;
    for (int i = 0; i < writers; ++i)
        threads.emplace_back([&, i] {
            auto& mine = pairs[static_cast<std::size_t>(i)];
            for (int round = 0; round < rounds; ++round) {
                mutation const guard(door);
                ++mine.left;
                mutation const nested(door);
                ++mine.right;
            }
            --running;
        });
    long cuts = 0;
    do {
        ASSERT_TRUE(door.close(std::nullopt));
        for (auto const& seen : pairs)
            EXPECT_EQ(seen.left, seen.right);
        ++cuts;
        door.open();
    } while (running > 0);
    for (auto& thread : threads)
        thread.join();
    EXPECT_GT(cuts, 0);
    for (auto const& seen : pairs)
        EXPECT_EQ(seen.left, rounds);
}

TEST(gate, writers_and_cuts_exclude_each_other)
{
    exclude_each_other(gate::ordering::cheapest);
}
TEST(gate, writers_and_cuts_exclude_each_other_by_locked_instructions)
{
    exclude_each_other(gate::ordering::locked);
}

} // namespace
