// SPDX-License-Identifier: BSL-1.0
//
// What names of nodes are good for: two versions, at different addresses, are compared at the cost of what differs.
// And what they must not do: pass for the same what only lies in the same place.

#include <boost/container/string.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "region_kinds.hpp"

namespace still_test {
namespace {

/// A number that tells how often any of them was looked at.
struct watched {
    int number = 0;
    static inline std::uint64_t looks = 0;

    [[nodiscard]] friend bool operator==(watched one, watched other)
    {
        ++looks;
        return one.number == other.number;
    }
    [[nodiscard]] friend bool operator<(watched one, watched other)
    {
        ++looks;
        return one.number < other.number;
    }
};

} // namespace
} // namespace still_test

template <>
struct still::relocatable<still_test::watched> : std::true_type { };

namespace still_test {
namespace {

using index = still::map<watched, int, std::less<>, region_policy>;
using table = still::page_table<watched, region_policy>;
constexpr int elements = 20'000;

class region_names : public ::testing::Test {
protected:
    void fill(index& live)
    {
        auto const guard = heap.mutate();
        for (auto key = 0; key < elements; ++key)
            live = std::move(live).insert(watched{ key }, key);
    }
    /// How often elements are looked at while two versions are compared, and how many changes there are.
    struct cost {
        std::uint64_t looks;
        std::size_t changes;
    };
    template <class Container>
    static cost cost_of(Container const& before, Container const& after)
    {
        watched::looks = 0;
        std::size_t count = 0;
        for (auto const& change : still::diff(before, after)) {
            static_cast<void>(change);
            ++count;
        }
        return { watched::looks, count };
    }

