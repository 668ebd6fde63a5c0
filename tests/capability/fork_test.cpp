// SPDX-License-Identifier: BSL-1.0
//
// `fork` inside a lease, and while other threads grant, revoke and destroy: the child has its own table whole, and none
// of its parent's leases. See Note: forks.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "in_child.hpp"
#include "os/process.hpp"
#include "probe.hpp"

namespace {

using namespace still_test;
using result = boost::system::result<still::lease<probe>>;

class capability_forks : public capability_test {
protected:
    void SetUp() override
    {
        if (still::os::under_thread_sanitizer())
            GTEST_SKIP() << "the thread sanitizer doesn't support what children of programs with threads do";
    }
    void TearDown() override
    {
        stop = true;
        for (auto& thread : threads)
            thread.join();
        capability_test::TearDown();
    }
    /// Effect: a thread repeats `work` until all stop.
    template <class Work>
    void repeat(Work work)
    {
        threads.emplace_back([this, work = std::move(work)]() mutable {
            while (!stop)
                work();
        });
    }

    std::atomic<bool> stop{ false };
    std::vector<std::thread> threads;
};

TEST_F(capability_forks, leave_a_child_its_own_table)
{
    auto mine = still::grant(probe(1), bank);
    auto lent = mine.capability().forward(bank);
    auto const paid = bank.usage();
    EXPECT_EQ(told_by_child([&] {
        if (key_through(lent.capability) != 1)
            return 1;
        auto const own = still::grant(probe(2), bank);
        if (key_through(own.capability()) != 2)
            return 2;
        lent.revoker.revoke();
        if (key_through(lent.capability) != says_revoked || key_through(mine.capability()) != 1)
            return 3;
        bank.destroy();
        return key_through(mine.capability()) == says_bank_destroyed && bank.usage() == 0 ? 0 : 4;
    }),
        "");
    EXPECT_EQ(key_through(lent.capability), 1) << "the parent's is as it was";
    EXPECT_EQ(bank.usage(), paid);
}

TEST_F(capability_forks, leave_a_child_no_lease_of_its_parents)
{
    auto mine = still::grant(probe(1), bank);
    auto const given = mine.capability();
    auto const outer = given.open();
    ASSERT_TRUE(outer);
    EXPECT_FALSE(outer->inherited());
    EXPECT_EQ(told_by_child([&] {
        if (!outer->inherited())
            return 1;
        auto const again = given.open();
        if (!again || again->inherited() || (*again)->key() != 1)
            return 2;
        mine.revoke();
        if ((*again)->key() != 1) // the child's own lease keeps it
            return 3;
        return still::reclaim() == 1 ? 0 : 4;
    }),
        "");
    EXPECT_EQ((*outer)->key(), 1);
    EXPECT_EQ(told_by_child([&] {
        mine.revoke(); // nobody in the child has a lease
        return value_ledger::live == 0 && bank.usage() == 0 ? 0 : 1;
    }),
        "");
    EXPECT_EQ((*outer)->key(), 1);
}

// An inherited lease that ends must end no lease of the child's own, and destroy nothing twice.
TEST_F(capability_forks, end_a_lease_of_the_parents_without_effect)
{
    auto mine = still::grant(probe(1), bank);
    auto outer = std::unique_ptr<result>(new result(mine.capability().open()));
    EXPECT_EQ(told_by_child([&] {
        auto const own = mine.capability().open();
        mine.revoke();
        outer.reset();
        if ((*own)->key() != 1 || value_ledger::live != 1)
            return 1;
        return still::reclaim() == 1 ? 0 : 2;
    }),
        "");
    EXPECT_EQ((**outer)->key(), 1);
}

TEST_F(capability_forks, stop_a_child_that_reads_by_a_lease_of_its_parents)
{
#if STILL_CHECK_LEVEL >= 1
    auto const mine = still::grant(probe(1), bank);
    auto const outer = mine.capability().open();
    EXPECT_EQ(told_by_child([&] { return (*outer)->key(); }), "signal " + std::to_string(SIGABRT));
#else
    GTEST_SKIP() << "builds without checks read what is there";
#endif
}

TEST_F(capability_forks, leave_a_child_no_lease_of_other_threads)
{
    auto mine = still::grant(probe(1), bank);
    std::atomic<int> step{ 0 };
    std::thread reader([&] {
        auto const lease = mine.capability().open();
        step = 1;
        while (step != 2)
            std::this_thread::yield();
    });
    while (step != 1)
        std::this_thread::yield();
    EXPECT_EQ(told_by_child([&] {
        auto const said = mine.revoke_and_wait(std::chrono::steady_clock::now() + std::chrono::seconds(10));
        return said.how == still::waited::end::drained && value_ledger::live == 0 && bank.usage() == 0 ? 0 : 1;
    }),
        "");
    step = 2;
    reader.join();
}

// A change that forks is made again in the child, where its lease kept nothing.
TEST_F(capability_forks, repeat_an_update_that_forked)
{
    still::atom<probe> const cell(probe(1), bank);
    auto runs = 0;
    auto child = 0;
    cell.update([&](probe const& before) {
        auto const key = before.key();
        if (++runs == 1 && (child = ::fork()) == 0)
            cell.store(probe(10)); // and what was shown is gone
        return probe(key + 1);
    });
    auto const seen = key_through(cell.capability());
    if (child == 0)
        ::_exit(seen == 11 && runs == 2 ? 0 : 1);
    auto status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(seen, 2);
    EXPECT_EQ(runs, 1);
}

// Whatever the threads were doing that the child doesn't have: it waits for none of them.
TEST_F(capability_forks, leave_a_child_whole_whatever_others_do)
{
    still::bank const root(1U << 22U);
    auto const doomed = root.child(1U << 16U);
    auto const full = root.child(1'000);
    full.reduce(1'000); // charges take turns
    auto mine = still::grant(probe(1), doomed);
    auto const given = mine.capability();
    auto const lent = given.forward(root);
    repeat([&, made = std::vector<still::granted<probe>>()]() mutable {
        made.push_back(still::grant(probe(2), doomed));
        if (made.size() > 100)
            made.clear();
    });
    repeat([&] {
        auto const further = lent.capability.forward(root);
        EXPECT_EQ(key_through(further.capability), 1);
    });
    repeat([&] {
        auto const brief = root.child(1U << 16U);
        auto const own = still::grant(probe(3), brief);
        brief.destroy();
    });
    repeat([&] {
        full.charge(1);
        full.refund(1);
    });
    for (auto round = 0; round < 60 && !HasFailure(); ++round)
        EXPECT_EQ(told_by_child([&] {
            if (key_through(given) != 1 || key_through(lent.capability) != 1)
                return 1;
            std::vector<still::granted<probe>> made;
            for (auto i = 0; i < 20; ++i)
                made.push_back(still::grant(probe(i), bank));
            for (auto i = 0; i < 20; ++i)
                if (key_through(made[static_cast<std::size_t>(i)].capability()) != i)
                    return 2;
            full.charge(full.limit() - full.usage());
            try {
                full.charge(1);
                return 3;
            } catch (still::quota_exceeded const&) {
                // at once: nobody is waited for
            }
            doomed.destroy();
            if (key_through(given) != says_bank_destroyed || key_through(lent.capability) != says_bank_destroyed)
                return 4;
            made.clear();
            root.destroy();
            return bank.usage() == 0 && still::reclaim() == 0 ? 0 : 5;
        }),
            "")
            << "fork " << round;
    stop = true;
    for (auto& thread : std::exchange(threads, {}))
        thread.join();
}

} // namespace
