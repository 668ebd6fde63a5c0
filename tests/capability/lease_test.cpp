// SPDX-License-Identifier: BSL-1.0
//
// Leases: what they keep, for how long, and what can't be done with them.

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <list>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

#include "probe.hpp"
#include "still/capability/pins.hpp"

namespace {

using namespace still_test;
using probe_lease = still::lease<probe>;
using opened = boost::system::result<probe_lease>;

// Neither copied nor moved nor stored: not by hand, and not through the result that carries it.
static_assert(!std::is_copy_constructible_v<probe_lease> && !std::is_move_constructible_v<probe_lease>);
static_assert(!std::is_copy_assignable_v<probe_lease> && !std::is_move_assignable_v<probe_lease>);
static_assert(!std::is_default_constructible_v<probe_lease>);
static_assert(!std::is_constructible_v<probe_lease, still::slots::opened>);
static_assert(!std::is_constructible_v<probe_lease::key, still::slots::opened>);
static_assert(!std::is_copy_constructible_v<opened> && !std::is_move_constructible_v<opened>);
static_assert(!std::is_copy_assignable_v<opened> && !std::is_move_assignable_v<opened>);

template <class Lease>
concept can_be_put_on_the_heap = requires(void* place) { Lease::operator new(sizeof(Lease)); };
static_assert(!can_be_put_on_the_heap<probe_lease>);

// No view from a lease that is about to end.
template <class Lease>
concept shows_its_view = requires(Lease&& lease) { *std::forward<Lease>(lease); };
static_assert(shows_its_view<probe_lease const&>);
static_assert(!shows_its_view<probe_lease> && !shows_its_view<probe_lease const>);

// What is shown is const.
static_assert(std::is_same_v<decltype(*std::declval<probe_lease&>()), probe const&>);
static_assert(std::is_same_v<decltype(std::declval<probe_lease&>().operator->()), probe const*>);

class leases : public capability_test { };

TEST_F(leases, keep_their_version_past_its_grant_and_no_longer)
{
    auto mine = still::grant(probe(3), bank);
    auto const capability = mine.capability();
    live_count const live;
    {
        auto const lease = capability.open();
        ASSERT_TRUE(lease);
        mine.revoke();
        EXPECT_EQ(key_through(capability), says_revoked);
        EXPECT_EQ((*lease)->key(), 3);
        EXPECT_EQ(bank.usage(), grant_bytes - still::slots::slot_bytes);
        EXPECT_EQ(still::reclaim(), 1U);
        EXPECT_EQ((*lease)->key(), 3);
    }
    EXPECT_EQ(live.values(), -1);
    EXPECT_EQ(bank.usage(), 0U);
}

TEST_F(leases, on_one_version_retain_it_until_the_last_ends)
{
    auto mine = still::grant(probe(3), bank);
    auto const capability = mine.capability();
    live_count const live;
    {
        auto const first = capability.open();
        {
            auto const second = capability.open();
            mine.revoke();
        }
        EXPECT_EQ(live.values(), 0);
        EXPECT_EQ((*first)->key(), 3);
    }
    EXPECT_EQ(live.values(), -1);
}

// A lease that never ends (here, for the length of the test) retains one version; everything else that
// was granted comes and goes beside it.
TEST_F(leases, that_are_stuck_retain_one_version_only)
{
    auto stuck = still::grant(probe(1), bank);
    auto const lease = stuck.capability().open();
    ASSERT_TRUE(lease);
    stuck.revoke();
    auto const held = bank.usage();
    live_count const live;
    for (int i = 0; i < 100; ++i) {
        auto other = still::grant(probe(i), bank);
        EXPECT_EQ(key_through(other.capability()), i);
        other.revoke();
        EXPECT_EQ(bank.usage(), held);
        EXPECT_EQ(live.values(), 0);
    }
    EXPECT_EQ((*lease)->key(), 1);
}

TEST_F(leases, may_be_many_at_a_time_and_end_in_any_order)
{
    auto const mine = still::grant(probe(3), bank);
    auto const capability = mine.capability();
    auto const records = still::slots::pins::records();
    {
        std::list<std::unique_ptr<opened>> held; // as a test may and a program shouldn't
        for (int i = 0; i < 100; ++i)
            held.push_back(std::unique_ptr<opened>(new opened(capability.open())));
        while (!held.empty()) {
            EXPECT_EQ((**held.front())->key(), 3);
            held.pop_front();
            if (!held.empty())
                held.pop_back();
        }
    }
    // The cells are used again.
    auto const most = still::slots::pins::records();
    EXPECT_LE(most, records + 7);
    {
        std::list<opened*> held;
        for (int i = 0; i < 100; ++i)
            held.push_back(new opened(capability.open()));
        for (auto* const one : held)
            delete one;
    }
    EXPECT_EQ(still::slots::pins::records(), most);
}

TEST_F(leases, of_threads_that_exit_leave_their_records_to_others)
{
    auto const mine = still::grant(probe(3), bank);
    auto const open_on_a_thread = [capability = mine.capability()] {
        std::thread([capability] { EXPECT_EQ(key_through(capability), 3); }).join();
    };
    open_on_a_thread();
    auto const records = still::slots::pins::records();
    for (int i = 0; i < 50; ++i)
        open_on_a_thread();
    EXPECT_EQ(still::slots::pins::records(), records);
}

// A destructor of the thread's own, which runs after the library's, may still open capabilities.
TEST_F(leases, open_while_their_thread_exits)
{
    struct late {
        probe_capability capability;
        ~late() { EXPECT_EQ(key_through(capability), 3); }
    };
    auto const mine = still::grant(probe(3), bank);
    auto const run = [capability = mine.capability()] {
        std::thread([capability] {
            thread_local late at_exit;
            at_exit.capability = capability;
            EXPECT_EQ(key_through(capability), 3);
        }).join();
    };
    run();
    auto const records = still::slots::pins::records();
    for (int i = 0; i < 20; ++i)
        run();
    EXPECT_EQ(still::slots::pins::records(), records);
}

// Readers of one version don't look after another that waits at the same place.
TEST(waiting_places, know_the_one_that_waits)
{
    std::array<still::slots::stored, 3> versions{};
    auto const* const one = &versions[0];
    auto const* const two = &versions[1];
    still::slots::pins::waiting_place place;
    EXPECT_FALSE(place.may_have(one));
    place.add(one);
    EXPECT_TRUE(place.may_have(one));
    EXPECT_FALSE(place.may_have(two));
    place.add(two);
    EXPECT_TRUE(place.may_have(one));
    EXPECT_TRUE(place.may_have(two));
    EXPECT_TRUE(place.may_have(&versions[2])); // nobody can tell
    place.remove(one);
    EXPECT_FALSE(place.may_have(one));
    EXPECT_TRUE(place.may_have(two));
    place.remove(two);
    for (auto const& version : versions)
        EXPECT_FALSE(place.may_have(&version));
}

class leases_DeathTest : public leases {
protected:
    leases_DeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(leases_DeathTest, may_not_end_on_another_thread)
{
    auto const mine = still::grant(probe(3), bank);
    EXPECT_DEATH(
        {
            auto held = std::unique_ptr<opened>(new opened(mine.capability().open()));
            std::thread([&held] { held.reset(); }).join();
        },
        "broken rule");
}

// The thread ends, its lease doesn't: as somebody may still hold it, the version stays, and is counted.
// In a child process, because it stays for good.
TEST_F(leases_DeathTest, left_open_by_their_thread_retain_the_version)
{
    EXPECT_EXIT(
        {
            auto mine = still::grant(probe(3), bank);
            auto const capability = mine.capability();
            opened* left = nullptr;
            std::thread([&] { left = new opened(capability.open()); }).join();
            mine.revoke();
            auto const kept = still::reclaim() == 1 && (**left)->key() == 3 && key_through(capability) == says_revoked;
            std::_Exit(kept ? 0 : 1);
        },
        ::testing::ExitedWithCode(0), "");
}

} // namespace
