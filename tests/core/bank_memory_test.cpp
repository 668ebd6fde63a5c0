// SPDX-License-Identifier: BSL-1.0
//
// Banks when memory itself runs out: nothing stays charged, and a refusal has allocated nothing.

#include <gtest/gtest.h>

#include <new>

#include "global_new.hpp"
#include "still/bank.hpp"

namespace {

using still_test::global_new;
using still_test::schedule;

TEST(bank_memory, what_cannot_be_had_is_not_charged)
{
    still::bank const parent(1000);
    still::charged_heap heap(parent.child(1000));
    {
        schedule::scope const faults(global_new::allocations, 1);
        EXPECT_THROW(static_cast<void>(heap.allocate(100, 8)), std::bad_alloc);
        EXPECT_TRUE(faults.fired());
    }
    EXPECT_EQ(heap.payer().usage(), 0U);
    EXPECT_EQ(parent.usage(), 0U);
}

TEST(bank_memory, a_bank_that_cannot_be_opened_leaves_its_parent_alone)
{
    still::bank const parent(1000);
    schedule::scope const faults(global_new::allocations, 1);
    EXPECT_THROW(static_cast<void>(parent.child(10)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(still::bank(0).child(10).charge(1)), still::quota_exceeded);
}

TEST(bank_memory, charging_and_refunding_allocate_nothing)
{
    auto const bank = still::bank(1000).child(1000);
    auto const before = global_new::allocations.events();
    bank.charge(1000);
    bank.refund(1000);
    EXPECT_EQ(global_new::allocations.events(), before);
}

} // namespace
