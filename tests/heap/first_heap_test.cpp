// SPDX-License-Identifier: BSL-1.0
//
// `fork` while another thread makes the program's first heap. A program that itself makes none, so that its children
// are as new as a program that was just started. See Note: forks.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include <unistd.h>

#include "every_tracker.hpp"
#include "in_child.hpp"
#include "os/process.hpp"

namespace still_test {
namespace {

class first_heap : public ::testing::TestWithParam<tracker_kind> {
protected:
    /// Effect: makes a heap, and lets it go. Returns true.
    static bool make_one()
    {
        still::heap const made(still::heap_options{ .capacity = 1_MiB, .tracker = GetParam() });
        return made.validate().sound();
    }
};

/// Effect: waits without sleeping, to the microsecond.
void wait_for(std::chrono::nanoseconds span)
{
    auto const until = std::chrono::steady_clock::now() + span;
    while (std::chrono::steady_clock::now() < until) { }
}

TEST_P(first_heap, may_be_in_the_making_when_another_thread_forks)
{
    if (still::os::under_thread_sanitizer())
        GTEST_SKIP() << "the thread sanitizer doesn't support what children of programs with threads do";
    if (!in_child(make_one))
        GTEST_SKIP() << "not offered here";
    constexpr int rounds = 150;
    for (int round = 0; round < rounds; ++round) {
        auto const lived = in_child([&] {
            std::atomic<bool> is_there{ false };
            std::atomic<bool> begun{ false };
            std::thread maker([&] {
                is_there = true;
                while (!begun) { }
                make_one();
            });
            while (!is_there) { }
            begun = true;
            wait_for(std::chrono::microseconds(4 * round));
            auto const child_lived = in_child([&] {
                ::alarm(10); // ends one that hangs
                return make_one();
            });
            maker.join();
            return child_lived;
        });
        ASSERT_TRUE(lived) << "forked " << 4 * round << " us after the first heap was begun";
    }
}

INSTANTIATE_TEST_SUITE_P(trackers, first_heap, trackers, tracker_name);

} // namespace
} // namespace still_test
