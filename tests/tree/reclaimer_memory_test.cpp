// SPDX-License-Identifier: BSL-1.0
//
// A reclaimer where the program runs out of memory: what couldn't be taken is as it was, and a step needs
// no memory.

#include <gtest/gtest.h>

#include <new>
#include <utility>
#include <vector>

#include "global_new.hpp"
#include "still/reclaimer.hpp"
#include "still/set.hpp"

namespace {

using still_test::global_new;
using numbers = still::set<int>;

std::vector<numbers> versions()
{
    std::vector<numbers> made;
    for (int count = 0; count < 9; ++count)
        made.push_back(numbers{ 1, 2, 3, count });
    return made;
}

TEST(reclaimer_memory, a_failed_take_leaves_the_version_as_it_was)
{
    std::int64_t faults = 0;
    for (bool fired = true; fired;) {
        auto given = versions();
        still::reclaimer bin;
        std::size_t taken = 0;
        still_test::schedule::scope const plan(global_new::allocations, faults + 1);
        for (auto& version : given) {
            auto const size = version.size();
            try {
                bin.take(std::move(version));
                ++taken;
                EXPECT_TRUE(version.empty());
            } catch (std::bad_alloc const&) {
                EXPECT_EQ(version.size(), size);
                EXPECT_TRUE(validate(version));
            }
        }
        fired = plan.fired();
        faults += fired ? 1 : 0;
        EXPECT_EQ(taken, fired ? given.size() - 1 : given.size());
        EXPECT_EQ(bin.pending(), taken);
    }
    EXPECT_GT(faults, 1);
}

TEST(reclaimer_memory, a_step_allocates_nothing)
{
    still::reclaimer bin;
    for (auto& version : versions())
        bin.take(std::move(version));
    auto const before = global_new::allocations.events();
    while (bin.step(1)) { }
    EXPECT_EQ(global_new::allocations.events(), before);
}

} // namespace
