// SPDX-License-Identifier: BSL-1.0
//
// Revoking and waiting for the leases: drained, stuck, or about to wait for oneself.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "probe.hpp"

namespace {

using namespace still_test;
using namespace std::chrono_literals;
using still::waited;

std::chrono::steady_clock::time_point in(std::chrono::milliseconds time)
{
    return std::chrono::steady_clock::now() + time;
}

/// A thread that holds a lease until it is told to end it.
class holder {
public:
    explicit holder(probe_capability const& capability)
        : thread_([this, capability] {
            auto const lease = capability.open();
            EXPECT_TRUE(lease);
            opened_.set_value();
            finish_.get_future().wait();
        })
    {
        opened_.get_future().wait();
    }
    ~holder() { finish(); }
    [[nodiscard]] std::thread::id id() const { return thread_.get_id(); }
    void finish()
    {
        if (thread_.joinable()) {
            finish_.set_value();
            thread_.join();
        }
    }

private:
    std::promise<void> opened_;
    std::promise<void> finish_;
    std::thread thread_;
};

class waits : public capability_test { };

TEST_F(waits, are_over_at_once_without_leases)
{
    auto mine = still::grant(probe(1), bank);
    auto lent = mine.capability().forward(bank);
    EXPECT_EQ(lent.revoker.revoke_and_wait(in(10s)).how, waited::end::drained);
    EXPECT_EQ(key_through(lent.capability), says_revoked);
    EXPECT_EQ(key_through(mine.capability()), 1);
    EXPECT_EQ(lent.revoker.revoke_and_wait(in(10s)).how, waited::end::drained) << "again";
    EXPECT_EQ(still::revoker().revoke_and_wait(in(10s)).how, waited::end::drained);
    EXPECT_EQ(mine.revoke_and_wait(in(10s)).how, waited::end::drained);
    EXPECT_EQ(bank.usage(), 0U);
}

TEST_F(waits, name_who_is_stuck)
{
    auto mine = still::grant(probe(1), bank);
    auto const capability = mine.capability();
    holder stuck(capability);
    auto const began = std::chrono::steady_clock::now();
    auto const said = mine.revoke_and_wait(in(20ms));
    EXPECT_GE(std::chrono::steady_clock::now() - began, 20ms);
    EXPECT_EQ(said.how, waited::end::stuck);
    EXPECT_EQ(said.holder, stuck.id());
    EXPECT_EQ(key_through(capability), says_revoked) << "and nobody opens meanwhile";
    EXPECT_EQ(mine.revoke_and_wait(in(0ms)).how, waited::end::stuck);
    stuck.finish();
    EXPECT_EQ(mine.revoke_and_wait(in(10s)).how, waited::end::drained);
    EXPECT_EQ(bank.usage(), 0U);
}

TEST_F(waits, last_until_the_lease_has_ended)
{
    for (int round = 0; round < 50; ++round) {
        auto mine = still::grant(probe(1), bank);
        auto lent = mine.capability().forward(bank);
        std::atomic<bool> ended{ false };
        std::promise<void> opened;
        std::thread reader([&] {
            {
                auto const lease = lent.capability.open();
                opened.set_value();
                std::this_thread::sleep_for(1ms);
                ended = true;
            }
        });
        opened.get_future().wait();
        EXPECT_EQ(lent.revoker.revoke_and_wait(in(10s)).how, waited::end::drained);
        EXPECT_TRUE(ended);
        reader.join();
    }
}

TEST_F(waits, for_oneself_are_refused)
{
    auto mine = still::grant(probe(1), bank);
    auto lent = mine.capability().forward(bank);
    {
        auto const lease = lent.capability.open();
        auto const said = lent.revoker.revoke_and_wait(in(10s));
        EXPECT_EQ(said.how, waited::end::would_deadlock);
        EXPECT_EQ(said.holder, std::this_thread::get_id());
        EXPECT_EQ((*lease)->key(), 1);
        EXPECT_EQ(mine.revoke_and_wait(in(10s)).how, waited::end::would_deadlock);
    }
    EXPECT_EQ(lent.revoker.revoke_and_wait(in(10s)).how, waited::end::drained);
}

// Whoever waits is told of its own lease, however many others there are, and whichever is looked at first.
TEST_F(waits, for_oneself_are_refused_among_others)
{
    auto mine = still::grant(probe(1), bank);
    auto const capability = mine.capability();
    std::vector<std::unique_ptr<holder>> others;
    for (int i = 0; i < 20; ++i)
        others.push_back(std::make_unique<holder>(capability));
    std::thread([&] {
        auto const lease = capability.open();
        auto const said = mine.revoke_and_wait(in(10s));
        EXPECT_EQ(said.how, waited::end::would_deadlock);
        EXPECT_EQ(said.holder, std::this_thread::get_id());
    }).join();
    EXPECT_EQ(mine.revoke_and_wait(in(1ms)).how, waited::end::stuck);
}

TEST_F(waits, are_not_for_leases_that_came_another_way)
{
    auto mine = still::grant(probe(1), bank);
    auto lent = mine.capability().forward(bank);
    auto const sibling = mine.capability().forward(bank);
    auto behind = lent.capability.forward(bank);
    holder direct(mine.capability());
    holder beside(sibling.capability);
    EXPECT_EQ(lent.revoker.revoke_and_wait(in(10s)).how, waited::end::drained);
    EXPECT_EQ(key_through(sibling.capability), 1);
}

TEST_F(waits, are_for_leases_from_further_down)
{
    auto mine = still::grant(probe(1), bank);
    auto lent = mine.capability().forward(bank);
    auto behind = lent.capability.forward(bank);
    auto further = behind.capability.forward(bank);
    auto stuck = std::make_unique<holder>(further.capability.attenuate(still::rights::read));
    auto const said = lent.revoker.revoke_and_wait(in(5ms));
    EXPECT_EQ(said.how, waited::end::stuck);
    EXPECT_EQ(said.holder, stuck->id());
    // With the way torn down nobody can tell: the lease is on the same version, and counts.
    behind.revoker.revoke();
    further.revoker.revoke();
    auto const other = still::grant(probe(2), bank);
    auto unrelated = other.capability().forward(bank);
    EXPECT_EQ(unrelated.revoker.revoke_and_wait(in(10s)).how, waited::end::drained);
    EXPECT_EQ(mine.revoke_and_wait(in(5ms)).how, waited::end::stuck);
    stuck.reset();
    EXPECT_EQ(mine.revoke_and_wait(in(10s)).how, waited::end::drained);
}

// A reader that opens over and over is drained each time, and never seen after it.
TEST_F(waits, drain_busy_readers)
{
    std::atomic<bool> done{ false };
    std::mutex guard;
    probe_capability shown;
    std::atomic<int> inside{ 0 };
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            while (!done) {
                auto const lease =
                    [&] {
                        std::lock_guard const lock(guard);
                        return shown;
                    }()
                        .open();
                if (!lease)
                    continue;
                ++inside;
                EXPECT_GE((*lease)->key(), 0);
                --inside;
            }
        });
    for (int round = 0; round < 200; ++round) {
        auto mine = still::grant(probe(round), bank);
        {
            std::lock_guard const lock(guard);
            shown = mine.capability();
        }
        std::this_thread::yield();
        EXPECT_EQ(mine.revoke_and_wait(in(10s)).how, waited::end::drained);
        EXPECT_EQ(inside, 0) << "someone still reads";
    }
    done = true;
    for (auto& reader : readers)
        reader.join();
}

} // namespace
