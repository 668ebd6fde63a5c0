// SPDX-License-Identifier: BSL-1.0
//
// The face of the page table: what compiles and what doesn't, indices out of range, lookups, iteration.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <concepts>
#include <iterator>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "live_count.hpp"
#include "radix_model.hpp"
#include "still/core/charged_heap.hpp"
#include "still/core/frame.hpp"
#include "still/page_table.hpp"

// Every member compiles.
template class still::page_table<int>;
template class still::page_table<std::string, still::local_policy>;
template class still::page_table<still::frame, still::offset_policy>;
template class still::page_table<still::frame, still::charged_policy>;
template class still::page_table<std::shared_ptr<int>, still_test::test_policy>;

namespace {

using namespace still_test;
using table = still::page_table<int, test_policy>;
using still::radix::index_end;

static_assert(std::regular<table>);
static_assert(std::is_nothrow_default_constructible_v<table>);
static_assert(std::is_nothrow_copy_constructible_v<table>);
static_assert(std::is_nothrow_move_constructible_v<table> && std::is_nothrow_move_assignable_v<table>);
static_assert(std::is_nothrow_swappable_v<table>);
static_assert(std::regular<still::page_table<int, still::charged_policy>>);
static_assert(std::is_constructible_v<still::page_table<int, still::charged_policy>, still::bank>);
static_assert(std::ranges::bidirectional_range<table> && std::ranges::common_range<table const>);
static_assert(std::ranges::forward_range<table::diff_type>);
static_assert(std::bidirectional_iterator<table::iterator>);

// Slots that can't be held are refused by name.
struct incomparable {
    int value;
};
static_assert(still::radix::slot<int> && still::radix::slot<still::frame>);
static_assert(!still::radix::slot<std::unique_ptr<int>>, "a slot is copied with its node");
static_assert(!still::radix::slot<incomparable>);
static_assert(!still::radix::slot<int const> && !still::radix::slot<int&>);

// What would point into a temporary doesn't compile.
template <class Table>
concept gives_begin = requires(Table&& seen) { std::forward<Table>(seen).begin(); };
template <class Table>
concept gives_end = requires(Table&& seen) { std::forward<Table>(seen).end(); };
template <class Table>
concept gives_find = requires(Table&& seen) { std::forward<Table>(seen).find(1); };
template <class Table>
concept gives_lower_bound = requires(Table&& seen) { std::forward<Table>(seen).lower_bound(1); };
template <class Before, class After>
concept gives_diff
    = requires(Before&& before, After&& after) { diff(std::forward<Before>(before), std::forward<After>(after)); };
static_assert(gives_begin<table&> && gives_begin<table const&> && !gives_begin<table> && !gives_begin<table const>);
static_assert(gives_end<table&> && !gives_end<table> && !gives_end<table const>);
static_assert(gives_find<table&> && gives_find<table const&> && !gives_find<table> && !gives_find<table const>);
static_assert(gives_lower_bound<table const&> && !gives_lower_bound<table>);
static_assert(gives_diff<table&, table const&> && !gives_diff<table, table&> && !gives_diff<table const&, table>
    && !gives_diff<table, table>);
static_assert(std::is_same_v<decltype(std::declval<table>().at(1)), int>);
static_assert(std::is_same_v<decltype(std::declval<table const&>().at(1)), int const&>);

class page_table_face : public live_count_test { };

template <class Action>
std::string what(Action&& action)
{
    try {
        action();
    } catch (std::out_of_range const& refusal) {
        return refusal.what();
    }
    return "nothing thrown";
}

TEST_F(page_table_face, refuses_indices_past_the_end)
{
    auto mine = table().assign(1, 1).assign(index_end - 1, 2);
    auto const before = mine;
    for (page_index const beyond : { index_end, index_end + 1, ~page_index{ 0 } }) {
        auto const text = "page index " + std::to_string(beyond);
        EXPECT_NE(what([&] { (void)mine.assign(beyond, 3); }).find(text), std::string::npos);
        EXPECT_NE(what([&] { mine = std::move(mine).assign(beyond, 3); }).find(text), std::string::npos);
        EXPECT_NE(what([&] { (void)mine.erase(beyond); }).find(text), std::string::npos);
        EXPECT_NE(what([&] { mine = std::move(mine).erase(beyond); }).find(text), std::string::npos);
        EXPECT_NE(what([&] { (void)mine.find(beyond); }).find(text), std::string::npos);
        EXPECT_NE(what([&] { (void)mine.contains(beyond); }).find(text), std::string::npos);
        EXPECT_NE(what([&] { (void)mine.at(beyond); }).find(text), std::string::npos);
        EXPECT_NE(what([&] { (void)table().erase(beyond); }).find(text), std::string::npos);
        EXPECT_TRUE(mine.same_root(before));
    }
    EXPECT_NE(what([&] { (void)mine.lower_bound(index_end + 1); }).find("page index"), std::string::npos);
    EXPECT_EQ(mine.lower_bound(index_end), mine.end());
}

TEST_F(page_table_face, at_refuses_what_is_absent)
{
    auto const mine = table().assign(1, 10);
    EXPECT_EQ(mine.at(1), 10);
    EXPECT_EQ(table(mine).at(1), 10);
    EXPECT_NE(what([&] { (void)mine.at(2); }).find("no slot at page index 2"), std::string::npos);
}

TEST_F(page_table_face, reads_like_its_documentation)
{
    table before;
    before = std::move(before).assign(7, 1);
    auto const after = before.assign(9, 2);
    std::vector<std::pair<page_index, int>> entries;
    for (auto [index, slot] : after)
        entries.emplace_back(index, slot);
    EXPECT_EQ(entries, (std::vector<std::pair<page_index, int>>{ { 7, 1 }, { 9, 2 } }));
    for (auto [index, count, change] : diff(before, after)) {
        EXPECT_EQ(index, 9U);
        EXPECT_EQ(count, 1U);
        EXPECT_EQ(change.kind, still::change_kind::added);
        EXPECT_EQ(*change.after, 2);
    }
}

TEST_F(page_table_face, goes_both_ways)
{
    auto const mine = table().assign(3, 30).assign(40, 400).assign(index_end - 1, 5);
    auto indices = [](auto&& range) {
        std::vector<page_index> all;
        for (auto const& entry : range)
            all.push_back(entry.index);
        return all;
    };
    EXPECT_EQ(indices(mine), (std::vector<page_index>{ 3, 40, index_end - 1 }));
    EXPECT_EQ(indices(mine | std::views::reverse), (std::vector<page_index>{ index_end - 1, 40, 3 }));
    EXPECT_EQ(std::make_reverse_iterator(mine.end())->index, index_end - 1);
    EXPECT_EQ(std::prev(mine.end())->index, index_end - 1);
    EXPECT_EQ(std::next(mine.begin(), 2)->index, index_end - 1);
    EXPECT_EQ(indices(std::ranges::subrange(mine.lower_bound(4), mine.lower_bound(index_end))),
        (std::vector<page_index>{ 40, index_end - 1 }));
    auto here = mine.begin();
    EXPECT_EQ((here++)->index, 3U);
    EXPECT_EQ((here--)->slot, 400);
    EXPECT_EQ(here, mine.begin());
    EXPECT_EQ(&mine.begin()->slot, mine.find(3));
}

TEST_F(page_table_face, moved_from_is_empty)
{
    auto first = table().assign(1, 1);
    auto second = std::move(first);
    EXPECT_TRUE(first.empty()); // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    EXPECT_EQ(first.size(), 0U);
    EXPECT_EQ(first.assign(2, 2).size(), 1U);
    swap(first, second);
    EXPECT_EQ(first.at(1), 1);
    EXPECT_TRUE(second.empty());
    auto& same = first;
    first = same;
    EXPECT_EQ(first.at(1), 1);
}

TEST_F(page_table_face, keeps_its_heap)
{
    still::bank const payer(10'000);
    still::page_table<int, still::charged_policy> const charged(payer);
    auto const copy = charged.assign(1, 1);
    EXPECT_EQ(copy.heap().payer(), payer);
    EXPECT_GT(payer.usage(), 0U);
    still::page_table<int, still::charged_policy> const unpaid;
    EXPECT_THROW((void)unpaid.assign(1, 1), std::logic_error);
    EXPECT_TRUE(unpaid.empty());
}

/// Looking from every index around what is there.
RC_GTEST_PROP(page_table_lookups, agree_with_a_map_at_any_index, ())
{
    auto const model = *rc::gen::container<table_model<int>>(any_index(), rc::gen::inRange(1, 4));
    table mine;
    for (auto const& [index, slot] : model)
        mine = std::move(mine).assign(index, slot);
    check_equal(mine, model);
    for (auto const& [index, slot] : model)
        for (page_index near : { index - 1, index, index + 1, index ^ 32U, index ^ (page_index{ 1 } << 44U) })
            check_lookups(mine, model, near % index_end);
    for (auto const index : *rc::gen::container<std::vector<page_index>>(any_index()))
        check_lookups(mine, model, index);
}

} // namespace
