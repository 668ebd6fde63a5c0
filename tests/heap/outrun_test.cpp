// SPDX-License-Identifier: BSL-1.0
//
// Writers that are faster than the copier: what a cut leaves to the pause, by either rule.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "every_tracker.hpp"

namespace still_test {
namespace {

class outrun : public every_tracker {
protected:
    /// What the cuts had that writers outran.
    struct seen {
        std::size_t cuts = 0;
        std::size_t least_left = ~std::size_t{ 0 }; // pages to the pause
        std::size_t most_left = 0;
    };

    /// Cuts a heap that two threads write to as fast as they can, each a page in turn. They keep the two words of a
    /// page equal; every version must show them so.
    static seen cut_under_load(still::outrun_rule rule)
    {
        constexpr std::size_t pages = 3000;
        constexpr std::size_t page_words = still::page_bytes / sizeof(std::uint64_t);
        still::heap heap({ .capacity = 64_MiB, .tracker = GetParam(), .when_outrun = rule });
        auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
        data.resize(pages * page_words);
        std::atomic<bool> stop{ false };
        std::vector<std::thread> writers;
        for (std::size_t writer = 0; writer < 2; ++writer)
            writers.emplace_back([&, writer] {
                for (std::uint64_t round = 1; !stop.load(std::memory_order_relaxed); ++round) {
                    auto const guard = heap.mutate();
                    auto const page = (round * 2 + writer) % pages * page_words;
                    data[page] = round;
                    data[page + 100] = round;
                }
            });
        seen result;
        std::vector<still::snapshot> kept;
        for (int cut = 0; cut < 40 && result.cuts < 8; ++cut) {
            auto const before = heap.statistics().cuts_outrun;
            kept.push_back(heap.snapshot());
            auto const after = heap.statistics();
            if (after.cuts_outrun > before) {
                ++result.cuts;
                result.least_left = std::min(result.least_left, after.pages_copied_in_pause);
                result.most_left = std::max(result.most_left, after.pages_copied_in_pause);
            }
        }
        stop = true;
        for (auto& writer : writers)
            writer.join();
        auto const offset
            = static_cast<std::size_t>(reinterpret_cast<std::byte const*>(data.data()) - heap.bytes().data());
        for (auto const& version : kept)
            for (std::size_t page = 0; page < pages; ++page) {
                auto const at = offset + page * still::page_bytes;
                EXPECT_EQ(
                    version.load<std::uint64_t>(at), version.load<std::uint64_t>(at + 100 * sizeof(std::uint64_t)));
            }
        EXPECT_TRUE(heap.validate()) << heap.validate();
        return result;
    }
};
INSTANTIATE_TEST_SUITE_P(each, outrun, trackers, tracker_name);

TEST_P(outrun, the_rest_is_copied_in_the_pause_where_that_is_accepted)
{
    static_cast<void>(cut_under_load(still::outrun_rule::accept));
}

// Slowed writers write a page in 50 us, which the copier outruns: at least one cut of several is left with few pages.
TEST_P(outrun, throttled_writers_leave_little_to_the_pause)
{
    if (GetParam() == tracker_kind::compare || GetParam() == tracker_kind::private_file)
        GTEST_SKIP() << "finds the same pages in every round, and makes one";
    auto const throttled = cut_under_load(still::outrun_rule::throttle);
    if (throttled.cuts == 0)
        GTEST_SKIP() << "the writers never were faster";
    EXPECT_LE(throttled.least_left, 32U);
}

} // namespace
} // namespace still_test
