// SPDX-License-Identifier: BSL-1.0
//
// Comparators with state: containers stay assignable, and what is moved from still orders.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include "tree_cases.hpp"

namespace {

using namespace still_test;

/// An order by distance from a number that the caller holds.
auto by_distance_from(int const& centre)
{
    return [&centre](int one, int other) { return std::abs(one - centre) < std::abs(other - centre); };
}
using distance_order = decltype(by_distance_from(0));
static_assert(!std::is_copy_assignable_v<distance_order>);

using near_set = still::set<int, distance_order, test_policy>;
static_assert(std::copyable<near_set> && std::is_nothrow_move_assignable_v<near_set>);
static_assert(std::copyable<near_set::view_type> && std::ranges::view<near_set::view_type>);
static_assert(std::is_nothrow_swappable_v<near_set>);
static_assert(sizeof(still::map<int, int, std::less<int>>) == sizeof(void*));

class tree_comparator : public live_count_test { };

TEST_F(tree_comparator, a_lambda_that_captures_can_be_assigned)
{
    int const low = 0;
    int const high = 100;
    near_set one(by_distance_from(low));
    near_set other(by_distance_from(high));
    for (int number = 0; number <= 100; number += 10) {
        one = std::move(one).insert(number);
        other = other.insert(number);
    }
    EXPECT_EQ(one.front(), 0);
    EXPECT_EQ(other.front(), 100);
    std::swap(one, other);
    EXPECT_EQ(one.front(), 100);
    EXPECT_EQ(other.insert(-200).back(), -200);
    other = one;
    EXPECT_EQ(other.insert(101).erase(100).front(), 101) << "the comparator goes with the elements";
    auto view = one.view();
    view = other.view();
    EXPECT_TRUE(view.contains(60));
    int changes = 0;
    diff(one, one.erase(50), [&](auto const&) { ++changes; });
    EXPECT_EQ(changes, 1);
}

TEST_F(tree_comparator, what_is_moved_from_still_orders)
{
    int const centre = 50;
    near_set one(by_distance_from(centre));
    one = one.insert(10).insert(55);
    auto const taken = std::move(one);
    EXPECT_EQ(taken.front(), 55);
    one = std::move(one).insert(3).insert(48); // NOLINT: what is tested
    EXPECT_EQ(one.front(), 48);

    // Copying this comparator throws nothing, and moving it would leave it empty.
    struct shared_order {
        std::shared_ptr<int const> centre;
        bool operator()(int left, int right) const { return std::abs(left - *centre) < std::abs(right - *centre); }
    };
    static_assert(!std::is_trivially_copyable_v<shared_order>);
    still::set<int, shared_order, test_policy> held(shared_order{ std::make_shared<int const>(7) });
    held = held.insert(1).insert(2);
    auto const moved = std::move(held);
    EXPECT_EQ(moved.front(), 2);
    EXPECT_EQ(held.insert(9).insert(8).front(), 8); // NOLINT: what is tested
    auto assigned = moved;
    assigned = std::move(held);
    EXPECT_TRUE(held.insert(3).contains(3)); // NOLINT: what is tested
    EXPECT_TRUE(assigned.empty());
}

TEST_F(tree_comparator, one_whose_copy_may_throw_is_moved)
{
    still::set<int, std::function<bool(int, int)>, test_policy> one(std::less<int>{});
    one = one.insert(2).insert(1);
    auto other = std::move(one);
    EXPECT_EQ(other.front(), 1);
    one = other;
    EXPECT_EQ(one.insert(0).front(), 0);
    one = still::set<int, std::function<bool(int, int)>, test_policy>(std::greater<int>{});
    EXPECT_EQ(one.insert(1).insert(2).front(), 2);
}

TEST_F(tree_comparator, every_float_has_a_place_in_a_total_order)
{
    using floats = still::set<double, still::total_less, test_policy>;
    constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
    constexpr auto infinity = std::numeric_limits<double>::infinity();
    floats seen{ nan, 0.0, -infinity, 1.0, -nan, infinity, -0.0, nan };
    EXPECT_EQ(seen.size(), 6u);
    EXPECT_TRUE(seen.contains(nan) && seen.contains(-nan) && seen.contains(-0.0) && !seen.contains(2.0));
    EXPECT_EQ(seen.rank(-infinity), 1u);
    EXPECT_EQ(seen.rank(nan), 5u);
    for (int number = 0; number < 400; ++number)
        seen = std::move(seen).insert(number % 5 == 0 ? nan : number / 8.0);
    EXPECT_TRUE(validate(seen));
    EXPECT_TRUE(std::isnan(seen.back()) && std::isnan(seen.front()));
    EXPECT_EQ(seen.erase(nan).size() + 1, seen.size());
    EXPECT_EQ(*std::prev(seen.lower_bound(nan)), infinity);
}

#if STILL_CHECK_LEVEL >= 1
TEST(tree_comparator_death, debug_builds_refuse_nan_where_it_has_no_place)
{
    constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
    still::set<double> const seen{ 1.0, 2.0 };
    EXPECT_DEATH(static_cast<void>(seen.insert(nan)), "broken rule");
    EXPECT_DEATH(static_cast<void>(seen.erase(nan)), "broken rule");
    EXPECT_DEATH(static_cast<void>(seen.insert_range(std::vector{ 3.0, nan })), "broken rule");
}
#endif

/// Counts its copies, and refuses the one that is asked for.
struct reluctant_less {
    static inline int copies = 0;
    static inline int refused = -1;

    reluctant_less() = default;
    reluctant_less(reluctant_less const&)
    {
        if (copies++ == refused)
            throw std::runtime_error("no copy");
    }
    reluctant_less(reluctant_less&&) noexcept { }
    reluctant_less& operator=(reluctant_less const&) = delete;
    ~reluctant_less() = default;
    bool operator()(int one, int other) const noexcept { return one < other; }
};

TEST_F(tree_comparator, one_whose_copy_throws_leaves_no_owner_behind)
{
    still::set<int, reluctant_less, test_policy> seen;
    for (int number = 0; number < 500; ++number)
        seen = std::move(seen).insert(number);
    auto finished = false;
    for (int refused = 0; !finished; ++refused) {
        reluctant_less::copies = 0;
        reluctant_less::refused = refused;
        try {
            auto copy = seen;
            copy = copy.insert(1'000);
            copy = set_union(copy, seen.filter([](int number) { return number % 2 == 0; }));
            auto const halves = copy.split(200);
            auto const parts = copy.partition([](int number) { return number % 3 == 0; });
            auto changes = still::diff(seen, copy);
            EXPECT_EQ(std::ranges::distance(changes), 1);
            finished = true;
        } catch (std::runtime_error const&) {
        }
        reluctant_less::refused = -1;
        EXPECT_EQ(seen.size(), 500u);
        EXPECT_EQ(seen.footprint().shared_bytes, 0u) << "copy " << refused;
    }
}

} // namespace
