// SPDX-License-Identifier: BSL-1.0
//
// What a heap promises of its objects, one promise at a time, with every tracker.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory_resource>
#include <string>
#include <thread>

#include "every_tracker.hpp"

namespace still_test {
namespace {

class heap_promises : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, heap_promises, trackers, tracker_name);

/// A value that throws when told to, and counts.
struct counted {
    static inline int live = 0;
    explicit counted(bool fail = false)
    {
        if (fail)
            throw std::runtime_error("told to");
        ++live;
    }
    ~counted() { --live; }
    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;
    int value = 42;
};

TEST_P(heap_promises, objects_have_names)
{
    auto heap = make();
    auto& number = heap.construct<std::uint64_t>("number", 7U);
    EXPECT_EQ(heap.find<std::uint64_t>("number"), &number);
    EXPECT_EQ(std::as_const(heap).find<std::uint64_t>("number"), &number);
    EXPECT_EQ(heap.find<std::uint64_t>("another"), nullptr);
    EXPECT_GE(reinterpret_cast<std::byte*>(&number), heap.bytes().data());
    EXPECT_LT(reinterpret_cast<std::byte*>(&number), heap.bytes().data() + heap.bytes().size());

    EXPECT_THROW(heap.construct<std::uint64_t>("number", 8U), std::invalid_argument);
    EXPECT_EQ(number, 7U);
    EXPECT_THROW(static_cast<void>(heap.find<int>("number")), std::invalid_argument);
    EXPECT_THROW(heap.destroy<int>("number"), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(heap.find<int>("")), std::invalid_argument);

    EXPECT_FALSE(heap.destroy<int>("another"));
    EXPECT_TRUE(heap.destroy<std::uint64_t>("number"));
    EXPECT_EQ(heap.find<std::uint64_t>("number"), nullptr);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(heap_promises, a_constructor_that_throws_leaves_nothing)
{
    auto heap = make();
    auto const free = heap.statistics().free_bytes;
    EXPECT_THROW(heap.construct<counted>("one", true), std::runtime_error);
    EXPECT_EQ(heap.find<counted>("one"), nullptr);
    EXPECT_EQ(heap.statistics().free_bytes, free);
    heap.construct<counted>("one");
    EXPECT_EQ(counted::live, 1);
    EXPECT_THROW(heap.construct<counted>("one"), std::invalid_argument);
    EXPECT_EQ(counted::live, 1);
    EXPECT_TRUE(heap.destroy<counted>("one"));
    EXPECT_EQ(counted::live, 0);
    EXPECT_EQ(heap.statistics().free_bytes, free);
}

TEST_P(heap_promises, respects_alignment)
{
    struct alignas(256) wide {
        std::byte bytes[300];
    };
    auto heap = make();
    for (auto const* name : { "a", "b", "c" })
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&heap.construct<wide>(name)) % 256, 0U);
    EXPECT_TRUE(heap.destroy<wide>("b"));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(heap_promises, grows_in_place_up_to_its_capacity)
{
    auto heap = make(2_MiB);
    auto const before = heap.statistics();
    EXPECT_EQ(before.capacity_bytes, 2_MiB);
    EXPECT_LT(before.mapped_bytes, 1_MiB);
    auto& kept = heap.construct<numbers>("kept", heap.allocator<std::uint64_t>());
    kept.assign(1000, 9);
    auto const snapshot = heap.snapshot();
    auto allocator = heap.allocator<std::byte>();
    std::vector<still::heap_allocator<std::byte>::pointer> blocks;
    EXPECT_THROW(for (;;) blocks.push_back(allocator.allocate(1000)), std::bad_alloc);
    EXPECT_GT(blocks.size(), 1900U); // 2 MiB, but for the records
    EXPECT_THROW(static_cast<void>(allocator.allocate(100_MiB)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(heap.allocator<std::uint64_t>().allocate(~std::size_t{ 0 } / 4)), std::bad_alloc);
    using large = std::array<char, 2000>;
    EXPECT_THROW(heap.construct<large>("no room"), std::bad_alloc);
    EXPECT_EQ(heap.find<large>("no room"), nullptr);
    EXPECT_EQ(heap.statistics().mapped_bytes, 2_MiB);
    // Everything is intact.
    EXPECT_TRUE(heap.validate()) << heap.validate();
    EXPECT_EQ(std::count(kept.begin(), kept.end(), 9U), 1000);
    for (auto const& block : blocks)
        allocator.deallocate(block, 1000);
    EXPECT_TRUE(heap.validate()) << heap.validate();
    static_cast<void>(allocator.allocate(1_MiB));
    heap.restore(snapshot);
    EXPECT_TRUE(heap.validate()) << heap.validate();
    // What the rollback took away can be had again.
    static_cast<void>(allocator.allocate(1_MiB));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(heap_promises, too_small_a_capacity_is_refused)
{
    EXPECT_THROW(static_cast<void>(make(1000)), std::bad_alloc);
}

TEST_P(heap_promises, serves_containers_with_raw_pointers)
{
    auto heap = make();
    auto& names = heap.construct<std::pmr::list<std::pmr::string>>("names", heap.memory_resource());
    {
        auto const guard = heap.mutate();
        for (int i = 0; i < 100; ++i)
            names.emplace_back("a name that is too long for the small buffer " + std::to_string(i));
    }
    auto const before = heap.snapshot();
    {
        auto const guard = heap.mutate();
        names.clear();
    }
    heap.restore(before);
    EXPECT_EQ(names.size(), 100U);
    EXPECT_EQ(names.back(), "a name that is too long for the small buffer 99");
    EXPECT_EQ(names.back().get_allocator().resource(), heap.memory_resource());
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(heap_promises, a_moved_heap_is_the_same_heap)
{
    auto heap = make();
    auto& number = heap.construct<std::uint64_t>("number", 7U);
    auto const before = heap.snapshot();
    auto moved = std::move(heap);
    EXPECT_EQ(moved.find<std::uint64_t>("number"), &number);
    number = 8;
    moved.restore(before);
    EXPECT_EQ(number, 7U);
    moved.construct<int>("more", 1);
    EXPECT_EQ(moved.label(), "tested");
}

TEST(heap, takes_the_best_tracker_and_says_so)
{
    still::heap const heap;
    auto const seen = heap.statistics();
    EXPECT_NE(seen.tracker, tracker_kind::automatic);
    EXPECT_EQ(seen.passed_over.empty(), seen.tracker == tracker_kind::userfault) << seen.passed_over;
    EXPECT_EQ(seen.capacity_bytes, 1_GiB);
    EXPECT_EQ(seen.versions_alive, 0U);
}

} // namespace
} // namespace still_test
