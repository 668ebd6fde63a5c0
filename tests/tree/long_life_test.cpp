// SPDX-License-Identifier: BSL-1.0
//
// Long scripts over more keys than rapidcheck's reach: nodes fill, split, empty and merge many times.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "live_count.hpp"
#include "tree_model.hpp"

namespace {

using namespace still_test;

template <class Policy>
void live_long(unsigned seed, int keys, int steps, int check_each)
{
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    live_count const seen;
    {
        using tree = still::map<int, int, std::less<>, Policy>;
        tree now;
        tree_model model;
        std::vector<std::pair<tree, tree_model>> versions;
        for (int step = 0; step < steps; ++step) {
            // The share of erasures swings, so that the tree swells and shrinks.
            auto const erases = random() % 100 < ((step / (steps / 6)) % 2 == 0 ? 25u : 75u);
            auto const key = static_cast<int>(random() % static_cast<unsigned>(keys));
            auto const in_place = random() % 3 != 0;
            if (erases) {
                now = in_place ? std::move(now).erase(key) : now.erase(key);
                model.erase(key);
            } else {
                auto const value = static_cast<int>(random() % 5);
                now = in_place ? std::move(now).insert_or_assign(key, value) : now.insert_or_assign(key, value);
                model[key] = value;
            }
            if (step % check_each == 0) {
                auto const sound = validate(now);
                ASSERT_TRUE(sound) << sound << " after step " << step;
                versions.emplace_back(now, model);
            }
        }
        for (auto const& [version, wanted] : versions) {
            ASSERT_TRUE(std::ranges::equal(version, wanted, [](auto const& entry, auto const& pair) {
                return entry.first == pair.first && entry.second == pair.second;
            }));
            ASSERT_EQ(told_diff(version, now), model_diff(wanted, model));
        }
    }
    EXPECT_TRUE(seen.balanced());
}

TEST(tree_long_life, in_tiny_nodes)
{
    live_long<tiny_policy>(20'261'101, 2'000, 20'000, 200);
}
TEST(tree_long_life, in_tiny_nodes_on_plain_counts)
{
    live_long<tiny_local_policy>(20'261'102, 2'000, 20'000, 200);
}
TEST(tree_long_life, in_nodes_of_full_size)
{
    live_long<test_policy>(20'261'103, 12'000, 60'000, 2'000);
}
TEST(tree_long_life, on_offset_links)
{
    live_long<tiny_offset_policy>(20'261'104, 2'000, 20'000, 200);
}

/// Every key of every size up to a few levels: inserted into its gap, erased, with the difference told.
TEST(tree_long_life, every_single_edit_of_every_size)
{
    using tree = still::set<int, std::less<>, tiny_policy>;
    live_count const seen;
    {
        tree all;
        for (int size = 0; size <= 90; ++size) {
            ASSERT_EQ(all.size(), static_cast<std::size_t>(size));
            for (int gap = 0; gap <= size; ++gap) {
                auto const more = all.insert(2 * gap - 1);
                ASSERT_TRUE(validate(more)) << validate(more);
                auto const added = told_diff(all, more);
                ASSERT_EQ(added.size(), 1u);
                ASSERT_EQ(added[0][0], 2 * gap - 1);
                ASSERT_EQ(more.rank(2 * gap - 1), static_cast<std::size_t>(gap));
                ASSERT_EQ(*more.nth(static_cast<std::size_t>(gap)), 2 * gap - 1);
            }
            for (int key = 0; key < size; ++key) {
                auto const less = all.erase(2 * key);
                ASSERT_TRUE(validate(less)) << validate(less);
                auto const removed = told_diff(all, less);
                ASSERT_EQ(removed.size(), 1u);
                ASSERT_EQ(removed[0][0], 2 * key);
                ASSERT_EQ(removed[0][2], -1);
            }
            for (int key = -1; key <= 2 * size; ++key) {
                auto const parts = all.split(key);
                ASSERT_TRUE(validate(parts.below)) << validate(parts.below);
                ASSERT_TRUE(validate(parts.above)) << validate(parts.above);
                ASSERT_EQ(parts.found.has_value(), all.contains(key));
                ASSERT_EQ(parts.below.size(), all.rank(key));
                ASSERT_EQ(parts.below.size() + parts.above.size() + (parts.found ? 1u : 0u), all.size());
                ASSERT_EQ(join(parts.below, parts.above), all.erase(key));
            }
            all = std::move(all).insert(2 * size);
        }
    }
    EXPECT_TRUE(seen.balanced());
}

/// Joins of trees of very different heights, both ways round, from every legal shape that chance gives.
TEST(tree_long_life, joins_of_extreme_ratio)
{
    unsigned const seed = 20'261'105;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    using tree = still::set<int, std::less<>, tiny_policy>;
    live_count const seen;
    for (int round = 0; round < 300; ++round) {
        auto const make = [&](int from, unsigned count) {
            tree_model model;
            for (unsigned index = 0; index < count; ++index)
                model.emplace(from + static_cast<int>(2 * index), 0);
            return any_shape<tree>(model, random);
        };
        auto const small = static_cast<unsigned>(random() % 6);
        auto const large = static_cast<unsigned>(1 + random() % 1'500);
        auto const low = make(0, round % 2 == 0 ? small : large);
        auto const high = make(10'000, round % 2 == 0 ? large : small);
        auto const joined = join(low, high);
        ASSERT_TRUE(validate(joined)) << validate(joined);
        ASSERT_EQ(joined.size(), low.size() + high.size());
        ASSERT_EQ(set_difference(joined, high), low);
        ASSERT_EQ(set_difference(joined, low), high);
        if (!low.empty() && !high.empty()) {
            ASSERT_THROW(static_cast<void>(join(high, low)), std::invalid_argument);
        }
    }
    EXPECT_TRUE(seen.balanced());
}

} // namespace
