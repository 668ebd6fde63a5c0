// SPDX-License-Identifier: BSL-1.0
//
// What allocates and what doesn't, and what is left when an allocation fails.

#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <system_error>
#include <vector>

#include "global_new.hpp"
#include "lowered.hpp"
#include "probe.hpp"

namespace {

using namespace still_test;

class capability_memory : public capability_test { };

TEST_F(capability_memory, revoking_and_releasing_allocate_nothing)
{
    auto mine = still::grant(probe(1), bank);
    auto lent = mine.capability().forward(bank);
    auto other = mine.capability().forward(bank);
    static_cast<void>(key_through(lent.capability)); // this thread's pins are there now
    auto const before = global_new::allocations.events();
    {
        auto const lease = lent.capability.open();
        lent.revoker.revoke();
        EXPECT_FALSE(lent.capability.open());
        mine.revoke();
        EXPECT_FALSE(other.capability.open());
        EXPECT_EQ(still::reclaim(), 1U);
    }
    other.revoker.revoke();
    EXPECT_EQ(still::reclaim(), 0U);
    EXPECT_EQ(global_new::allocations.events(), before);
    EXPECT_EQ(bank.usage(), 0U);
}

TEST_F(capability_memory, every_allocation_may_fail)
{
    auto const room = bank.child(1U << 20U);
    // Enough of both that pin records are among the allocations.
    auto const script = [&room] {
        std::vector<still::granted<probe>> grants;
        std::vector<still::forwarder<probe>> lent;
        for (int i = 0; i < 3; ++i) {
            grants.push_back(still::grant(probe(i), room));
            lent.push_back(grants.back().capability().forward(room));
            EXPECT_EQ(key_through(lent.back().capability), i);
        }
    };
    auto const faults = at_each_fault(global_new::allocations, [&](auto) {
        live_count const live;
        try {
            script();
        } catch (std::bad_alloc const&) {
        }
        EXPECT_EQ(room.usage(), 0U);
        EXPECT_TRUE(live.balanced());
    });
    EXPECT_GT(faults, 3);
}

TEST_F(capability_memory, a_chunk_that_cannot_be_had_is_refused_cleanly)
{
    auto const roomy = still::bank(1U << 26U);
    std::vector<still::granted<probe>> grants;
    grants.reserve(5000);
    // Until all slots that there are are taken, twice.
    for (auto round = 0; round < 2; ++round) {
        do
            grants.push_back(still::grant(probe(1), roomy));
        while (still::slots::seen().live * still::slots::slot_bytes < still::slots::seen().bytes);
        auto const before = roomy.usage();
        auto const table = still::slots::seen();
        live_count const live;
        // What is allocated by new finds room that was given back.
        for (std::size_t bytes = 16; bytes <= 4096; bytes += 16)
            ::operator delete(::operator new(bytes));
        {
            lowered const none(RLIMIT_AS, 1);
            ASSERT_TRUE(none.done());
            ::operator delete(::operator new(sizeof(still::stored_version<probe>) + 64));
            EXPECT_THROW(static_cast<void>(still::grant(probe(1), roomy)), std::bad_alloc);
            EXPECT_THROW(static_cast<void>(grants.back().capability().forward(roomy)), std::bad_alloc);
        }
        EXPECT_EQ(roomy.usage(), before);
        EXPECT_EQ(live.values(), 0);
        EXPECT_EQ(still::slots::seen().bytes, table.bytes);
        EXPECT_EQ(still::slots::seen().live, table.live);
    }
    for (auto const& one : grants)
        EXPECT_EQ(key_through(one.capability()), 1);
}

TEST_F(capability_memory, a_thread_without_room_for_its_pins_is_told_so)
{
    auto const mine = still::grant(probe(1), bank);
    auto const capability = mine.capability();
    // More leases than there are cells in all records of threads that have exited.
    using opened = boost::system::result<still::lease<probe>>;
    std::vector<std::unique_ptr<opened>> held;
    held.reserve(1000);
    bool told = false;
    while (!told && held.size() < 1000) {
        void* const place = ::operator new(sizeof(opened));
        schedule::scope const faults(global_new::allocations, 1);
        auto* const one = ::new (place) opened(capability.open());
        told = !*one && one->error() == std::errc::not_enough_memory;
        held.push_back(std::unique_ptr<opened>(one));
    }
    EXPECT_TRUE(told);
    EXPECT_EQ(key_through(capability), 1) << "with memory it opens";
}

TEST_F(capability_memory, an_opened_thread_opens_without_allocating)
{
    auto const mine = still::grant(probe(1), bank);
    EXPECT_EQ(key_through(mine.capability()), 1);
    auto const before = global_new::allocations.events();
    for (int i = 0; i < 1000; ++i)
        EXPECT_EQ(key_through(mine.capability()), 1);
    EXPECT_EQ(global_new::allocations.events(), before);
}

} // namespace
