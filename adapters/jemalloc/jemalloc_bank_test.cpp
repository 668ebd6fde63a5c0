// SPDX-License-Identifier: BSL-1.0
//
// Banks in arenas of jemalloc's.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "jemalloc_bank.hpp"
#include "still/capability.hpp"
#include "still/map.hpp"

namespace {

using index = still::map<int, int, std::less<>, still::charged_policy>;

[[nodiscard]] index filled(still::bank const& payer, int elements)
{
    index made(payer);
    for (auto key = 0; key < elements; ++key)
        made = std::move(made).insert(key, -key);
    return made;
}

/// One of jemalloc's numbers, as it is now.
[[nodiscard]] std::size_t told(std::string const& name)
{
    std::uint64_t epoch = 1;
    EXPECT_EQ(::mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch), 0);
    std::size_t value = 0;
    auto bytes = sizeof value;
    EXPECT_EQ(::mallctl(name.c_str(), &value, &bytes, nullptr, 0), 0) << name;
    return value;
}

TEST(arena_banks, have_their_blocks_in_an_arena)
{
    auto memory = std::make_unique<still::jemalloc_memory>();
    auto const name = "stats.arenas." + std::to_string(memory->number()) + ".small.allocated";
    still::bank const bank(std::size_t{ 1 } << 24U, std::move(memory));
    {
        auto const made = filled(bank, 10'000);
        EXPECT_GE(told(name), bank.usage());
        EXPECT_EQ(made.at(77), -77);
    }
    EXPECT_EQ(bank.usage(), 0U);
}

TEST(arena_banks, give_all_back_when_they_are_destroyed)
{
    auto const before = told("stats.allocated");
    auto const above = still::bank(std::size_t{ 1 } << 28U);
    {
        auto const bank = still::arena_bank(above, std::size_t{ 1 } << 27U);
        auto const mine = still::grant(filled(bank, 500'000), bank);
        EXPECT_GT(told("stats.allocated"), before + 6'000'000);
        auto const report = bank.destroy();
        EXPECT_EQ(report.grants, 1U);
        EXPECT_EQ(report.bytes, 0U);
        EXPECT_LT(told("stats.allocated"), before + 1'000'000);
        EXPECT_FALSE(mine.capability().open());
    }
    EXPECT_EQ(above.usage(), 0U);
}

TEST(arena_banks, serve_several_threads_some_of_which_end_later)
{
    for (auto round = 0; round < 20; ++round) {
        auto const bank = still::arena_bank(std::size_t{ 1 } << 27U);
        std::vector<still::granted<index>> all(4);
        std::vector<std::thread> threads;
        for (auto& place : all)
            threads.emplace_back([&] { place = still::grant(filled(bank, 2'000), bank); });
        for (auto& thread : threads)
            thread.join();
        EXPECT_EQ((*all[3].capability().open())->at(1'999), -1'999);
        static_cast<void>(bank.destroy());
        EXPECT_EQ(bank.usage(), 0U);
    }
}

TEST(arena_banks, may_be_made_and_destroyed_without_end)
{
    auto made = std::size_t{ 0 };
    for (auto round = 0; round < 2'000; ++round) {
        auto memory = std::make_unique<still::jemalloc_memory>();
        made = std::max<std::size_t>(made, memory->number());
        still::bank const bank(std::size_t{ 1 } << 24U, std::move(memory));
        auto const mine = still::grant(filled(bank, 10), bank);
        if (round % 2 == 0)
            static_cast<void>(bank.destroy());
    }
    EXPECT_LT(made, 200U) << "arenas are used again";
}

TEST(arena_banks, keep_what_somebody_holds)
{
    auto held = std::optional<index>();
    {
        auto const bank = still::arena_bank(std::size_t{ 1 } << 24U);
        held = filled(bank, 1'000);
        auto const mine = still::grant(index(*held), bank);
        EXPECT_GT(bank.destroy().bytes, 0U);
    }
    EXPECT_EQ(held->at(999), -999);
    held.reset();
}

TEST(arena_banks, charge_and_refuse_as_others_do)
{
    auto const bank = still::arena_bank(10'000);
    EXPECT_THROW(static_cast<void>(filled(bank, 100'000)), still::quota_exceeded);
    EXPECT_EQ(bank.usage(), 0U);
}

} // namespace
