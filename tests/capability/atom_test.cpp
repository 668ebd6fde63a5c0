// SPDX-License-Identifier: BSL-1.0
//
// Cells: who opens one sees the newest version, keeps what it opened, and stores only with the right to.

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "probe.hpp"
#include "still/map.hpp"

namespace {

using namespace still_test;
using still::rights;

using cell = still::atom<probe>;
constexpr std::size_t version_bytes = grant_bytes - still::slots::slot_bytes;

class atoms : public capability_test { };

TEST_F(atoms, show_what_was_stored_last)
{
    cell const current(probe(1), bank);
    auto const shown = current.capability();
    auto const lent = shown.forward(bank);
    EXPECT_EQ(key_through(shown), 1);
    current.store(probe(2));
    EXPECT_EQ(key_through(shown), 2);
    EXPECT_EQ(key_through(lent.capability), 2);
    EXPECT_EQ(current.load().key(), 2);
    current.update([](probe const& before) { return probe(before.key() + 10); });
    EXPECT_EQ(key_through(lent.capability), 12);
    EXPECT_EQ(bank.usage(), grant_bytes + forward_bytes) << "one version, whatever was stored";
}

TEST_F(atoms, leave_leases_what_they_opened)
{
    cell const current(probe(1), bank);
    {
        auto const before = current.capability().open();
        current.store(probe(2));
        auto const between = current.capability().open();
        current.store(probe(3));
        current.store(probe(4));
        EXPECT_EQ((*before)->key(), 1);
        EXPECT_EQ((*between)->key(), 2);
        EXPECT_EQ(key_through(current.capability()), 4);
        EXPECT_EQ(bank.usage(), grant_bytes + 2 * version_bytes) << "3 was opened by nobody";
    }
    EXPECT_EQ(bank.usage(), grant_bytes);
}

TEST_F(atoms, are_written_with_the_right_to_alone)
{
    auto const other = bank.child(1U << 16U);
    cell const current(probe(1), bank);
    auto const reader = current.capability();
    auto const writer = current.writer();
    EXPECT_FALSE(reader.allows(rights::write));
    EXPECT_EQ(reader.store(probe(9), bank).error(), still::capability_error::no_right);
    auto runs = 0;
    auto const change = [&](probe const& before) {
        ++runs;
        return probe(before.key() + 1);
    };
    EXPECT_EQ(reader.update(bank, change).error(), still::capability_error::no_right);
    EXPECT_EQ(writer.attenuate(rights::read).forward(bank).capability.store(probe(9), bank).error(),
        still::capability_error::no_right);
    EXPECT_EQ(runs, 0);
    EXPECT_EQ(key_through(reader), 1);
    EXPECT_EQ(bank.usage(), grant_bytes);

    EXPECT_TRUE(writer.store(probe(2), other));
    EXPECT_EQ(other.usage(), version_bytes) << "who stores pays";
    EXPECT_TRUE(writer.update(bank, change));
    EXPECT_EQ(other.usage(), 0U);
    EXPECT_EQ(key_through(reader), 3);
    auto const blind = writer.attenuate(rights::write);
    EXPECT_TRUE(blind.store(probe(5), bank)) << "writing needs no right to read";
    EXPECT_EQ(blind.update(bank, change).error(), still::capability_error::no_right);
    EXPECT_EQ(key_through(reader), 5);

    auto const plain = still::grant(probe(7), bank);
    EXPECT_FALSE(plain.capability().allows(rights::write));
    EXPECT_EQ(plain.capability().store(probe(8), bank).error(), still::capability_error::no_right);
    EXPECT_EQ(key_through(plain.capability()), 7);
    EXPECT_EQ(probe_capability().store(probe(8), bank).error(), still::capability_error::null);
}

TEST_F(atoms, end_with_their_handle)
{
    cell current(probe(1), bank);
    auto const shown = current.capability();
    auto const writer = current.writer();
    current.revoke();
    EXPECT_EQ(key_through(shown), says_revoked);
    EXPECT_EQ(writer.store(probe(2), bank).error(), still::capability_error::revoked);
    EXPECT_EQ(writer.update(bank, [](probe const& before) { return probe(before.key()); }).error(),
        still::capability_error::revoked);
    EXPECT_EQ(bank.usage(), 0U);
    EXPECT_THROW(current.store(probe(1)), std::exception);
    EXPECT_THROW(static_cast<void>(cell().load()), std::exception);
}

TEST_F(atoms, end_with_their_bank)
{
    auto const doomed = bank.child(1U << 16U);
    cell const current(probe(1), doomed);
    auto const writer = current.writer();
    EXPECT_TRUE(writer.store(probe(2), bank));
    doomed.destroy();
    EXPECT_EQ(key_through(writer), says_bank_destroyed);
    EXPECT_THROW(static_cast<void>(current.load()), still::bank_destroyed);
    EXPECT_THROW(current.store(probe(1)), still::bank_destroyed);
    EXPECT_EQ(writer.store(probe(3), bank).error(), still::capability_error::bank_destroyed);
    EXPECT_EQ(bank.usage(), 0U) << "the cell has gone, and what others had stored in it";
}

TEST_F(atoms, are_as_they_were_when_there_is_no_room)
{
    auto const room = bank.child(grant_bytes);
    cell const current(probe(1), room);
    EXPECT_THROW(current.store(probe(2)), still::quota_exceeded);
    EXPECT_THROW(current.update([](probe const&) -> probe { throw std::runtime_error("no"); }), std::runtime_error);
    EXPECT_EQ(key_through(current.capability()), 1);
    EXPECT_EQ(room.usage(), grant_bytes);
}

TEST_F(atoms, are_updated_from_within_an_update)
{
    cell const current(probe(1), bank);
    auto inner = true;
    auto runs = 0;
    current.update([&](probe const& before) {
        ++runs;
        if (std::exchange(inner, false))
            current.update([](probe const& now) { return probe(now.key() * 10); });
        return probe(before.key() + 1);
    });
    EXPECT_EQ(runs, 2) << "what it saw was gone";
    EXPECT_EQ(key_through(current.capability()), 11);
    EXPECT_EQ(bank.usage(), grant_bytes);
}

TEST_F(atoms, wait_for_leases_on_what_they_showed_before)
{
    cell current(probe(1), bank);
    auto lent = current.capability().forward(bank);
    auto const lease = lent.capability.open();
    lent.revoker.revoke(); // by which way it came can't be told from now on
    current.store(probe(2));
    EXPECT_EQ(current.revoke_and_wait(std::chrono::steady_clock::now()).how, still::waited::end::would_deadlock);
}

// Every update counts once; readers see keys ascend; nothing that is read has ended.
TEST_F(atoms, are_shared_by_threads)
{
    cell const current(probe(0), bank);
    constexpr int updates = 3000;
    std::barrier start(4);
    std::atomic<int> writing{ 2 };
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&] {
            start.arrive_and_wait();
            for (int n = 0; n < updates; ++n)
                current.update([](probe const& before) { return probe(before.key() + 1); });
            --writing;
        });
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&] {
            auto const lent = current.capability().forward(bank);
            start.arrive_and_wait();
            for (int last = 0; writing > 0;) {
                auto const lease = lent.capability.open();
                ASSERT_TRUE(lease);
                auto const seen = (*lease)->key();
                ASSERT_GE(seen, last);
                last = seen;
                ASSERT_EQ((*lease)->key(), seen);
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(key_through(current.capability()), 2 * updates);
    still::reclaim();
    EXPECT_EQ(bank.usage(), grant_bytes);
}

// Stores race with the end of the cell: what is stored too late goes too.
TEST_F(atoms, leave_nothing_behind_when_they_end_under_stores)
{
    for (int round = 0; round < 300; ++round) {
        auto const doomed = bank.child(1U << 16U);
        cell current(probe(0), doomed);
        std::barrier start(2);
        std::thread writer([&, cell = current.writer()] {
            start.arrive_and_wait();
            while (cell.store(probe(1), bank)) { }
        });
        start.arrive_and_wait();
        if (round % 2 == 0)
            current.revoke();
        else
            doomed.destroy();
        writer.join();
        still::reclaim();
        ASSERT_EQ(bank.usage(), 0U);
    }
}

} // namespace
