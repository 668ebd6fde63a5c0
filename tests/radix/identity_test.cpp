// SPDX-License-Identifier: BSL-1.0
//
// What is shared, what is copied, and what is edited in place, counted in allocations and nodes.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <random>
#include <set>

#include "live_count.hpp"
#include "radix_model.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;
using table = still::page_table<int, test_policy>;
using node = still::radix::node<int, test_policy>;

/// Slots that fill so many levels of nodes.
constexpr page_index two_levels = 1'024;
constexpr page_index three_levels = 32'768;

class page_table_identity : public live_count_test { };

template <class Action>
std::uint64_t allocations(Action&& action)
{
    auto const before = heap_ledger::allocations.events();
    action();
    return heap_ledger::allocations.events() - before;
}

std::int64_t live_nodes()
{
    return heap_ledger::live_blocks;
}

/// No two neighbours have equal slots, so that no span is uniform.
int slot_at(page_index index)
{
    return 10 + static_cast<int>(index % 7);
}

table dense(page_index size)
{
    table result;
    for (page_index i = 0; i < size; ++i)
        result = std::move(result).assign(i, slot_at(i));
    return result;
}

TEST_F(page_table_identity, empty_holds_no_memory)
{
    EXPECT_EQ(allocations([] {
        table const empty;
        table copy = empty;
        table const moved = std::move(copy);
        EXPECT_TRUE(moved.same_root(empty));
        EXPECT_TRUE(moved.empty());
        EXPECT_EQ(moved.begin(), moved.end());
        EXPECT_EQ(moved.erase(3), empty);
    }),
        0U);
    EXPECT_EQ(sizeof(table), sizeof(void*));
}

TEST_F(page_table_identity, emptied_holds_no_memory)
{
    auto const before = live_nodes();
    auto emptied = dense(100);
    auto kept = emptied;
    for (page_index i = 0; i < 100; ++i)
        emptied = std::move(emptied).erase(i);
    EXPECT_TRUE(emptied.empty());
    EXPECT_TRUE(emptied.same_root(table()));
    kept = {};
    EXPECT_EQ(live_nodes(), before);
}

