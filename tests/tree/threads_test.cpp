// SPDX-License-Identifier: BSL-1.0
//
// Versions that share nodes, read, made and dropped by several threads at once.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
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

/// Many versions that overlap, each thread with copies of all: they are dropped in different orders at once,
/// while each thread edits copies of its own in place and reads what is left.
TEST(tree_threads, overlapping_versions_are_dropped_edited_and_read_at_once)
{
    live_count const seen;
    using tree = still::map<int, int, std::less<>, tiny_policy>;
    constexpr int versions = 12;
    constexpr int size = 150;
    std::atomic<int> wrong{ 0 };
    for (unsigned round = 0; round < 25; ++round) {
        std::vector<tree> all(1);
        for (int key = 0; key < size; ++key)
            all[0] = std::move(all[0]).insert(key, key);
        for (int version = 1; version < versions; ++version)
            all.push_back(all.back().erase(version * 11).insert(1'000 + version, version));
        auto const sum_of = [](tree const& of) {
            long sum = 0;
            for (auto const& [key, value] : of)
                sum += value;
            return sum;
        };
        std::vector<long> sums;
        for (auto const& version : all)
            sums.push_back(sum_of(version));
        std::atomic<int> ready{ 0 };
        constexpr int workers = 4;
        std::vector<std::thread> threads;
        for (unsigned worker = 0; worker < workers; ++worker)
            threads.emplace_back([&, mine = all, random = std::mt19937(round * workers + worker)]() mutable {
                ++ready;
                while (ready <= workers) // the last to come is who made them, without its own copies
                    std::this_thread::yield();
                std::vector<std::size_t> order(mine.size());
                std::iota(order.begin(), order.end(), 0u);
                std::shuffle(order.begin(), order.end(), random);
                for (auto const at : order) {
                    auto edited = mine[at];
                    for (int edits = 0; edits < 3; ++edits)
                        edited = std::move(edited).insert_or_assign(static_cast<int>(random() % size), -1);
                    auto const left = order[random() % order.size()];
                    if (!validate(edited) || sum_of(mine[at]) != sums[at]
                        || (!mine[left].empty() && sum_of(mine[left]) != sums[left]))
                        ++wrong;
                    mine[at] = tree();
                }
            });
        all.clear();
        ++ready;
        for (auto& thread : threads)
            thread.join();
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_TRUE(seen.balanced());
}

} // namespace
