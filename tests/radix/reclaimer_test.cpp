// SPDX-License-Identifier: BSL-1.0
//
// Page tables and segments in a reclaimer: each node goes once, and what others share stays.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "frame_pool.hpp"
#include "live_count.hpp"
#include "still/reclaimer.hpp"
#include "still/segment.hpp"

namespace {

using namespace still_test;
using still::page_index;
using table = still::page_table<std::string, test_policy>;

/// More than a segment: its pages belong to something else too.
struct more : still::segment { };

static_assert(still::reclaimable<table> && still::reclaimable<still::segment>);
static_assert(!still::reclaimable<more>);

class radix_reclaimer : public live_count_test { };

template <class Table>
Table sparse(unsigned seed, int count)
{
    std::mt19937_64 random(seed);
    Table made;
    for (int index = 0; index < count; ++index) {
        auto const page = (random() & ((std::uint64_t{ 1 } << (random() % 52)) - 1));
        made = std::move(made).assign(page, typename Table::slot_type());
    }
    return made;
}

TEST_F(radix_reclaimer, lets_go_of_as_many_nodes_as_it_is_told)
{
    for (std::int64_t const slice : { 1, 2, 3, 7, 40, 1000 }) {
        live_count const seen;
        auto version = sparse<table>(20'261'124, 500);
        still::reclaimer bin;
        bin.take(std::move(version));
        EXPECT_TRUE(version.empty()); // NOLINT(bugprone-use-after-move): promised
        auto left = seen.blocks();
        ASSERT_GT(left, 50);
        while (bin.pending() > 0) {
            bin.step(static_cast<std::size_t>(slice));
            EXPECT_EQ(seen.blocks(), std::max<std::int64_t>(0, left - slice));
            left = seen.blocks();
        }
        EXPECT_TRUE(seen.balanced());
    }
}

TEST_F(radix_reclaimer, lets_go_of_runs)
{
    auto const whole = table().assign(3, page_index{ 1 } << 40U, "all over");
    auto cut = whole.assign(page_index{ 1 } << 30U, "but here").erase(77);
    live_count const seen;
    auto const uniforms = cut.inventory().uniforms;
    EXPECT_GT(uniforms, 200U);
    still::reclaimer bin;
    bin.take(std::move(cut));
    auto left = seen.blocks();
    while (bin.step(5)) {
        EXPECT_GE(seen.blocks(), left - 5);
        left = seen.blocks();
    }
    EXPECT_LT(seen.blocks(), -150); // all that wasn't shared
    EXPECT_TRUE(validate(whole));
}

TEST_F(radix_reclaimer, leaves_what_others_share)
{
    auto const kept = sparse<table>(20'261'125, 300);
    auto const model = sparse<table>(20'261'125, 300);
    live_count const seen;
    auto other = kept;
    std::mt19937_64 random(20'261'126);
    for (int edit = 0; edit < 20; ++edit)
        other = other.assign(random() >> 40, "another");
    still::reclaimer bin;
    bin.take(std::move(other));
    while (bin.step(2)) { }
    EXPECT_TRUE(seen.balanced());
    EXPECT_TRUE(validate(kept));
    EXPECT_TRUE(kept == model);
}

TEST_F(radix_reclaimer, gives_the_frames_of_segments_back)
{
    frame_pool pool;
    {
        still::segment_table pages;
        for (std::uint64_t page = 0; page < 300; ++page)
            pages = std::move(pages).assign(page * 5, pool.filled(static_cast<std::uint8_t>(1 + page % 255)));
        still::segment version(std::move(pages), 300 * 5 * still::page_bytes);
        EXPECT_EQ(pool.live(), 300);
        still::reclaimer bin;
        bin.take(std::move(version));
        EXPECT_EQ(version.size(), 0u); // NOLINT(bugprone-use-after-move): promised
        EXPECT_TRUE(version.empty());
        auto before = pool.live();
        while (bin.step(1)) {
            EXPECT_LE(before - pool.live(), 32); // a leaf's
            before = pool.live();
        }
        EXPECT_EQ(pool.live(), 0);
    }
}

} // namespace
