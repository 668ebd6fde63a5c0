// SPDX-License-Identifier: BSL-1.0
//
// What goes with a rollback: guards of readers, hooks, and the generation.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include "every_tracker.hpp"
#include "in_child.hpp"
#include "still/cut.hpp"

namespace still_test {
namespace {

class rollbacks : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, rollbacks, trackers, tracker_name);

template <class Call>
std::optional<std::errc> refusal_of(Call&& call)
{
    try {
        call();
    } catch (std::system_error const& refusal) {
        return static_cast<std::errc>(refusal.code().value());
    }
    return std::nullopt;
}
std::chrono::steady_clock::time_point soon()
{
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
}

TEST_P(rollbacks, wait_for_readers_and_snapshots_do_not)
{
    auto heap = make();
    auto& number = heap.construct<std::uint64_t>("number", 1U);
    auto const before = heap.snapshot();
    number = 2;
    std::atomic<int> stage{ 0 };
    std::thread reader([&] {
        auto const guard = heap.read();
        stage = 1;
        stage.notify_all();
        stage.wait(1);
        EXPECT_EQ(number, 2U);
    });
    stage.wait(0);
    static_cast<void>(heap.snapshot());
    EXPECT_EQ(refusal_of([&] { heap.restore(before, soon()); }), std::errc::timed_out);
    EXPECT_EQ(number, 2U);
    // The attempt left both gates open.
    std::thread([&] {
        auto const writing = heap.mutate();
        auto const reading = heap.read();
    }).join();
    stage = 2;
    stage.notify_all();
    heap.restore(before);
    EXPECT_EQ(number, 1U);
    reader.join();
}

TEST_P(rollbacks, under_the_own_guard_for_reading_throw)
{
    auto heap = make();
    auto const before = heap.snapshot();
    {
        auto const guard = heap.read();
        EXPECT_EQ(refusal_of([&] { heap.restore(before); }), std::errc::resource_deadlock_would_occur);
        static_cast<void>(heap.snapshot());
        auto const writing = heap.mutate();
        auto const nested = heap.read();
        EXPECT_EQ(refusal_of([&] { heap.restore(before); }), std::errc::resource_deadlock_would_occur);
    }
    heap.restore(before);
}

/// Effect: calls `call` under a guard for reading that a rollback waits for. Returns what came of the rollback, which
/// gives up after a while, so that two that wait for each other don't hang.
template <class Call>
std::optional<std::errc> refusal_while_waiting(still::heap& heap, still::snapshot const& before, Call&& call)
{
    using namespace std::chrono_literals;
    std::atomic<bool> inside{ false };
    std::thread reader([&] {
        auto const guard = heap.read();
        inside = true;
        std::this_thread::sleep_for(50ms); // the rollback waits for this guard meanwhile
        call();
    });
    while (!inside)
        std::this_thread::yield();
    auto const refusal = refusal_of([&] { heap.restore(before, std::chrono::steady_clock::now() + 5s); });
    reader.join();
    return refusal;
}

TEST_P(rollbacks, let_readers_cut_that_they_wait_for)
{
    auto heap = make();
    still::heap other({ .capacity = 1_MiB });
    auto& number = heap.construct<std::uint64_t>("number", 1U);
    auto const before = heap.snapshot();
    std::vector<still::snapshot> taken;
    auto const expect_rollback = [&](auto&& cut) {
        number = 2;
        EXPECT_EQ(refusal_while_waiting(heap, before, cut), std::nullopt) << "the reader couldn't cut, nor go";
        EXPECT_EQ(number, 1U);
    };
    expect_rollback([&] { taken.push_back(heap.snapshot()); });
    expect_rollback([&] {
        EXPECT_NO_THROW(taken.push_back(heap.snapshot(std::chrono::steady_clock::now() + std::chrono::seconds(4))));
    });
    expect_rollback([&] { taken.push_back(std::get<0>(still::cut(heap, other))); });
    expect_rollback([&] { static_cast<void>(heap.rest()); });
    EXPECT_EQ(taken.size(), 3U);
    for (auto const& seen : taken)
        EXPECT_EQ(*seen.map().find<std::uint64_t>("number"), 2U) << "the rollback came after it";
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(rollbacks, by_readers_that_another_waits_for_throw)
{
    auto heap = make();
    auto const before = heap.snapshot();
    auto const refused = refusal_while_waiting(heap, before,
        [&] { EXPECT_EQ(refusal_of([&] { heap.restore(before); }), std::errc::resource_deadlock_would_occur); });
    EXPECT_EQ(refused, std::nullopt) << "the reader waited too";
}

// Readers that cut under their guards, and others that cut without, while two threads roll back.
TEST_P(rollbacks, and_cuts_of_all_kinds_never_wait_for_each_other)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.resize(2048);
    auto const before = heap.snapshot();
    std::atomic<int> running{ 2 };
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
        for (std::uint64_t round = 1; running > 0; ++round) {
            auto const reading = heap.read();
            {
                auto const writing = heap.mutate();
                data[1024] = round;
            }
            if (round % 4 == 0)
                static_cast<void>(heap.rest());
            EXPECT_EQ(heap.snapshot().map().find<numbers>("data")->at(1024), round) << "rolled back meanwhile";
        }
    });
    threads.emplace_back([&] {
        while (running > 0)
            static_cast<void>(heap.snapshot());
    });
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 30; ++round)
                EXPECT_EQ(refusal_of([&] {
                    heap.restore(before, std::chrono::steady_clock::now() + std::chrono::seconds(20));
                }),
                    std::nullopt);
            --running;
        });
    for (auto& thread : threads)
        thread.join();
    heap.restore(before);
    EXPECT_TRUE(heap.snapshot().same_root(before));
}

