// SPDX-License-Identifier: BSL-1.0
//
// Forwarders: what was lent is taken back, and nothing else is.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "probe.hpp"

namespace {

using namespace still_test;

class forwarders : public capability_test {
protected:
    still::granted<probe> mine = still::grant(probe(7), bank);
    probe_capability source = mine.capability();

    void TearDown() override
    {
        mine.revoke();
        capability_test::TearDown();
    }
};

TEST_F(forwarders, show_what_their_source_shows_until_revoked)
{
    auto [lent, revoker] = source.forward(bank);
    EXPECT_NE(lent, source);
    EXPECT_EQ(key_through(lent), 7);
    EXPECT_EQ(bank.usage(), grant_bytes + forward_bytes);
    revoker.revoke();
    EXPECT_FALSE(revoker);
    EXPECT_EQ(key_through(lent), says_revoked);
    EXPECT_EQ(key_through(source), 7);
    EXPECT_EQ(bank.usage(), grant_bytes);
}

TEST_F(forwarders, may_be_revoked_again)
{
    auto [lent, revoker] = source.forward(bank);
    revoker.revoke();
    // The slot is taken by others; a second revocation must not hit them.
    auto const next = source.forward(bank);
    revoker.revoke();
    auto moved = std::move(revoker);
    moved.revoke();
    EXPECT_EQ(key_through(next.capability), 7);
    EXPECT_EQ(key_through(lent), says_revoked);
}

TEST_F(forwarders, are_revoked_by_the_end_of_their_revoker)
{
    probe_capability lent;
    {
        auto const forwarder = source.forward(bank);
        lent = forwarder.capability;
        EXPECT_EQ(key_through(lent), 7);
    }
    EXPECT_EQ(key_through(lent), says_revoked);
}

TEST_F(forwarders, leave_siblings_alone)
{
    std::vector<still::forwarder<probe>> siblings;
    for (int i = 0; i < 8; ++i)
        siblings.push_back(source.forward(bank));
    siblings[3].revoker.revoke();
    for (std::size_t i = 0; i < siblings.size(); ++i)
        EXPECT_EQ(key_through(siblings[i].capability), i == 3 ? says_revoked : 7);
    EXPECT_EQ(key_through(source), 7);
}

TEST_F(forwarders, cut_everything_behind_them)
{
    std::vector<still::forwarder<probe>> chain;
    for (std::uint32_t i = 0; i < still::slots::most_forwarders; ++i)
        chain.push_back((chain.empty() ? source : chain.back().capability).forward(bank));
    EXPECT_EQ(key_through(chain.back().capability), 7);
    chain[20].revoker.revoke();
    for (std::size_t i = 0; i < chain.size(); ++i)
        EXPECT_EQ(key_through(chain[i].capability), i < 20 ? 7 : says_revoked) << i;
    // The revoked slot is taken by another: those behind must not come back to life.
    auto const taker = source.forward(bank);
    EXPECT_EQ(key_through(taker.capability), 7);
    EXPECT_EQ(key_through(chain[21].capability), says_revoked);
    EXPECT_EQ(key_through(chain.back().capability), says_revoked);
}

// What a thread remembers of a way mustn't outlast it.
TEST_F(forwarders, are_cut_where_a_thread_has_just_come_through)
{
    for (std::size_t const cut : { 0U, 5U, 9U }) {
        std::vector<still::forwarder<probe>> chain;
        for (int i = 0; i < 10; ++i)
            chain.push_back((chain.empty() ? source : chain.back().capability).forward(bank));
        for (int times = 0; times < 3; ++times)
            EXPECT_EQ(key_through(chain.back().capability), 7);
        chain[cut].revoker.revoke();
        EXPECT_EQ(key_through(chain.back().capability), says_revoked);
    }
}

TEST_F(forwarders, are_all_cut_by_the_end_of_the_grant)
{
    auto const first = source.forward(bank);
    auto const second = first.capability.forward(bank);
    mine.revoke();
    EXPECT_EQ(key_through(first.capability), says_revoked);
    EXPECT_EQ(key_through(second.capability), says_revoked);
    // Another grant takes the slot, with another version.
    auto const other = still::grant(probe(8), bank);
    EXPECT_EQ(key_through(second.capability), says_revoked);
}

TEST_F(forwarders, are_paid_for_by_whoever_buys_them)
{
    still::bank const buyer(10 * forward_bytes);
    {
        auto const lent = source.forward(buyer);
        EXPECT_EQ(buyer.usage(), forward_bytes);
        EXPECT_EQ(bank.usage(), grant_bytes);
    }
    EXPECT_EQ(buyer.usage(), 0U);
}

// Delegating without end fills only the delegator's own bank, and is capped in depth.
TEST_F(forwarders, are_capped_in_depth_and_by_their_bank)
{
    still::bank const delegator(1'000'000);
    std::vector<still::forwarder<probe>> chain;
    auto const deepen = [&] {
        for (;;)
            chain.push_back((chain.empty() ? source : chain.back().capability).forward(delegator));
    };
    EXPECT_THROW(deepen(), std::length_error);
    EXPECT_EQ(chain.size(), still::slots::most_forwarders);
    EXPECT_EQ(delegator.usage(), chain.size() * forward_bytes);
    auto const widen = [&] {
        for (;;)
            chain.push_back(source.forward(delegator));
    };
    EXPECT_THROW(widen(), still::quota_exceeded);
    EXPECT_EQ(chain.size(), 1'000'000 / forward_bytes);
    EXPECT_EQ(bank.usage(), grant_bytes);
    chain.clear();
    EXPECT_EQ(delegator.usage(), 0U);
    EXPECT_EQ(key_through(source), 7);
}

TEST_F(forwarders, behind_what_does_not_open_are_born_dead)
{
    auto [lent, revoker] = source.forward(bank);
    revoker.revoke();
    auto const dead = lent.forward(bank);
    EXPECT_TRUE(dead.capability);
    EXPECT_EQ(key_through(dead.capability), says_revoked);
    auto const behind_null = probe_capability().forward(bank);
    EXPECT_EQ(key_through(behind_null.capability), says_revoked);
    auto const behind_dead = dead.capability.forward(bank);
    EXPECT_EQ(key_through(behind_dead.capability), says_revoked);
    // Also when the slot has been taken by another meanwhile.
    auto const taker = source.forward(bank);
    EXPECT_EQ(key_through(dead.capability), says_revoked);
    EXPECT_EQ(key_through(taker.capability), 7);
}

TEST_F(forwarders, may_be_revoked_under_a_lease_on_themselves)
{
    auto [lent, revoker] = source.forward(bank);
    {
        auto const lease = lent.open();
        ASSERT_TRUE(lease);
        revoker.revoke();
        EXPECT_EQ(key_through(lent), says_revoked);
        EXPECT_EQ((*lease)->key(), 7);
        mine.revoke();
        EXPECT_EQ((*lease)->key(), 7);
    }
    EXPECT_EQ(bank.usage(), 0U);
}

TEST_F(forwarders, are_released_with_the_bank_full)
{
    auto [lent, revoker] = source.forward(bank);
    auto const rest = bank.limit() - bank.usage();
    bank.charge(rest);
    revoker.revoke();
    EXPECT_EQ(key_through(lent), says_revoked);
    mine.revoke();
    EXPECT_EQ(bank.usage(), rest);
    bank.refund(rest);
}

// What a component passed on by copy survives it; what it lent through a forwarder of its own ends with it.
TEST_F(forwarders, end_with_the_component_that_bought_them_and_copies_do_not)
{
    probe_capability by_copy;
    probe_capability by_forwarder;
    std::thread([&, given = source] {
        by_copy = given;
        auto const forwarder = given.forward(bank);
        by_forwarder = forwarder.capability;
        EXPECT_EQ(key_through(by_forwarder), 7);
    }).join();
    EXPECT_EQ(key_through(by_copy), 7);
    EXPECT_EQ(key_through(by_forwarder), says_revoked);
}

// A holder that keeps its lease stops neither a revocation nor the next opener's error.
TEST_F(forwarders, are_revoked_whoever_holds_a_lease)
{
    auto [lent, revoker] = source.forward(bank);
    auto const lease = lent.open();
    std::thread([&taker = revoker] { taker.revoke(); }).join();
    EXPECT_EQ(key_through(lent), says_revoked);
    EXPECT_EQ((*lease)->key(), 7);
}

} // namespace
