// SPDX-License-Identifier: BSL-1.0
//
// Differences: right for any two tables, in order, lazy, and at the cost of what changed.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <ranges>
#include <vector>

#include "faulty_value.hpp"
#include "live_count.hpp"
#include "radix_model.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;
using table = still::page_table<int, test_policy>;
using still::change_kind;

struct seen_change {
    page_index index;
    change_kind kind;
    int before; // 0 where absent
    int after;
    friend bool operator==(seen_change const&, seen_change const&) = default;
    friend std::ostream& operator<<(std::ostream& out, seen_change const& seen)
    {
        return out << seen.index << ": " << seen.before << " to " << seen.after;
    }
};

std::vector<seen_change> changes(table const& before, table const& after)
{
    std::vector<seen_change> all;
    for (auto const& [first, count, change] : diff(before, after)) {
        RC_ASSERT((count >= 1U && first % count == 0U)); // a span, or one index
        for (page_index i = 0; i < count; ++i)
            all.push_back({ first + i, change.kind, change.before == nullptr ? 0 : *change.before,
                change.after == nullptr ? 0 : *change.after });
    }
    return all;
}

std::vector<seen_change> model_changes(table_model<int> const& before, table_model<int> const& after)
{
    std::vector<seen_change> all;
    for (auto const& [index, slot] : before)
        if (auto const now = after.find(index); now == after.end())
            all.push_back({ index, change_kind::removed, slot, 0 });
        else if (now->second != slot)
            all.push_back({ index, change_kind::changed, slot, now->second });
    for (auto const& [index, slot] : after)
        if (!before.contains(index))
            all.push_back({ index, change_kind::added, 0, slot });
    std::ranges::sort(all, {}, &seen_change::index);
    return all;
}

table build(table_model<int> const& model)
{
    table result;
    for (auto const& [index, slot] : model)
        result = std::move(result).assign(index, slot);
    return result;
}

rc::Gen<table_model<int>> any_model()
{
    return rc::gen::container<table_model<int>>(any_index(), rc::gen::inRange(1, 4));
}

RC_GTEST_PROP(page_table_diff, of_unrelated_tables, ())
{
    auto const one = *any_model();
    auto const other = *any_model();
    auto const before = build(one);
    auto const after = build(other);
    RC_ASSERT(changes(before, after) == model_changes(one, other));
    RC_ASSERT((before == after) == (one == other));
    RC_ASSERT(build(one) == before); // equal, with no node shared
}

RC_GTEST_PROP(page_table_diff, of_descendants, ())
{
    auto model = *any_model();
    auto const base_model = model;
    auto const base = build(model);
    auto now = base;
    for (auto const& step : *any_script()) {
        if (step.erases) {
            now = std::move(now).erase(step.index, step.count);
            for (page_index i = 0; i < step.count; ++i)
                model.erase(step.index + i);
        } else {
            now = std::move(now).assign(step.index, step.count, step.value + 1);
            for (page_index i = 0; i < step.count; ++i)
                model[step.index + i] = step.value + 1;
        }
    }
    RC_ASSERT(changes(base, now) == model_changes(base_model, model));
    RC_ASSERT(changes(now, base) == model_changes(model, base_model));
    RC_ASSERT((base == now) == (base_model == model));

    auto patched = base;
    for (auto const& [index, count, change] : diff(base, now))
        patched = change.after == nullptr ? std::move(patched).erase(index, count)
                                          : std::move(patched).assign(index, count, *change.after);
    RC_ASSERT(patched == now);
    RC_ASSERT(changes(patched, now).empty());
}

RC_GTEST_PROP(page_table_diff, is_a_forward_range, ())
{
    auto const before = build(*any_model());
    auto const after = build(*any_model());
    auto const difference = diff(before, after);
    auto here = difference.begin();
    auto const first = here;
    std::size_t count = 0;
    for (; here != difference.end(); ++here) {
        auto const kept = here;
        RC_ASSERT(*kept == *here);
        ++count;
    }
    RC_ASSERT(static_cast<std::size_t>(std::ranges::distance(first, difference.end())) == count);
    RC_ASSERT(difference.empty() == (count == 0));
    RC_ASSERT((first == here) == (count == 0));
}

/// Every single edit, at every size: none is lost, none is made up.
TEST(page_table_diff, finds_each_single_edit_at_each_size)
{
    for (page_index stride : { page_index{ 1 }, page_index{ 7 }, page_index{ 1 } << 33U }) {
        table grown;
        for (page_index size = 0; size < 150; ++size) {
            for (page_index at = 0; at <= size; ++at) {
                auto const index = at * stride;
                bool const present = at < size;
                auto const assigned = grown.assign(index, 2);
                seen_change const wanted{ index, present ? change_kind::changed : change_kind::added, present ? 1 : 0,
                    2 };
                ASSERT_EQ(changes(grown, assigned), std::vector{ wanted });
                ASSERT_FALSE(grown == assigned);
                if (present) {
                    seen_change const gone{ index, change_kind::removed, 1, 0 };
                    ASSERT_EQ(changes(grown, grown.erase(index)), std::vector{ gone });
                }
            }
            grown = std::move(grown).assign(size * stride, 1);
        }
    }
}

