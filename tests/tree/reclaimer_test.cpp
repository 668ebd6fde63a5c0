// SPDX-License-Identifier: BSL-1.0
//
// A reclaimer lets go of every node once, and of no more in a step than it was told; what others share
// lives on.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <ranges>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "still/bank.hpp"
#include "still/map.hpp"
#include "still/reclaimer.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

namespace {

using namespace still_test;

template <class T>
concept can_be_taken = requires(still::reclaimer bin, T version) { bin.take(static_cast<T&&>(version)); };

static_assert(can_be_taken<still::set<int>>);
static_assert(can_be_taken<still::map<int, std::string>>);
static_assert(can_be_taken<still::set<std::unique_ptr<int>>>, "what can't be copied goes as well");
static_assert(!can_be_taken<still::set<int>&>, "one moves what is to go");
static_assert(!can_be_taken<still::set<int> const>);
static_assert(!can_be_taken<still::set_view<int>>, "a view has nothing to let go");
static_assert(!can_be_taken<std::map<int, int>>);
static_assert(!std::is_copy_constructible_v<still::reclaimer> && !std::is_copy_assignable_v<still::reclaimer>);
static_assert(std::is_nothrow_move_constructible_v<still::reclaimer>);
static_assert(std::is_nothrow_move_assignable_v<still::reclaimer>);

class tree_reclaimer : public live_count_test { };

std::vector<std::pair<int, int>> entries(int count, int stride = 1)
{
    std::vector<std::pair<int, int>> made;
    for (int index = 0; index < count; ++index)
        made.emplace_back(index * stride, index % 7);
    return made;
}

template <class Policy>
void each_slice_in_any_shape()
{
    using map = still::map<int, int, std::less<>, Policy>;
    std::mt19937 random(20'261'122);
    for (auto const count : { 1, 2, 3, 5, 8, 13, 40, 200, 500 }) {
        for (std::size_t slice = 1; slice < 40; slice += 1 + slice / 5) {
            live_count const seen;
            auto version = any_shape<map>(entries(count), random);
            auto const all = seen.blocks();
            still::reclaimer bin;
            bin.take(std::move(version));
            ASSERT_TRUE(version.empty()); // NOLINT(bugprone-use-after-move): promised
            ASSERT_EQ(seen.blocks(), all);
            auto left = all;
            while (bin.pending() > 0) {
                auto const more = bin.step(slice);
                ASSERT_EQ(more, bin.pending() > 0);
                auto const wanted = std::max<std::int64_t>(0, left - static_cast<std::int64_t>(slice));
                ASSERT_EQ(seen.blocks(), wanted) << count << " elements in slices of " << slice;
                left = seen.blocks();
            }
            ASSERT_TRUE(seen.balanced());
            ASSERT_FALSE(bin.step(slice));
            version = std::move(version).insert(1, 1); // it may be used again
            ASSERT_EQ(version.size(), 1u);
        }
    }
}

TEST_F(tree_reclaimer, lets_go_of_as_many_nodes_as_it_is_told)
{
    each_slice_in_any_shape<tiny_policy>();
    each_slice_in_any_shape<tiny_local_policy>();
    each_slice_in_any_shape<tiny_offset_policy>();
    each_slice_in_any_shape<test_policy>();
}

TEST_F(tree_reclaimer, leaves_what_others_share)
{
    using map = still::map<int, int, std::less<>, tiny_policy>;
    std::mt19937 random(20'261'123);
    for (int round = 0; round < 60; ++round) {
        auto const kept = any_shape<map>(entries(300), random);
        auto const model = std::map<int, int>(kept.begin(), kept.end());
        live_count const seen;
        still::reclaimer bin;
        auto other = kept;
        for (int edit = 0; edit < 10; ++edit)
            other = other.insert_or_assign(static_cast<int>(random() % 400), edit);
        auto const own = static_cast<std::size_t>(seen.blocks());
        ASSERT_GT(own, 0u);
        bin.take(std::move(other));
        std::size_t steps = 0;
        while (bin.step(1))
            ++steps;
        EXPECT_GE(steps + 1, own);
        EXPECT_LE(steps + 1, own * 5) << "own nodes, and what they share, each counted down once";
        EXPECT_TRUE(seen.balanced());
        ASSERT_TRUE(validate(kept));
        ASSERT_TRUE(std::ranges::equal(kept, model,
            [](auto const& one, auto const& two) { return one.first == two.first && one.second == two.second; }));
    }
}

TEST_F(tree_reclaimer, counts_a_shared_node_as_one_of_a_step)
{
    // A root and its leaves: one leaf is the other version's own, each other one is counted down.
    auto const kept = still::map<int, int, std::less<>, test_policy>::from_sorted(entries(600));
    auto const nodes = kept.footprint().nodes;
    auto other = kept.insert_or_assign(300, 100);
    ASSERT_EQ(other.footprint().nodes, nodes);
    ASSERT_GT(nodes, 5u);
    still::reclaimer bin;
    bin.take(std::move(other));
    std::size_t steps = 1;
    while (bin.step(1))
        ++steps;
    EXPECT_EQ(steps, nodes);
}

TEST_F(tree_reclaimer, only_counts_down_a_root_that_others_have)
{
    auto const kept = still::set<int, std::less<>, test_policy>::from_sorted(std::vector{ 1, 2, 3 });
    auto copy = kept;
    still::reclaimer bin;
    bin.take(std::move(copy));
    EXPECT_EQ(bin.pending(), 0u);
    bin.take(still::set<int, std::less<>, test_policy>());
    EXPECT_EQ(bin.pending(), 0u);
    EXPECT_FALSE(bin.step(1));
    EXPECT_EQ(kept.size(), 3u);
    EXPECT_EQ(kept.footprint().shared_bytes, 0u) << "the copy's hold is gone";
}

TEST_F(tree_reclaimer, destroys_elements_with_their_nodes)
{
    using values = still::map<faulty_value, faulty_value, std::less<>, tiny_policy>;
    live_count const seen;
    values version;
    for (int key = 0; key < 200; ++key)
        version = std::move(version).insert(faulty_value(key), faulty_value(-key));
    still::reclaimer bin;
    bin.take(std::move(version));
    auto before = seen.values();
    std::int64_t destroyed = 0;
    for (bool more = true; more;) {
        more = bin.step(1);
        // A leaf has at most 4 entries of two values; a branch 3 separators.
        EXPECT_LE(before - seen.values(), 8);
        destroyed += before - seen.values();
        before = seen.values();
    }
    EXPECT_GE(destroyed, 400);
    EXPECT_TRUE(seen.balanced());
}

/// Elements in boxes.
struct boxing_policy : tiny_policy {
    static constexpr bool boxes_keys = true;
    static constexpr bool boxes_values = true;
};

TEST_F(tree_reclaimer, leaves_boxes_that_others_share)
{
    using values = still::map<faulty_value, faulty_value, std::less<>, boxing_policy>;
    values kept;
    for (int key = 0; key < 100; ++key)
        kept = std::move(kept).insert(faulty_value(key), faulty_value(key));
    live_count const seen;
    auto other = kept.insert_or_assign(faulty_value(50), faulty_value(-1)).erase(faulty_value(7));
    still::reclaimer bin;
    bin.take(std::move(other));
    while (bin.step(1)) { }
    EXPECT_TRUE(seen.balanced());
    EXPECT_TRUE(validate(kept));
    EXPECT_EQ(kept.at(faulty_value(50)).key(), 50);
    EXPECT_EQ(kept.at(faulty_value(7)).key(), 7);
}

TEST_F(tree_reclaimer, lets_go_of_elements_that_cannot_be_copied)
{
    live_count const seen;
    still::set<std::unique_ptr<int>, std::less<>, tiny_policy> version;
    for (int number = 0; number < 100; ++number)
        version = std::move(version).insert(std::make_unique<int>(number));
    still::reclaimer bin;
    bin.take(std::move(version));
    while (bin.step(2)) { }
    EXPECT_TRUE(seen.balanced());
}

TEST_F(tree_reclaimer, takes_versions_of_any_types)
{
    live_count const seen;
    still::reclaimer bin;
    bin.take(still::map<int, int, std::less<>, tiny_policy>::from_sorted(entries(100)));
    bin.take(still::map<int, int, std::less<>, tiny_offset_policy>::from_sorted(entries(100)));
    bin.take(still::set<int, std::greater<>, test_policy>{ 1, 2, 3 });
    bin.take(still::set<std::string, std::less<>, local_test_policy>{ "one", "two", "a string that is not small" });
    EXPECT_EQ(bin.pending(), 4u);
    auto const blocks = seen.blocks();
    EXPECT_TRUE(bin.step(0));
    EXPECT_EQ(seen.blocks(), blocks);
    std::size_t least = 4;
    while (bin.step(7)) {
        EXPECT_LE(bin.pending(), least);
        least = bin.pending();
    }
    EXPECT_TRUE(seen.balanced());
}

TEST_F(tree_reclaimer, moves_in_the_middle_of_a_version)
{
    live_count const seen;
    {
        still::reclaimer first;
        first.take(still::map<int, int, std::less<>, tiny_policy>::from_sorted(entries(300)));
        first.take(still::map<int, int, std::less<>, tiny_policy>::from_sorted(entries(30)));
        EXPECT_TRUE(first.step(5));
        still::reclaimer second = std::move(first);
        EXPECT_EQ(first.pending(), 0u); // NOLINT(bugprone-use-after-move): promised
        EXPECT_EQ(second.pending(), 2u);
        EXPECT_TRUE(second.step(5));
        first.take(still::map<int, int, std::less<>, tiny_policy>::from_sorted(entries(50)));
        EXPECT_TRUE(first.step(3));
        auto const before = seen.blocks();
        first = std::move(second); // what `first` had goes at once
        EXPECT_LT(seen.blocks(), before);
        EXPECT_EQ(first.pending(), 2u);
        swap(first, second);
        EXPECT_TRUE(second.step(1));
    } // and the rest with the reclaimer
    EXPECT_TRUE(seen.balanced());
}

/// A version within a version, which it hands to a reclaimer when it goes.
struct nested {
    int key = 0;
    still::set<int, std::less<>, tiny_policy> inner;
    still::reclaimer* bin = nullptr;

