// SPDX-License-Identifier: BSL-1.0
//
// Page tables that are equal hash alike.

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "live_count.hpp"
#include "still/core/frame.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;
using table = still::page_table<std::string, test_policy>;

static_assert(!std::is_default_constructible_v<std::hash<still::page_table<still::frame>>>);

class page_table_hash : public live_count_test { };

TEST_F(page_table_hash, follows_from_the_slots)
{
    std::unordered_set<table> versions;
    table up;
    for (still::page_index page = 0; page < 100; ++page) {
        up = std::move(up).assign(page * page, std::to_string(page));
        EXPECT_TRUE(versions.insert(up).second);
    }
    table down;
    for (still::page_index page = 100; page-- > 0;)
        down = std::move(down).assign(page * page, "other").assign(page * page, std::to_string(page));
    EXPECT_EQ(std::hash<table>()(down), std::hash<table>()(up));
    EXPECT_TRUE(versions.contains(down));
    EXPECT_FALSE(versions.contains(down.assign(3, "three")));
    EXPECT_NE(std::hash<table>()(table().assign(1, "a")), std::hash<table>()(table().assign(2, "a")));
}

TEST_F(page_table_hash, costs_runs_and_not_indices)
{
    auto const one = table().assign(0, still::page_index{ 1 } << 50, "everywhere").assign(12'345, "here");
    auto const other = table()
                           .assign(12'345, "here")
                           .assign(0, 12'345, "everywhere")
                           .assign(12'346, (still::page_index{ 1 } << 50) - 12'346, "everywhere");
    EXPECT_EQ(one, other);
    EXPECT_EQ(std::hash<table>()(one), std::hash<table>()(other));
    EXPECT_NE(std::hash<table>()(one), std::hash<table>()(one.assign(12'345, "everywhere")));
}

} // namespace
