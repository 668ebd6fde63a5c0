// SPDX-License-Identifier: BSL-1.0
//
// Banks as a tree: which are verified, reduced, removed and destroyed, and what the others see of it.

#include "still/bank.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

// A bank of the same limit and use is no bank of ours.
TEST(bank_verify, knows_its_own_from_look_alikes)
{
    still::bank const official(1000);
    auto const child = official.child(500);
    auto const grandchild = child.child(500);
    still::bank const counterfeit(1000);
    auto const below_it = counterfeit.child(500);
    EXPECT_TRUE(official.verify(official));
    EXPECT_TRUE(official.verify(child));
    EXPECT_TRUE(official.verify(grandchild));
    EXPECT_TRUE(child.verify(grandchild));
    EXPECT_FALSE(official.verify(counterfeit));
    EXPECT_FALSE(official.verify(below_it));
    EXPECT_FALSE(child.verify(official)) << "the bank above isn't below";
    EXPECT_FALSE(official.verify(still::bank()));
    EXPECT_THROW(static_cast<void>(still::bank().verify(official)), std::logic_error);
    for (auto const* bank : { &official, &child, &grandchild, &counterfeit, &below_it })
        EXPECT_EQ(bank->usage(), 0U) << "verifying charges nothing";
}

TEST(bank_verify, is_false_for_a_bank_that_pays_no_more)
{
    still::bank const official(1000);
    auto const removed = official.child(500);
    auto const destroyed = official.child(500);
    official.remove(removed);
    destroyed.destroy();
    EXPECT_FALSE(official.verify(removed));
    EXPECT_FALSE(official.verify(destroyed));
    EXPECT_FALSE(destroyed.verify(destroyed));
}

TEST(bank_reduce, lowers_the_limit_to_what_is_used_at_most)
{
    still::bank const root(1000);
    auto const child = root.child(800);
    child.charge(300);
    EXPECT_EQ(child.reduce(500), 500U);
    EXPECT_EQ(child.limit(), 500U);
    EXPECT_EQ(child.reduce(700), 500U) << "a limit is never raised";
    EXPECT_EQ(child.reduce(100), 300U) << "what was paid for stays";
    EXPECT_EQ(child.usage(), 300U);
    EXPECT_THROW(child.charge(1), still::quota_exceeded);
    EXPECT_EQ(child.usage(), 300U) << "to the byte";
    child.refund(50);
    child.charge(50);
    EXPECT_THROW(child.charge(1), still::quota_exceeded);
    child.refund(300);
    EXPECT_EQ(root.usage(), 0U);
    EXPECT_EQ(root.limit(), 1000U);
}

// One thread reduces while others charge: whoever looks sees no use above a limit that was returned before.
TEST(bank_reduce, holds_at_once_for_every_thread)
{
    for (int round = 0; round < 50; ++round) {
        still::bank const bank(1'000'000);
        std::atomic<std::size_t> limit{ 1'000'000 };
        std::atomic<bool> stop{ false };
        std::vector<std::thread> chargers;
        std::atomic<std::size_t> held{ 0 };
        for (int i = 0; i < 2; ++i)
            chargers.emplace_back([&] {
                while (!stop)
                    try {
                        auto const most = limit.load();
                        bank.charge(7);
                        held += 7;
                        auto const used = bank.usage();
                        if (used > most)
                            ADD_FAILURE() << used << " used, above the limit of " << most;
                    } catch (still::quota_exceeded const&) {
                        stop = true;
                    }
            });
        for (int i = 0; i < 200 && !stop; ++i)
            limit = bank.reduce(limit - 1000);
        limit = bank.reduce(0);
        for (auto& thread : chargers)
            thread.join();
        EXPECT_EQ(bank.usage(), held);
        EXPECT_LE(bank.usage(), bank.limit());
        if (held > 0)
            bank.refund(held);
    }
}

TEST(bank_remove, needs_the_bank_directly_above)
{
    still::bank const root(1000);
    auto const child = root.child(500);
    auto const grandchild = child.child(400);
    still::bank const other(1000);
    child.charge(100);
    EXPECT_THROW(child.remove(child), std::invalid_argument) << "a bank dumps nothing on the one above";
    EXPECT_THROW(grandchild.remove(child), std::invalid_argument);
    EXPECT_THROW(other.remove(child), std::invalid_argument);
    EXPECT_THROW(root.remove(grandchild), std::invalid_argument);
    EXPECT_THROW(root.remove(root), std::invalid_argument);
    EXPECT_THROW(root.remove(still::bank()), std::logic_error);
    child.charge(100);
    EXPECT_EQ(root.usage(), 200U);
    root.remove(child);
    EXPECT_THROW(child.charge(1), still::bank_destroyed);
    EXPECT_THROW(static_cast<void>(child.child(1)), still::bank_destroyed);
    EXPECT_EQ(root.usage(), 200U) << "what it paid for is the bank's above now";
    grandchild.charge(300);
    EXPECT_EQ(root.usage(), 500U) << "what is below goes on";
    EXPECT_THROW(grandchild.charge(1), still::quota_exceeded);
    grandchild.refund(300);
    child.refund(200);
    EXPECT_EQ(root.usage(), 0U);
}

