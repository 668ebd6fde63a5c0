// SPDX-License-Identifier: BSL-1.0
//
// Banks under many threads: a limit is never exceeded, not even for a moment, and nobody is refused
// while there is room.

#include "still/bank.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

namespace {

void together(int threads, auto const& work)
{
    std::barrier start(threads);
    std::vector<std::thread> running;
    for (int which = 0; which < threads; ++which)
        running.emplace_back([&, which] {
            start.arrive_and_wait();
            work(which);
        });
    for (auto& thread : running)
        thread.join();
}

bool try_charge(still::bank const& bank, std::size_t bytes)
{
    try {
        bank.charge(bytes);
        return true;
    } catch (still::quota_exceeded const&) {
        return false;
    }
}

// All ask for more than there is together, and nobody gives back: exactly the limit must be handed out.
TEST(bank_race, one_limit_is_handed_out_to_the_byte)
{
    constexpr int threads = 64;
    constexpr std::size_t limit = 10'000;
    still::bank const root(limit);
    std::vector<still::bank> children;
    for (int i = 0; i < threads; ++i)
        children.push_back(root.child(limit).child(limit));
    std::atomic<std::size_t> paid{ 0 };
    together(threads, [&](int which) {
        auto const& mine = children[static_cast<std::size_t>(which)];
        while (try_charge(mine, 7)) {
            paid += 7;
            EXPECT_LE(root.usage(), limit);
        }
        while (try_charge(mine, 1)) {
            paid += 1;
            EXPECT_LE(root.usage(), limit);
        }
    });
    EXPECT_EQ(paid, limit);
    EXPECT_EQ(root.usage(), limit);
    std::size_t held = 0;
    for (auto const& child : children) {
        held += child.usage();
        child.refund(child.usage());
    }
    EXPECT_EQ(held, limit);
    EXPECT_EQ(root.usage(), 0U);
}

// Two threads never hold more than the limit together: neither may ever be refused.
TEST(bank_race, nobody_is_refused_while_there_is_room)
{
    still::bank const root(100);
    auto const child = root.child(50);
    together(2, [&](int which) {
        auto const& bank = which == 0 ? child : root;
        for (int n = 0; n < 20'000; ++n) {
            ASSERT_TRUE(try_charge(bank, 50));
            bank.refund(50);
        }
    });
    EXPECT_EQ(root.usage(), 0U);
}

// One thread keeps failing above (the root has no room for its 60), which must not be seen below as a
// full bank: the other's 50 always fit.
TEST(bank_race, a_charge_refused_above_takes_no_room_below)
{
    still::bank const root(100);
    auto between = root;
    for (int i = 0; i < 64; ++i) // a long climb, so that a charge stays unsettled for long
        between = between.child(100);
    auto const middle = between.child(80);
    auto const leaf = middle.child(80);
    root.charge(45);
    together(3, [&](int which) {
        for (int n = 0; n < 10'000; ++n) {
            if (which == 0) {
                ASSERT_TRUE(try_charge(leaf, 50));
                leaf.refund(50);
            } else {
                ASSERT_FALSE(try_charge(which == 1 ? leaf : middle, 60));
            }
        }
    });
    EXPECT_EQ(leaf.usage(), 0U);
    EXPECT_EQ(root.usage(), 45U);
    root.refund(45);
}

// The last thing charged and the last handle go at the same time, from different threads.
TEST(bank_race, a_record_goes_once)
{
    for (int round = 0; round < 1'000; ++round) {
        still::bank bank = still::bank(1000).child(1000);
        auto* const resource = bank.memory_resource();
        auto* const block = resource->allocate(16, 8);
        together(2, [&](int which) {
            if (which == 0)
                bank = still::bank();
            else
                resource->deallocate(block, 16, 8);
        });
    }
}

} // namespace
