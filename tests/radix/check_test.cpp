// SPDX-License-Identifier: BSL-1.0
//
// Checking page tables that came through their types, within bounds.

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "live_count.hpp"
#include "still/check.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;
using table = still::page_table<int, test_policy>;

class radix_check : public live_count_test { };

TEST_F(radix_check, passes_what_scripts_make)
{
    for (unsigned seed = 1; seed <= 50; ++seed) {
        std::mt19937 random(seed);
        table made;
        auto const any_index = [&] { return random() % 3'000 * (random() % 4 == 0 ? 1'048'573 : 1); };
        for (int step = 0; step < 60; ++step) {
            auto const count = random() % 4'000;
            if (random() % 4 == 0)
                made = std::move(made).erase(any_index(), count);
            else if (random() % 2 == 0)
                made = std::move(made).assign(any_index(), count, static_cast<int>(random() % 3));
            else
                made = std::move(made).assign(any_index(), static_cast<int>(random() % 3));
            ASSERT_TRUE(still::check(made)) << still::check(made) << " with seed " << seed;
        }
    }
}

TEST_F(radix_check, looks_at_so_many_nodes_and_no_more)
{
    table made;
    for (still::page_index i = 0; i < 100; ++i)
        made = std::move(made).assign(i * 1'000, 1);
    made = std::move(made).assign(1 << 25, 1 << 20, 2);
    auto const found = made.inventory();
    auto const nodes = found.leaves + found.branches + found.uniforms;
    EXPECT_GT(found.uniforms, 0U);
    EXPECT_TRUE(still::check(made, { .most_nodes = nodes }));
    EXPECT_EQ(still::check(made, { .most_nodes = nodes - 1 }).rule(), "nodes ≤ most_nodes");
    EXPECT_EQ(still::check(made, { .most_depth = 2 }).rule(), "depth ≤ most_depth");
    EXPECT_TRUE(still::check(made, { .most_depth = 11 }));
    EXPECT_TRUE(still::check(table(), { .most_nodes = 0 }));
    EXPECT_TRUE(still::check(still::page_table<std::string>().assign(1, "one")));
}

} // namespace
