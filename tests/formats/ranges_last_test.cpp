// SPDX-License-Identifier: BSL-1.0
//
// The formatters before anything of fmt.

#include "still/fmt.hpp"

#include <fmt/ranges.h>

#include <gtest/gtest.h>

TEST(formats_ranges_last, makes_no_difference)
{
    still::set<int> const numbers{ 1, 2 };
    EXPECT_EQ(fmt::format("{}", numbers), "{1, 2}");
    EXPECT_EQ(fmt::format("{}", fmt::join(numbers, "; ")), "1; 2");
    EXPECT_EQ(fmt::format("{}", still::map<int, char>{ { 1, 'a' } }), "{1: 'a'}");
}
