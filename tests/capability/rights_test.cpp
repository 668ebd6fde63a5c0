// SPDX-License-Identifier: BSL-1.0
//
// Attenuated and weak capabilities: rights are lost and never gained, by whatever one does with the bits.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "probe.hpp"
#include "still/set.hpp"

namespace {

using namespace still_test;
using still::rights;

template <class Capability>
concept weakens = requires(Capability capability) { capability.weaken(); };

class attenuated : public capability_test { };

constexpr int says_no_right = -static_cast<int>(still::capability_error::no_right);

TEST_F(attenuated, open_while_they_may_read)
{
    auto mine = still::grant(probe(1), bank);
    auto const full = mine.capability();
    EXPECT_TRUE(full.allows(rights::read | rights::adopt));
    EXPECT_FALSE(full.allows(rights::write)) << "a version is never written";
    auto const reader = full.attenuate(rights::read);
    EXPECT_NE(reader, full);
    EXPECT_EQ(key_through(reader), 1);
    EXPECT_TRUE(reader.allows(rights::read));
    EXPECT_FALSE(reader.allows(rights::adopt));
    EXPECT_FALSE(reader.allows(rights::read | rights::adopt));
    EXPECT_TRUE(reader.allows(rights::none));
    auto const blind = full.attenuate(~rights::read);
    EXPECT_EQ(key_through(blind), says_no_right);
    EXPECT_TRUE(blind.allows(rights::adopt));
    EXPECT_EQ(full.attenuate(rights::all), full);
    EXPECT_EQ(bank.usage(), grant_bytes) << "nothing is paid for";
    mine.revoke();
    EXPECT_EQ(key_through(reader), says_revoked);
    EXPECT_EQ(key_through(blind), says_revoked);
    EXPECT_FALSE(reader.allows(rights::read));
    EXPECT_FALSE(full.attenuate(rights::read)) << "null, of one that is gone";
}

TEST_F(attenuated, gain_nothing_by_attenuating_again_or_forwarding)
{
    auto const mine = still::grant(probe(1), bank);
    auto const blind = mine.capability().attenuate(rights::adopt);
    EXPECT_EQ(blind.attenuate(rights::all), blind);
    EXPECT_EQ(blind.attenuate(rights::read).attenuate(rights::all), mine.capability().attenuate(rights::none));
    auto const lent = blind.forward(bank);
    EXPECT_EQ(key_through(lent.capability), says_no_right);
    auto const lent_on = lent.capability.forward(bank);
    EXPECT_EQ(key_through(lent_on.capability), says_no_right);
    EXPECT_FALSE(lent_on.capability.allows(rights::read));
    EXPECT_TRUE(lent_on.capability.allows(rights::adopt));
    auto const opens = mine.capability().forward(bank);
    EXPECT_EQ(key_through(opens.capability), 1) << "a sibling with all rights";
}

TEST_F(attenuated, are_null_with_any_bit_changed)
{
    struct parts {
        std::uint32_t slot;
        std::uint32_t generation;
        std::uint64_t tag;
    };
    auto const mine = still::grant(probe(1), bank);
    auto const full = std::bit_cast<parts>(mine.capability());
    auto const reader = std::bit_cast<parts>(mine.capability().attenuate(rights::read));
    for (std::uint32_t lost = 0; lost < 256; ++lost)
        for (auto const tag : { full.tag, reader.tag, full.tag ^ reader.tag, std::uint64_t{ 0 } }) {
            parts const forged{ (full.slot & 0x00ff'ffffU) | (lost << 24U), full.generation, tag };
            auto const made = std::bit_cast<probe_capability>(forged);
            auto const genuine = made == mine.capability() || made == std::bit_cast<probe_capability>(reader);
            ASSERT_EQ(key_through(made), genuine ? 1 : says_null) << lost;
            ASSERT_EQ(made.allows(rights::read), genuine);
            ASSERT_EQ(static_cast<bool>(made.attenuate(rights::read)), genuine) << "nor is it made good";
        }
}

// No amplification: rights along any chain of attenuations and forwarders only shrink.
RC_GTEST_PROP(attenuated_chains, only_lose_rights, ())
{
    still::bank const bank(1U << 20U);
    auto const mine = still::grant(probe(1), bank);
    struct held {
        probe_capability capability;
        rights left;
    };
    std::vector<held> all{ { mine.capability(), ~rights::write } };
    std::vector<still::forwarder<probe>> forwarders;
    auto const steps = *rc::gen::container<std::vector<std::array<unsigned, 3>>>(
        40, rc::gen::container<std::array<unsigned, 3>>(rc::gen::inRange(0U, 1000U)));
    for (auto const& step : steps) {
        auto const from = all[step[0] % all.size()];
        if (step[1] % 3 == 0) {
            forwarders.push_back(from.capability.forward(bank));
            all.push_back({ forwarders.back().capability, from.left });
        } else {
            auto const keep = static_cast<rights>(step[2] % 8);
            all.push_back({ from.capability.attenuate(keep), from.left & keep });
        }
        for (unsigned asked = 0; asked < 8; ++asked) {
            auto const right = static_cast<rights>(asked);
            RC_ASSERT(all.back().capability.allows(right) == ((all.back().left & right) == right));
        }
        auto const reads = (all.back().left & rights::read) == rights::read;
        RC_ASSERT(key_through(all.back().capability) == (reads ? 1 : says_no_right));
    }
}

TEST_F(attenuated, by_weakening_write_nothing_and_stay_weak)
{
    using numbers = still::set<int>;
    static_assert(still::can_be_weakened<numbers>);
    static_assert(!still::can_be_weakened<probe>);
    static_assert(!weakens<probe_capability> && weakens<still::capability<numbers>>);
    auto const mine = still::grant(numbers{ 1, 2, 3 }, bank);
    auto const weak = mine.capability().weaken();
    EXPECT_TRUE(weak.weak());
    EXPECT_FALSE(mine.capability().weak());
    EXPECT_FALSE(weak.allows(rights::write));
    EXPECT_TRUE(weak.allows(rights::read | rights::adopt));
    EXPECT_TRUE(weak.open().value()->contains(2));
    EXPECT_TRUE(weak.attenuate(rights::all).weak());
    EXPECT_TRUE(weak.forward(bank).capability.weak());
    EXPECT_EQ(weak.weaken(), weak);
}

} // namespace
