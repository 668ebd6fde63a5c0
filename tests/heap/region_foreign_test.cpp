// SPDX-License-Identifier: BSL-1.0
//
// Owners of region trees that no rollback of the tree's heap reaches: in another heap's region, after the heap's end,
// and in the hands of an update whose function cuts the heap.

#include <boost/container/vector.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "region_kinds.hpp"
#include "still/heap/region_places.hpp"

namespace still_test {
namespace {

using index = still::map<int, int, std::less<>, region_policy>;
using keys = still::set<int, std::less<>, region_policy>;
using table = still::page_table<int, region_policy>;

/// The message of a std::logic_error that a cut throws; nothing where it is taken.
[[nodiscard]] std::string refusal(still::heap& heap)
{
    try {
        static_cast<void>(heap.snapshot());
    } catch (std::logic_error const& failure) {
        return failure.what();
    }
    return {};
}

class region_foreign : public ::testing::Test {
protected:
    region_foreign()
    {
        for (auto key = 0; key < 500; ++key) {
            live = std::move(live).insert(key, key);
            pages = std::move(pages).assign(static_cast<still::page_index>(key), key);
        }
    }
    /// Owners of this heap's trees are in the other one's region, as many as said, or nowhere.
    void expect_owned_there(int owners)
    {
        if (owners == 0) {
            EXPECT_EQ(refusal(here), "");
            EXPECT_EQ(refusal(there), "");
            return;
        }
        EXPECT_NE(refusal(here).find("\"here\": " + std::to_string(owners) + " versions"), std::string::npos)
            << refusal(here);
        EXPECT_NE(refusal(there).find("\"there\": " + std::to_string(owners) + " objects"), std::string::npos)
            << refusal(there);
        EXPECT_THROW(there.restore(cut_there), std::logic_error);
    }

