// SPDX-License-Identifier: BSL-1.0
//
// `fork` while other threads allocate, guard, cut, roll back, make and destroy heaps: the child has all of it whole,
// and goes on alone. See Note: forks.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "every_tracker.hpp"
#include "in_child.hpp"
#include "os/process.hpp"

namespace still_test {
namespace {

using still::page_bytes;

template <class Call>
[[nodiscard]] bool is_refused(Call&& call)
{
    try {
        call();
    } catch (std::logic_error const& refusal) {
        return std::string(refusal.what()).find("fork") != std::string::npos;
    }
    return false;
}

/// Blocks that somebody takes and gives back, each full of its own value.
class blocks {
public:
    explicit blocks(still::heap& from, unsigned seed)
        : heap_(from)
        , random_(seed)
    {
    }
    /// Effect: takes some and gives some back. Returns false where one isn't as it was left.
    [[nodiscard]] bool turn()
    {
        auto const guard = heap_.mutate();
        auto* const resource = heap_.memory_resource();
        for (auto more = random_() % 8; more > 0; --more) {
            auto const bytes = random_() % 16 == 0 ? 1 + random_() % 20'000 : 1 + random_() % 600;
            auto const value = static_cast<unsigned char>(random_());
            auto* const start = static_cast<unsigned char*>(resource->allocate(bytes));
            std::memset(start, value, bytes);
            taken_.push_back({ start, bytes, value });
        }
        while (taken_.size() > 200 || (!taken_.empty() && random_() % 2 == 0)) {
            std::swap(taken_[random_() % taken_.size()], taken_.back());
            auto const last = taken_.back();
            taken_.pop_back();
            auto const right = std::count(last.start, last.start + last.bytes, last.value)
                == static_cast<std::ptrdiff_t>(last.bytes);
            resource->deallocate(last.start, last.bytes);
            if (!right)
                return false;
        }
        return true;
    }

private:
    struct block {
        unsigned char* start;
        std::size_t bytes;
        unsigned char value;
    };
    still::heap& heap_;
    std::minstd_rand random_;
    std::vector<block> taken_;
};

class fork_threads : public every_tracker {
protected:
    void SetUp() override
    {
        if (still::os::under_thread_sanitizer())
            GTEST_SKIP() << "the thread sanitizer doesn't support what children of programs with threads do";
        every_tracker::SetUp();
        if (IsSkipped())
            return;
        busy.emplace(make(32_MiB));
        rolled.emplace(make(4_MiB));
        words
            = static_cast<std::uint64_t*>(rolled->memory_resource()->allocate(word_count * sizeof(std::uint64_t), 64));
        for (std::uint64_t const value : { 1U, 2U }) {
            std::fill_n(words, word_count, value);
            versions.push_back(rolled->snapshot());
        }
    }
    void TearDown() override
    {
        stop = true;
        for (auto& thread : threads)
            thread.join();
    }

    /// Or who holds a guard would get it after long only.
    static void breathe() { std::this_thread::sleep_for(std::chrono::microseconds(300)); }

    /// Effect: a thread repeats `work` until all stop.
    template <class Work>
    void repeat(Work work)
    {
        threads.emplace_back([this, work]() mutable {
            while (!stop)
                work();
        });
    }
    void allocate_and_free()
    {
        repeat([this, own = blocks(*busy, 1)]() mutable {
            if (!own.turn()) {
                ADD_FAILURE() << "a block isn't as it was left";
                stop = true;
            }
        });
    }
    void guard()
    {
        repeat([this] {
            auto const outer = busy->mutate();
            auto const inner = busy->mutate();
            auto const reading = rolled->read();
            static_cast<void>(busy->find<int>("none"));
        });
    }
    void cut()
    {
        repeat([this, kept = std::deque<still::snapshot>(), round = 0U]() mutable {
            kept.push_back(busy->snapshot());
            if (kept.size() > 4)
                kept.pop_front();
            if (++round % 8 == 0)
                busy->rest();
            static_cast<void>(busy->statistics());
            static_cast<void>(busy->versions());
            breathe();
        });
    }
    void roll_back()
    {
        repeat([this, round = 0U]() mutable {
            rolled->restore(versions[++round % 2]);
            breathe();
        });
    }
    void make_and_destroy()
    {
        repeat([this] {
            still::bank const payer(16_MiB);
            auto mine = make(1_MiB, payer.child(8_MiB));
            mine.construct<int>("number", 1);
            static_cast<void>(mine.snapshot().map());
            breathe();
        });
    }

