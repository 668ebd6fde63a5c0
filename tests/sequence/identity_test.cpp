// SPDX-License-Identifier: BSL-1.0
//
// What is shared, what is copied, and what is edited in place, counted in allocations.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "faulty_value.hpp"
#include "live_count.hpp"
#include "vector_model.hpp"

namespace {

using namespace still_test;
using numbers = still::vector<int, tiny_policy>;

/// Chunks of 4 and nodes of 4: 3 levels, and a last chunk of 2.
constexpr std::size_t three_levels = 4 * 4 * 4 * 4 + 2;

class vector_identity : public live_count_test { };

template <class Action>
std::uint64_t allocations(Action&& action)
{
    auto const before = heap_ledger::allocations.events();
    action();
    return heap_ledger::allocations.events() - before;
}

numbers counted(std::size_t size)
{
    numbers made;
    for (std::size_t i = 0; i < size; ++i)
        made = std::move(made).push_back(static_cast<int>(i));
    return made;
}

TEST_F(vector_identity, empty_holds_no_memory)
{
    EXPECT_EQ(allocations([] {
        numbers const empty;
        numbers copy = empty;
        numbers const moved = std::move(copy);
        EXPECT_TRUE(moved.same_root(empty));
        EXPECT_TRUE(moved.empty());
        EXPECT_EQ(moved.begin(), moved.end());
        EXPECT_TRUE(moved.take(0).same_root(empty));
        EXPECT_TRUE(moved.take(7).same_root(empty));
        EXPECT_TRUE(moved.append_range(std::vector<int>()).same_root(empty));
    }),
        0U);
    EXPECT_EQ(sizeof(numbers), 3 * sizeof(void*));
    auto emptied = counted(three_levels);
    while (!emptied.empty())
        emptied = std::move(emptied).pop_back();
    EXPECT_TRUE(emptied.same_root(numbers()));
}

TEST_F(vector_identity, what_changes_nothing_returns_the_same_root_and_allocates_nothing)
{
    auto const original = counted(three_levels);
    EXPECT_EQ(allocations([&] {
        for (std::size_t index = 0; index < original.size(); ++index) {
            EXPECT_TRUE(original.assign(index, static_cast<int>(index)).same_root(original));
            EXPECT_TRUE(original.update(index, [](int value) { return value; }).same_root(original));
            EXPECT_TRUE(original.alter(index, [](int value) { return value; }).same_root(original));
        }
        EXPECT_TRUE(original.take(original.size()).same_root(original));
        EXPECT_TRUE(original.append_range(numbers()).same_root(original));
        auto moved = original;
        moved = std::move(moved).assign(7, 7);
        moved = std::move(moved).take(1'000'000);
        EXPECT_TRUE(moved.same_root(original));
    }),
        0U);
}

TEST_F(vector_identity, an_update_copies_one_chunk_and_one_node_a_level)
{
    // A chunk takes two blocks.
    auto const original = counted(three_levels);
    auto const inventory = original.inventory();
    EXPECT_EQ(inventory.chunks, 65U);
    EXPECT_EQ(inventory.leaves, 16U);
    EXPECT_EQ(inventory.branches, 5U);
    EXPECT_EQ(inventory.elements, three_levels);
    EXPECT_EQ(allocations([&] { EXPECT_EQ(original.assign(100, 1)[100], 1); }), 3U + 2U);
    EXPECT_EQ(allocations([&] { EXPECT_EQ(original.assign(257, 1)[257], 1); }), 2U); // the last chunk
    EXPECT_EQ(allocations([&] { EXPECT_EQ(original.push_back(1).size(), 259U); }), 2U);
    EXPECT_EQ(allocations([&] { EXPECT_EQ(original.pop_back().size(), 257U); }), 2U);
    EXPECT_EQ(allocations([&] { EXPECT_EQ(original.take(128).back(), 127); }), 3U); // the way to the cut
    EXPECT_EQ(
        allocations([&] { EXPECT_EQ(original.take(130).back(), 129); }), 1U + 2U); // a node, and a part of a chunk
    EXPECT_EQ(allocations([&] { EXPECT_EQ(original.take(4).back(), 3); }), 0U); // a chunk that is there
}

TEST_F(vector_identity, copies_share_all_chunks)
{
    auto const original = counted(three_levels);
    auto const version = original.assign(100, 1);
    std::size_t shared = 0;
    for (std::size_t index = 0; index < original.size(); index += 4)
        shared += &original[index] == &version[index] ? 1U : 0U;
    EXPECT_EQ(shared, 64U);
    auto const shorter = original.take(77);
    for (std::size_t index = 0; index < 76; ++index)
        EXPECT_EQ(&shorter[index], &original[index]);
}

TEST_F(vector_identity, moved_vectors_are_edited_in_place)
{
    auto mine = counted(three_levels);
    auto const* const first = &mine[0];
    EXPECT_EQ(allocations([&] {
        for (std::size_t index = 0; index < mine.size(); ++index)
            mine = std::move(mine).assign(index, 2);
        for (std::size_t index = 0; index < mine.size(); ++index)
            mine = std::move(mine).update(index, [](int value) { return value + 1; });
        for (std::size_t index = 0; index < mine.size(); ++index)
            mine = std::move(mine).alter(index, [](int value) { return value + 1; });
        mine = std::move(mine).pop_back();
        mine = std::move(mine).push_back(4).push_back(4);
        while (mine.size() > 100)
            mine = std::move(mine).pop_back();
    }),
        0U);
    EXPECT_EQ(&mine[0], first);
    EXPECT_EQ(mine, numbers(100, 4));
    EXPECT_TRUE(validate(mine)) << validate(mine);
}

TEST_F(vector_identity, a_batch_copies_what_it_touches_once)
{
    auto const original = counted(three_levels);
    auto version = original;
    EXPECT_EQ(allocations([&] {
        for (std::size_t index = 64; index < 128; ++index)
            version = std::move(version).assign(index, 0);
    }),
        2U * 16U + 4U + 1U + 1U); // chunks, leaves, the branch above them and the root
    EXPECT_EQ(allocations([&] {
        for (std::size_t index = 64; index < 128; ++index)
            version = std::move(version).assign(index, 1);
    }),
        0U);
}

TEST_F(vector_identity, appending_allocates_chunks_and_nodes_alone)
{
    auto const cost = allocations([] { EXPECT_EQ(counted(256).inventory().chunks, 64U); });
    // 64 chunks, 63 of them in 16 leaves and 5 branches, which double twice.
    EXPECT_LE(cost, 2U * 64U + 21U * 3U);
}

TEST_F(vector_identity, an_element_of_the_vector_may_be_appended_and_assigned)
{
    using values = still::vector<faulty_value, tiny_policy>;
    values made;
    made = std::move(made).push_back(faulty_value(1));
    for (int i = 0; i < 40; ++i) {
        made = std::move(made).push_back(made[0]); // NOLINT(bugprone-use-after-move): promised
        made = std::move(made).assign(made.size() / 2, made.back()); // NOLINT(bugprone-use-after-move)
    }
    EXPECT_EQ(made, values(41, faulty_value(1)));
    auto const twice = made.append_range(made);
    EXPECT_EQ(twice, values(82, faulty_value(1)));
}

TEST_F(vector_identity, what_popping_and_taking_remove_is_gone_where_nobody_shares_it)
{
    using values = still::vector<faulty_value, tiny_policy>;
    values made(50, faulty_value(1));
    auto const live = value_ledger::live.load();
    made = std::move(made).pop_back();
    EXPECT_EQ(value_ledger::live, live - 1);
    auto const copies = value_ledger::copies.events();
    made = std::move(made).take(30);
    EXPECT_EQ(value_ledger::live, live - 20);
    EXPECT_EQ(value_ledger::copies.events(), copies);
    made = std::move(made).take(0);
    EXPECT_EQ(value_ledger::live, live - 50);
}

} // namespace