// A rollback that has closed the readers' gate, and waits without being the one that cuts.
TEST_P(rollbacks, that_wait_keep_nobody_out_of_a_child)
{
    auto heap = make();
    auto const before = heap.snapshot();
    std::string told;
    auto const refused = refusal_while_waiting(heap, before, [&] {
        std::thread([&] {
            std::array<still::heap*, 1> const one{ &heap };
            static_cast<void>(still::heaps::snapshots_at_once(one, std::nullopt, [&] {
                told = told_by_child([&] {
                    auto const reading = heap.read();
                    return 0;
                });
            }));
        }).join();
    });
    EXPECT_EQ(refused, std::nullopt);
    EXPECT_EQ(told, "");
}

// Threads that read under a writer's guard and write under a reader's, while others roll back.
TEST_P(rollbacks, guards_of_both_kinds_never_wait_for_each_other)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.resize(2048);
    auto const before = heap.snapshot();
    std::atomic<bool> stop{ false };
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
        while (!stop) {
            auto const reading = heap.read();
            auto const first = data[0];
            {
                auto const writing = heap.mutate();
                data[1024] = first;
            }
            EXPECT_EQ(data[1024], first);
        }
    });
    threads.emplace_back([&] {
        for (std::uint64_t round = 0; !stop; ++round) {
            auto const writing = heap.mutate();
            data[1500] = round;
            auto const reading = heap.read();
            EXPECT_EQ(data[1500], round);
        }
    });
    for (int round = 0; round < 100; ++round) {
        heap.restore(before);
        static_cast<void>(heap.snapshot());
    }
    stop = true;
    for (auto& thread : threads)
        thread.join();
}

