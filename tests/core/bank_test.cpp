// SPDX-License-Identifier: BSL-1.0
//
// Banks: charges are conserved, limits hold to the byte, and a charge counts everywhere or nowhere.

#include "still/bank.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace {

TEST(bank, pays_to_the_last_byte_and_not_beyond)
{
    still::bank const bank(100);
    bank.charge(99);
    EXPECT_THROW(bank.charge(2), still::quota_exceeded);
    EXPECT_EQ(bank.usage(), 99U);
    bank.charge(1);
    EXPECT_EQ(bank.usage(), 100U);
    EXPECT_THROW(bank.charge(1), still::quota_exceeded);
    bank.refund(100);
    EXPECT_EQ(bank.usage(), 0U);
}

TEST(bank, says_who_refused_and_why)
{
    still::bank const parent(50);
    auto const child = parent.child(1000);
    child.charge(20);
    try {
        child.charge(31);
        FAIL() << "the parent has room for 30 only";
    } catch (still::quota_exceeded const& refusal) {
        EXPECT_EQ(refusal.asked(), 31U);
        EXPECT_EQ(refusal.limit(), 50U);
        EXPECT_EQ(refusal.usage(), 20U);
        EXPECT_NE(std::string(refusal.what()).find("raise the limit"), std::string::npos);
    }
    child.refund(20);
}

TEST(bank, a_charge_is_everywhere_or_nowhere)
{
    still::bank const root(1000);
    auto const middle = root.child(100);
    auto const leaf = middle.child(1000);
    leaf.charge(60);
    EXPECT_THROW(leaf.charge(50), still::quota_exceeded);
    EXPECT_EQ(leaf.usage(), 60U);
    EXPECT_EQ(middle.usage(), 60U);
    EXPECT_EQ(root.usage(), 60U);
    middle.charge(40);
    EXPECT_EQ(leaf.usage(), 60U);
    EXPECT_EQ(middle.usage(), 100U);
    EXPECT_EQ(root.usage(), 100U);
    leaf.refund(60);
    middle.refund(40);
    EXPECT_EQ(root.usage(), 0U);
}

TEST(bank, limits_at_the_ends_of_the_range)
{
    still::bank const none(0);
    none.charge(0);
    EXPECT_THROW(none.charge(1), still::quota_exceeded);
    still::bank const unlimited(std::numeric_limits<std::size_t>::max());
    EXPECT_THROW(unlimited.charge(std::numeric_limits<std::size_t>::max()), still::quota_exceeded);
    unlimited.charge(std::size_t{ 1 } << 47U);
    EXPECT_THROW(unlimited.charge(std::size_t{ 1 } << 47U), still::quota_exceeded);
    EXPECT_EQ(unlimited.usage(), std::size_t{ 1 } << 47U);
    unlimited.refund(std::size_t{ 1 } << 47U);
}

TEST(bank, no_bank_refuses)
{
    still::bank const none;
    EXPECT_FALSE(none);
    EXPECT_THROW(none.charge(1), std::logic_error);
    EXPECT_THROW(static_cast<void>(none.usage()), std::logic_error);
    EXPECT_THROW(static_cast<void>(none.child(1)), std::logic_error);
    EXPECT_EQ(none, still::bank());
}

TEST(bank, copies_name_the_same_bank)
{
    still::bank first(10);
    auto const second = first;
    second.charge(4);
    EXPECT_EQ(first.usage(), 4U);
    EXPECT_EQ(first, second);
    EXPECT_NE(first, still::bank(10));
    auto const third = std::move(first);
    EXPECT_FALSE(first); // NOLINT(bugprone-use-after-move)
    third.refund(4);
}

// The record outlives the handles while something charged is left, also for the banks above it. The
// sanitizers see a record that goes too early (use after free) or never (leak).
TEST(bank, what_was_charged_keeps_its_payer_alive)
{
    std::pmr::memory_resource* resource = nullptr;
    void* block = nullptr;
    {
        still::bank const root(1000);
        auto const leaf = root.child(1000).child(1000);
        resource = leaf.memory_resource();
        block = resource->allocate(64, 8);
        EXPECT_EQ(root.usage(), 64U);
    }
    auto* const second = resource->allocate(32, 8);
    resource->deallocate(block, 64, 8);
    resource->deallocate(second, 32, 8);
}

TEST(bank, a_deep_chain_goes_without_deep_recursion)
{
    still::bank deep(1'000'000);
    for (int i = 0; i < 100'000; ++i)
        deep = deep.child(1'000'000);
    deep.charge(1);
    deep.refund(1);
    deep = still::bank();
}

// A tree of banks under a random script, against a model that sums by hand.
RC_GTEST_PROP(bank_script, conserves_charges, ())
{
    struct model_bank {
        std::size_t limit;
        std::size_t own = 0;
        int parent;
    };
    std::vector<still::bank> banks{ still::bank(200) };
    std::vector<model_bank> model{ { 200, 0, -1 } };
    auto const sum = [&](std::size_t which) {
        std::size_t total = 0;
        for (std::size_t i = 0; i < model.size(); ++i)
            for (auto at = static_cast<int>(i); at >= 0; at = model[static_cast<std::size_t>(at)].parent)
                if (at == static_cast<int>(which))
                    total += model[i].own;
        return total;
    };
    auto const steps = *rc::gen::container<std::vector<std::tuple<int, std::size_t, std::size_t>>>(rc::gen::tuple(
        rc::gen::inRange(0, 5), rc::gen::inRange<std::size_t>(0, 1000), rc::gen::inRange<std::size_t>(0, 120)));
    for (auto const& [what, pick, bytes] : steps) {
        auto const at = pick % banks.size();
        if (what == 0 && banks.size() < 12) {
            banks.push_back(banks[at].child(bytes));
            model.push_back({ bytes, 0, static_cast<int>(at) });
        } else if (what < 4) {
            bool room = true;
            for (auto up = static_cast<int>(at); up >= 0; up = model[static_cast<std::size_t>(up)].parent)
                room = room && sum(static_cast<std::size_t>(up)) + bytes <= model[static_cast<std::size_t>(up)].limit;
            try {
                banks[at].charge(bytes);
                RC_ASSERT(room);
                model[at].own += bytes;
            } catch (still::quota_exceeded const&) {
                RC_ASSERT(!room);
            }
        } else {
            auto const back = std::min(bytes, model[at].own);
            banks[at].refund(back);
            model[at].own -= back;
        }
        for (std::size_t i = 0; i < banks.size(); ++i)
            RC_ASSERT(banks[i].usage() == sum(i));
    }
    for (std::size_t i = 0; i < banks.size(); ++i)
        banks[i].refund(model[i].own);
    for (auto const& bank : banks)
        RC_ASSERT(bank.usage() == 0U);
}

} // namespace
