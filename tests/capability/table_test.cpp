// SPDX-License-Identifier: BSL-1.0
//
// The table without types, with generations of few bits: slots are retired before a name could come
// again, stale names never resolve, and its bytes stay within the stated bound.

#include "capability/table.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "faults.hpp"

namespace {

using still::slots::capability_table;
using still::slots::kind_of;
using still::slots::name;

/// A version with nothing to it but a number; it counts its ends.
struct numbered : still::slots::stored {
    int number = 0;
    int* ends = nullptr;
};

numbered* make(int number, int* ends)
{
    return new numbered{ { .destroy =
                                 [](still::slots::stored* gone) noexcept {
                                     auto* const whole = static_cast<numbered*>(gone);
                                     ++*whole->ends;
                                     delete whole;
                                 } },
        number, ends };
}

/// The number behind a name, or -1.
int look(capability_table& table, name const& asked)
{
    auto const opened = table.open(asked, kind_of<int>);
    if (opened.held == nullptr)
        return -1;
    auto const number = static_cast<numbered const*>(opened.version())->number;
    table.close(opened);
    return number;
}

constexpr std::uint32_t four_bits = 15;

std::size_t bound(std::size_t most_live, std::size_t retired)
{
    return (most_live + retired + capability_table::chunk_slots) * still::slots::slot_bytes;
}

TEST(capability_table, retires_a_slot_whose_generation_would_wrap)
{
    auto const table = std::make_unique<capability_table>(four_bits);
    still::bank const bank(1U << 20U);
    int ends = 0;
    std::vector<name> stale;
    std::set<std::pair<std::uint32_t, std::uint32_t>> incarnations;
    for (int i = 0; i < 100; ++i) {
        auto const fresh = table->grant(*make(i, &ends), kind_of<int>, bank);
        EXPECT_GE(fresh.generation, 1U);
        EXPECT_LE(fresh.generation, four_bits);
        EXPECT_TRUE(incarnations.emplace(fresh.slot, fresh.generation).second);
        EXPECT_EQ(look(*table, fresh), i);
        table->revoke(fresh);
        stale.push_back(fresh);
        for (auto const& old : stale)
            ASSERT_EQ(look(*table, old), -1);
    }
    EXPECT_EQ(table->seen().retired, 100 / four_bits);
    EXPECT_EQ(ends, 100);
    EXPECT_EQ(bank.usage(), 0U);
}

TEST(capability_table, gives_its_pages_back_at_its_end)
{
    auto table = std::make_unique<capability_table>();
    still::bank const bank(1U << 24U);
    int ends = 0;
    std::vector<name> live;
    while (live.size() <= capability_table::chunk_slots)
        live.push_back(table->grant(*make(1, &ends), kind_of<int>, bank));
    auto const* const first = table->chunks().first[0].load();
    auto const* const second = table->chunks().first[1].load();
    EXPECT_TRUE(still_test::is_mapped(first) && still_test::is_mapped(second));
    for (auto const& one : live)
        table->revoke(one);
    table.reset();
    EXPECT_FALSE(still_test::is_mapped(first) || still_test::is_mapped(second));
}

TEST(capability_table, stays_within_its_bound)
{
    auto const table = std::make_unique<capability_table>();
    still::bank const bank(1U << 24U);
    int ends = 0;
    EXPECT_EQ(table->seen().bytes, 0U);
    std::size_t most = 0;
    for (int round = 0; round < 5; ++round) {
        std::vector<name> live;
        for (int i = 0; i < 3000; ++i)
            live.push_back(table->grant(*make(i, &ends), kind_of<int>, bank));
        most = std::max(most, table->seen().live);
        EXPECT_EQ(bank.usage(), live.size() * still::slots::slot_bytes);
        EXPECT_LE(table->seen().bytes, bound(most, 0));
        for (auto const& one : live)
            table->revoke(one);
        EXPECT_EQ(table->seen().live, 0U);
    }
    EXPECT_EQ(most, 3000U);
}

// Grants, forwarders and revocations at random, against a model; every name ever given is tried at the
// end of each step, and the slots wrap often.
RC_GTEST_PROP(capability_table_script, never_resolves_a_stale_name, ())
{
    struct given {
        name known;
        int parent;
        int number;
        bool live;
        bool born_dead;
    };
    auto const table = std::make_unique<capability_table>(3);
    still::bank const bank(1U << 20U);
    int ends = 0;
    int granted = 0;
    std::size_t most = 0;
    std::vector<given> all;
    auto const opens = [&](std::size_t which) {
        for (auto at = static_cast<int>(which); at >= 0; at = all[static_cast<std::size_t>(at)].parent)
            if (!all[static_cast<std::size_t>(at)].live || all[static_cast<std::size_t>(at)].born_dead)
                return false;
        return true;
    };
    auto const steps = *rc::gen::container<std::vector<std::tuple<int, std::size_t>>>(
        rc::gen::tuple(rc::gen::inRange(0, 4), rc::gen::inRange<std::size_t>(0, 1000)));
    for (auto const& [what, pick] : steps) {
        auto const at = all.empty() ? 0 : pick % all.size();
        if (what == 0 || all.empty()) {
            all.push_back({ table->grant(*make(granted, &ends), kind_of<int>, bank), -1, granted, true, false });
            ++granted;
        } else if (what == 1) {
            auto const dead = !opens(at);
            all.push_back({ table->forward(all[at].known, kind_of<int>, bank), static_cast<int>(at), all[at].number,
                true, dead });
        } else if (all[at].live) {
            table->revoke(all[at].known);
            all[at].live = false;
        }
        std::size_t live = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            RC_ASSERT(look(*table, all[i].known) == (opens(i) ? all[i].number : -1));
            live += all[i].live ? 1U : 0U;
        }
        most = std::max(most, live);
        RC_ASSERT(table->seen().live == live);
        RC_ASSERT(bank.usage() == live * still::slots::slot_bytes);
        RC_ASSERT(table->seen().bytes <= bound(most, table->seen().retired));
    }
    for (auto const& one : all)
        if (one.live)
            table->revoke(one.known);
    RC_ASSERT(ends == granted);
    RC_ASSERT(bank.usage() == 0U);
}

} // namespace
