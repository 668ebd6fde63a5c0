// SPDX-License-Identifier: BSL-1.0
//
// Small objects in a heap: what containers get from pools is theirs alone, goes back with a rollback, and runs out in
// order.

#include <gtest/gtest.h>

#include <boost/container/map.hpp>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <map>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "every_tracker.hpp"

namespace still_test {
namespace {

class small_objects : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, small_objects, trackers, tracker_name);

using bytes_allocator = still::heap_allocator<std::byte>;

/// Blocks that somebody has, with their sizes and what was written to them.
struct owned_blocks {
    struct block {
        std::byte* at;
        std::size_t bytes;
        std::byte mark;
    };
    std::vector<block> all;

    void take(bytes_allocator from, std::mt19937& random)
    {
        auto const bytes = random() % 8 == 0 ? random() % 6'000 : random() % 300;
        auto* const at = from.allocate(bytes).get();
        all.push_back({ at, bytes, std::byte(random()) });
        std::memset(at, std::to_integer<int>(all.back().mark), bytes);
    }
    void give(bytes_allocator to, std::mt19937& random)
    {
        std::swap(all[random() % all.size()], all.back());
        check(all.back());
        to.deallocate(all.back().at, all.back().bytes);
        all.pop_back();
    }
    static void check(block const& seen)
    {
        for (std::size_t i = 0; i < seen.bytes; ++i)
            ASSERT_EQ(seen.at[i], seen.mark);
    }
    void check() const
    {
        for (auto const& seen : all)
            check(seen);
    }
};

TEST_P(small_objects, are_as_they_were_after_a_rollback)
{
    for (unsigned seed = 1; seed <= 8; ++seed) {
        std::mt19937 random(seed);
        auto heap = make();
        auto allocator = heap.allocator<std::byte>();
        struct version {
            still::snapshot cut;
            owned_blocks owned;
            std::size_t free;
            std::vector<std::byte> bytes;
        };
        std::vector<version> versions;
        owned_blocks owned;
        for (int step = 0; step < 1'500; ++step) {
            if (random() % 200 == 0)
                versions.push_back({ heap.snapshot(), owned, heap.statistics().free_bytes, copy(heap.bytes()) });
            if (!versions.empty() && random() % 150 == 0) {
                auto const& back = versions[random() % versions.size()];
                heap.restore(back.cut);
                owned = back.owned;
                owned.check();
                ASSERT_TRUE(same(copy(heap.bytes()), back.bytes));
                ASSERT_EQ(heap.statistics().free_bytes, back.free);
                ASSERT_TRUE(heap.validate()) << heap.validate();
            }
            if (owned.all.empty() || random() % 100 < 60)
                owned.take(allocator, random);
            else
                owned.give(allocator, random);
        }
        owned.check();
        ASSERT_TRUE(heap.validate()) << heap.validate();
    }
}

TEST_P(small_objects, are_where_they_were_when_work_is_done_again)
{
    auto heap = make();
    auto allocator = heap.allocator<std::byte>();
    auto const work = [&] {
        std::mt19937 random(7);
        owned_blocks owned;
        for (int step = 0; step < 3'000; ++step) {
            if (owned.all.empty() || random() % 100 < 55)
                owned.take(allocator, random);
            else
                owned.give(allocator, random);
        }
        return owned;
    };
    auto const before = heap.snapshot();
    auto const first = work();
    auto const bytes = copy(heap.bytes());
    heap.restore(before);
    auto const second = work();
    ASSERT_EQ(first.all.size(), second.all.size());
    for (std::size_t i = 0; i < first.all.size(); ++i)
        ASSERT_EQ(first.all[i].at, second.all[i].at);
    EXPECT_TRUE(same(copy(heap.bytes()), bytes));
}

TEST_P(small_objects, run_out_in_order_and_leave_their_memory_to_large_ones)
{
    auto heap = make(1_MiB);
    auto allocator = heap.allocator<std::byte>();
    for (auto const size : { 32U, 112U, 2'000U }) {
        std::vector<std::byte*> blocks;
        try {
            for (;;) {
                blocks.push_back(allocator.allocate(size).get());
                std::memset(blocks.back(), 1, size);
            }
        } catch (std::bad_alloc const&) {
        }
        // Little is lost to records and rests.
        EXPECT_GT(blocks.size() * size, 800'000U) << size;
        EXPECT_TRUE(heap.validate()) << heap.validate();
        EXPECT_THROW(static_cast<void>(allocator.allocate(size)), std::bad_alloc);
        for (auto* const block : blocks)
            allocator.deallocate(block, size);
        EXPECT_TRUE(heap.validate()) << heap.validate();
        // Slabs go back to the best fit where it has nothing else; the thread keeps a few blocks at hand.
        auto const large = 600'000U;
        auto* const whole = allocator.allocate(large).get();
        EXPECT_TRUE(heap.validate()) << heap.validate();
        allocator.deallocate(whole, large);
    }
}

TEST_P(small_objects, of_heaps_used_in_turn_are_not_lost)
{
    // More than a thread remembers the caches of.
    std::vector<still::heap> heaps;
    for (int i = 0; i < 5; ++i)
        heaps.push_back(make());
    auto const in_use = [&] {
        std::size_t sum = 0;
        for (auto const& heap : heaps)
            sum += heap.bytes().size() - heap.statistics().free_bytes;
        return sum;
    };
    std::vector<std::vector<void*>> blocks(heaps.size());
    auto const come_and_go = [&] {
        for (int i = 0; i < 100; ++i)
            for (std::size_t of = 0; of < heaps.size(); ++of)
                blocks[of].push_back(heaps[of].memory_resource()->allocate(48));
        for (int i = 0; i < 100; ++i)
            for (std::size_t of = 0; of < heaps.size(); ++of) {
                heaps[of].memory_resource()->deallocate(blocks[of].back(), 48);
                blocks[of].pop_back();
            }
    };
    come_and_go();
    auto const before = in_use();
    for (int round = 0; round < 50; ++round)
        come_and_go();
    EXPECT_EQ(in_use(), before);
    for (auto const& heap : heaps)
        EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(small_objects, that_are_gone_leave_their_memory_to_names)
{
    auto heap = make(1_MiB);
    auto allocator = heap.allocator<std::byte>();
    std::string const long_name(1000, 'n');
    for (auto const grouped : { false, true }) {
        auto const of = heap.snapshot();
        std::vector<std::byte*> blocks;
        try {
            for (;;)
                blocks.push_back(allocator.allocate(32).get());
        } catch (std::bad_alloc const&) {
        }
        auto const name = [&] {
            if (grouped)
                heap.atomically([&](auto& group) { group.template construct<char>(long_name, 'x'); });
            else
                heap.construct<char>(long_name, 'x');
        };
        EXPECT_THROW(name(), std::bad_alloc);
        EXPECT_EQ(heap.find<char>(long_name), nullptr);
        for (auto* const block : blocks)
            allocator.deallocate(block, 32);
        name();
        EXPECT_EQ(*heap.find<char>(long_name), 'x');
        EXPECT_TRUE(heap.validate()) << heap.validate();
        heap.restore(of);
    }
}

TEST_P(small_objects, of_two_threads_are_apart_while_a_third_cuts)
{
    auto heap = make();
    auto allocator = heap.allocator<std::byte>();
    auto const in_use = [&] { return heap.bytes().size() - heap.statistics().free_bytes; };
    auto const before = in_use();
    std::atomic<int> writing{ 2 };
    std::vector<owned_blocks> left(2);
    {
        std::vector<std::jthread> writers;
        for (unsigned number = 0; number < 2; ++number)
            writers.emplace_back([&, number] {
                std::mt19937 random(number);
                auto& owned = left[number];
                for (int round = 0; round < 2'000; ++round) {
                    auto const guard = heap.mutate();
                    for (int i = 0; i < 20; ++i) {
                        if (owned.all.empty() || (random() % 100 < 55 && owned.all.size() < 2'000))
                            owned.take(allocator, random);
                        else
                            owned.give(allocator, random);
                    }
                }
                --writing;
            });
        int cuts = 0;
        for (; writing > 0; ++cuts) {
            auto const seen = heap.snapshot();
            static_cast<void>(heap.statistics());
            std::this_thread::yield();
        }
        EXPECT_GT(cuts, 10);
    }
    for (auto const& owned : left)
        owned.check();
    EXPECT_TRUE(heap.validate()) << heap.validate();
    // What one thread took another may give back.
    for (auto& owned : left)
        for (auto const& block : owned.all)
            allocator.deallocate(block.at, block.bytes);
    EXPECT_TRUE(heap.validate()) << heap.validate();
    EXPECT_LT(in_use() - before, 40'000U); // of slabs and caches, the headers and rests
}

TEST_P(small_objects, of_one_thread_that_another_gives_back_do_not_pile_up)
{
    auto heap = make(4_MiB);
    auto allocator = heap.allocator<std::byte>();
    for (int round = 0; round < 200; ++round) {
        std::vector<std::byte*> blocks;
        for (int i = 0; i < 1'000; ++i)
            blocks.push_back(allocator.allocate(64).get());
        std::thread([&] {
            for (auto* const block : blocks)
                allocator.deallocate(block, 64);
        }).join();
    }
    EXPECT_LT(heap.bytes().size(), 1'000'000U);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(small_objects, come_from_the_best_fit_where_a_heap_has_no_pools)
{
    still::heap heap{ { .capacity = 16_MiB, .tracker = GetParam(), .pools = false } };
    auto const free = heap.statistics().free_bytes;
    auto allocator = heap.allocator<std::byte>();
    auto* const block = allocator.allocate(40).get();
    EXPECT_LT(heap.statistics().free_bytes, free);
    allocator.deallocate(block, 40);
    EXPECT_EQ(heap.statistics().free_bytes, free);
}

TEST_P(small_objects, of_containers_of_any_kind)
{
    using entry = std::pair<int const, int>;
    using linked = boost::container::map<int, int, std::less<>, still::heap_allocator<entry>>;
    auto heap = make();
    auto& mapped = heap.construct<linked>("map", heap.allocator<entry>());
    std::pmr::map<int, int> raw(heap.memory_resource());
    std::map<int, int> model;
    std::mt19937 random(3);
    for (int step = 0; step < 20'000; ++step) {
        auto const key = static_cast<int>(random() % 3'000);
        if (random() % 2 == 0) {
            mapped.insert_or_assign(key, step);
            raw.insert_or_assign(key, step);
            model.insert_or_assign(key, step);
        } else {
            mapped.erase(key);
            raw.erase(key);
            model.erase(key);
        }
    }
    auto const seen = heap.snapshot();
    auto const reader = seen.map();
    auto const& then = *reader.find<linked>("map");
    EXPECT_TRUE(std::equal(then.begin(), then.end(), model.begin(), model.end(),
        [](auto const& one, auto const& other) { return one.first == other.first && one.second == other.second; }));
    EXPECT_TRUE(std::equal(raw.begin(), raw.end(), model.begin(), model.end()));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

} // namespace
} // namespace still_test