TEST_F(page_table_identity, copies_share_everything)
{
    auto const original = dense(1'000);
    EXPECT_EQ(allocations([&] {
        table copy;
        copy = original;
        EXPECT_TRUE(copy.same_root(original));
        EXPECT_EQ(copy, original);
    }),
        0U);
}

TEST_F(page_table_identity, what_changes_nothing_returns_the_same_root_and_allocates_nothing)
{
    auto const original = dense(1'000).assign(page_index{ 1 } << 50U, 5);
    EXPECT_EQ(allocations([&] {
        for (page_index i = 0; i < 1'000; ++i)
            EXPECT_TRUE(original.assign(i, slot_at(i)).same_root(original));
        EXPECT_TRUE(original.assign(page_index{ 1 } << 50U, 5).same_root(original));
        for (page_index absent : { page_index{ 1'000 }, page_index{ 1'023 }, page_index{ 1'024 },
                 (page_index{ 1 } << 50U) + 1, page_index{ 1 } << 51U, still::radix::index_end - 1 })
            EXPECT_TRUE(original.erase(absent).same_root(original));
        auto moved = original;
        moved = std::move(moved).assign(7, slot_at(7));
        moved = std::move(moved).erase(2'000);
        EXPECT_TRUE(moved.same_root(original));
    }),
        0U);
}

TEST_F(page_table_identity, an_update_copies_one_node_a_level)
{
    auto const original = dense(three_levels); // three full levels
    auto const inventory = original.inventory();
    EXPECT_EQ(inventory.leaves, 1'024U);
    EXPECT_EQ(inventory.branches, 33U);

    auto const nodes = live_nodes();
    EXPECT_EQ(allocations([&] {
        auto const version = original.assign(12'345, 2);
        EXPECT_EQ(live_nodes() - nodes, 3);
        EXPECT_EQ(version.inventory().leaves, 1'024U);
    }),
        3U);
    EXPECT_EQ(live_nodes(), nodes);
    EXPECT_EQ(allocations([&] { EXPECT_EQ(original.erase(12'345).size(), 32'767U); }), 3U);
    // A node of its own, hung from a copy of the root.
    EXPECT_EQ(allocations([&] { EXPECT_EQ(original.assign(three_levels, 2).size(), 32'769U); }), 2U);
}

TEST_F(page_table_identity, nodes_beside_the_way_are_shared)
{
    auto const original = dense(two_levels);
    auto const version = original.assign(0, 2);
    for (unsigned i = 0; i < 32; ++i) {
        auto const* const old_leaf = original.root()->child_at(i);
        auto const* const new_leaf = version.root()->child_at(i);
        EXPECT_EQ(old_leaf == new_leaf, i != 0) << i;
        EXPECT_EQ(new_leaf->references.owners(), i == 0 ? 1U : 2U);
    }
}

TEST_F(page_table_identity, moved_tables_are_edited_in_place)
{
    auto mine = dense(three_levels);
    auto const* const root = mine.root().get();
    EXPECT_EQ(allocations([&] {
        for (page_index i = 0; i < mine.size(); i += 5)
            mine = std::move(mine).assign(i, 2);
        for (page_index i = 0; i < 1'000; i += 3)
            mine = std::move(mine).erase(i);
        for (page_index i = 0; i < 1'000; i += 3)
            mine = std::move(mine).assign(i, 3); // where slots were, there is room
    }),
        0U);
    EXPECT_EQ(mine.root().get(), root);
    EXPECT_TRUE(validate(mine)) << validate(mine);
}

/// Nodes that two versions don't share, in `now`.
std::uint64_t nodes_not_in(std::set<node const*> const& before, node const* now)
{
    if (now == nullptr || before.contains(now))
        return 0;
    std::uint64_t count = 1;
    if (now->is_branch())
        for (unsigned i = 0; i < now->entries(); ++i)
            count += nodes_not_in(before, now->child_at(i));
    return count;
}

void collect(node const* from, std::set<node const*>& all)
{
    if (from == nullptr || !all.insert(from).second || !from->is_branch())
        return;
    for (unsigned i = 0; i < from->entries(); ++i)
        collect(from->child_at(i), all);
}

RC_GTEST_PROP(page_table_batches, copy_each_touched_node_once, ())
{
    // Over present indices, so that the shape stays, and each allocation is a copy of a node.
    auto const base = dense(3'000);
    std::set<node const*> before;
    collect(base.root().get(), before);

    auto const batch = *rc::gen::container<std::vector<page_index>>(rc::gen::inRange<page_index>(0, 3'000));
    auto const ascending = *rc::gen::arbitrary<bool>();
    auto indices = batch;
    if (ascending)
        std::ranges::sort(indices);
    auto now = base;
    auto const copies = allocations([&] {
        for (auto index : indices)
            now = std::move(now).assign(index, 2);
    });
    RC_ASSERT(copies == nodes_not_in(before, now.root().get()));
    RC_ASSERT(validate(now).sound());
}

TEST_F(page_table_identity, growth_of_a_batch_costs_each_node_once_and_its_doublings)
{
    auto const base = dense(10'000);
    auto now = base;
    // 1 000 ascending new pages past the end: 32 new leaves that double five times, and the way there.
    auto const cost = allocations([&] {
        for (page_index i = 20'000; i < 21'000; ++i)
            now = std::move(now).assign(i, slot_at(i));
    });
    EXPECT_LE(cost, 33U * 6U + 16U);
    EXPECT_EQ(now.size(), 11'000U);
}

TEST_F(page_table_identity, sparse_use_is_cheap)
{
    std::mt19937_64 random(7);
    for (int round = 0; round < 20; ++round) {
        auto const before = heap_ledger::live_bytes.load();
        table sparse;
        for (int i = 0; i < 10; ++i)
            sparse = std::move(sparse).assign(random() % still::radix::index_end, 1);
        EXPECT_LE(heap_ledger::live_bytes - before, 1'024);
        EXPECT_EQ(static_cast<std::uint64_t>(heap_ledger::live_bytes - before), sparse.inventory().bytes);
    }
    // However far apart: two slots take two leaves and a branch.
    auto const two = table().assign(0, 1).assign(still::radix::index_end - 1, 1);
    EXPECT_EQ(two.inventory().leaves, 2U);
    EXPECT_EQ(two.inventory().branches, 1U);
}

TEST_F(page_table_identity, dense_use_is_dense)
{
    auto const before = heap_ledger::live_bytes.load();
    auto const full = dense(three_levels);
    // 4 bytes a slot, 33 nodes with links of 8 bytes, and 32 bytes a node.
    EXPECT_LE(heap_ledger::live_bytes - before, 32'768 * 4 + 1'056 * 8 + 1'057 * 32);
}

} // namespace
