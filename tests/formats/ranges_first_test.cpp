// SPDX-License-Identifier: BSL-1.0
//
// fmt's own headers, and Still's containers, before the formatters: the order makes no difference.

#include <fmt/ranges.h>

#include "still/set.hpp"

#include "still/fmt.hpp"

#include <gtest/gtest.h>

TEST(formats_ranges_first, makes_no_difference)
{
    still::set<int> const numbers{ 1, 2 };
    EXPECT_EQ(fmt::format("{}", numbers), "{1, 2}");
    EXPECT_EQ(fmt::format("{}", fmt::join(numbers, "; ")), "1; 2");
    EXPECT_EQ(fmt::format("{}", still::map<int, char>{ { 1, 'a' } }), "{1: 'a'}");
}
