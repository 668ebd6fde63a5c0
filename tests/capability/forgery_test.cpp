// SPDX-License-Identifier: BSL-1.0
//
// Forged and damaged capabilities open on nothing, never on another object.

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "capability/tag.hpp"
#include "probe.hpp"

namespace {

using namespace still_test;

struct other_type {
    int key;
};

/// Every test has a thread that opened something before: only such a one takes the short way.
class forgeries : public capability_test {
protected:
    void SetUp() override
    {
        auto const genuine = still::grant(probe(1), bank);
        ASSERT_EQ(key_through(genuine.capability()), 1);
    }

    using bytes = std::array<unsigned char, sizeof(probe_capability)>;
    struct parts {
        std::uint32_t slot;
        std::uint32_t generation;
        std::uint64_t tag;
    };
};

} // namespace

template <>
struct still::grantable<other_type> : still::shown_by_reference<other_type> { };

namespace {

TEST_F(forgeries, by_any_one_or_two_flipped_bits_open_on_nothing)
{
    std::vector<still::granted<probe>> all;
    for (int i = 0; i < 600; ++i)
        all.push_back(still::grant(probe(i), bank));
    for (std::size_t i = 0; i < all.size(); i += 2)
        all[i].revoke(); // free slots between
    auto const good = all[301].capability();
    auto const whole = std::bit_cast<bytes>(good);
    auto const flip = [](bytes& in, unsigned bit) {
        in.at(bit / 8) = static_cast<unsigned char>(in.at(bit / 8) ^ (1U << (bit % 8)));
    };
    for (unsigned first = 0; first < 128; ++first) {
        for (unsigned second = first; second < 128; ++second) {
            auto changed = whole;
            flip(changed, first);
            if (second != first)
                flip(changed, second);
            auto const forged = std::bit_cast<probe_capability>(changed);
            auto const seen = key_through(forged);
            ASSERT_TRUE(seen == says_null || seen == says_revoked || seen == says_bank_destroyed)
                << first << ", " << second << ": " << seen;
        }
    }
    EXPECT_EQ(key_through(good), 301);
}

// The tag is what a forger lacks: every slot and generation there is, with tags of other slots, of
// earlier incarnations, none, or random ones.
TEST_F(forgeries, of_every_slot_and_generation_open_on_nothing)
{
    auto first = still::grant(probe(1), bank);
    auto const second = still::grant(probe(2), bank);
    auto const old = std::bit_cast<parts>(first.capability());
    first.revoke(); // its slot is free now, one generation on
    auto const other = std::bit_cast<parts>(second.capability());
    std::mt19937_64 random(17);
    for (std::uint32_t slot = 0; slot < 1100; ++slot)
        for (std::uint32_t generation = 0; generation < 40; ++generation)
            for (auto const tag : { std::uint64_t{ 0 }, old.tag, other.tag, std::uint64_t{ random() } }) {
                parts const made{ slot, generation, tag };
                auto const seen = key_through(std::bit_cast<probe_capability>(made));
                auto const genuine = std::bit_cast<probe_capability>(made) == second.capability();
                ASSERT_EQ(seen > 0, genuine) << slot << ", " << generation;
            }
    for (std::uint32_t const slot : { 0xffff'ffffU, 0x00ff'ffffU })
        EXPECT_EQ(key_through(std::bit_cast<probe_capability>(parts{ slot, 1, old.tag })), says_null);
}

TEST_F(forgeries, of_the_type_open_on_nothing)
{
    auto const mine = still::grant(other_type{ 5 }, bank);
    auto const as_probe = std::bit_cast<probe_capability>(mine.capability());
    EXPECT_EQ(key_through(as_probe), says_null);
    EXPECT_EQ(mine.capability().open().value()->key, 5);
    // Nor is the right type got by forwarding the wrong one.
    auto const forwarded = as_probe.forward(bank);
    EXPECT_LT(key_through(forwarded.capability), 0);
    EXPECT_EQ(std::bit_cast<still::capability<other_type>>(forwarded.capability).open().error(),
        still::capability_error::null);
}

TEST_F(forgeries, do_not_become_good_by_forwarding)
{
    auto const mine = still::grant(probe(1), bank);
    auto forged = std::bit_cast<parts>(mine.capability());
    forged.tag ^= 1;
    auto const laundered = std::bit_cast<probe_capability>(forged).forward(bank);
    EXPECT_EQ(key_through(laundered.capability), says_revoked);
}

TEST(tags, are_siphash)
{
    // The published example: key 00 01 .. 0f, input 00 01 .. 07.
    still::slots::tag_maker const maker({ 0x0706050403020100, 0x0f0e0d0c0b0a0908 });
    EXPECT_EQ(maker.hash(0x0706050403020100), 0x93f5f5799a932462U);
}

TEST(tags, differ_between_programs_slots_and_generations)
{
    still::slots::tag_maker const one;
    still::slots::tag_maker const other;
    EXPECT_NE(one(1, 1), other(1, 1));
    EXPECT_NE(one(1, 1), one(1, 2));
    EXPECT_NE(one(1, 1), one(2, 1));
}

} // namespace
