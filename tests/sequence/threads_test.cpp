// SPDX-License-Identifier: BSL-1.0
//
// Versions that share chunks, read, derived from and dropped on several threads at once. The thread sanitizer sees what
// the assertions can't.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "vector_model.hpp"

namespace {

using namespace still_test;
using numbers = still::vector<std::size_t, tiny_policy>;

/// Each element names its index, so that a reader can tell a wrong or torn one.
void expect_numbers_in_place(numbers const& seen)
{
    std::size_t index = 0;
    for (auto const element : seen)
        ASSERT_EQ(element % 10'000, index++);
}

TEST(vector_threads, read_derive_and_drop_shared_versions)
{
    live_count const seen;
    {
        numbers base;
        for (std::size_t i = 0; i < 500; ++i)
            base = std::move(base).push_back(i);
        std::vector<std::thread> threads;
        threads.reserve(4);
        for (unsigned id = 0; id < 4; ++id) {
            threads.emplace_back([mine = base, id]() mutable {
                std::mt19937_64 random(id);
                auto const start = mine;
                for (int round = 0; round < 60; ++round) {
                    for (int i = 0; i < 10; ++i) {
                        auto const index = random() % mine.size();
                        auto const chance = random() % 4;
                        mine = chance == 0 ? std::move(mine).push_back(mine.size())
                            : chance == 1  ? std::move(mine).pop_back()
                                           : std::move(mine).assign(index, index + random() % 3 * 10'000);
                    }
                    expect_numbers_in_place(mine);
                    diff(start, mine, [&](auto const& one) { EXPECT_LT(one.index, 1'200U); });
                    if (round % 8 == 7)
                        mine = start;
                }
                EXPECT_TRUE(validate(mine)) << validate(mine);
                EXPECT_EQ(start.size(), 500U);
            });
        }
        base = {}; // the threads' versions keep what they share
        for (auto& thread : threads)
            thread.join();
    }
    EXPECT_TRUE(seen.balanced());
}

/// One writer edits in place and publishes versions; readers take them, read, and drop the last owner of many chunks
/// while the writer asks whether it is alone.
TEST(vector_threads, hand_versions_from_a_writer_to_readers)
{
    live_count const seen;
    {
        std::mutex gate;
        numbers published;
        std::atomic<bool> done{ false };
        std::vector<std::thread> readers;
        readers.reserve(2);
        for (int id = 0; id < 2; ++id) {
            readers.emplace_back([&] {
                while (!done) {
                    numbers taken;
                    {
                        std::lock_guard const lock(gate);
                        taken = published;
                    }
                    expect_numbers_in_place(taken);
                }
            });
        }
        std::mt19937_64 random(99);
        numbers current;
        for (int cut = 0; cut < 200; ++cut) {
            for (int i = 0; i < 20; ++i) {
                if (current.size() < 100 || random() % 3 == 0) {
                    current = std::move(current).push_back(current.size());
                } else {
                    auto const index = random() % current.size();
                    current = std::move(current).assign(index, index + random() % 5 * 10'000);
                }
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
    EXPECT_TRUE(seen.balanced());
}

} // namespace
