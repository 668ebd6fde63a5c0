// SPDX-License-Identifier: BSL-1.0
//
// Loans: memory for allocators whose records no rollback reaches.

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "every_tracker.hpp"

namespace still_test {
namespace {

class loans : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, loans, trackers, tracker_name);

bool is_refused(still::heap& heap, still::snapshot const& version, std::string const& borrower)
{
    try {
        heap.restore(version);
    } catch (std::logic_error const& refusal) {
        auto const text = std::string(refusal.what());
        return text.find("can't be restored") != std::string::npos && text.find(borrower) != std::string::npos;
    }
    return false;
}

TEST_P(loans, forbid_rollbacks_for_good_and_nothing_else)
{
    auto heap = make();
    auto& number = heap.construct<int>("number", 1);
    auto const before = heap.snapshot();
    number = 2;
    EXPECT_THROW(static_cast<void>(heap.lend("")), std::invalid_argument);
    heap.restore(before);
    number = 3;
    auto const generation = heap.generation();
    int hooks = 0;
    auto const hook = heap.on_restore([&] { ++hooks; });
    {
        auto const first = heap.lend("a first allocator");
        auto const second = heap.lend("a second one");
        EXPECT_TRUE(is_refused(heap, before, "a first allocator"));
    }
    EXPECT_TRUE(is_refused(heap, before, "a first allocator"));
    EXPECT_EQ(number, 3);
    EXPECT_EQ(hooks, 0);
    EXPECT_EQ(heap.generation(), generation);
    auto const after = heap.snapshot();
    EXPECT_EQ(*after.map().find<int>("number"), 3);
    auto branch = still::heap::branch(after);
    auto const there = branch.snapshot();
    *branch.find<int>("number") = 4;
    branch.restore(there);
    EXPECT_EQ(*branch.find<int>("number"), 3);
}

TEST_P(loans, give_memory_that_is_part_of_versions)
{
    auto heap = make();
    auto const lent = heap.lend("a test");
    auto const in_use = [&] { return heap.bytes().size() - heap.statistics().free_bytes; };
    auto const before = in_use();
    auto* const block = static_cast<std::byte*>(lent.allocate(3_MiB, 4096));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 4096, 0U);
    {
        auto const guard = lent.mutate();
        std::memset(block, 0x11, 3_MiB);
        EXPECT_THROW(static_cast<void>(heap.snapshot()), std::system_error);
    }
    auto const seen = heap.snapshot();
    EXPECT_TRUE(same(content(seen), copy(heap.bytes())));
    EXPECT_EQ(seen.load<std::uint8_t>(static_cast<std::uint64_t>(block - heap.bytes().data()) + 3_MiB - 1), 0x11);
    EXPECT_THROW(static_cast<void>(lent.allocate(1_GiB, 8)), std::bad_alloc);
    lent.deallocate(block);
    EXPECT_EQ(in_use(), before);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(loans, keep_the_region_when_the_heap_goes)
{
    std::optional<still::heap> heap(make());
    auto lent = heap->lend("a test");
    auto* const block = static_cast<std::uint64_t*>(lent.allocate(1024, 64));
    auto const copy_of_it = lent;
    {
        auto other = make();
        other = std::move(*heap);
        EXPECT_EQ(other.label(), "tested");
    }
    heap.reset();
    *block = 7;
    auto* const more = static_cast<std::uint64_t*>(copy_of_it.allocate(5_MiB, 64));
    more[5_MiB / sizeof(std::uint64_t) - 1] = *block;
    auto const guard = lent.mutate();
    lent.deallocate(block);
    lent.deallocate(more);
}

// A rollback that began before there was a loan is over before there is one, or it doesn't happen.
TEST_P(loans, are_not_made_half_way_through_a_rollback)
{
    for (int round = 0; round < 30; ++round) {
        auto heap = make();
        auto& data = heap.construct<numbers>("data", 10'000U, 1U, heap.allocator<std::uint64_t>());
        auto const before = heap.snapshot();
        data.assign(10'000, 2);
        std::atomic<bool> refused{ false };
        std::thread other([&] {
            try {
                heap.restore(before);
            } catch (std::logic_error const&) {
                refused = true;
            }
        });
        auto const lent = heap.lend("a test");
        auto const seen = data[5000];
        other.join();
        EXPECT_EQ(seen, data[5000]) << "rolled back under the borrower's hands";
        EXPECT_EQ(data[5000], refused ? 2U : 1U);
    }
}

// The guard that the rollback waits for is the lender's own.
TEST_P(loans, made_while_a_rollback_waits_refuse_it)
{
    auto heap = make();
    auto& number = heap.construct<int>("number", 1);
    auto const before = heap.snapshot();
    number = 2;
    std::atomic<bool> refused{ false };
    std::thread other;
    {
        auto const guard = heap.mutate();
        other = std::thread([&] { refused = is_refused(heap, before, "a test"); });
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        static_cast<void>(heap.lend("a test"));
    }
    other.join();
    EXPECT_TRUE(refused);
    EXPECT_EQ(number, 2);
    auto const open = heap.mutate();
}

} // namespace
} // namespace still_test
