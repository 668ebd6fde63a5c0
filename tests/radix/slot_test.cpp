// SPDX-License-Identifier: BSL-1.0
//
// Page tables of slots that allocate, that know their address, that are wide, or whose move throws.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string>

#include "faulty_value.hpp"
#include "live_count.hpp"
#include "radix_model.hpp"
#include "still/core/charged_heap.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;

/// Long enough to allocate.
std::string text(int value)
{
    return "a slot that holds the number " + std::to_string(value);
}

RC_GTEST_PROP(page_table_slots, strings, ())
{
    live_count const seen;
    run_script(still::page_table<std::string, test_policy>(), *any_script(), text);
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(page_table_slots, values_that_know_their_address, ())
{
    live_count const seen;
    {
        auto const script = *any_script();
        run_script(
            still::page_table<faulty_value, test_policy>(), script, [](int value) { return faulty_value(value); });
    }
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(page_table_slots, values_whose_move_throws, ())
{
    live_count const seen;
    {
        auto const script = *any_script();
        run_script(still::page_table<faulty_moving_value, test_policy>(), script,
            [](int value) { return faulty_moving_value(value); });
    }
    RC_ASSERT(seen.balanced());
}

struct alignas(64) wide_slot {
    std::array<std::uint64_t, 8> words;

    friend bool operator==(wide_slot const& one, wide_slot const& other)
    {
        // Before anything else: a slot must lie where its type asks.
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&one) % 64, 0U);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&other) % 64, 0U);
        return one.words == other.words;
    }
};

RC_GTEST_PROP(page_table_slots, wide_and_aligned, ())
{
    live_count const seen;
    run_script(still::page_table<wide_slot, offset_test_policy>(), *any_script(), [](int value) {
        wide_slot slot{};
        slot.words.fill(static_cast<std::uint64_t>(value));
        return slot;
    });
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(page_table_slots, narrow, ())
{
    live_count const seen;
    run_script(
        still::page_table<char, test_policy>(), *any_script(), [](int value) { return static_cast<char>(value); });
    RC_ASSERT(seen.balanced());
}

// A bank pays for nodes and for what their slots allocate, and gets all of it back.

RC_GTEST_PROP(page_table_slots, charged_to_a_bank, ())
{
    still::bank const payer(std::size_t{ 1 } << 24U);
    run_script(still::page_table<int, still::charged_policy>(payer), *any_script(), [](int value) { return value; });
    RC_ASSERT(payer.usage() == 0U);
}

TEST(page_table_slots, allocate_from_the_bank_that_pays_for_the_nodes)
{
    still::bank const payer(std::size_t{ 1 } << 20U);
    {
        still::page_table<std::pmr::string, still::charged_policy> table(payer);
        std::pmr::string const big(5'000, 'x'); // on the default resource
        table = std::move(table).assign(7, big);
        EXPECT_GT(payer.usage(), 5'000U);
        EXPECT_EQ(table.find(7)->get_allocator().resource(), payer.memory_resource());

        auto const copy = table.assign(8, "beside it"); // copies the leaf, and the big string with it
        EXPECT_GT(payer.usage(), 10'000U);
        EXPECT_EQ(copy.find(7)->get_allocator().resource(), payer.memory_resource());
        EXPECT_EQ(*copy.find(7), big);
    }
    EXPECT_EQ(payer.usage(), 0U);
}

TEST(page_table_slots, are_refused_by_a_full_bank_with_nothing_changed)
{
    still::bank const payer(2'000);
    still::page_table<int, still::charged_policy> table(payer);
    page_index next = 0;
    try {
        for (;; next += 1'000)
            table = std::move(table).assign(next, 1);
    } catch (still::quota_exceeded const& refusal) {
        EXPECT_EQ(refusal.limit(), 2'000U);
    }
    EXPECT_EQ(table.size(), next / 1'000);
    EXPECT_TRUE(validate(table)) << validate(table);
    EXPECT_LE(payer.usage(), 2'000U);
    table = {};
    EXPECT_EQ(payer.usage(), 0U);
}

// What is assigned may come out of the table itself.

TEST(page_table_slots, may_be_assigned_from_the_same_table)
{
    live_count const seen;
    {
        still::page_table<std::string, test_policy> table;
        for (page_index i = 1; i < 5; ++i)
            table = std::move(table).assign(i * 2, text(static_cast<int>(i)));
        // NOLINTBEGIN(bugprone-use-after-move): the version is read before it is edited
        table = std::move(table).assign(1, table.at(2)); // the leaf grows, and its slots move
        table = std::move(table).assign(3, table.at(8)); // slots shift
        table = std::move(table).assign(8, table.at(4)); // a slot is replaced
        EXPECT_EQ(table.at(1), text(1));
        EXPECT_EQ(table.at(3), text(4));
        EXPECT_EQ(table.at(8), text(2));
        auto const shared = table;
        table = std::move(table).assign(5, table.at(6)); // the leaf is copied
        // NOLINTEND(bugprone-use-after-move)
        EXPECT_EQ(table.at(5), text(3));
        EXPECT_FALSE(shared.contains(5));
    }
    EXPECT_TRUE(seen.balanced());
}

TEST(page_table_slots, that_are_equal_stay_as_they_were)
{
    still::page_table<faulty_value, test_policy> table;
    table = std::move(table).assign(3, faulty_value(1, 10));
    table = std::move(table).assign(3, faulty_value(1, 20)); // equal by key
    EXPECT_EQ(table.find(3)->tag(), 10);
    EXPECT_EQ(table.assign(3, faulty_value(1, 30)).at(3).tag(), 10);
}

TEST(page_table_slots, given_as_rvalues_are_moved_in)
{
    still::page_table<std::string, test_policy> table;
    auto given = text(1);
    auto const* const bytes = given.data();
    table = std::move(table).assign(3, std::move(given));
    EXPECT_EQ(table.find(3)->data(), bytes);
    auto beside = text(2);
    auto const* const more = beside.data();
    auto const copy = table.assign(4, std::move(beside)); // into a copied leaf
    EXPECT_EQ(copy.find(4)->data(), more);
}

} // namespace
