// SPDX-License-Identifier: BSL-1.0
//
// Granting and opening: who pays, what a lease shows, and how it ends.

#include <gtest/gtest.h>

#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "probe.hpp"

namespace {

using namespace still_test;

class grants : public capability_test { };

TEST_F(grants, show_their_version)
{
    auto const mine = still::grant(probe(7, 70), bank);
    ASSERT_TRUE(mine);
    auto const capability = mine.capability();
    auto const lease = capability.open();
    ASSERT_TRUE(lease);
    EXPECT_EQ((*lease)->key(), 7);
    EXPECT_EQ((**lease).tag(), 70);
    EXPECT_EQ(bank.usage(), grant_bytes);
}

TEST_F(grants, end_by_their_handle)
{
    probe_capability capability;
    {
        auto const mine = still::grant(probe(1), bank);
        capability = mine.capability();
        EXPECT_EQ(key_through(capability), 1);
    }
    EXPECT_EQ(key_through(capability), says_revoked);
    EXPECT_EQ(bank.usage(), 0U);
}

TEST_F(grants, may_be_revoked_again_and_moved)
{
    auto mine = still::grant(probe(1), bank);
    auto const capability = mine.capability();
    auto elsewhere = std::move(mine);
    EXPECT_FALSE(mine); // NOLINT(bugprone-use-after-move)
    EXPECT_FALSE(mine.capability());
    EXPECT_EQ(key_through(capability), 1);
    elsewhere.revoke();
    elsewhere.revoke();
    EXPECT_FALSE(elsewhere);
    EXPECT_EQ(key_through(capability), says_revoked);
    elsewhere = still::grant(probe(2), bank);
    EXPECT_EQ(key_through(elsewhere.capability()), 2);
    EXPECT_EQ(key_through(capability), says_revoked);
}

TEST_F(grants, replaced_by_assignment_end)
{
    auto mine = still::grant(probe(1), bank);
    auto const before = mine.capability();
    mine = still::grant(probe(2), bank);
    EXPECT_EQ(key_through(before), says_revoked);
    EXPECT_EQ(bank.usage(), grant_bytes);
}

TEST_F(grants, of_one_version_are_separate)
{
    auto first = still::grant(probe(1), bank);
    auto const second = still::grant(probe(1), bank);
    EXPECT_NE(first.capability(), second.capability());
    first.revoke();
    EXPECT_EQ(key_through(second.capability()), 1);
}

TEST_F(grants, copies_of_a_capability_are_equal_and_depend_on_no_copier)
{
    auto const mine = still::grant(probe(5), bank);
    auto copied = probe_capability();
    {
        auto const original = mine.capability();
        copied = original;
        EXPECT_EQ(copied, original);
    }
    EXPECT_EQ(key_through(copied), 5);
    EXPECT_EQ(bank.usage(), grant_bytes);
}

TEST_F(grants, nothing_opens_with_null)
{
    EXPECT_EQ(key_through(probe_capability()), says_null);
    EXPECT_FALSE(probe_capability());
    still::granted<probe> const nothing;
    EXPECT_EQ(key_through(nothing.capability()), says_null);
}

TEST_F(grants, need_a_bank)
{
    EXPECT_THROW(static_cast<void>(still::grant(probe(1), still::bank())), std::logic_error);
    auto const mine = still::grant(probe(1), bank);
    EXPECT_THROW(static_cast<void>(mine.capability().forward(still::bank())), std::logic_error);
}

TEST_F(grants, outlive_every_handle_to_their_bank)
{
    auto const root = still::bank(1U << 16U);
    auto mine = still::grant(probe(1), root.child(1U << 16U));
    EXPECT_EQ(root.usage(), grant_bytes);
    EXPECT_EQ(key_through(mine.capability()), 1);
    mine.revoke();
    EXPECT_EQ(root.usage(), 0U);
}

TEST_F(grants, that_the_bank_refuses_change_nothing)
{
    auto const room = still::bank(grant_bytes + forward_bytes);
    auto const mine = still::grant(probe(1), room);
    auto const lent = mine.capability().forward(room);
    EXPECT_EQ(room.usage(), room.limit());
    EXPECT_THROW(static_cast<void>(mine.capability().forward(room)), still::quota_exceeded);
    EXPECT_THROW(static_cast<void>(still::grant(probe(2), room)), still::quota_exceeded);
    EXPECT_EQ(room.usage(), room.limit());
    // The block fits and the slot doesn't: what was charged for the block comes back.
    auto const tight = still::bank(grant_bytes - 1);
    EXPECT_THROW(static_cast<void>(still::grant(probe(2), tight)), still::quota_exceeded);
    EXPECT_EQ(tight.usage(), 0U);
    EXPECT_EQ(key_through(lent.capability), 1);
}

TEST_F(grants, errors_say_what_to_do)
{
    auto const error = probe_capability().open().error();
    EXPECT_EQ(error, still::capability_error::null);
    EXPECT_STREQ(error.category().name(), "still.capability");
    EXPECT_NE(error.message().find("ask its giver"), std::string::npos);
    EXPECT_NE(make_error_code(still::capability_error::revoked).message(), error.message());
    EXPECT_THROW(static_cast<void>(probe_capability().open().value()), boost::system::system_error);
}

// What the type system holds.
static_assert(sizeof(probe_capability) == 16);
static_assert(std::is_trivially_copyable_v<probe_capability>);
static_assert(std::is_nothrow_default_constructible_v<probe_capability>);
static_assert(std::regular<probe_capability>);

static_assert(!std::is_copy_constructible_v<still::granted<probe>>);
static_assert(std::is_nothrow_move_constructible_v<still::granted<probe>>);
static_assert(std::is_nothrow_move_assignable_v<still::granted<probe>>);
static_assert(!std::is_copy_constructible_v<still::revoker> && !std::is_copy_assignable_v<still::revoker>);
static_assert(std::is_nothrow_move_constructible_v<still::revoker>);
static_assert(std::is_nothrow_move_assignable_v<still::revoker>);

template <class Grant>
concept names_what_is_about_to_go = requires(Grant&& grant) { std::forward<Grant>(grant).capability(); };
static_assert(names_what_is_about_to_go<still::granted<probe>&>);
static_assert(!names_what_is_about_to_go<still::granted<probe>>);

static_assert(noexcept(std::declval<probe_capability const&>().open()));
static_assert(noexcept(std::declval<still::revoker&>().revoke()));
static_assert(noexcept(std::declval<still::granted<probe>&>().revoke()));

// A capability can be made from nothing but what gave it.
static_assert(!std::is_constructible_v<probe_capability, still::slots::name>);
static_assert(!std::is_constructible_v<still::revoker, still::slots::name>);
static_assert(!std::is_constructible_v<still::granted<probe>, still::slots::name>);

// Types are granted by choice.
static_assert(still::can_be_granted<probe>);
static_assert(!still::can_be_granted<int>);
static_assert(!still::can_be_granted<probe const>);
static_assert(!still::can_be_granted<probe&>);
static_assert(!still::can_be_granted<faulty_moving_value>);

} // namespace