TEST(page_table_diff, across_added_levels)
{
    auto const low = table().assign(5, 1);
    auto const wide = low.assign(still::radix::index_end - 1, 2);
    EXPECT_EQ(
        changes(low, wide), (std::vector<seen_change>{ { still::radix::index_end - 1, change_kind::added, 0, 2 } }));
    EXPECT_EQ(
        changes(wide, low), (std::vector<seen_change>{ { still::radix::index_end - 1, change_kind::removed, 2, 0 } }));
    auto const far = table().assign(page_index{ 1 } << 51U, 3);
    EXPECT_EQ(changes(far, low),
        (std::vector<seen_change>{
            { 5, change_kind::added, 0, 1 }, { page_index{ 1 } << 51U, change_kind::removed, 3, 0 } }));
}

TEST(page_table_diff, calls_back_until_told_to_stop)
{
    table before;
    for (page_index i = 0; i < 1'000; ++i)
        before = std::move(before).assign(i, static_cast<int>(i));
    auto after = before;
    for (page_index i = 0; i < 1'000; i += 10)
        after = std::move(after).assign(i, -2);
    std::vector<page_index> indices;
    EXPECT_FALSE(diff(before, after, [&](still::slot_change<int> const& seen) {
        indices.push_back(seen.index);
        return seen.index < 50;
    }));
    EXPECT_EQ(indices, (std::vector<page_index>{ 0, 10, 20, 30, 40, 50 }));
    int count = 0;
    EXPECT_TRUE(diff(before, after, [&](auto const&) { ++count; }));
    EXPECT_EQ(count, 100);
    EXPECT_TRUE(diff(table(before), table(after), [](auto const&) { return true; })); // temporaries outlive the call
}

TEST(page_table_diff, points_into_the_versions)
{
    auto const before = table().assign(1, 10).assign(2, 20);
    auto const after = before.assign(2, 21);
    auto const difference = diff(before, after);
    auto const seen = *difference.begin();
    EXPECT_EQ(seen.change.before, before.find(2));
    EXPECT_EQ(seen.change.after, after.find(2));
    EXPECT_EQ(difference.begin()->index, 2U);
}

// Cost, in comparisons of slots: only leaves that the two versions don't share are looked into.

TEST(page_table_diff, compares_only_what_is_not_shared)
{
    using counted = still::page_table<faulty_value, test_policy>;
    counted before;
    for (page_index i = 0; i < 100'000; ++i)
        before = std::move(before).assign(i, faulty_value(static_cast<int>(i)));
    auto after = before;
    for (page_index i = 0; i < 100'000; i += 10'000)
        after = std::move(after).assign(i, faulty_value(-2));

    auto const comparisons = [](auto const& action) {
        auto const from = value_ledger::comparisons.events();
        action();
        return value_ledger::comparisons.events() - from;
    };
    EXPECT_LE(comparisons([&] { EXPECT_EQ(std::ranges::distance(diff(before, after)), 10); }), 10U * 32U);
    EXPECT_LE(comparisons([&] { EXPECT_FALSE(before == after); }), 1U); // the first difference is enough
    auto back = after;
    for (page_index i = 0; i < 100'000; i += 10'000)
        back = std::move(back).assign(i, faulty_value(static_cast<int>(i)));
    EXPECT_LE(comparisons([&] { EXPECT_TRUE(before == back); }), 10U * 32U);
    EXPECT_EQ(comparisons([&] { EXPECT_TRUE(before == counted(before)); }), 0U);
    // Lazy: the first change costs one leaf.
    EXPECT_LE(comparisons([&] { EXPECT_EQ(diff(before, after).begin()->index, 0U); }), 32U);
    // Different sizes are told apart without looking.
    EXPECT_EQ(comparisons([&, smaller = before.erase(77)] { EXPECT_FALSE(before == smaller); }), 0U);
}

TEST(page_table_diff, allocates_nothing)
{
    auto const before = table().assign(1, 10).assign(2'000, 20);
    auto const after = before.assign(2'000, 21).erase(1);
    auto const from = heap_ledger::allocations.events();
    EXPECT_EQ(std::ranges::distance(diff(before, after)), 2);
    EXPECT_FALSE(before == after);
    EXPECT_EQ(heap_ledger::allocations.events(), from);
}

} // namespace
