// SPDX-License-Identifier: BSL-1.0

#include "heap/region.hpp"

#include <gtest/gtest.h>

#include <new>
#include <vector>

#include "still/core/frame.hpp"

using still::page_bytes;
using still::heaps::region;

namespace {

TEST(region, grows_where_it_is)
{
    int keeper = 0;
    region memory(10 * page_bytes, &keeper);
    EXPECT_EQ(memory.capacity(), 10 * page_bytes);
    EXPECT_EQ(memory.used(), 0U);
    EXPECT_EQ(region::keeper_of(memory.base()), &keeper);
    auto* const base = memory.base();
    memory.commit(2 * page_bytes);
    memory.use(2 * page_bytes);
    base[0] = std::byte{ 1 };
    base[2 * page_bytes - 1] = std::byte{ 2 };
    memory.commit(10 * page_bytes);
    memory.use(10 * page_bytes);
    EXPECT_EQ(memory.base(), base);
    EXPECT_EQ(base[2 * page_bytes - 1], std::byte{ 2 });
    EXPECT_EQ(base[10 * page_bytes - 1], std::byte{ 0 });
}

TEST(region, rounds_its_capacity_up_to_pages)
{
    EXPECT_EQ(region(1, nullptr).capacity(), page_bytes);
    EXPECT_EQ(region(page_bytes + 1, nullptr).capacity(), 2 * page_bytes);
}

TEST(region, many_stand_side_by_side)
{
    std::vector<region> all;
    for (int i = 0; i < 50; ++i)
        all.emplace_back(std::size_t{ 1 } << 30, &all);
    for (auto& one : all)
        for (auto& other : all)
            if (&one != &other) {
                EXPECT_TRUE(one.base() + one.capacity() < other.base() || other.base() + other.capacity() < one.base());
            }
}

TEST(region, refuses_more_than_there_are_addresses)
{
    EXPECT_THROW(region(~std::size_t{ 0 }, nullptr), std::bad_alloc);
    EXPECT_THROW(region(std::size_t{ 1 } << 60, nullptr), std::bad_alloc);
}

TEST(region_death_test, what_is_not_in_use_cannot_be_touched)
{
    region memory(2 * page_bytes, nullptr);
    memory.commit(page_bytes);
    EXPECT_DEATH(static_cast<std::byte volatile&>(memory.base()[page_bytes]) = std::byte{ 1 }, "");
}

} // namespace
