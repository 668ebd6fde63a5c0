// SPDX-License-Identifier: BSL-1.0
//
// Runs of indices with one slot: right against a model of intervals, and at the cost of their ends.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "run_model.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;
using table = still::page_table<int, test_policy>;
using still::radix::index_end;

struct run_step {
    still::index_run run{ 0, 0 };
    bool erases = false;
    bool in_place = false;
    bool keeps_version = false;
    int slot = 0;

    friend std::ostream& operator<<(std::ostream& out, run_step const& step)
    {
        return out << (step.erases ? "erase " : "assign ") << step.run.count << " from " << step.run.first << " = "
                   << step.slot << (step.in_place ? " in place" : "") << (step.keeps_version ? ", keep" : "");
    }
};

rc::Gen<std::vector<run_step>> any_steps()
{
    auto const step = rc::gen::build<run_step>(rc::gen::set(&run_step::run, any_run()),
        rc::gen::set(&run_step::erases, rc::gen::weightedElement<bool>({ { 2, false }, { 1, true } })),
        rc::gen::set(&run_step::in_place), rc::gen::set(&run_step::keeps_version),
        rc::gen::set(&run_step::slot, rc::gen::inRange<int>(0, 3)));
    // Each step looks at all runs there are, and each version kept is compared with the last: half as many steps take a
    // quarter of the time.
    return rc::gen::scale(0.5, rc::gen::container<std::vector<run_step>>(step));
}

table take_step(table now, run_step const& step)
{
    auto const [first, count] = step.run;
    if (count == 1)
        return step.erases ? std::move(now).erase(first) : std::move(now).assign(first, step.slot);
    return step.erases ? std::move(now).erase(first, count) : std::move(now).assign(first, count, step.slot);
}

void take_step(run_model& model, run_step const& step)
{
    if (step.erases)
        erase_run(model, step.run.first, step.run.count);
    else
        set_run(model, step.run.first, step.run.count, step.slot);
}

RC_GTEST_PROP(page_table_runs, agree_with_an_interval_map, ())
{
    live_count const seen;
    {
        table now;
        run_model model;
        std::vector<std::pair<table, run_model>> versions;
        for (auto const& step : *any_steps()) {
            // Holding the version makes its nodes shared; otherwise the step may edit them in place.
            auto const before = step.in_place ? table() : now;
            auto const was = model;
            take_step(model, step);
            now = take_step(std::move(now), step);
            check_runs(now, model);
            if (!step.in_place)
                RC_ASSERT(now.same_root(before) == (was == model));
            if (step.keeps_version)
                versions.emplace_back(now, model);
        }
        for (auto const& [version, wanted] : versions) {
            check_runs(version, wanted);
            // The changes make the one of the other, in ascending order and without overlaps.
            auto patched = wanted;
            page_index reached = 0;
            for (auto const& [first, count, change] : diff(version, now)) {
                RC_ASSERT(first >= reached);
                reached = first + count;
                RC_ASSERT((change.before == nullptr || *version.find(first) == *change.before));
                RC_ASSERT((change.before == nullptr) == (version.find(reached - 1) == nullptr));
                if (change.after == nullptr)
                    erase_run(patched, first, count);
                else
                    set_run(patched, first, count, *change.after);
            }
            RC_ASSERT(patched == model);
            RC_ASSERT((version == now) == (wanted == model));
        }
    }
    RC_ASSERT(seen.balanced());
}

/// However a content came about, its shape is one.
RC_GTEST_PROP(page_table_runs, of_one_content_make_one_shape, ())
{
    table one;
    run_model model;
    for (auto const& step : *any_steps()) {
        take_step(model, step);
        one = take_step(std::move(one), step);
    }
    table other;
    for (auto const& run : runs_of(model))
        other = std::move(other).assign(run.first, run.count, run.slot);
    RC_ASSERT(one == other);
    RC_ASSERT(one.inventory().leaves == other.inventory().leaves);
    RC_ASSERT(one.inventory().branches == other.inventory().branches);
    RC_ASSERT(one.inventory().uniforms == other.inventory().uniforms);
}

