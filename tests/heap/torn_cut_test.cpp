// SPDX-License-Identifier: BSL-1.0
//
// The hunt for torn cuts: writers keep two words of different pages equal inside a guard; no snapshot
// may see them differ, and no restore may leave them so.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "every_tracker.hpp"

namespace still_test {
namespace {

class torn_cuts : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, torn_cuts, trackers, tracker_name);

constexpr std::size_t writers = 2;
constexpr std::size_t pairs = 8;
constexpr std::size_t words_apart = 1024; // two pages

/// Where the two words of a pair are.
constexpr std::size_t left(std::size_t writer, std::size_t pair)
{
    return (writer * pairs + pair) * 2 * words_apart;
}
constexpr std::size_t right(std::size_t writer, std::size_t pair)
{
    return left(writer, pair) + words_apart;
}

TEST_P(torn_cuts, are_never_seen)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.resize(writers * pairs * 2 * words_apart);
    std::atomic<bool> stop{ false };
    std::atomic<std::uint64_t> rounds_done{ 0 };
    std::vector<std::thread> threads;
    for (std::size_t writer = 0; writer < writers; ++writer)
        threads.emplace_back([&, writer] {
            for (std::uint64_t round = 1; !stop.load(std::memory_order_relaxed); ++round) {
                auto const guard = heap.mutate();
                auto const pair = round % pairs;
                data[left(writer, pair)] = round;
                if (round % 7 == 0) {
                    // Allocation is part of what must be whole.
                    auto allocator = heap.allocator<std::uint64_t>();
                    auto const block = allocator.allocate(100 + round % 50);
                    block[0] = round;
                    allocator.deallocate(block, 100 + round % 50);
                }
                data[right(writer, pair)] = round;
                rounds_done.fetch_add(1, std::memory_order_relaxed);
            }
        });

    auto const offset = [&](std::size_t index) {
        return static_cast<std::size_t>(reinterpret_cast<std::byte const*>(&data[index]) - heap.bytes().data());
    };
    std::vector<still::snapshot> kept;
    auto const check = [&](still::snapshot const& seen) {
        for (std::size_t writer = 0; writer < writers; ++writer)
            for (std::size_t pair = 0; pair < pairs; ++pair)
                ASSERT_EQ(seen.load<std::uint64_t>(offset(left(writer, pair))),
                    seen.load<std::uint64_t>(offset(right(writer, pair))));
    };
    for (int round = 0; round < 150; ++round) {
        // The writers get in between.
        auto const done = rounds_done.load(std::memory_order_relaxed);
        while (rounds_done.load(std::memory_order_relaxed) < done + 3)
            std::this_thread::yield();
        auto seen = heap.snapshot();
        check(seen);
        if (round % 10 == 3)
            heap.restore(kept[static_cast<std::size_t>(round) * 7 % kept.size()]);
        kept.push_back(std::move(seen));
    }
    stop = true;
    for (auto& thread : threads)
        thread.join();
    for (auto const& seen : kept)
        check(seen);
    EXPECT_TRUE(heap.validate()) << heap.validate();
    for (std::size_t i = 1; i < kept.size(); ++i)
        EXPECT_FALSE(kept[i].same_root(kept[i - 1]));
}

// As many pages as take several rounds to copy, so that most of them are copied ahead, some of them torn.
TEST_P(torn_cuts, are_never_seen_where_pages_are_copied_ahead)
{
    constexpr std::size_t places = 600;
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.resize(places * 1024);
    std::atomic<bool> stop{ false };
    std::vector<std::thread> threads;
    for (std::uint64_t writer = 0; writer < writers; ++writer)
        threads.emplace_back([&, writer] {
            for (std::uint64_t round = 1; !stop.load(std::memory_order_relaxed); ++round) {
                auto const guard = heap.mutate();
                auto const place = (round * 7919 % (places / 2) * 2 + writer) * 1024;
                data[place] = round;
                data[place + 300] = round;
                data[place + 800] = round;
            }
        });
    auto const offset = static_cast<std::size_t>(reinterpret_cast<std::byte const*>(data.data()) - heap.bytes().data());
    std::vector<still::snapshot> kept;
    std::size_t ahead = 0;
    for (int round = 0; round < 25; ++round) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        kept.push_back(heap.snapshot());
        ahead += heap.statistics().pages_copied_ahead;
        EXPECT_GE(kept.back().total(), kept.back().pause());
    }
    stop = true;
    for (auto& thread : threads)
        thread.join();
    EXPECT_GT(ahead, places);
    for (auto const& seen : kept)
        for (std::size_t place = 0; place < places; ++place) {
            auto const at = offset + place * 1024 * sizeof(std::uint64_t);
            auto const first = seen.load<std::uint64_t>(at);
            ASSERT_EQ(first, seen.load<std::uint64_t>(at + 300 * sizeof(std::uint64_t)));
            ASSERT_EQ(first, seen.load<std::uint64_t>(at + 800 * sizeof(std::uint64_t)));
        }
    EXPECT_TRUE(same(content(heap.snapshot()), copy(heap.bytes())));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(torn_cuts, readers_of_mappings_are_not_disturbed)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.resize(16 * 512);
    std::vector<std::thread> readers;
    std::atomic<int> faults{ 0 };
    for (std::uint64_t round = 1; round <= 40; ++round) {
        {
            auto const guard = heap.mutate();
            std::fill(data.begin(), data.end(), round);
        }
        readers.emplace_back([&faults, round, seen = heap.snapshot()] {
            auto const mapped = seen.map();
            auto const& then = *mapped.find<numbers>("data");
            for (auto const value : then)
                faults += value == round ? 0 : 1;
        });
        if (readers.size() == 4) {
            for (auto& reader : readers)
                reader.join();
            readers.clear();
        }
    }
    for (auto& reader : readers)
        reader.join();
    EXPECT_EQ(faults, 0);
}

} // namespace
} // namespace still_test
