// SPDX-License-Identifier: BSL-1.0
//
// What several threads make shares what it can with its operands, and costs what differs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <utility>
#include <vector>

#include "executors.hpp"
#include "operands.hpp"
#include "tree_cases.hpp"

namespace {

using namespace still_test;

using numbers = still::set<int, std::less<>, test_policy>;
using forking = parallel<numbers, first_then_second>;

numbers numbers_below(int count, int stride = 1)
{
    std::vector<int> elements(static_cast<std::size_t>(count));
    std::ranges::generate(elements, [next = -stride, stride]() mutable { return next += stride; });
    return numbers::from_sorted(elements);
}

class parallel_sharing : public live_count_test {
protected:
    first_then_second on;
    forking apart{ { on, 1'000, 100 } };
};

TEST_F(parallel_sharing, no_change_gives_the_same_root_and_keeps_no_node)
{
    auto const all = numbers_below(50'000);
    auto const some = numbers_below(20'000, 2); // nodes of its own
    auto const odd = all.filter([](int number) { return number % 2 == 1; });
    live_count const before;
    auto const forks = invocations.events();
    EXPECT_TRUE(apart.set_union(all, some).same_root(all));
    EXPECT_TRUE(apart.set_intersection(some, all).same_root(some));
    EXPECT_TRUE(apart.set_difference(odd, some).same_root(odd));
    EXPECT_TRUE(apart.insert_range(all, some).same_root(all));
    EXPECT_TRUE(apart.erase_keys(odd, some).same_root(odd));
    EXPECT_TRUE(apart.filter(all, [](auto) { return true; }).same_root(all));
    EXPECT_GT(invocations.events() - forks, 6u);
    EXPECT_TRUE(before.balanced());
}

/// Versions of 100 000 elements, 10 apart in one place and 10 in another.
struct near_versions {
    numbers before = numbers_below(100'000);
    numbers after = before.erase_range(20'000, 20'010).insert_range(std::views::iota(100'000, 100'010));
};

TEST_F(parallel_sharing, versions_that_share_cost_what_differs)
{
    near_versions const versions;
    auto const& [before, after] = versions;
    auto const forks = invocations.events();
    auto const allocated = allocations();
    EXPECT_EQ(apart.set_difference(before, after).size(), 10u);
    EXPECT_EQ(apart.set_difference(after, before).size(), 10u);
    EXPECT_EQ(apart.set_symmetric_difference(after, before).size(), 20u);
    EXPECT_EQ(apart.set_union(before, after).size(), 100'010u);
    EXPECT_EQ(invocations.events(), forks) << "the first steps see it all";
    EXPECT_LE(allocations() - allocated, 80u);
}

TEST_F(parallel_sharing, a_walk_that_was_broken_off_prunes_as_well)
{
    near_versions const versions;
    auto const& [before, after] = versions;
    parallel<numbers, first_then_second> const eager{ { on, 1'000, 20 } };
    auto const forks = invocations.events();
    auto const allocated = allocations();
    EXPECT_EQ(eager.set_union(before, after).size(), 100'010u);
    EXPECT_GT(invocations.events(), forks);
    EXPECT_LE(invocations.events() - forks, 30u) << "forks follow the work, not the size";
    EXPECT_LE(allocations() - allocated, 400u) << "of some 800 nodes";
}

TEST_F(parallel_sharing, results_share_what_lies_between_the_cuts)
{
    auto const before = numbers_below(100'000);
    auto const others = numbers_below(10, 10'000).filter([](int number) { return number > 0; });
    auto const after = apart.erase_keys(before, others);
    EXPECT_EQ(after.size(), 99'991u);
    EXPECT_LE(nodes_beside(after, before), 80u);
    auto const filtered = apart.filter(before, [](auto at) { return *at.key() != 5'000; });
    EXPECT_LE(nodes_beside(filtered, before), 80u);
    auto const less = apart.set_difference(before, others);
    EXPECT_EQ(less, after);
    EXPECT_LE(nodes_beside(less, before), 80u);
}

TEST_F(parallel_sharing, apart_lying_operands_are_taken_whole)
{
    auto const low = numbers_below(50'000);
    std::vector<int> elements(50'000);
    std::iota(elements.begin(), elements.end(), 50'000);
    auto const high = numbers::from_sorted(elements);
    auto const allocated = allocations();
    EXPECT_EQ(apart.set_union(low, high).size(), 100'000u);
    EXPECT_TRUE(apart.set_intersection(low, high).empty());
    EXPECT_TRUE(apart.set_difference(low, high).same_root(low));
    EXPECT_LE(allocations() - allocated, 60u);
}

} // namespace