class page_table_run : public live_count_test { };

template <class Action>
std::uint64_t allocations(Action&& action)
{
    auto const before = heap_ledger::allocations.events();
    action();
    return heap_ledger::allocations.events() - before;
}

TEST_F(page_table_run, costs_its_ends)
{
    // Whole spans cost a node, whatever their size; everything costs the four spans that 2^52 indices are.
    EXPECT_EQ(table().assign(0, 32, 1).inventory().uniforms, 1U);
    EXPECT_EQ(table().assign(page_index{ 1 } << 50U, page_index{ 1 } << 50U, 1).inventory().uniforms, 1U);
    auto const all = table().assign(0, index_end, 1);
    EXPECT_EQ(all.size(), index_end);
    EXPECT_EQ(all.inventory().uniforms, 4U);
    EXPECT_EQ(all.inventory().branches, 1U);
    EXPECT_EQ(*all.find(index_end - 1), 1);
    EXPECT_EQ(all.nth(index_end - 1)->index, index_end - 1);

    // The least aligned run there is: both ends cut every level.
    constexpr auto levels = 11U;
    EXPECT_LE(allocations([] { (void)table().assign(1, index_end - 2, 1); }), 2U * levels * 32U);
    EXPECT_LE(allocations([&] { (void)all.erase(1, index_end - 2); }), 3U);
    EXPECT_LE(allocations([&] { (void)all.assign(page_index{ 1 } << 40U, 2); }), levels * 32U);
    EXPECT_LE(allocations([&] { (void)all.erase(page_index{ 1 } << 40U); }), levels * 32U);
}

