// SPDX-License-Identifier: BSL-1.0
//
// Page tables of frames: a frame lives exactly as long as some version reaches it.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

#include "frame_pool.hpp"
#include "live_count.hpp"
#include "radix_model.hpp"
#include "still/core/charged_heap.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;
using table = still::page_table<still::frame, test_policy>;

template <class Table>
void run_frames(Table empty)
{
    frame_pool pool;
    {
        // A slot may hold no frame.
        std::vector<still::frame> const few{ pool.filled(0), pool.filled(1), pool.filled(2), still::frame() };
        auto const script = *any_script();
        run_script(std::move(empty), script, [&](int value) { return few[static_cast<std::size_t>(value)]; });
    }
    RC_ASSERT(pool.live() == 0);
}

RC_GTEST_PROP(page_table_of_frames, agrees_with_a_map, ())
{
    run_frames(table());
}
RC_GTEST_PROP(page_table_of_frames, agrees_with_a_map_on_a_bank, ())
{
    still::bank const payer(std::size_t{ 1 } << 24U);
    run_frames(still::page_table<still::frame, still::charged_policy>(payer));
    RC_ASSERT(payer.usage() == 0U);
}

/// Each step writes a fresh frame; after each drop of a version, the live frames are those that the
/// versions left reach.
RC_GTEST_PROP(page_table_of_frames, keeps_the_frames_that_versions_reach_and_no_more, ())
{
    frame_pool pool;
    live_count const seen;
    {
        std::vector<table> versions(1);
        for (auto const& step : *any_script()) {
            auto now = step.in_place ? std::move(versions.back()) : versions.back();
            if (step.in_place)
                versions.pop_back();
            now = step.erases ? std::move(now).erase(step.index)
                              : std::move(now).assign(step.index, pool.filled(static_cast<std::uint8_t>(step.value)));
            versions.push_back(std::move(now));
        }
        while (!versions.empty()) {
            std::set<still::frame_record*> reached;
            for (auto const& version : versions)
                for (auto [index, slot] : version)
                    reached.insert(slot.record());
            RC_ASSERT(pool.live() == static_cast<std::int64_t>(reached.size()));
            versions.erase(versions.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(versions)));
        }
    }
    RC_ASSERT(pool.live() == 0);
    RC_ASSERT(seen.balanced());
}

/// What a heap does at each cut: a batch of fresh frames in ascending order, onto a copy of the last
/// version.
TEST(page_table_of_frames, takes_batches_of_dirty_pages)
{
    frame_pool pool;
    live_count const seen;
    {
        table current;
        std::vector<table> snapshots;
        for (page_index page = 0; page < 20'000; ++page)
            current = std::move(current).assign(page, pool.filled(0));
        for (std::uint8_t cut = 1; cut < 5; ++cut) {
            snapshots.push_back(current);
            auto const nodes = heap_ledger::live_blocks.load();
            auto const allocations = heap_ledger::allocations.events();
            for (page_index page = 5'000; page < 10'000; ++page)
                current = std::move(current).assign(page, pool.filled(cut));
            // 157 leaves, 6 branches over them, and the root, each once.
            EXPECT_EQ(heap_ledger::live_blocks - nodes, 157 + 6 + 1);
            EXPECT_EQ(heap_ledger::allocations.events() - allocations, 157U + 6U + 1U);
            EXPECT_EQ(pool.live(), 20'000 + cut * 5'000);
            EXPECT_EQ(std::ranges::distance(diff(snapshots.back(), current)), 5'000);
        }
        for (std::uint8_t cut = 0; cut < 4; ++cut)
            EXPECT_EQ(snapshots[cut].at(7'777).bytes()[0], std::byte{ cut });
        snapshots.clear();
        EXPECT_EQ(pool.live(), 20'000);
    }
    EXPECT_EQ(pool.live(), 0);
    EXPECT_TRUE(seen.balanced());
}

} // namespace
