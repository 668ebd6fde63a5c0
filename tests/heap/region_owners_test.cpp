// SPDX-License-Identifier: BSL-1.0
//
// Who may own a version of a tree in a region: objects of the region, and others for no longer than a guard lasts. All
// that would count owners in a mapping, or be left without nodes by a rollback, is refused by name.

#include <boost/container/vector.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "region_kinds.hpp"
#include "still/reclaimer.hpp"

namespace still_test {
namespace {

using index = still::map<int, int, std::less<>, region_policy>;
using keys = still::set<int, std::less<>, region_policy>;
using table = still::page_table<int, region_policy>;

static_assert(still::relocatable_v<index> && still::relocatable_v<keys> && still::relocatable_v<table>);
static_assert(still::relocatable_v<still::map<int, keys, std::less<>, region_policy>>);
static_assert(still::relocatable_v<still::map<int, int, std::less<>, small_region_policy>>);
static_assert(!still::relocatable_v<still::map<int, int>>);
static_assert(
    !still::relocatable_v<still::map<int, int, std::less<>, still::offset_policy>>); // its nodes are elsewhere
static_assert(!still::relocatable_v<still::map<int, int*, std::less<>, region_policy>>);
static_assert(!still::relocatable_v<still::set<std::string, std::less<>, region_policy>>);
static_assert(!still::relocatable_v<still::set<int, std::function<bool(int, int)>, region_policy>>);
static_assert(!still::relocatable_v<still::page_table<int>>);
// Nodes that a rollback may take away aren't let go of in slices.
static_assert(!still::reclaimable<index> && !still::reclaimable<keys> && !still::reclaimable<table>);
static_assert(still::reclaimable<still::map<int, int>> && still::reclaimable<still::page_table<int>>);
static_assert(sizeof(index) == 16 && sizeof(table) == 16);

/// The message of a std::logic_error that something throws; nothing where it throws none.
template <class Attempt>
[[nodiscard]] std::string refusal(Attempt&& attempt)
{
    try {
        attempt();
    } catch (std::logic_error const& failure) {
        return failure.what();
    }
    return {};
}

class region_owners : public ::testing::Test {
protected:
    region_owners()
        : live(heap.construct<index>("index", heap.allocator()))
        , pages(heap.construct<table>("table", heap.allocator()))
    {
        auto const guard = heap.mutate();
        for (auto key = 0; key < 1'000; ++key) {
            live = std::move(live).insert(key, key);
            pages = std::move(pages).assign(static_cast<still::page_index>(key), key);
        }
    }
    still::heap heap{ { .capacity = std::size_t{ 1 } << 26U, .label = "plants" } };
    index& live;
    table& pages;
};

TEST_F(region_owners, nothing_is_counted_or_made_in_a_mapping)
{
    auto const cut = heap.snapshot();
    auto const mapped = cut.map();
    auto const& then = *mapped.find<index>("index");
    auto const& old = *mapped.find<table>("table");
    auto const outside = index(heap.allocator());
    std::vector<std::function<void()>> const attempts{
        [&] { static_cast<void>(index(then)); },
        [&] { static_cast<void>(then.insert(5, 5)); },
        [&] { static_cast<void>(then.erase(5)); },
        [&] { static_cast<void>(then.slice(0, 10)); },
        [&] { static_cast<void>(then.slice(0, 1'000)); },
        [&] { static_cast<void>(then.take(1'000)); },
        [&] { static_cast<void>(then.erase_range(5, 7)); },
        [&] { static_cast<void>(then.split(5)); },
        [&] { static_cast<void>(then.filter([](int, int) { return true; })); },
        [&] { static_cast<void>(then.partition([](int, int) { return true; })); },
        [&] { static_cast<void>(then.insert_range(std::vector<std::pair<int, int>>{ { 1, 1 } })); },
        [&] { static_cast<void>(then.erase_keys(std::vector<int>{ 1 })); },
        [&] { static_cast<void>(then.transform([](int, int value) { return value; })); },
        [&] { static_cast<void>(set_union(then, live)); },
        [&] { static_cast<void>(set_difference(then, live)); },
        [&] { static_cast<void>(set_intersection(then, outside)); },
        [&] { static_cast<void>(join(then, outside)); },
        [&] { static_cast<void>(merge3(live, then, live, [](auto const&...) { return 1; })); },
        [&] { static_cast<void>(patch(then, still::diff(then, live))); },
        [&] { static_cast<void>(table(old)); },
        [&] { static_cast<void>(old.assign(5, 7)); },
        [&] { static_cast<void>(old.erase(5)); },
        [&] { static_cast<void>(old.erase(0, 100)); },
        [&] { static_cast<void>(old.assign_all(std::vector<std::pair<still::page_index, int>>{ { 1, 9 } })); },
        [&] { static_cast<void>(merge3(pages, old, pages, [](auto const&...) { return 1; })); },
        [&] { static_cast<void>(index(live, then.heap())); },
        [&] { static_cast<void>(index(index(live), then.heap())); },
        [&] { static_cast<void>(table(pages, old.heap())); },
        [&] { static_cast<void>(table(table(pages), old.heap())); },
        [&] {
            auto mine = live;
            auto none = index(then.heap());
            swap(mine, none);
        },
        [&] {
            auto mine = pages;
            auto none = table(old.heap());
            swap(mine, none);
        },
    };
    for (std::size_t which = 0; which < attempts.size(); ++which) {
        auto const guard = heap.mutate();
        EXPECT_NE(refusal(attempts[which]).find("mapping"), std::string::npos) << which;
    }
    EXPECT_EQ(then.size(), 1'000U);
    EXPECT_EQ(then.view().at(7), 7);
    EXPECT_EQ(old.at(7), 7);
    EXPECT_TRUE(validate(then));
    EXPECT_TRUE(validate(old));
    EXPECT_TRUE(validate(live));
    EXPECT_TRUE(heap.validate());
    static_cast<void>(heap.snapshot()); // nothing is owned outside
}

TEST_F(region_owners, old_elements_come_back_by_copying_them)
{
    auto const cut = heap.snapshot();
    auto const mapped = cut.map();
    auto const& then = *mapped.find<index>("index");
    auto const guard = heap.mutate();
    live = index(heap.allocator());
    live = set_union(live, then);
    EXPECT_EQ(live, then);
    live = std::move(live).insert_or_assign(5, -5);
    live = set_union(std::move(live), then);
    EXPECT_EQ(live.at(5), -5);
    live = patch(live, still::diff(live, then));
    EXPECT_EQ(live, then);
    live = std::move(live).erase(5);
    live = then;
    EXPECT_EQ(live, then);
    EXPECT_TRUE(validate(live));
    EXPECT_EQ(index(then, heap.allocator()), then);
    EXPECT_EQ(mapped.find<table>("table")->with_heap(heap.allocator()), pages);
    pages = merge3(table(heap.allocator()), table(heap.allocator()), *mapped.find<table>("table"),
        [](auto const&...) { return 0; });
    EXPECT_EQ(pages, *mapped.find<table>("table"));
    EXPECT_TRUE(validate(pages));
}

TEST_F(region_owners, who_owns_a_version_outside_keeps_cuts_and_rollbacks_away)
{
    heap.construct<index>("beside", live); // whoever is inside doesn't
    auto const cut = heap.snapshot();
    for (auto const& attempt : { std::function<void()>([&] { static_cast<void>(heap.snapshot()); }),
             std::function<void()>([&] { heap.restore(cut); }) }) {
        {
            auto kept = live;
            auto const told = refusal(attempt);
            EXPECT_NE(told.find("plants"), std::string::npos) << told;
            EXPECT_NE(told.find("1 versions"), std::string::npos) << told;
            auto const second = pages.assign(5, -5);
            EXPECT_NE(refusal(attempt).find("2 versions"), std::string::npos);
            auto third = std::move(kept);
            kept = live;
            swap(kept, third);
            EXPECT_NE(refusal(attempt).find("3 versions"), std::string::npos);
            third = index(heap.allocator()); // without a root
            EXPECT_NE(refusal(attempt).find("2 versions"), std::string::npos);
        }
        EXPECT_EQ(refusal(attempt), "");
    }
    {
        auto const guard = heap.mutate();
        auto next = live.insert_or_assign(5, 50); // for as long as the guard lasts
        next = std::move(next).erase(6);
        live = std::move(next);
    }
    static_cast<void>(heap.snapshot());
    EXPECT_EQ(live.at(5), 50);
    heap.restore(cut);
    EXPECT_EQ(live.at(5), 5);
}

TEST_F(region_owners, a_view_keeps_nothing_away)
{
    auto const cut = heap.snapshot();
    {
        auto const seen = live.view();
        static_cast<void>(heap.snapshot());
        EXPECT_EQ(seen.size(), 1'000U);
        EXPECT_EQ(seen.at(7), 7);
    }
    heap.restore(cut); // what a view saw may be gone by now: it is taken anew
    EXPECT_EQ(live.view().at(7), 7);
}

TEST_F(region_owners, who_has_none_is_told_to_ask_for_one)
{
    index without;
    EXPECT_TRUE(without.empty());
    EXPECT_NE(refusal([&] { static_cast<void>(without.insert(1, 1)); }).find("heap.allocator()"), std::string::npos);
    EXPECT_NE(refusal([&] { static_cast<void>(table().assign(1, 1)); }).find("heap.allocator()"), std::string::npos);
    EXPECT_TRUE(without.empty());
}

TEST_F(region_owners, containers_nest)
{
    using nested = still::map<int, keys, std::less<>, region_policy>;
    auto& outer = heap.construct<nested>("outer", heap.allocator());
    {
        auto const guard = heap.mutate();
        for (auto of = 0; of < 100; ++of) {
            keys inner(heap.allocator());
            for (auto key = 0; key < of; ++key)
                inner = std::move(inner).insert(key);
            outer = std::move(outer).insert(of, std::move(inner));
        }
    }
    auto const cut = heap.snapshot();
    {
        auto const guard = heap.mutate();
        outer = std::move(outer).update(50, [](keys const& inner) { return inner.insert(1'000); });
    }
    auto const mapped = cut.map();
    auto const& then = *mapped.find<nested>("outer");
    EXPECT_EQ(then.at(50).size(), 50U);
    EXPECT_EQ(outer.at(50).size(), 51U);
    std::size_t changes = 0;
    for (auto const& change : still::diff(then, outer)) {
        EXPECT_EQ(change.before->first, 50);
        ++changes;
    }
    EXPECT_EQ(changes, 1U);
    EXPECT_NE(refusal([&] { static_cast<void>(keys(then.at(7))); }), "");
    heap.restore(cut);
    EXPECT_EQ(outer.at(50).size(), 50U);
    EXPECT_TRUE(heap.destroy<nested>("outer"));
    EXPECT_TRUE(heap.validate());
}

TEST_F(region_owners, readers_of_mappings_dont_wait_and_writers_of_two_trees_dont_meet)
{
    using many = boost::container::vector<index, still::heap_allocator<index>>;
    auto& all = heap.construct<many>("all", 2U, index(heap.allocator()), heap.allocator<index>());
    auto const write = [&](std::size_t which) {
        for (auto round = 0; round < 1'000; ++round) {
            auto const guard = heap.mutate();
            auto& mine = all[which];
            mine = std::move(mine).insert_or_assign(round % 300, round);
            mine = mine.erase(round % 70);
        }
    };
    std::thread one(write, 0);
    std::thread other(write, 1);
    std::vector<still::mapping> mapped;
    for (auto round = 0; round < 20; ++round) {
        mapped.push_back(heap.snapshot().map());
        for (auto const& seen : mapped) {
            for (auto const& each : *seen.find<many>("all")) {
                ASSERT_TRUE(validate(each));
                auto const& last = (*mapped.back().find<many>("all"))[0];
                static_cast<void>(still::diff(each, last, [](auto const&) { }));
            }
        }
    }
    one.join();
    other.join();
    EXPECT_TRUE(heap.validate());
    static_cast<void>(heap.snapshot());
}

} // namespace
} // namespace still_test
