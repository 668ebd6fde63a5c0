// SPDX-License-Identifier: BSL-1.0
//
// What goes with a rollback: guards of readers, hooks, and the generation.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "every_tracker.hpp"

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
