// SPDX-License-Identifier: BSL-1.0
//
// Versions that share nodes, read, derived from and dropped on several threads at once. The thread
// sanitizer sees what the assertions can't.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "frame_pool.hpp"
#include "live_count.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;
using still::page_index;
using table = still::page_table<still::frame, test_policy>;

/// Each frame names its page, so that a reader can tell a wrong or torn one.
void expect_frames_in_place(table const& seen)
{
    for (auto [index, slot] : seen)
        ASSERT_EQ(slot.bytes()[0], std::byte{ static_cast<std::uint8_t>(index % 251) });
}

still::frame frame_for(frame_pool& pool, page_index index)
{
    std::byte const name{ static_cast<std::uint8_t>(index % 251) };
    return pool.make(std::span(&name, 1));
}

TEST(page_table_threads, read_derive_and_drop_shared_versions)
{
    static constexpr page_index pages = 300;
    frame_pool pool;
    live_count const seen;
    {
        table base;
        for (page_index i = 0; i < pages; ++i)
            base = std::move(base).assign(i * 7, frame_for(pool, i * 7));
        std::vector<std::thread> threads;
        threads.reserve(4);
        for (unsigned id = 0; id < 4; ++id) {
            threads.emplace_back([&pool, mine = base, id]() mutable {
                std::mt19937_64 random(id);
                auto const start = mine;
                for (int round = 0; round < 60; ++round) {
                    for (int i = 0; i < 10; ++i) {
                        auto const index = random() % (pages * 7);
                        mine = random() % 3 == 0 ? std::move(mine).erase(index)
                                                 : std::move(mine).assign(index, frame_for(pool, index));
                    }
                    expect_frames_in_place(mine);
                    std::uint64_t changes = 0;
                    diff(start, mine, [&](auto const&) { ++changes; });
                    EXPECT_LE(changes, 10U * 60U);
                    if (round % 8 == 7)
                        mine = start;
                }
                EXPECT_TRUE(validate(mine)) << validate(mine);
                EXPECT_EQ(start.size(), pages);
            });
        }
        base = {}; // the threads' versions keep what they share
        for (auto& thread : threads)
            thread.join();
    }
    EXPECT_EQ(pool.live(), 0);
    EXPECT_TRUE(seen.balanced());
}

/// One writer edits in place and publishes versions; readers take them, read, and drop the last owner
/// of many nodes while the writer asks whether it is alone.
TEST(page_table_threads, hand_versions_from_a_writer_to_readers)
{
    frame_pool pool;
    live_count const seen;
    {
        std::mutex gate;
        table published;
        std::atomic<bool> done{ false };
        std::vector<std::thread> readers;
        readers.reserve(2);
        for (int id = 0; id < 2; ++id) {
            readers.emplace_back([&] {
                while (!done) {
                    table taken;
                    {
                        std::lock_guard const lock(gate);
                        taken = published;
                    }
                    expect_frames_in_place(taken);
                }
            });
        }
        std::mt19937_64 random(99);
        table current;
        for (int cut = 0; cut < 200; ++cut) {
            for (int i = 0; i < 20; ++i) {
                auto const index = random() % 2'000;
                current = random() % 4 == 0 ? std::move(current).erase(index)
                                            : std::move(current).assign(index, frame_for(pool, index));
            }
            auto next = current;
            {
                std::lock_guard const lock(gate);
                published.swap(next);
            }
        }
        done = true;
        for (auto& reader : readers)
            reader.join();
        EXPECT_TRUE(validate(current)) << validate(current);
        EXPECT_EQ(current, published);
    }
    EXPECT_EQ(pool.live(), 0);
    EXPECT_TRUE(seen.balanced());
}

} // namespace
