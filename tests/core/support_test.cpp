// SPDX-License-Identifier: BSL-1.0
//
// The helpers that other tests rely on: faults come when they are due, and misuse is seen.

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <set>
#include <vector>

#include "live_count.hpp"
#include "still/core/node_heap.hpp"

namespace {

using namespace still_test;

class test_helpers : public live_count_test { };

TEST_F(test_helpers, the_heap_counts_what_is_live)
{
    live_count const live;
    test_heap heap;
    auto* const first = heap.allocate(24, 8);
    auto* const second = heap.allocate(100, 64);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(second) % 64, 0U);
    EXPECT_EQ(live.blocks(), 2);
    EXPECT_EQ(live.bytes(), 124);
    test_heap::deallocate(first, 24, 8);
    test_heap::deallocate(second, 100, 64);
    EXPECT_TRUE(live.balanced());
}

TEST_F(test_helpers, each_allocation_fails_in_turn)
{
    live_count const live;
    std::vector<std::int64_t> survived;
    auto const faults = at_each_allocation([&](std::int64_t n) {
        test_heap heap;
        std::vector<void*> blocks;
        try {
            for (int i = 0; i < 3; ++i)
                blocks.push_back(heap.allocate(8, 8));
        } catch (std::bad_alloc const&) {
            survived.push_back(static_cast<std::int64_t>(blocks.size()) - n);
        }
        for (auto* const block : blocks)
            test_heap::deallocate(block, 8, 8);
    });
    EXPECT_EQ(faults, 3);
    EXPECT_EQ(survived, (std::vector<std::int64_t>{ -1, -1, -1 }));
    EXPECT_TRUE(live.balanced());
}

TEST_F(test_helpers, each_copy_comparison_and_move_fails_in_turn)
{
    std::set<faulty_value> const source{ 1, 2, 3 };
    EXPECT_EQ(at_each_copy([&](auto) {
        try {
            auto const copied = source;
        } catch (injected_fault const&) {
        }
    }),
        3);
    EXPECT_GE(at_each_comparison([&](auto) {
        try {
            EXPECT_TRUE(source.contains(3));
        } catch (injected_fault const&) {
        }
    }),
        2);
    EXPECT_EQ(at_each_move([&](auto) {
        faulty_moving_value first(1);
        try {
            auto second = std::move(first);
            first = std::move(second);
        } catch (injected_fault const&) {
        }
    }),
        2);
}

TEST_F(test_helpers, values_compare_by_key_and_keep_their_tag)
{
    faulty_value const left(1, 10);
    faulty_value const right(1, 20);
    EXPECT_EQ(left, right);
    EXPECT_NE(left.tag(), right.tag());
    EXPECT_LT(left, faulty_value(2));
}

using test_helpers_DeathTest = test_helpers;

TEST_F(test_helpers_DeathTest, the_heap_sees_misuse)
{
    test_heap heap;
    auto* const block = heap.allocate(24, 8);
    EXPECT_DEATH(test_heap::deallocate(block, 16, 8), "broken rule");
    EXPECT_DEATH(test_heap::deallocate(block, 24, 16), "broken rule");
    EXPECT_DEATH(
        {
            std::memset(block, 0, 25);
            test_heap::deallocate(block, 24, 8);
        },
        "broken rule");
    test_heap::deallocate(block, 24, 8);
}

TEST_F(test_helpers_DeathTest, values_see_misuse)
{
    faulty_value first(1);
    faulty_value const second(std::move(first));
    EXPECT_DEATH(static_cast<void>(first == second), "broken rule"); // NOLINT(bugprone-use-after-move)
    alignas(faulty_value) std::array<std::byte, sizeof(faulty_value)> elsewhere;
    std::memcpy(elsewhere.data(), static_cast<void const*>(&second), sizeof second);
    EXPECT_DEATH(
        static_cast<void>(std::launder(reinterpret_cast<faulty_value const*>(elsewhere.data()))->key()), "broken rule");
}

TEST(standard_heap, serves_every_alignment)
{
    still::standard_heap heap;
    for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        auto* const block = heap.allocate(alignment * 3, alignment);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignment, 0U);
        std::memset(block, 1, alignment * 3);
        still::standard_heap::deallocate(block, alignment * 3, alignment);
    }
}

} // namespace