    /// Frames come and go all the time.
    void change_and_cut()
    {
        constexpr auto bytes = 64 * page_bytes;
        auto* const start = static_cast<unsigned char*>(busy->memory_resource()->allocate(bytes, page_bytes));
        repeat([this, start, last = std::optional<still::snapshot>(), round = 0U]() mutable {
            {
                auto const guard = busy->mutate();
                std::memset(start, static_cast<int>(++round % 255 + 1), bytes);
            }
            last = busy->snapshot();
        });
    }
    void look()
    {
        repeat([this] { static_cast<void>(busy->versions()); });
        repeat([this] { static_cast<void>(busy->statistics()); });
    }
    void open_and_close_banks()
    {
        repeat([payer = still::bank(16_MiB)] { static_cast<void>(payer.child(8_MiB)); });
    }

    /// What a child does with all of it, as the step that is wrong, or 0. `may_end`: this thread holds no guard.
    [[nodiscard]] int go_on(bool may_end)
    {
        auto const whole = words[0];
        if (whole != 1 && whole != 2)
            return 1;
        if (!std::all_of(words, words + word_count, [&](auto seen) { return seen == whole; }))
            return 2; // a rollback, half done
        blocks own(*busy, 7);
        for (auto round = 0; round < 30; ++round)
            if (!own.turn())
                return 3;
        {
            auto const guard = busy->mutate();
            auto const reading = busy->read();
            std::memset(busy->memory_resource()->allocate(2_MiB, 64), 1, 2_MiB); // it grows
            busy->construct<int>("of the child", 1);
        }
        auto right = false;
        std::thread([&] { right = blocks(*busy, 8).turn() && blocks(*rolled, 9).turn(); }).join();
        if (!right)
            return 4;
        if (!busy->validate() || !rolled->validate())
            return 5;
        static_cast<void>(busy->statistics());
        static_cast<void>(busy->versions());
        if (!may_end)
            return 0;
        if (!is_refused([&] { static_cast<void>(busy->snapshot()); })
            || !is_refused([&] { rolled->restore(versions[0]); }) || !is_refused([&] { rolled->rest(); }))
            return 6;
        rolled->become(versions[2 - whole]);
        if (words[0] != 3 - whole || words[word_count - 1] != 3 - whole || !rolled->validate())
            return 7;
        busy.reset();
        rolled.reset();
        versions.clear();
        auto mine = make(1_MiB, still::bank(16_MiB).child(8_MiB));
        auto& number = mine.construct<int>("number", 1);
        auto const before = mine.snapshot();
        number = 2;
        mine.restore(before);
        return number == 1 && mine.validate() ? 0 : 8;
    }
    /// Effect: forks again and again, with guards and without.
    void fork_often(unsigned times)
    {
        for (auto round = 0U; round < times && !stop; ++round) {
            std::string told;
            switch (round % 4) {
            case 0: {
                auto const guard = busy->mutate();
                told = told_by_child([&] { return go_on(false); });
                break;
            }
            case 1: {
                auto const reading = rolled->read();
                told = told_by_child([&] { return go_on(false); });
                break;
            }
            default:
                told = told_by_child([&] { return go_on(true); });
            }
            ASSERT_EQ(told, "") << "fork " << round;
        }
    }
    void expect_sound()
    {
        stop = true;
        for (auto& thread : threads)
            thread.join();
        threads.clear();
        EXPECT_TRUE(busy->validate()) << busy->validate();
        EXPECT_TRUE(rolled->validate()) << rolled->validate();
        EXPECT_EQ(busy->find<int>("of the child"), nullptr);
        auto const last = busy->snapshot();
        EXPECT_TRUE(same(content(last), copy(busy->bytes())));
        for (std::uint64_t const value : { 1U, 2U }) {
            rolled->restore(versions[value - 1]);
            EXPECT_EQ(std::count(words, words + word_count, value), static_cast<std::ptrdiff_t>(word_count));
        }
    }

    static constexpr std::size_t word_count = 200 * page_bytes / sizeof(std::uint64_t);
    std::optional<still::heap> busy;
    std::optional<still::heap> rolled;
    std::uint64_t* words = nullptr;
    std::vector<still::snapshot> versions; // of `rolled`: all ones, all twos
    std::atomic<bool> stop{ false };
    std::vector<std::thread> threads;
};
INSTANTIATE_TEST_SUITE_P(each, fork_threads, trackers, tracker_name);

TEST_P(fork_threads, leave_a_child_whole_whatever_they_do)
{
    allocate_and_free();
    guard();
    cut();
    roll_back();
    make_and_destroy();
    fork_often(200);
    expect_sound();
}

TEST_P(fork_threads, leave_a_child_the_short_locks)
{
    std::vector<still::snapshot> kept;
    for (auto round = 0; round < 100; ++round)
        kept.push_back(busy->snapshot());
    look();
    open_and_close_banks();
    change_and_cut();
    fork_often(60);
    expect_sound();
}

} // namespace
} // namespace still_test