TEST_F(page_table_run, shares_what_is_beside_it)
{
    table base;
    for (page_index i = 0; i < 32'768; ++i)
        base = std::move(base).assign(i, static_cast<int>(i));
    // Leaves at both ends, two branches over them and one that is common.
    EXPECT_LE(allocations([&] { EXPECT_EQ(base.erase(1'000, 30'000).size(), 2'768U); }), 5U);
    // The same, and the spans in between as uniform nodes.
    EXPECT_LE(allocations([&] { EXPECT_EQ(base.assign(1'000, 30'000, 1).size(), 32'768U); }), 5U + 2U * 31U + 30U);
    EXPECT_EQ(base.size(), 32'768U);
}

TEST_F(page_table_run, that_changes_nothing_returns_the_same_root_and_allocates_nothing)
{
    auto const base = table().assign(5, 1'000'000, 1).assign(page_index{ 1 } << 40U, 1 << 20, 2).assign(7, 3);
    EXPECT_EQ(allocations([&] {
        EXPECT_TRUE(base.assign(8, 999'990, 1).same_root(base));
        EXPECT_TRUE(base.assign(page_index{ 1 } << 40U, 1 << 20, 2).same_root(base));
        EXPECT_TRUE(base.assign((page_index{ 1 } << 40U) + 77, 5'000, 2).same_root(base));
        EXPECT_TRUE(base.assign(1 << 19, 1).same_root(base));
        EXPECT_TRUE(base.erase(2'000'000, page_index{ 1 } << 39U).same_root(base));
        EXPECT_TRUE(base.erase(0, 5).same_root(base));
        EXPECT_TRUE(base.erase(3, 0).same_root(base)); // no run
        EXPECT_TRUE(base.assign(index_end, 0, 9).same_root(base));
        EXPECT_TRUE(table().erase(0, index_end).empty());
        auto mine = base;
        mine = std::move(mine).assign(8, 999'990, 1);
        EXPECT_TRUE(mine.same_root(base));
    }),
        0U);
}

TEST_F(page_table_run, becomes_whole_when_its_last_index_comes)
{
    table grown;
    for (page_index i = 0; i < 32'768; ++i)
        grown = std::move(grown).assign((i * 7'919) % 32'768, 4); // each index once, in no order
    EXPECT_EQ(grown, table().assign(0, 32'768, 4));
    EXPECT_EQ(grown.inventory().uniforms, 1U);
    EXPECT_EQ(grown.inventory().branches + grown.inventory().leaves, 0U);
    // Cut, and made whole again, by one index and by a run; in place and not.
    auto const cut = grown.assign(12'345, 5);
    EXPECT_GT(cut.inventory().uniforms, 60U);
    EXPECT_EQ(cut.assign(12'345, 4).inventory().uniforms, 1U);
    EXPECT_EQ(cut.assign(12'340, 10, 4).inventory().uniforms, 1U);
    auto mine = grown.erase(77);
    EXPECT_EQ(mine.size(), 32'767U);
    mine = std::move(mine).assign(77, 4);
    EXPECT_EQ(mine, grown);
}

TEST_F(page_table_run, becomes_whole_no_further_than_its_span)
{
    // All but the first of 32 spans of 1024 are whole. In the first, a leaf hangs from the common branch, with no
    // branch between, and becomes whole: the span of 1024 around it isn't.
    auto grown = table().assign(1'024, 31 * 1'024, 4);
    for (page_index i = 0; i < 32; ++i)
        grown = std::move(grown).assign(i, 4);
    EXPECT_EQ(grown.size(), 32U + 31U * 1'024U);
    EXPECT_EQ(grown.find(32), nullptr);
    EXPECT_EQ(grown.inventory().uniforms, 32U);
    EXPECT_EQ(grown, table().assign(0, 32, 4).assign(1'024, 31 * 1'024, 4));
    EXPECT_EQ(grown.assign(32, 1'024 - 32, 4).inventory().uniforms, 1U);
}

TEST_F(page_table_run, that_reaches_past_the_end_is_refused_by_name)
{
    auto const base = table().assign(1, 1);
    auto mine = base;
    struct {
        page_index first;
        std::uint64_t count;
    } const wrong[] = { { 0, index_end + 1 }, { 1, index_end }, { index_end, 1 }, { index_end + 1, 0 },
        { index_end - 1, std::numeric_limits<std::uint64_t>::max() },
        { std::numeric_limits<std::uint64_t>::max(), 2 } };
    for (auto const& [first, count] : wrong) {
        auto const text = "a run of " + std::to_string(count) + " indices from page index " + std::to_string(first);
        auto const refused = [&](auto const& action) {
            try {
                action();
            } catch (std::out_of_range const& refusal) {
                return std::string(refusal.what()).find(text) != std::string::npos;
            }
            return false;
        };
        EXPECT_TRUE(refused([&] { (void)mine.assign(first, count, 2); })) << text;
        EXPECT_TRUE(refused([&] { (void)mine.erase(first, count); })) << text;
        EXPECT_TRUE(refused([&] { mine = std::move(mine).assign(first, count, 2); }));
        EXPECT_TRUE(mine.same_root(base));
    }
    EXPECT_THROW((void)base.rank(index_end + 1), std::out_of_range);
    EXPECT_THROW((void)base.runs(index_end + 1), std::out_of_range);
    EXPECT_EQ(base.rank(index_end), 1U);
    EXPECT_TRUE(base.runs(index_end).empty());
}

TEST_F(page_table_run, is_seen_from_within)
{
    auto const base = table().assign(64, 64, 1).assign(200, 2);
    auto const runs = base.runs(100);
    EXPECT_EQ(runs.begin()->first, 96U);
    EXPECT_EQ(runs.begin()->count, 32U);
    EXPECT_EQ(std::ranges::distance(runs), 2);
    EXPECT_EQ(base.runs(129).begin()->first, 200U);
    EXPECT_TRUE(base.runs(201).empty());
    EXPECT_EQ(base.begin()->index, 64U);
    EXPECT_EQ(std::ranges::distance(base), 65);
    EXPECT_EQ(&base.find(64)[0], base.find(95)); // one slot for a whole span
}

} // namespace
