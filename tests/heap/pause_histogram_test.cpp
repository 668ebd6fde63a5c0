// SPDX-License-Identifier: BSL-1.0

#include "still/heap/pause_histogram.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using std::chrono::nanoseconds;
using still::pause_histogram;

namespace {

TEST(pause_histogram, begins_empty)
{
    pause_histogram const seen;
    EXPECT_EQ(seen.count(), 0U);
    EXPECT_EQ(seen.percentile(50), nanoseconds(0));
    EXPECT_EQ(seen.longest(), nanoseconds(0));
}

TEST(pause_histogram, has_a_bucket_for_every_time)
{
    for (std::int64_t time = 0; time < 5000; ++time) {
        pause_histogram seen;
        seen.add(nanoseconds(time));
        EXPECT_EQ(seen.percentile(100), nanoseconds(time));
    }
    pause_histogram seen;
    seen.add(std::chrono::hours(24));
    seen.add(nanoseconds::max());
    EXPECT_EQ(seen.count(), 2U);
    EXPECT_EQ(seen[pause_histogram::buckets - 1], 2U);
    EXPECT_EQ(seen.longest(), nanoseconds::max());
}

RC_GTEST_PROP(pause_histogram, percentiles_are_at_most_an_eighth_too_high, ())
{
    auto const limit = std::int64_t{ 1 } << *rc::gen::inRange(1, 38);
    auto times
        = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, limit)));
    pause_histogram seen;
    for (auto const time : times)
        seen.add(nanoseconds(time));
    std::sort(times.begin(), times.end());
    RC_ASSERT(seen.count() == times.size());
    RC_ASSERT(seen.longest() == nanoseconds(times.back()));
    for (auto const percent : { 1, 10, 50, 90, 99, 100 }) {
        auto const place = std::max(1.0, std::ceil(static_cast<double>(times.size()) * percent / 100));
        auto const exact = times[static_cast<std::size_t>(place) - 1];
        auto const told = seen.percentile(percent).count();
        RC_ASSERT(told >= exact);
        RC_ASSERT(told <= exact + exact / 8);
    }
}

} // namespace
