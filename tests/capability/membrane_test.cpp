// SPDX-License-Identifier: BSL-1.0
//
// Membranes: what passes is wrapped or refused, what passes back is what it was, and one revocation cuts it all.

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "probe.hpp"

namespace {

using namespace still_test;
using still::any_capability;
using still::clist;
using still::membrane;

class membranes : public capability_test { };

TEST_F(membranes, cut_all_that_passed_on_both_sides)
{
    auto const inner = still::grant(probe(1), bank);
    auto const outer = still::grant(probe(2), bank);
    membrane border(bank, 1U << 16U);
    auto const seen_outside = border.outward(inner.capability());
    auto const seen_inside = border.inward(outer.capability());
    EXPECT_NE(seen_outside, inner.capability());
    EXPECT_EQ(key_through(seen_outside), 1);
    EXPECT_EQ(key_through(seen_inside), 2);
    auto const passed_on = seen_outside.forward(bank);
    border.revoke();
    border.revoke();
    EXPECT_EQ(key_through(seen_outside), says_bank_destroyed);
    EXPECT_EQ(key_through(seen_inside), says_bank_destroyed);
    EXPECT_EQ(key_through(passed_on.capability), says_bank_destroyed) << "however far it went";
    EXPECT_EQ(key_through(inner.capability()), 1);
    EXPECT_EQ(key_through(outer.capability()), 2);
    EXPECT_THROW(static_cast<void>(border.outward(inner.capability())), still::membrane_error);
    EXPECT_THROW(static_cast<void>(border.inward(seen_outside)), still::membrane_error);
}

TEST_F(membranes, restore_identity_on_return)
{
    auto const inner = still::grant(probe(1), bank);
    auto const outer = still::grant(probe(2), bank);
    membrane const border(bank, 1U << 16U);
    auto const out = border.outward(inner.capability());
    EXPECT_EQ(border.inward(out), inner.capability());
    EXPECT_EQ(border.outward(inner.capability()), out) << "the same one each time";
    auto const in = border.inward(outer.capability());
    EXPECT_EQ(border.outward(in), outer.capability());
    EXPECT_NE(border.inward(inner.capability()), inner.capability()) << "it had never gone out";
    auto const used = border.usage();
    static_cast<void>(border.outward(inner.capability()));
    EXPECT_EQ(border.usage(), used);
}

TEST_F(membranes, wrap_what_is_in_lists)
{
    auto const inner = still::grant(probe(1), bank);
    clist list(bank);
    list.put(3, inner.capability());
    auto const held = still::grant(list, bank);
    still::atom<clist> const cell(list, bank);
    {
        membrane border(bank, 1U << 20U);
        auto const out = border.outward(list);
        EXPECT_EQ(out.get<probe>(3), border.outward(inner.capability()));
        EXPECT_EQ(border.inward(out), list);
        EXPECT_FALSE(border.outward(held.capability())) << "what is read through it would pass unseen";
        EXPECT_FALSE(border.outward(any_capability(cell.writer())));
        border.revoke();
        EXPECT_EQ(key_through(out.get<probe>(3)), says_bank_destroyed);
    }
    EXPECT_EQ(key_through(inner.capability()), 1);
}

TEST_F(membranes, wrap_arguments_results_and_callbacks_of_functions)
{
    auto const inner = still::grant(probe(1), bank);
    auto const outer = still::grant(probe(2), bank);
    membrane border(bank, 1U << 20U);
    using callback = std::function<probe_capability(probe_capability)>;
    probe_capability given_in;
    probe_capability given_back;
    std::function<probe_capability(probe_capability, callback, int)> const service
        = [&](probe_capability argument, callback const& call, int number) {
              EXPECT_EQ(number, 42);
              given_in = argument;
              given_back = call(inner.capability());
              return inner.capability();
          };
    auto const shown = border.outward(service);
    probe_capability called_with;
    auto const result = shown(
        outer.capability(),
        [&](probe_capability argument) {
            called_with = argument;
            return argument;
        },
        42);
    EXPECT_NE(given_in, outer.capability()) << "the inside gets it wrapped";
    EXPECT_EQ(key_through(given_in), 2);
    EXPECT_NE(called_with, inner.capability()) << "a callback, too";
    EXPECT_EQ(given_back, inner.capability()) << "and what comes back is what it was";
    EXPECT_EQ(result, border.outward(inner.capability()));
    border.revoke();
    for (auto const& dead : { given_in, called_with, result })
        EXPECT_EQ(key_through(dead), says_bank_destroyed);
    EXPECT_THROW(static_cast<void>(shown(outer.capability(), nullptr, 42)), still::membrane_error);
}

TEST_F(membranes, let_of_exceptions_the_text_pass_alone)
{
    struct carrier : std::runtime_error {
        explicit carrier(probe_capability held)
            : std::runtime_error("carried")
            , stolen(held)
        {
        }
        probe_capability stolen;
    };
    auto const inner = still::grant(probe(1), bank);
    membrane const border(bank, 1U << 16U);
    std::function<void(int)> const service = [&](int what) {
        if (what == 0)
            throw carrier(inner.capability());
        throw what; // NOLINT(hicpp-exception-baseclass)
    };
    auto const shown = border.outward(service);
    try {
        shown(0);
        FAIL();
    } catch (carrier const&) {
        FAIL() << "it carries a capability";
    } catch (still::membrane_error const& thrown) {
        EXPECT_STREQ(thrown.what(), "carried");
    }
    EXPECT_THROW(shown(1), still::membrane_error);
    EXPECT_EQ(border.outward(std::string("text")), "text");
}

TEST_F(membranes, cost_their_own_bank_and_no_more_than_its_limit)
{
    std::vector<still::granted<probe>> all;
    for (int i = 0; i < 200; ++i)
        all.push_back(still::grant(probe(i), bank));
    auto const before = bank.usage();
    {
        membrane const border(bank, 4096);
        std::size_t passed = 0;
        try {
            for (; passed < all.size(); ++passed)
                static_cast<void>(border.outward(all[passed].capability()));
        } catch (still::quota_exceeded const&) {
        }
        EXPECT_GT(passed, 5U);
        EXPECT_LT(passed, 100U);
        EXPECT_LE(border.usage(), 4096U);
        auto const used = border.usage();
        EXPECT_THROW(static_cast<void>(border.outward(all.back().capability())), still::quota_exceeded);
        EXPECT_EQ(border.usage(), used) << "all or nothing";
        EXPECT_EQ(key_through(border.outward(all.front().capability())), 0) << "what had passed goes on passing";
    }
    EXPECT_EQ(bank.usage(), before);
}

} // namespace