    still::heap here{ { .capacity = std::size_t{ 1 } << 26U, .label = "here" } };
    still::heap there{ { .capacity = std::size_t{ 1 } << 26U, .label = "there" } };
    index& live = here.construct<index>("index", here.allocator());
    table& pages = here.construct<table>("table", here.allocator());
    still::snapshot cut_there = there.snapshot();
};

TEST_F(region_foreign, objects_in_another_region_keep_both_heaps_from_being_cut)
{
    auto& copy = there.construct<index>("copy", live);
    expect_owned_there(1);
    auto& made = there.construct<table>("made", here.allocator());
    expect_owned_there(1); // nothing in it
    made = pages;
    expect_owned_there(2);
    made = std::move(made).assign(9, 10);
    copy = std::move(copy).insert(-1, -1);
    copy = copy.erase(-1);
    expect_owned_there(2);
    copy = index();
    expect_owned_there(1);
    EXPECT_TRUE(there.destroy<index>("copy"));
    EXPECT_TRUE(there.destroy<table>("made"));
    expect_owned_there(0);
}

TEST_F(region_foreign, one_without_a_heap_takes_over_the_other)
{
    auto& none = there.construct<index>("none");
    expect_owned_there(0);
    none = live;
    expect_owned_there(1);
    none = std::move(none).erase(3);
    for (auto key = 0; key < 500; ++key)
        none = std::move(none).erase(key);
    expect_owned_there(0);
    none = std::move(none).insert(1, 1);
    expect_owned_there(1);
    auto outside = std::move(none);
    EXPECT_NE(refusal(here), "");
    EXPECT_EQ(refusal(there), "");
    live = std::move(outside);
    expect_owned_there(0);
    EXPECT_EQ(live.size(), 1U);
}

TEST_F(region_foreign, elements_of_a_vector_are_counted_wherever_they_move)
{
    using many = boost::container::vector<index, still::heap_allocator<index>>;
    auto& all = there.construct<many>("all", there.allocator<index>());
    for (auto count = 1; count <= 20; ++count) {
        all.push_back(live);
        expect_owned_there(count);
    }
    all.erase(all.begin());
    expect_owned_there(19);
    auto& own = here.construct<many>("own", here.allocator<index>());
    own.push_back(std::move(all.back())); // home
    all.pop_back();
    expect_owned_there(18);
    EXPECT_TRUE(there.destroy<many>("all"));
    expect_owned_there(0);
    EXPECT_EQ(own.back(), live);
}

TEST_F(region_foreign, addresses_tell_whose_region_they_are_in)
{
    auto const of = [](void const* address) { return still::heaps::region_around(address); };
    auto const* const start = here.bytes().data();
    auto* const mine = of(start);
    ASSERT_NE(mine, nullptr);
    EXPECT_EQ(of(&live), mine);
    EXPECT_EQ(of(start + (std::size_t{ 1 } << 26U) - 1), mine);
    EXPECT_EQ(of(start + (std::size_t{ 1 } << 26U)), nullptr);
    EXPECT_EQ(of(start - 1), nullptr);
    EXPECT_NE(of(there.bytes().data()), mine);
    EXPECT_NE(of(there.bytes().data()), nullptr);
    EXPECT_EQ(of(&start), nullptr);
    EXPECT_EQ(of(this), nullptr);
    EXPECT_EQ(of(nullptr), nullptr);
    void const* gone = nullptr;
    {
        still::heap large({ .capacity = std::size_t{ 5 } << 30U });
        gone = large.bytes().data() + (std::size_t{ 4 } << 30U);
        EXPECT_EQ(of(gone), of(large.bytes().data()));
        EXPECT_NE(of(gone), nullptr);
    }
    EXPECT_EQ(of(gone), nullptr);
}

TEST_F(region_foreign, an_object_that_goes_with_its_heap_counts_for_ever)
{
    {
        still::heap third;
        third.construct<index>("copy", live);
        EXPECT_TRUE(third.destroy<index>("copy"));
    }
    EXPECT_EQ(refusal(here), "");
    {
        still::heap third;
        third.construct<index>("copy", live);
    }
    EXPECT_NE(
        refusal(here).find("destroy objects that own some in another heap before that heap ends"), std::string::npos)
        << refusal(here);
    EXPECT_EQ(refusal(there), "");
    live = std::move(live).insert(1'000, 1); // all else goes on
    EXPECT_EQ(live.at(1'000), 1);
}

// Owners outside outlive the heap.

class region_orphans : public ::testing::Test {
protected:
    region_orphans()
    {
        auto& live = heap->construct<index>("index", heap->allocator());
        for (auto key = 0; key < 500; ++key)
            live = std::move(live).insert(key, key);
        kept = live;
    }
    [[nodiscard]] bool is_there() const { return still::heaps::region_around(place) != nullptr; }

    std::optional<still::heap> heap{ std::in_place };
    void const* const place = heap->bytes().data();
    index kept;
};

TEST_F(region_orphans, are_as_they_were_and_the_last_takes_the_region_along)
{
    heap.reset();
    ASSERT_TRUE(is_there());
    EXPECT_EQ(kept.at(7), 7);
    EXPECT_TRUE(validate(kept));
    auto second = kept.insert(1'000, 1);
    kept = std::move(kept).erase(7);
    EXPECT_EQ(second.size(), 501U);
    EXPECT_EQ(set_difference(second, kept).size(), 2U);
    second = index();
    EXPECT_TRUE(is_there());
    kept = index();
    EXPECT_FALSE(is_there());
}

TEST_F(region_orphans, end_in_every_way)
{
    std::vector<std::function<void(index&)>> const ways{
        [](index& last) { last = index(); },
        [](index& last) { last = index(last.heap()); },
        [](index& last) { auto const moved = std::move(last); },
        [](index& last) { last = std::move(last).take(0); },
        [](index& last) { last = std::move(last).filter([](auto const&) { return false; }); },
        [](index& last) { last = set_difference(last, last); },
        [](index& last) {
            for (auto key = 0; key < 500; ++key)
                last = std::move(last).erase(key);
        },
        [](index& last) {
            index none;
            swap(none, last);
        },
    };
    for (auto const& way : ways) {
        still::heap own;
        auto const* const at = own.bytes().data();
        index last(kept, own.allocator());
        {
            auto const gone = std::move(own);
        }
        ASSERT_NE(still::heaps::region_around(at), nullptr);
        way(last);
        EXPECT_EQ(still::heaps::region_around(at), nullptr);
    }
}

TEST_F(region_orphans, of_tables_too)
{
    auto const way_out = [&](auto let_go) {
        still::heap own;
        auto const* const at = own.bytes().data();
        table last(own.allocator());
        last = std::move(last).assign(0, 5'000, 1).assign(70, 2);
        {
            auto const gone = std::move(own);
        }
        EXPECT_EQ(last.at(70), 2);
        EXPECT_NE(still::heaps::region_around(at), nullptr);
        let_go(last);
        EXPECT_EQ(still::heaps::region_around(at), nullptr);
    };
    way_out([](table& last) { last = table(); });
    way_out([](table& last) { last = std::move(last).erase(0, 5'000); });
    way_out([](table& last) { auto const moved = std::move(last); });
}

TEST_F(region_orphans, are_let_go_of_by_any_thread)
{
    std::vector<std::thread> threads;
    for (auto each = 0; each < 4; ++each)
        threads.emplace_back([mine = kept]() mutable {
            for (auto key = 0; key < 200; ++key)
                mine = std::move(mine).insert_or_assign(key, -key);
        });
    kept = index();
    heap.reset();
    for (auto& each : threads)
        each.join();
    threads.clear();
    EXPECT_FALSE(is_there());
}

TEST_F(region_orphans, and_loans_go_one_after_the_other)
{
    std::optional<still::loan> lent(heap->lend("a friend"));
    heap.reset();
    kept = index();
    EXPECT_TRUE(is_there());
    lent.reset();
    EXPECT_FALSE(is_there());
}

TEST_F(region_orphans, without_owners_outside_the_heap_goes_at_once)
{
    kept = index();
    heap.reset();
    EXPECT_FALSE(is_there());
}

/// Effect: all that may be done with an empty container after its heap's end.
template <class Container>
void read_and_empty(Container& left)
{
    EXPECT_TRUE(left.empty());
    EXPECT_EQ(left.size(), 0U);
    EXPECT_EQ(left.find(7), nullptr);
    EXPECT_TRUE(left.begin() == left.end());
    EXPECT_EQ(left, Container());
    EXPECT_TRUE(validate(left));
    left = Container();
    Container const none;
    left = none;
    still::heap other;
    left = Container(other.allocator());
    Container moved(std::move(left));
    left = std::move(moved);
    EXPECT_TRUE(left.empty());
}

TEST_F(region_orphans, are_no_empty_containers)
{
    auto emptied = kept;
    emptied = index();
    keys never(heap->allocator());
    table pages(heap->allocator());
    pages = std::move(pages).assign(1, 1).erase(1);
    {
        auto const moved = std::move(kept);
    }
    heap.reset();
    EXPECT_FALSE(is_there());
    read_and_empty(emptied);
    read_and_empty(kept);
    read_and_empty(never);
    read_and_empty(pages);
}

// Cuts from within.

TEST_F(region_foreign, a_function_of_an_update_cuts_nothing)
{
    auto const before = here.snapshot();
    auto tried = 0;
    auto const cut = [&] {
        ++tried;
        EXPECT_NE(refusal(here).find("updates"), std::string::npos);
        EXPECT_THROW(here.restore(before), std::logic_error);
        EXPECT_EQ(refusal(there), ""); // another heap's business
    };
    auto const pass = [&](auto&& value) {
        cut();
        return value;
    };
    live = std::move(live).update(5, [&](int value) { return pass(value + 1); });
    live = live.update(5, [&](int value) { return pass(value + 1); });
    live = std::move(live).alter(5, [&](auto value) { return pass(value); });
    auto asked = false;
    auto const once = [&](auto answer) {
        if (!std::exchange(asked, true))
            cut();
        return answer;
    };
    std::vector<std::function<void()>> const walks{
        [&] { live = std::move(live).filter([&](auto const&...) { return once(true); }); },
        [&] { live = live.filter([&](auto const&...) { return once(true); }); },
        [&] { static_cast<void>(live.partition([&](auto const&...) { return once(true); })); },
        [&] { live = live.transform_values([&](int value) { return once(value); }); },
        [&] {
            live = set_union(live, live.update(5, [](int value) { return value + 1; }),
                [&](int, int one, int) { return once(one); });
        },
    };
    for (auto const& walk : walks) {
        asked = false;
        walk();
        EXPECT_TRUE(asked);
    }
    pages = merge3(pages, pages.assign(3, 4), pages.assign(3, 5), [&](auto const&...) { return pass(6); });
    index none(here.allocator());
    none = std::move(none).alter(1, [&](auto) { return pass(std::optional<int>(1)); });
    EXPECT_GE(tried, 10);
    none = index();
    EXPECT_EQ(live.at(5), 7);
    EXPECT_EQ(pages.at(3), 6);
    EXPECT_TRUE(validate(live));
    EXPECT_EQ(here.snapshot().map().find<index>("index")->size(), live.size());
    here.restore(before);
    EXPECT_EQ(live.at(5), 5);
    EXPECT_TRUE(here.validate()) << here.validate();
}

TEST_F(region_foreign, an_update_that_throws_is_out_of_hand)
{
    EXPECT_THROW(
        live = std::move(live).update(5, [](int) -> int { throw std::runtime_error("no"); }), std::runtime_error);
    EXPECT_EQ(refusal(here), "");
    EXPECT_EQ(live.size(), 500U);
    EXPECT_THROW(pages = merge3(pages, pages.assign(3, 4), pages.assign(3, 5),
                     [](auto const&...) -> int { throw std::runtime_error("no"); }),
        std::runtime_error);
    EXPECT_EQ(refusal(here), "");
}

} // namespace
} // namespace still_test
