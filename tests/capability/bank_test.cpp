// SPDX-License-Identifier: BSL-1.0
//
// Destroying a bank: it takes back the grants and forwarders that it paid for, and nobody else's, under open leases
// and races too, and tells what is still there.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <future>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "probe.hpp"
#include "still/map.hpp"

namespace {

using namespace still_test;

class destroyed_banks : public capability_test { };

TEST_F(destroyed_banks, take_back_what_they_paid_for)
{
    auto const doomed = bank.child(1U << 16U);
    auto const below = doomed.child(1U << 15U);
    auto mine = still::grant(probe(1), doomed);
    auto deeper = still::grant(probe(2), below);
    auto others = still::grant(probe(3), bank);
    auto lent = others.capability().forward(doomed);
    auto lent_on = mine.capability().forward(bank);

    auto const report = doomed.destroy();
    EXPECT_EQ(report.grants, 3U);
    EXPECT_EQ(report.leases, 0U);
    EXPECT_EQ(report.bytes, 0U);
    EXPECT_EQ(doomed.usage(), 0U) << "now, whatever their owners keep";
    EXPECT_EQ(key_through(mine.capability()), says_bank_destroyed);
    EXPECT_EQ(key_through(deeper.capability()), says_bank_destroyed);
    EXPECT_EQ(key_through(lent.capability), says_bank_destroyed);
    EXPECT_EQ(key_through(lent_on.capability), says_bank_destroyed) << "what it rests on is gone";
    EXPECT_EQ(key_through(others.capability()), 3) << "another bank's grant";
    EXPECT_EQ(bank.usage(), grant_bytes + forward_bytes);
    EXPECT_THROW(static_cast<void>(still::grant(probe(4), doomed)), still::bank_destroyed);
    EXPECT_THROW(static_cast<void>(others.capability().forward(below)), still::bank_destroyed);
    EXPECT_EQ(bank.usage(), grant_bytes + forward_bytes);

    // Their owners' ends come late, and do nothing: also when the slots are others' by then.
    std::vector<still::granted<probe>> newcomers;
    for (int i = 0; i < 8; ++i)
        newcomers.push_back(still::grant(probe(10 + i), bank));
    mine.revoke();
    deeper = still::granted<probe>();
    lent.revoker.revoke();
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(key_through(newcomers[static_cast<std::size_t>(i)].capability()), 10 + i);
}

TEST_F(destroyed_banks, leave_what_a_lease_names_until_it_ends)
{
    auto const doomed = bank.child(1U << 16U);
    auto mine = still::grant(probe(1), doomed);
    auto unread = still::grant(probe(2), doomed);
    {
        auto const lease = mine.capability().open();
        ASSERT_TRUE(lease);
        auto const report = doomed.destroy();
        EXPECT_EQ(report.grants, 2U);
        EXPECT_EQ(report.leases, 1U);
        ASSERT_EQ(report.holder_count, 1U);
        EXPECT_EQ(report.holders[0], std::this_thread::get_id());
        EXPECT_EQ(report.bytes, grant_bytes - still::slots::slot_bytes);
        EXPECT_EQ(bank.usage(), report.bytes) << "counted above while it lasts";
        EXPECT_EQ((*lease)->key(), 1);
        EXPECT_EQ(key_through(mine.capability()), says_bank_destroyed);
    }
    EXPECT_EQ(bank.usage(), 0U);
}

TEST_F(destroyed_banks, name_the_threads_that_hold_on)
{
    auto const doomed = bank.child(1U << 16U);
    auto mine = still::grant(probe(1), doomed);
    std::promise<std::thread::id> opened;
    std::promise<void> finish;
    std::thread reader([&, capability = mine.capability()] {
        auto const lease = capability.open();
        auto const again = capability.open();
        opened.set_value(std::this_thread::get_id());
        finish.get_future().wait();
    });
    auto const holder = opened.get_future().get();
    auto const report = doomed.destroy();
    finish.set_value();
    reader.join();
    EXPECT_EQ(report.leases, 2U);
    ASSERT_EQ(report.holder_count, 1U);
    EXPECT_EQ(report.holders[0], holder);
}

TEST_F(destroyed_banks, name_leases_on_what_was_replaced_or_taken_back_before)
{
    auto const doomed = bank.child(1U << 16U);
    auto const below = doomed.child(1U << 15U);
    auto mine = still::grant(probe(1), below);
    auto others = still::grant(probe(2), bank);
    auto const cell = still::atom<probe>(probe(3), doomed);
    auto const others_cell = still::atom<probe>(probe(4), bank);
    {
        auto const first = mine.capability().open();
        auto const second = others.capability().open();
        auto const third = cell.capability().open();
        auto const fourth = others_cell.capability().open();
        mine.revoke();
        others.revoke();
        cell.store(probe(5));
        others_cell.store(probe(6));
        auto const fifth = cell.capability().open();
        auto const report = doomed.destroy();
        EXPECT_EQ(report.grants, 1U);
        EXPECT_EQ(report.leases, 3U) << "of the first, the third and the fifth";
        EXPECT_EQ(report.bytes, 3 * (grant_bytes - still::slots::slot_bytes));
        ASSERT_EQ(report.holder_count, 1U);
        EXPECT_EQ(report.holders[0], std::this_thread::get_id());
        EXPECT_EQ(bank.child(1U << 10U).destroy().leases, 0U);
    }
    EXPECT_EQ(doomed.usage(), 0U);
    EXPECT_EQ(doomed.destroy().leases, 0U);
}

TEST_F(destroyed_banks, leave_versions_that_are_held_by_value)
{
    using map = still::map<int, int, std::less<>, still::charged_policy>;
    auto const doomed = bank.child(1U << 20U);
    auto held = map(doomed);
    for (int i = 0; i < 100; ++i)
        held = std::move(held).insert_or_assign(i, i);
    auto mine = still::grant(map(held), doomed);
    auto const before = bank.usage();
    auto const report = doomed.destroy();
    EXPECT_GT(report.bytes, 0U);
    EXPECT_LT(report.bytes, before);
    EXPECT_EQ(bank.usage(), report.bytes);
    EXPECT_EQ(held.at(42), 42);
    EXPECT_THROW(static_cast<void>(held.insert_or_assign(1000, 1)), still::bank_destroyed);
    EXPECT_EQ(held.size(), 100U);
    held = map(bank);
    EXPECT_EQ(bank.usage(), 0U);
}

TEST_F(destroyed_banks, may_be_destroyed_again_and_by_the_bank_above)
{
    auto const above = bank.child(1U << 16U);
    auto const doomed = above.child(1U << 15U);
    auto mine = still::grant(probe(1), doomed);
    auto kept = still::grant(probe(2), above);
    EXPECT_EQ(doomed.destroy().grants, 1U);
    EXPECT_EQ(doomed.destroy().grants, 0U);
    EXPECT_EQ(key_through(kept.capability()), 2);
    EXPECT_EQ(above.destroy().grants, 1U);
    EXPECT_EQ(key_through(kept.capability()), says_bank_destroyed);
}

TEST_F(destroyed_banks, when_removed_go_on_showing_what_they_granted)
{
    auto const child = bank.child(1U << 16U);
    auto mine = still::grant(probe(1), child);
    bank.remove(child);
    EXPECT_EQ(key_through(mine.capability()), 1);
    EXPECT_THROW(static_cast<void>(still::grant(probe(2), child)), still::bank_destroyed);
    EXPECT_EQ(bank.usage(), grant_bytes);
    mine.revoke();
    EXPECT_EQ(bank.usage(), 0U);
}

// A version whose end destroys a bank, under a destruction.
struct ends_a_bank {
    ends_a_bank(int number, still::bank other) noexcept
        : key(number)
        , bank(std::move(other))
    {
    }
    ends_a_bank(ends_a_bank&&) noexcept = default;
    ends_a_bank& operator=(ends_a_bank&&) noexcept = default;
    ~ends_a_bank()
    {
        if (bank)
            bank.destroy();
    }
    int key;
    still::bank bank;
};

} // namespace

