// SPDX-License-Identifier: BSL-1.0
//
// Charged heaps: what a container takes is charged to its bank, prefix and elements included, and
// refunded by whoever lets go last.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <thread>

#include "still/bank.hpp"

namespace {

TEST(charged_heap, charges_block_and_prefix)
{
    still::bank const bank(1000);
    still::charged_heap heap(bank);
    auto* const block = heap.allocate(40, 8);
    EXPECT_EQ(bank.usage(), 40U + still::charged_heap::block_overhead);
    EXPECT_EQ(bank.usage(), 40U + 8U);
    std::memset(block, 1, 40);
    still::charged_heap::deallocate(block, 40, 8);
    EXPECT_EQ(bank.usage(), 0U);
}

TEST(charged_heap, serves_and_charges_every_alignment)
{
    still::bank const bank(1 << 20);
    still::charged_heap heap(bank);
    for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        auto* const block = heap.allocate(alignment * 2, alignment);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignment, 0U);
        EXPECT_EQ(bank.usage(), alignment * 2 + std::max<std::size_t>(alignment, 8));
        std::memset(block, 1, alignment * 2);
        still::charged_heap::deallocate(block, alignment * 2, alignment);
        EXPECT_EQ(bank.usage(), 0U);
    }
}

TEST(charged_heap, a_refusal_changes_nothing)
{
    still::bank const parent(140);
    auto const bank = parent.child(1000);
    still::charged_heap heap(bank);
    auto* const block = heap.allocate(64, 8);
    EXPECT_THROW(static_cast<void>(heap.allocate(64, 8)), still::quota_exceeded);
    EXPECT_EQ(bank.usage(), 72U);
    EXPECT_EQ(parent.usage(), 72U);
    auto* const exact = heap.allocate(60, 8);
    EXPECT_EQ(parent.usage(), 140U);
    still::charged_heap::deallocate(exact, 60, 8);
    still::charged_heap::deallocate(block, 64, 8);
}

TEST(charged_heap, without_a_bank_it_refuses)
{
    still::charged_heap heap;
    EXPECT_THROW(static_cast<void>(heap.allocate(8, 8)), std::logic_error);
}

TEST(charged_heap, elements_are_charged_to_the_same_bank)
{
    still::bank const bank(1000);
    still::charged_heap const heap(bank);
    {
        auto const text = std::make_obj_using_allocator<std::pmr::string>(heap.elements(), 200, 'x');
        EXPECT_GE(bank.usage(), 201U);
        EXPECT_EQ(text.get_allocator().resource(), bank.memory_resource());
    }
    EXPECT_EQ(bank.usage(), 0U);
    EXPECT_EQ(still::charged_heap().elements().resource(), std::pmr::get_default_resource());
}

TEST(charged_heap, a_block_finds_its_own_way_home)
{
    void* block = nullptr;
    auto const root = still::bank(1000);
    {
        still::charged_heap heap(root.child(500));
        block = heap.allocate(100, 8);
    }
    EXPECT_EQ(root.usage(), 108U);
    std::thread([block] { still::charged_heap::deallocate(block, 100, 8); }).join();
    EXPECT_EQ(root.usage(), 0U);
}

TEST(charged_heap, handles_compare_by_bank)
{
    still::bank const bank(10);
    EXPECT_EQ(still::charged_heap(bank), still::charged_heap(bank));
    EXPECT_NE(still::charged_heap(bank), still::charged_heap(still::bank(10)));
    EXPECT_EQ(still::charged_heap(), still::charged_heap());
}

} // namespace
