// SPDX-License-Identifier: BSL-1.0
//
// What a heap tells of the times for which it kept writers out: what they felt, whatever came of the cut.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "every_tracker.hpp"
#include "still/cut.hpp"

namespace still_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using still::page_bytes;

/// A guard that another thread holds until this goes.
class guard_elsewhere {
public:
    explicit guard_elsewhere(still::heap& of)
        : holder_([this, &of] {
            auto const guard = of.mutate();
            inside_ = true;
            inside_.notify_all();
            inside_.wait(true);
        })
    {
        inside_.wait(false);
    }
    guard_elsewhere(guard_elsewhere const&) = delete;
    guard_elsewhere& operator=(guard_elsewhere const&) = delete;
    ~guard_elsewhere()
    {
        inside_ = false;
        inside_.notify_all();
        holder_.join();
    }

private:
    std::atomic<bool> inside_{ false };
    std::thread holder_;
};

class pauses : public every_tracker {
protected:
    [[nodiscard]] static std::uint64_t count(still::heap const& heap) { return heap.statistics().pauses.count(); }
};
INSTANTIATE_TEST_SUITE_P(each, pauses, trackers, tracker_name);

TEST_P(pauses, of_cuts_that_give_up_waiting_are_counted)
{
    auto heap = make();
    auto const before = heap.snapshot();
    auto const pause = heap.statistics().last_pause;
    auto const expect_timeout = [&](auto&& cut) {
        auto const known = count(heap);
        std::thread late;
        {
            guard_elsewhere const held(heap);
            late = std::thread([&] {
                std::this_thread::sleep_for(20ms);
                auto const guard = heap.mutate(); // waits until the cut gives up
            });
            EXPECT_THROW(cut(steady_clock::now() + 200ms), std::system_error);
        }
        late.join();
        EXPECT_EQ(count(heap), known + 1);
        EXPECT_GE(heap.statistics().longest_pause, 100ms);
        EXPECT_EQ(heap.statistics().last_pause, pause) << "of the last one that was done";
    };
    expect_timeout([&](auto deadline) { static_cast<void>(heap.snapshot(deadline)); });
    expect_timeout([&](auto deadline) { heap.restore(before, deadline); });
    still::heap other({ .capacity = 1_MiB });
    guard_elsewhere const held(heap);
    auto const known = count(heap) + count(other);
    EXPECT_THROW(static_cast<void>(still::cut(steady_clock::now() + 20ms, heap, other)), std::system_error);
    EXPECT_GE(count(heap) + count(other), known + 1);
}

TEST_P(pauses, of_cuts_that_are_refused_are_counted)
{
    constexpr std::size_t pages = 20;
    auto heap = make(64_MiB, still::bank(1_MiB));
    auto* const block = static_cast<std::byte*>(heap.memory_resource()->allocate(pages * page_bytes, page_bytes));
    std::vector<still::snapshot> kept;
    for (int round = 1; round < 100; ++round) {
        std::memset(block, round, pages * page_bytes);
        auto const known = count(heap);
        try {
            kept.push_back(heap.snapshot());
        } catch (still::quota_exceeded const&) {
            // One that looks at once with writers kept out; who suspects all pages never does, and is refused before.
            if (GetParam() != tracker_kind::compare) {
                EXPECT_GE(count(heap), known + 1);
            }
            return;
        }
        EXPECT_GE(count(heap), known + 1);
    }
    ADD_FAILURE() << "the bank pays for everything";
}

TEST_P(pauses, in_which_nothing_came_to_rest_are_counted)
{
    if (GetParam() == tracker_kind::private_file)
        GTEST_SKIP() << "nothing rests";
    auto heap = make();
    std::memset(heap.memory_resource()->allocate(1_MiB, page_bytes), 1, 1_MiB);
    auto const before = heap.snapshot();
    auto const known = count(heap);
    {
        guard_elsewhere const held(heap);
        EXPECT_EQ(heap.rest(), 0U);
    }
    EXPECT_GE(count(heap), known + 1);
    EXPECT_EQ(heap.statistics().rests, 0U);
    // A slice waits for 500 us, from shortly before it closes the gate.
    EXPECT_GE(heap.statistics().longest_pause, 400us);
    EXPECT_GE(heap.rest(), 1_MiB);
    EXPECT_GT(heap.statistics().rests, 0U);
}

TEST_P(pauses, to_let_pages_rest_are_in_the_total_and_end_before_the_deadline)
{
    if (GetParam() == tracker_kind::private_file)
        GTEST_SKIP() << "nothing rests";
    still::heap heap({ .capacity = 64_MiB, .tracker = GetParam(), .rest_after = 0 });
    std::memset(heap.memory_resource()->allocate(32_MiB, page_bytes), 1, 32_MiB);
    auto version = heap.snapshot();
    for (int cut = 0; cut < 3; ++cut) {
        auto const known = heap.statistics().rests;
        version = heap.snapshot(steady_clock::now()); // nobody is inside, so that it is taken
        EXPECT_EQ(heap.statistics().rests, known) << "past the deadline";
    }
    std::this_thread::sleep_for(200ms); // a sixteenth of this is for several slices, where the machine has time
    auto const before = heap.statistics();
    auto const came = steady_clock::now();
    version = heap.snapshot(came + 1h);
    auto const took = steady_clock::now() - came;
    auto const after = heap.statistics();
    ASSERT_GE(after.rests, before.rests + 1);
    auto const breaths = static_cast<std::int64_t>(after.rests - before.rests - 1);
    EXPECT_GE(after.last_total, version.total() + breaths * 500us) << "for so long writers are let in between";
    EXPECT_LE(after.last_total, took);
    EXPECT_GE(after.longest_total, after.last_total);
    EXPECT_EQ(after.last_pause, version.pause()) << "of the cut, not of what came to rest";
}

TEST_P(pauses, of_what_is_done_are_counted_once)
{
    auto heap = make();
    auto const before = heap.snapshot();
    EXPECT_EQ(count(heap), 1U);
    heap.restore(before);
    EXPECT_EQ(count(heap), 2U);
    EXPECT_GE(heap.statistics().longest_pause, heap.statistics().last_pause);
    EXPECT_THROW(heap.restore(still::snapshot()), std::invalid_argument);
    EXPECT_EQ(count(heap), 2U) << "nobody waited";
}

} // namespace
} // namespace still_test
