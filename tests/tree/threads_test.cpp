// SPDX-License-Identifier: BSL-1.0
//
// Versions that share nodes, read, made and dropped by several threads at once.

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "live_count.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

namespace {

using namespace still_test;

TEST(tree_threads, descendants_are_made_and_dropped_while_the_ancestor_is_read)
{
    live_count const seen;
    {
        using tree = still::map<int, int, std::less<>, tiny_policy>;
        tree ancestor;
        for (int key = 0; key < 600; ++key)
            ancestor = std::move(ancestor).insert(key, key);
        std::atomic<int> wrong{ 0 };
        auto const work = [&](unsigned seed) {
            std::mt19937 random(seed);
            auto mine = ancestor;
            for (int round = 0; round < 400; ++round) {
                auto const key = static_cast<int>(random() % 700);
                auto const next = mine.insert_or_assign(key, -1);
                if (ancestor.contains(key) != (key < 600) || next.at(key) != -1)
                    ++wrong;
                mine = round % 7 == 0 ? ancestor : next;
                if (round % 50 == 0) {
                    long sum = 0;
                    for (auto const& [at, value] : ancestor)
                        sum += value;
                    if (sum != 600 * 599 / 2 || !(set_union(ancestor, next).size() >= 600))
                        ++wrong;
                }
            }
        };
        std::vector<std::thread> threads;
        for (unsigned seed = 1; seed <= 4; ++seed)
            threads.emplace_back(work, seed);
        for (auto& thread : threads)
            thread.join();
        EXPECT_EQ(wrong, 0);
        EXPECT_TRUE(validate(ancestor));
    }
    EXPECT_TRUE(seen.balanced());
}

TEST(tree_threads, whoever_drops_the_last_version_frees_it_once)
{
    live_count const seen;
    using tree = still::set<int, std::less<>, tiny_policy>;
    for (int round = 0; round < 60; ++round) {
        tree shared;
        for (int key = 0; key < 100; ++key)
            shared = std::move(shared).insert(key);
        std::atomic<int> ready{ 0 };
        std::vector<std::thread> threads;
        for (int index = 0; index < 3; ++index)
            threads.emplace_back([&ready, mine = shared.insert(1'000 + index)]() mutable {
                ++ready;
                while (ready < 4)
                    std::this_thread::yield();
                mine = tree();
            });
        ++ready;
        while (ready < 4)
            std::this_thread::yield();
        shared = tree();
        for (auto& thread : threads)
            thread.join();
    }
    EXPECT_TRUE(seen.balanced());
}

} // namespace
