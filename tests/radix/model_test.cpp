// SPDX-License-Identifier: BSL-1.0
//
// Page tables of numbers under random scripts, with each choice of policy.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "live_count.hpp"
#include "radix_model.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;

template <class Policy>
void run_numbers()
{
    live_count const seen;
    {
        auto const script = *any_script();
        run_script(still::page_table<int, Policy>(), script, [](int value) { return value; });
    }
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(page_table_model, agrees_with_a_map, ())
{
    run_numbers<test_policy>();
}
RC_GTEST_PROP(page_table_model, agrees_with_a_map_on_plain_counts, ())
{
    run_numbers<local_test_policy>();
}
RC_GTEST_PROP(page_table_model, agrees_with_a_map_on_offset_links, ())
{
    run_numbers<offset_test_policy>();
}

/// Longer than rapidcheck's scripts get: nodes fill up, grow, empty and collapse many times over.
TEST(page_table_model, agrees_with_a_map_over_a_long_life)
{
    std::uint64_t const seed = 20'240'601;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    live_count const seen;
    {
        still::page_table<int, test_policy> table;
        table_model<int> model;
        std::vector<std::pair<still::page_table<int, test_policy>, table_model<int>>> versions;
        for (int step = 0; step < 40'000; ++step) {
            // The share of erasures swings, so that the table swells and shrinks.
            bool const erases = random() % 100 < ((step / 5'000) % 2 == 0 ? 25U : 75U);
            page_index index = random() % 4'000;
            if (random() % 4 == 0)
                index = (index << 40U) | (random() % 40);
            if (random() % 50 == 0)
                index = still::radix::index_end - 1 - index;
            bool const in_place = random() % 3 != 0;
            if (erases) {
                table = in_place ? std::move(table).erase(index) : table.erase(index);
                model.erase(index);
            } else {
                auto const value = static_cast<int>(random() % 5);
                table = in_place ? std::move(table).assign(index, value) : table.assign(index, value);
                model[index] = value;
            }
            if (step % 500 == 0) {
                ASSERT_TRUE(validate(table)) << validate(table);
                versions.emplace_back(table, model);
            }
        }
        for (auto const& [version, wanted] : versions) {
            ASSERT_TRUE(validate(version)) << validate(version);
            ASSERT_TRUE(std::ranges::equal(version, wanted, [](auto const& entry, auto const& pair) {
                return entry.index == pair.first && entry.slot == pair.second;
            }));
        }
    }
    EXPECT_TRUE(seen.balanced());
}

} // namespace
