// SPDX-License-Identifier: BSL-1.0
//
// Checking sets and maps that came through their types: what is sound passes, however it was made, within bounds.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <string>

#include "live_count.hpp"
#include "still/check.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_model.hpp"

namespace {

using namespace still_test;
using tiny_set = still::set<int, std::less<>, tiny_policy>;
using tiny_map = still::map<int, int, std::less<>, tiny_boxed_policy>;
using schema = tiny_set::schema;

class tree_check : public live_count_test { };

TEST_F(tree_check, passes_any_legal_shape)
{
    for (unsigned seed = 1; seed <= 200; ++seed) {
        std::mt19937 random(seed);
        std::map<int, int> entries;
        for (auto count = random() % 120; count > 0; --count)
            entries.emplace(static_cast<int>(random() % 1'000), 1);
        auto const set = any_shape<tiny_set>(entries, random);
        auto const map = any_shape<tiny_map>(entries, random);
        ASSERT_TRUE(still::check(set)) << still::check(set) << " with seed " << seed;
        ASSERT_TRUE(still::check(set.view())) << "seed " << seed;
        ASSERT_TRUE(still::check(map)) << still::check(map) << " with seed " << seed;
    }
}

TEST_F(tree_check, takes_any_element)
{
    still::map<std::string, std::string> words;
    for (int i = 0; i < 1'000; ++i)
        words = std::move(words).insert(std::to_string(i), "number");
    EXPECT_TRUE(still::check(words));
    EXPECT_TRUE(still::check(words.view()));
    EXPECT_TRUE(still::check(still::set<std::string>()));
}

TEST_F(tree_check, looks_at_so_many_nodes_and_no_more)
{
    tiny_set seen;
    for (int i = 0; i < 100; ++i)
        seen = std::move(seen).insert(i);
    auto const cost = seen.footprint();
    auto const nodes = cost.nodes;
    auto const height = still::tree::internals::core(seen).root()->level + 1U;
    EXPECT_TRUE(still::check(seen, { .most_nodes = nodes, .most_depth = height }));
    EXPECT_EQ(still::check(seen, { .most_nodes = nodes - 1 }).rule(), "nodes ≤ most_nodes");
    EXPECT_EQ(still::check(seen, { .most_depth = height - 1 }).rule(), "depth ≤ most_depth");
    EXPECT_TRUE(still::check(tiny_set(), { .most_nodes = 0, .most_depth = 0 }));
}

/// Forged by hand: 4 to the height leaves, and a node a level.
TEST_F(tree_check, ends_at_the_first_node_that_is_reached_again)
{
    test_heap heap;
    auto bomb = still::tree::make_leaf<schema>(heap);
    auto& leaf = still::tree::as_leaf(bomb.edit());
    leaf.length = 2;
    *leaf.keys.cell(0) = 1;
    *leaf.keys.cell(1) = 2;
    for (unsigned level = 1; level <= 12; ++level) {
        auto const size = still::tree::size_of(*bomb);
        auto above = still::tree::make_branch<schema>(heap, level);
        auto& branch = still::tree::as_branch(above.edit());
        branch.length = 4;
        for (std::size_t slot = 0; slot < 4; ++slot) {
            branch.children[slot].set(still::owned<still::tree::node<schema>>::share(bomb.borrow()).release());
            branch.set_child_size(slot, size);
        }
        for (std::size_t slot = 0; slot < 3; ++slot)
            *branch.separators.cell(slot) = static_cast<int>(level * 100 + slot);
        bomb = std::move(above);
    }
    auto const said = still::tree::validate(bomb.borrow(), std::less<>());
    EXPECT_EQ(said.rule(), "low bound ≤ key");
    EXPECT_TRUE(
        still::tree::validate(bomb.borrow(), std::less<>(), still::core::sound_ground({ .most_nodes = 15 })).rule()
        == "low bound ≤ key");
}

TEST_F(tree_check, names_a_child_that_is_missing)
{
    test_heap heap;
    auto root = still::tree::make_branch<schema>(heap, 1);
    auto& branch = still::tree::as_branch(root.edit());
    branch.length = 2;
    *branch.separators.cell(0) = 1;
    EXPECT_EQ(still::tree::validate(root.borrow(), std::less<>()).rule(), "every child is there");
    branch.length = 0;
    EXPECT_EQ(still::tree::validate(root.borrow(), std::less<>()).rule(), "minimum ≤ length");
}

} // namespace