    nested(int number, still::set<int, std::less<>, tiny_policy> held, still::reclaimer& to)
        : key(number)
        , inner(std::move(held))
        , bin(&to)
    {
    }
    nested(nested const&) = default;
    nested(nested&&) = default;
    nested& operator=(nested const&) = default;
    nested& operator=(nested&&) = default;
    ~nested()
    {
        if (!inner.empty())
            bin->take(std::move(inner));
    }
    bool operator<(nested const& other) const noexcept { return key < other.key; }
};

TEST_F(tree_reclaimer, takes_versions_from_the_destructors_of_elements)
{
    live_count const seen;
    still::reclaimer bin;
    {
        still::set<nested, std::less<>, tiny_policy> outer;
        for (int key = 0; key < 20; ++key) {
            still::set<int, std::less<>, tiny_policy> inner;
            for (int number = 0; number < 100; ++number)
                inner = std::move(inner).insert(number);
            outer = std::move(outer).insert(nested(key, inner, bin));
        }
        bin.take(std::move(outer));
    }
    auto before = seen.blocks();
    while (bin.step(3)) {
        EXPECT_LE(before - seen.blocks(), 3);
        before = seen.blocks();
    }
    EXPECT_TRUE(seen.balanced());
}

TEST_F(tree_reclaimer, refunds_a_bank_step_by_step)
{
    still::bank const bank(1 << 20);
    still::set<int, std::less<>, still::charged_policy> version(bank);
    for (int number = 0; number < 3'000; ++number)
        version = std::move(version).insert(number);
    still::reclaimer bin;
    bin.take(std::move(version));
    for (auto usage = bank.usage(); bin.step(1); usage = bank.usage())
        EXPECT_LT(bank.usage(), usage);
    EXPECT_EQ(bank.usage(), 0u);
}

TEST_F(tree_reclaimer, lets_go_of_nodes_that_other_threads_share)
{
    using set = still::set<int, std::less<>, tiny_policy>;
    live_count const seen;
    {
        set const base = set::from_sorted(std::views::iota(0, 2'000));
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([copy = base, thread]() mutable {
                still::reclaimer bin;
                for (int round = 0; round < 30; ++round) {
                    auto other = copy;
                    for (int edit = 0; edit < 5; ++edit)
                        other = other.erase((thread * 500 + round * 31 + edit * 97) % 2'000);
                    bin.take(std::move(other));
                    bin.step(10);
                }
                bin.take(std::move(copy));
            });
        }
    }
    EXPECT_TRUE(seen.balanced());
}

} // namespace
