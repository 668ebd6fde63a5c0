// SPDX-License-Identifier: BSL-1.0
//
// Vectors are let go in slices, and leave what others share.

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "faulty_value.hpp"
#include "live_count.hpp"
#include "still/reclaimer.hpp"
#include "vector_model.hpp"

namespace {

using namespace still_test;
using values = still::vector<faulty_value, tiny_policy>;

static_assert(still::reclaimable<values> && still::reclaimable<still::vector<int>>);

class vector_reclaimer : public live_count_test { };

TEST_F(vector_reclaimer, lets_go_of_as_many_nodes_as_it_is_told)
{
    for (std::size_t const size : { 0U, 3U, 4U, 5U, 300U }) {
        values version(size, faulty_value(1));
        auto const live = value_ledger::live.load();
        still::reclaimer bin;
        bin.take(std::move(version));
        EXPECT_TRUE(version.empty()); // NOLINT(bugprone-use-after-move): promised
        EXPECT_TRUE(validate(version));
        EXPECT_LE(live - value_ledger::live, 4); // the last chunk
        EXPECT_EQ(bin.pending(), size > 4 ? 1U : 0U);
        auto left = value_ledger::live.load();
        while (bin.step(1)) {
            EXPECT_LE(left - value_ledger::live, 4 * 4); // a leaf's chunks
            left = value_ledger::live;
        }
        EXPECT_EQ(value_ledger::live, live - static_cast<std::int64_t>(size));
    }
}

TEST_F(vector_reclaimer, leaves_what_others_share)
{
    values const kept(300, faulty_value(1));
    live_count const seen;
    auto other = kept;
    for (std::size_t index = 0; index < 300; index += 17)
        other = std::move(other).assign(index, faulty_value(2));
    other = std::move(other).push_back(faulty_value(3));
    still::reclaimer bin;
    bin.take(std::move(other));
    while (bin.step(2)) { }
    EXPECT_TRUE(seen.balanced());
    EXPECT_TRUE(validate(kept)) << validate(kept);
    EXPECT_EQ(kept, values(300, faulty_value(1)));
}

} // namespace