TEST_P(rollbacks, call_hooks_before_anybody_is_let_in)
{
    auto heap = make();
    auto& token = heap.construct<std::uint64_t>("token", 1U);
    auto const before = heap.snapshot();
    {
        auto const guard = heap.mutate();
        token = 2;
    }
    std::atomic<bool> stop{ false };
    std::thread reader([&] {
        while (!stop) {
            auto const guard = heap.read();
            EXPECT_NE(token, 1U) << "before the hook mended it";
        }
    });
    std::string calls;
    std::atomic<bool> let_in{ false };
    std::vector<std::thread> others;
    auto const first = heap.on_restore([&] {
        others.emplace_back([&] {
            auto const guard = heap.read();
            let_in = true;
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        EXPECT_FALSE(let_in);
        auto const guard = heap.mutate();
        auto const nested = heap.read();
        EXPECT_EQ(token, 1U);
        token = 100 + heap.generation();
        // It has what was rolled back, and may allocate.
        heap.construct<int>("built by a hook", 1);
        EXPECT_EQ(refusal_of([&] { static_cast<void>(heap.snapshot()); }), std::errc::resource_deadlock_would_occur);
        calls += '1';
    });
    auto second = heap.on_restore([&] { calls += '2'; });
    auto const nothing = heap.on_restore({});
    heap.restore(before);
    EXPECT_EQ(calls, "12");
    EXPECT_EQ(token, 100 + heap.generation());
    EXPECT_NE(heap.find<int>("built by a hook"), nullptr);
    // What a hook wrote is in the next version.
    auto const after = heap.snapshot();
    EXPECT_TRUE(same(content(after), copy(heap.bytes())));
    EXPECT_FALSE(still::diff(before, after).empty());
    second.reset();
    others.back().join();
    others.clear();
    let_in = false;
    heap.restore(before);
    EXPECT_EQ(calls, "121");
    others.back().join();
    stop = true;
    reader.join();
}

TEST_P(rollbacks, call_the_hooks_that_there_are_when_all_have_gone)
{
    auto heap = make();
    auto& number = heap.construct<std::uint64_t>("number", 1U);
    auto const before = heap.snapshot();
    number = 2;
    auto const expect = [&](auto&& take_guard) {
        int dead = 0;
        int called = 0;
        auto old = heap.on_restore([&] { ++dead; });
        still::restore_hook fresh;
        std::atomic<bool> inside{ false };
        std::thread other([&] {
            auto const guard = take_guard();
            inside = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(50)); // the rollback waits for this guard
            fresh = heap.on_restore([&] { ++called; });
            old.reset();
        });
        while (!inside)
            std::this_thread::yield();
        heap.restore(before);
        other.join();
        EXPECT_EQ(dead, 0) << "called after it was let go of under a guard";
        EXPECT_EQ(called, 1) << "given before the rollback, and not called";
    };
    expect([&] { return heap.mutate(); });
    expect([&] { return heap.read(); });
    EXPECT_EQ(number, 1U);
}

TEST_P(rollbacks, call_no_hook_that_another_let_go_of)
{
    auto heap = make();
    auto const before = heap.snapshot();
    int calls = 0;
    still::restore_hook first;
    still::restore_hook second;
    first = heap.on_restore([&] {
        ++calls;
        second.reset();
        first.reset(); // is running, and goes when it is done
    });
    second = heap.on_restore([&] { calls += 10; });
    heap.restore(before);
    heap.restore(before);
    EXPECT_EQ(calls, 1);
}

TEST_P(rollbacks, are_done_when_a_hook_throws)
{
    auto heap = make();
    auto& number = heap.construct<std::uint64_t>("number", 1U);
    auto const before = heap.snapshot();
    number = 2;
    int calls = 0;
    auto const one = heap.on_restore([] { throw std::runtime_error("first"); });
    auto const other = heap.on_restore([&] {
        ++calls;
        throw std::runtime_error("second");
    });
    try {
        heap.restore(before);
        FAIL() << "swallowed what a hook threw";
    } catch (std::runtime_error const& failure) {
        EXPECT_STREQ(failure.what(), "first");
    }
    EXPECT_EQ(number, 1U);
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(heap.snapshot().same_root(before));
    std::thread([&] { auto const guard = heap.mutate(); }).join();
}

TEST_P(rollbacks, do_not_roll_the_generation_back)
{
    auto heap = make();
    auto const at_first = heap.generation();
    auto const before = heap.snapshot();
    auto const after_cut = heap.generation();
    EXPECT_GT(after_cut, at_first);
    heap.restore(before);
    EXPECT_GT(heap.generation(), after_cut);
    auto const now = heap.generation();
    EXPECT_THROW(heap.restore(still::snapshot()), std::invalid_argument);
    EXPECT_EQ(heap.generation(), now);
}

// Objects with raw pointers: two lines of versions of one heap, changed over by rollbacks that cost what
// differs between them.
TEST_P(rollbacks, change_over_between_lines_of_versions)
{
    auto heap = make();
    auto& data = heap.construct<std::pmr::vector<std::uint64_t>>("data", heap.memory_resource());
    data.assign(512 * 100, 0);
    auto one = heap.snapshot();
    auto other = one;
    for (std::uint64_t round = 1; round < 20; ++round) {
        heap.restore(one);
        data[512 * round] = round;
        data.push_back(round);
        one = heap.snapshot();
        heap.restore(other);
        data[512 * round + 7] = 1000 + round;
        other = heap.snapshot();
    }
    heap.restore(one);
    EXPECT_EQ(data.size(), 512U * 100 + 19);
    EXPECT_EQ(data[512 * 3], 3U);
    EXPECT_EQ(data[512 * 3 + 7], 0U);
    heap.restore(other);
    EXPECT_EQ(data.size(), 512U * 100);
    EXPECT_EQ(data[512 * 3], 0U);
    EXPECT_EQ(data[512 * 3 + 7], 1003U);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

} // namespace
} // namespace still_test