template <>
struct still::grantable<ends_a_bank> : still::shown_by_reference<ends_a_bank> { };

namespace {

TEST_F(destroyed_banks, may_be_destroyed_by_the_end_of_a_version)
{
    auto const first = bank.child(1U << 16U);
    auto const second = bank.child(1U << 16U);
    auto mine = still::grant(ends_a_bank(1, second), first);
    auto other = still::grant(probe(2), second);
    EXPECT_EQ(key_through(other.capability()), 2);
    first.destroy();
    EXPECT_EQ(key_through(other.capability()), says_bank_destroyed);
    EXPECT_EQ(bank.usage(), 0U);
}

// Threads grant, forward, open, revoke and destroy at random; each keeps its own account. In the end every bank's
// usage is the sum of what is still there, and then nothing.
TEST_F(destroyed_banks, keep_the_books_under_a_race)
{
    constexpr int threads = 4;
    std::barrier start(threads);
    std::vector<std::thread> running;
    still::bank const root(1U << 26U);
    std::vector<still::bank> banks;
    std::mutex guard;
    for (int i = 0; i < 6; ++i)
        banks.push_back(root.child(1U << 22U));
    std::vector<probe_capability> shown(64);
    for (int which = 0; which < threads; ++which)
        running.emplace_back([&, which] {
            std::mt19937 random(static_cast<unsigned>(which));
            std::vector<still::granted<probe>> grants;
            std::vector<still::forwarder<probe>> lent;
            auto const pick = [&] {
                std::lock_guard const lock(guard);
                return banks[random() % banks.size()];
            };
            auto const seen = [&] {
                std::lock_guard const lock(guard);
                return shown[random() % shown.size()];
            };
            start.arrive_and_wait();
            for (int step = 0; step < 6000; ++step) {
                try {
                    switch (random() % 8) {
                    case 0:
                    case 1: {
                        grants.push_back(still::grant(probe(step), pick()));
                        std::lock_guard const lock(guard);
                        shown[random() % shown.size()] = grants.back().capability();
                        break;
                    }
                    case 2: {
                        lent.push_back(seen().forward(pick()));
                        std::lock_guard const lock(guard);
                        shown[random() % shown.size()] = lent.back().capability;
                        break;
                    }
                    case 3:
                        if (!grants.empty())
                            grants.erase(grants.begin() + static_cast<std::ptrdiff_t>(random() % grants.size()));
                        break;
                    case 4:
                        if (!lent.empty())
                            lent.erase(lent.begin() + static_cast<std::ptrdiff_t>(random() % lent.size()));
                        break;
                    case 5:
                        if (random() % 40 == 0) {
                            auto const doomed = pick();
                            doomed.destroy();
                            auto fresh = root.child(1U << 22U);
                            std::lock_guard const lock(guard);
                            std::replace(banks.begin(), banks.end(), doomed, fresh);
                        }
                        break;
                    default:
                        if (auto const lease = seen().open()) {
                            EXPECT_GE((*lease)->key(), 0);
                        }
                    }
                } catch (still::bank_destroyed const&) {
                }
            }
        });
    for (auto& thread : running)
        thread.join();
    still::reclaim();
    EXPECT_EQ(root.usage(), 0U) << "every owner has gone";
}

// A grant that is being made while its bank is destroyed is found, or finds it out.
TEST_F(destroyed_banks, leave_no_grant_behind_that_was_just_being_made)
{
    for (int round = 0; round < 300; ++round) {
        auto const doomed = bank.child(1U << 14U);
        std::atomic<int> running{ 0 };
        std::vector<still::granted<probe>> made;
        made.reserve(10'000);
        std::thread granter([&] {
            ++running;
            try {
                while (made.size() < 10'000) {
                    made.push_back(still::grant(probe(1), doomed));
                    made.pop_back();
                    made.push_back(still::grant(probe(1), doomed));
                }
            } catch (still::bank_destroyed const&) {
            } catch (still::quota_exceeded const&) {
            }
        });
        while (running == 0) { }
        doomed.destroy();
        granter.join();
        for (auto const& one : made)
            ASSERT_LT(key_through(one.capability()), 0) << "round " << round;
        ASSERT_EQ(bank.usage(), 0U);
    }
}

// Whoever starts to open after the destruction has returned doesn't succeed, also through forwarders of living banks,
// and also where the owner revokes at the same time: whichever returns first.
TEST_F(destroyed_banks, are_shut_when_destroy_returns)
{
    for (int round = 0; round < 500; ++round) {
        auto const doomed = bank.child(1U << 16U);
        auto mine = still::grant(probe(1), doomed);
        auto const direct = mine.capability();
        auto const lent = direct.forward(bank);
        std::atomic<bool> shut{ false };
        std::thread reader([&] {
            for (bool before = false; !before;) {
                before = shut.load();
                auto const open = key_through(lent.capability) >= 0 || key_through(direct) >= 0;
                if (before && open)
                    ADD_FAILURE() << "opened after the destruction";
            }
        });
        std::thread owner([&] {
            if (round % 2 == 0)
                mine.revoke();
            else
                doomed.destroy();
            EXPECT_LT(key_through(direct), 0);
            EXPECT_LT(key_through(lent.capability), 0);
            shut = true;
        });
        doomed.destroy();
        EXPECT_LT(key_through(direct), 0);
        EXPECT_LT(key_through(lent.capability), 0);
        shut = true;
        owner.join();
        reader.join();
    }
}

} // namespace