TEST(bank_destroy, ends_charging_in_it_and_below_it_only)
{
    still::bank const root(1000);
    auto const sibling = root.child(500);
    auto const doomed = root.child(500);
    auto const below = doomed.child(400);
    auto const beside = doomed.child(400);
    auto const deep = below.child(300);
    auto const last = beside.child(300);
    deep.charge(10);
    auto const report = doomed.destroy();
    EXPECT_EQ(report.bytes, 10U);
    EXPECT_EQ(report.leases, 0U);
    for (auto const* bank : { &doomed, &below, &beside, &deep, &last }) {
        EXPECT_THROW(bank->charge(1), still::bank_destroyed);
        EXPECT_THROW(static_cast<void>(bank->child(1)), still::bank_destroyed);
        EXPECT_THROW(static_cast<void>(bank->memory_resource()->allocate(8)), still::bank_destroyed);
        EXPECT_FALSE(root.verify(*bank));
    }
    EXPECT_EQ(root.usage(), 10U) << "what is still there counts above";
    sibling.charge(500);
    root.charge(490);
    EXPECT_THROW(root.charge(1), still::quota_exceeded);
    deep.refund(10);
    EXPECT_EQ(doomed.usage(), 0U);
    EXPECT_EQ(doomed.destroy().bytes, 0U);
    sibling.refund(500);
    root.refund(490);
    EXPECT_EQ(root.usage(), 0U);
}

TEST(bank_destroy, of_an_only_bank_and_of_none)
{
    still::bank const root(1000);
    root.charge(5);
    EXPECT_EQ(root.destroy().bytes, 5U);
    EXPECT_THROW(root.charge(1), still::bank_destroyed);
    root.refund(5);
    EXPECT_THROW(static_cast<void>(still::bank().destroy()), std::logic_error);
}

// Charges and refunds run against a destruction: whatever was granted is refunded, and none is granted after it.
TEST(bank_destroy, races_with_charges)
{
    for (int round = 0; round < 300; ++round) {
        still::bank const root(1'000'000);
        auto const doomed = root.child(1'000'000);
        auto const below = doomed.child(1'000'000);
        std::atomic<bool> destroyed{ false };
        std::thread charger([&] {
            for (;;) {
                auto const before = destroyed.load();
                try {
                    below.charge(8);
                } catch (still::bank_destroyed const&) {
                    return;
                }
                if (before)
                    ADD_FAILURE() << "charged after the destruction";
                below.refund(8);
            }
        });
        std::this_thread::yield();
        doomed.destroy();
        destroyed = true;
        charger.join();
        EXPECT_EQ(root.usage(), 0U);
    }
}

// A model of the tree: usage is what was charged here and below; a charge is granted exactly when all have room and
// the payer stands.
RC_GTEST_PROP(bank_tree, agrees_with_a_model, ())
{
    struct entry {
        still::bank bank;
        std::optional<std::size_t> parent;
        std::size_t limit;
        std::size_t own = 0;
        bool removed = false;
        bool destroyed = false;
    };
    std::vector<entry> banks{ { still::bank(1000), {}, 1000 } };
    auto const below = [&](std::size_t which, std::size_t top) {
        for (std::optional<std::size_t> at = which; at; at = banks[*at].parent)
            if (*at == top)
                return true;
        return false;
    };
    auto const usage = [&](std::size_t top) {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < banks.size(); ++i)
            sum += below(i, top) ? banks[i].own : 0;
        return sum;
    };
    std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
    auto const draw = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    for (int step = 0; step < 150; ++step) {
        auto const which = draw(banks.size());
        auto& chosen = banks[which];
        auto const closed = chosen.removed || chosen.destroyed;
        auto const bytes = draw(400);
        switch (draw(12)) {
        case 0:
            if (banks.size() == 12)
                break;
            if (closed) {
                RC_ASSERT_THROWS_AS(static_cast<void>(chosen.bank.child(bytes)), still::bank_destroyed);
            } else {
                auto made = chosen.bank.child(bytes + 100);
                banks.push_back({ std::move(made), which, bytes + 100 });
            }
            break;
        case 1: {
            auto const limit = std::min(chosen.limit, std::max(bytes, usage(which)));
            RC_ASSERT(chosen.bank.reduce(bytes) == limit);
            chosen.limit = limit;
            break;
        }
        case 2:
            if (which != 0 && draw(3) == 0) {
                banks[*chosen.parent].bank.remove(chosen.bank);
                chosen.removed = true;
            }
            break;
        case 3:
            if (which != 0 && draw(3) == 0) {
                RC_ASSERT(chosen.bank.destroy().bytes == usage(which));
                for (std::size_t i = 0; i < banks.size(); ++i)
                    if (below(i, which))
                        banks[i].destroyed = true;
            }
            break;
        case 4:
        case 5:
        case 6:
            if (chosen.own > 0) {
                auto const part = 1 + draw(chosen.own);
                chosen.bank.refund(part);
                chosen.own -= part;
            }
            break;
        default:
            bool room = true;
            for (std::optional<std::size_t> at = which; at; at = banks[*at].parent)
                room = room && bytes <= banks[*at].limit - usage(*at);
            if (bytes == 0)
                break;
            if (closed) {
                RC_ASSERT_THROWS_AS(chosen.bank.charge(bytes), std::bad_alloc);
            } else if (!room) {
                RC_ASSERT_THROWS_AS(chosen.bank.charge(bytes), still::quota_exceeded);
            } else {
                chosen.bank.charge(bytes);
                chosen.own += bytes;
            }
        }
        for (std::size_t i = 0; i < banks.size(); ++i) {
            RC_ASSERT(banks[i].bank.usage() == usage(i));
            RC_ASSERT(banks[i].bank.limit() == banks[i].limit);
            RC_ASSERT(banks[0].bank.verify(banks[i].bank) == (!banks[i].removed && !banks[i].destroyed));
        }
    }
    for (auto& bank : banks)
        if (bank.own > 0)
            bank.bank.refund(bank.own);
    RC_ASSERT(banks[0].bank.usage() == 0U);
}

} // namespace
