// SPDX-License-Identifier: BSL-1.0
//
// Factories: verified before use, sealed, and open about what could leak from them.

#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

#include "probe.hpp"
#include "still/map.hpp"
#include "still/segment.hpp"

namespace {

using namespace still_test;
using numbers = still::map<int, int, std::less<>, still::charged_policy>;

class factories : public capability_test {
protected:
    still::bank customers{ 1U << 20U };
};

TEST_F(factories, hand_out_the_newest_version_of_their_source)
{
    still::atom<numbers> const current(numbers(bank).insert_or_assign(1, 1), bank);
    still::factory_builder<numbers> building("numbers", bank);
    building.show(current.capability());
    auto const made = std::move(building).seal();
    EXPECT_EQ(made.name(), "numbers");
    EXPECT_TRUE(made.yields(current.capability()));
    EXPECT_TRUE(made.yields(current.writer()));
    EXPECT_TRUE(made.holes().empty());
    auto const first = made.make(customers);
    current.update([](numbers const& before) { return before.insert_or_assign(2, 2); });
    auto const second = made.make(customers);
    EXPECT_EQ(first.value().size(), 1U);
    EXPECT_EQ(second.value().size(), 2U);
    EXPECT_GT(customers.usage(), 0U) << "the customer pays";
}

TEST_F(factories, are_told_from_others)
{
    still::atom<numbers> const current(numbers(bank), bank);
    still::atom<numbers> const other(numbers(bank), bank);
    auto lent = current.capability().forward(bank);
    still::factory_builder<numbers> building("numbers", bank);
    building.show(lent.capability);
    auto const made = std::move(building).seal();
    EXPECT_TRUE(made.yields(current.capability())) << "by whatever way";
    EXPECT_FALSE(made.yields(other.capability()));
    EXPECT_FALSE(made.yields(still::capability<numbers>()));
    lent.revoker.revoke();
    EXPECT_FALSE(made.yields(current.capability()));
    EXPECT_EQ(made.make(customers).error(), still::capability_error::revoked);
    still::factory<numbers> const none;
    EXPECT_FALSE(none.yields(current.capability()));
    EXPECT_FALSE(none.yields(still::capability<numbers>()));
    EXPECT_EQ(none.make(customers).error(), still::capability_error::null);
}

TEST_F(factories, show_their_holes_and_take_nothing_after_the_seal)
{
    auto const source = still::grant(numbers(bank), bank);
    still::atom<numbers> const leak(numbers(bank), bank);
    still::factory_builder<numbers> building("numbers", bank);
    building.show(source.capability());
    building.add(leak.writer());
    auto const made = std::move(building).seal();
    EXPECT_EQ(made.holes().size(), 1U);
    EXPECT_EQ(made.holes().get<numbers>(0), leak.writer());
    EXPECT_THROW(building.add(leak.writer()), std::logic_error); // NOLINT(bugprone-use-after-move)
    EXPECT_THROW(building.show(leak.writer()), std::logic_error);
    EXPECT_THROW(static_cast<void>(std::move(building).seal()), std::logic_error);
    EXPECT_EQ(made.holes().size(), 1U);
}

TEST_F(factories, hand_out_snapshots_of_memory)
{
    auto bytes = still::segment(10 * still::page_bytes, bank);
    still::atom<still::segment> const current(bytes, bank);
    still::factory_builder<still::segment> building("memory", bank);
    building.show(current.capability());
    auto const made = std::move(building).seal();
    current.store(bytes.store(100, 7));
    auto const mine = made.make(customers);
    EXPECT_EQ(mine.value().load<int>(100), 7);
    current.store(bytes.store(100, 8));
    EXPECT_EQ(mine.value().load<int>(100), 7);
}

} // namespace
