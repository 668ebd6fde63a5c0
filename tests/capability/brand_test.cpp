// SPDX-License-Identifier: BSL-1.0
//
// Brands: who made a capability, whatever way it came, and what only the sealer unseals.

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "probe.hpp"

namespace {

using namespace still_test;

class brands : public capability_test { };

TEST_F(brands, verify_their_own_by_every_way)
{
    still::brand const ours("index");
    auto mine = ours.grant(probe(1), bank);
    auto const direct = mine.capability();
    auto const lent = direct.forward(bank);
    auto further = lent.capability.forward(bank);
    EXPECT_EQ(key_through(direct), 1);
    EXPECT_TRUE(ours.verify(direct));
    EXPECT_TRUE(ours.verify(lent.capability));
    EXPECT_TRUE(ours.verify(further.capability));
    EXPECT_TRUE(ours.verify(direct.attenuate(still::rights::none))) << "who made it isn't a right";
    further.revoker.revoke();
    EXPECT_FALSE(ours.verify(further.capability)) << "what doesn't open proves nothing";
    EXPECT_TRUE(ours.verify(lent.capability));
    mine.revoke();
    EXPECT_FALSE(ours.verify(direct));
    EXPECT_FALSE(ours.verify(lent.capability));
}

TEST_F(brands, are_not_their_names)
{
    still::brand const ours("index");
    still::brand const theirs("index");
    auto const mine = ours.grant(probe(1), bank);
    auto const others = theirs.grant(probe(2), bank);
    auto const nobodys = still::grant(probe(3), bank);
    EXPECT_FALSE(theirs.verify(mine.capability()));
    EXPECT_FALSE(ours.verify(others.capability()));
    EXPECT_FALSE(ours.verify(nobodys.capability()));
    EXPECT_FALSE(ours.verify(probe_capability()));
    auto const envelope = ours.seal(nobodys.capability());
    EXPECT_EQ(key_through(theirs.unseal(envelope)), says_null);
    EXPECT_EQ(ours.unseal(envelope), nobodys.capability());
    EXPECT_FALSE(ours.unseal(still::sealed<probe>()));
}

TEST_F(brands, do_not_carry_over_to_the_next_in_a_slot)
{
    still::brand const ours("index");
    std::vector<probe_capability> old;
    for (int i = 0; i < 50; ++i) {
        auto const mine = ours.grant(probe(i), bank);
        old.push_back(mine.capability());
        EXPECT_TRUE(ours.verify(old.back()));
    }
    std::vector<still::granted<probe>> others;
    for (int i = 0; i < 50; ++i) {
        others.push_back(still::grant(probe(i), bank));
        EXPECT_FALSE(ours.verify(others.back().capability()));
    }
    for (auto const& stale : old)
        EXPECT_FALSE(ours.verify(stale));
}

TEST_F(brands, move_and_are_not_copied)
{
    static_assert(!std::is_copy_constructible_v<still::brand>);
    still::brand first("a");
    auto const mine = first.grant(probe(1), bank);
    auto const envelope = first.seal(mine.capability());
    auto const moved = std::move(first);
    EXPECT_EQ(moved.name(), "a");
    EXPECT_TRUE(moved.verify(mine.capability()));
    EXPECT_FALSE(first.verify(mine.capability())); // NOLINT(bugprone-use-after-move)
    EXPECT_FALSE(first.unseal(envelope));
    EXPECT_FALSE(first.unseal(still::sealed<probe>()));
    EXPECT_EQ(moved.unseal(envelope), mine.capability());
}

TEST_F(brands, are_not_got_by_forged_bits)
{
    still::brand const ours("index");
    auto const mine = ours.grant(probe(1), bank);
    auto bits = std::bit_cast<std::array<std::uint64_t, 2>>(mine.capability());
    for (unsigned bit = 0; bit < 128; ++bit) {
        auto forged = bits;
        forged.at(bit / 64) ^= std::uint64_t{ 1 } << (bit % 64);
        EXPECT_FALSE(ours.verify(std::bit_cast<probe_capability>(forged))) << bit;
    }
}

} // namespace