    still::heap heap{ { .capacity = std::size_t{ 1 } << 28U } };
};

TEST_F(region_names, comparing_two_mappings_costs_the_changes)
{
    auto& live = heap.construct<index>("index", heap.allocator());
    fill(live);
    auto const before = heap.snapshot();
    {
        auto const guard = heap.mutate();
        for (auto key = 500; key < elements; key += 2'000)
            live = std::move(live).insert_or_assign(watched{ key }, -1);
    }
    auto const after = heap.snapshot();
    auto const one = before.map();
    auto const other = after.map();
    auto const found = cost_of(*one.find<index>("index"), *other.find<index>("index"));
    EXPECT_EQ(found.changes, 10U);
    EXPECT_LT(found.looks, 3'000U);
    EXPECT_GT(found.looks, 0U);
    auto const beside_live = cost_of(*one.find<index>("index"), live);
    EXPECT_EQ(beside_live.changes, 10U);
    EXPECT_EQ(beside_live.looks, found.looks);
    EXPECT_EQ(cost_of(*other.find<index>("index"), live).looks, 0U);
    watched::looks = 0;
    EXPECT_TRUE(*other.find<index>("index") == live);
    EXPECT_TRUE(includes(*other.find<index>("index"), live.view()));
    EXPECT_EQ(watched::looks, 0U);
}

TEST_F(region_names, comparing_tables_costs_the_changes)
{
    auto& live = heap.construct<table>("table", heap.allocator());
    {
        auto const guard = heap.mutate();
        for (still::page_index at = 0; at < elements; ++at)
            live = std::move(live).assign(at, watched{ static_cast<int>(at) });
    }
    auto const before = heap.snapshot();
    {
        auto const guard = heap.mutate();
        for (still::page_index at = 500; at < elements; at += 2'000)
            live = std::move(live).assign(at, watched{ -1 });
        live = std::move(live).erase(700);
    }
    auto const after = heap.snapshot();
    auto const one = before.map();
    auto const other = after.map();
    auto const found = cost_of(*one.find<table>("table"), *other.find<table>("table"));
    EXPECT_EQ(found.changes, 11U);
    EXPECT_LT(found.looks, 500U);
    EXPECT_EQ(cost_of(*other.find<table>("table"), live).looks, 0U);
    watched::looks = 0;
    EXPECT_TRUE(*other.find<table>("table") == live);
    EXPECT_EQ(watched::looks, 0U);
}

TEST_F(region_names, an_edit_in_place_changes_the_name_of_all_above_it)
{
    auto& live = heap.construct<index>("index", heap.allocator());
    fill(live);
    auto const before = heap.snapshot();
    auto const one = before.map();
    auto const& then = *one.find<index>("index");
    // Each leaves all sizes as they were.
    auto const edits = std::vector<std::function<void()>>{
        [&] { live = std::move(live).insert_or_assign(watched{ 77 }, -1); },
        [&] { live = std::move(live).update(watched{ 77 }, [](int value) { return value - 1'000; }); },
        [&] { live = std::move(live).alter(watched{ 77 }, [](std::optional<int>) { return std::optional(-5); }); },
        [&] {
            live = std::move(live).erase(watched{ 77 });
            live = std::move(live).insert(watched{ 77 }, -7);
        },
    };
    for (auto const& edit : edits) {
        auto const* const root = still::tree::internals::core(live).root().get();
        {
            auto const guard = heap.mutate();
            edit();
        }
        ASSERT_EQ(still::tree::internals::core(live).root().get(), root); // in place
        EXPECT_EQ(cost_of(then, live).changes, 1U);
        heap.restore(before);
        EXPECT_EQ(cost_of(then, live).changes, 0U);
    }
}

TEST_F(region_names, a_throw_out_of_an_update_in_place_leaves_a_new_name_where_it_left_another_value)
{
    using texts
        = still::map<int, boost::container::basic_string<char, std::char_traits<char>, still::heap_allocator<char>>,
            std::less<>, region_policy>;
    auto& live = heap.construct<texts>("texts", heap.allocator());
    {
        auto const guard = heap.mutate();
        for (auto key = 0; key < 100; ++key)
            live = std::move(live).insert(key, "some text that is long enough to lie elsewhere");
    }
    auto const before = heap.snapshot();
    auto const one = before.map();
    {
        auto const guard = heap.mutate();
        auto const careless = [](auto text) -> decltype(text) {
            auto const taken = std::move(*text);
            throw taken.size();
        };
        EXPECT_THROW(live = std::move(live).alter(50, careless), std::size_t);
    }
    EXPECT_EQ(one.find<texts>("texts")->at(50), "some text that is long enough to lie elsewhere");
    std::size_t changes = 0;
    for (auto const& change : still::diff(*one.find<texts>("texts"), live)) {
        EXPECT_EQ(change.before->first, 50);
        ++changes;
    }
    EXPECT_EQ(changes, live.at(50) == one.find<texts>("texts")->at(50) ? 0U : 1U);
}

TEST_F(region_names, what_a_rollback_put_in_a_place_isnt_taken_for_what_was_there)
{
    auto& live = heap.construct<index>("index", heap.allocator());
    fill(live);
    auto const base = heap.snapshot();
    auto const write = [&](int value) {
        auto const guard = heap.mutate();
        for (auto key = 0; key < elements; key += 100)
            live = live.insert_or_assign(watched{ key }, value); // copies, in the same places each time
    };
    write(-1);
    auto const one_way = heap.snapshot();
    auto const* const root = still::tree::internals::core(live).root().get();
    heap.restore(base);
    write(-2);
    ASSERT_EQ(still::tree::internals::core(live).root().get(), root);
    auto const other_way = heap.snapshot();
    auto const one = one_way.map();
    auto const other = other_way.map();
    EXPECT_EQ(cost_of(*one.find<index>("index"), *other.find<index>("index")).changes, 200U);
    EXPECT_EQ(cost_of(*one.find<index>("index"), live).changes, 200U);
    heap.restore(one_way);
    EXPECT_EQ(cost_of(*one.find<index>("index"), live).looks, 0U);
    EXPECT_EQ(cost_of(*other.find<index>("index"), live).changes, 200U);
}

TEST_F(region_names, two_heaps_that_did_the_same_are_told_apart)
{
    auto& live = heap.construct<index>("index", heap.allocator());
    still::heap twin{ { .capacity = std::size_t{ 1 } << 28U } };
    auto& there = twin.construct<index>("index", twin.allocator());
    auto const fill_both = [](still::heap& in, index& of, int value) {
        auto const guard = in.mutate();
        for (auto key = 0; key < 1'000; ++key)
            of = std::move(of).insert(watched{ key }, value);
    };
    fill_both(heap, live, 1);
    fill_both(twin, there, 2);
    EXPECT_EQ(cost_of(live, there).changes, 1'000U);
    // A branch has what its source had, and each goes on by itself.
    auto const base = heap.snapshot();
    auto other = still::heap::branch(base);
    auto& branched = *other.find<index>("index");
    EXPECT_EQ(cost_of(live, branched).looks, 0U);
    auto const edit = [](still::heap& in, index& of, int value) {
        auto const guard = in.mutate();
        of = std::move(of).insert_or_assign(watched{ 500 }, value);
    };
    edit(heap, live, 7);
    edit(other, branched, 8);
    EXPECT_EQ(cost_of(live, branched).changes, 1U);
}

TEST_F(region_names, a_version_that_nobody_changed_keeps_its_names_over_any_number_of_cuts)
{
    auto& live = heap.construct<index>("index", heap.allocator());
    fill(live);
    auto const first = heap.snapshot();
    for (auto round = 0; round < 20; ++round)
        static_cast<void>(heap.snapshot());
    auto const one = first.map();
    EXPECT_EQ(cost_of(*one.find<index>("index"), live).looks, 0U);
    heap.restore(first);
    EXPECT_EQ(cost_of(*one.find<index>("index"), live).looks, 0U);
    {
        // What changes nothing gives no new names: no page is written.
        auto const guard = heap.mutate();
        live = std::move(live).insert_or_assign(watched{ 5 }, 5).erase(watched{ -5 });
    }
    EXPECT_EQ(cost_of(*one.find<index>("index"), live).looks, 0U);
}

} // namespace
} // namespace still_test
