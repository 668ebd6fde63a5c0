// SPDX-License-Identifier: BSL-1.0
//
// Adopting: a copy of one's own, which outlives its giver, and costs what differs from the last.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include "probe.hpp"
#include "still/map.hpp"
#include "still/page_table.hpp"
#include "still/segment.hpp"
#include "still/set.hpp"
#include "still/vector.hpp"

namespace {

using namespace still_test;
using still::rights;

class adoptions : public capability_test {
protected:
    still::bank theirs{ 1U << 26U };
    still::bank ours{ 1U << 26U };

    void TearDown() override
    {
        EXPECT_EQ(theirs.usage(), 0U);
        EXPECT_EQ(ours.usage(), 0U);
        capability_test::TearDown();
    }
};

using charged_map = still::map<int, int, std::less<>, still::charged_policy>;

TEST_F(adoptions, outlive_their_giver)
{
    still::adopter<charged_map> keep(ours);
    {
        auto given = charged_map(theirs);
        for (int i = 0; i < 1000; ++i)
            given = std::move(given).insert_or_assign(i, 2 * i);
        auto const mine = still::grant(std::move(given), theirs);
        auto const before = theirs.usage();
        auto const adopted = keep.adopt(mine.capability());
        ASSERT_TRUE(adopted);
        EXPECT_EQ(theirs.usage(), before) << "the giver pays for nothing";
    }
    EXPECT_EQ(theirs.usage(), 0U) << "and nothing of it is kept";
    EXPECT_EQ(keep.last().size(), 1000U);
    EXPECT_EQ(keep.last().at(999), 1998);
    EXPECT_TRUE(validate(keep.last()));
    EXPECT_GT(ours.usage(), 8000U);
}

TEST_F(adoptions, need_the_right_and_an_open_capability)
{
    auto mine = still::grant(charged_map(theirs).insert_or_assign(1, 1), theirs);
    auto const full = mine.capability();
    EXPECT_EQ(still::adopt(full.attenuate(rights::read), ours).error(), still::capability_error::no_right);
    EXPECT_EQ(still::adopt(full.attenuate(rights::adopt), ours).error(), still::capability_error::no_right);
    EXPECT_EQ(still::adopt(still::capability<charged_map>(), ours).error(), still::capability_error::null);
    EXPECT_EQ(still::adopt(full.weaken(), ours).value().at(1), 1);
    still::adopter<charged_map> keep(ours);
    ASSERT_TRUE(keep.adopt(full));
    mine.revoke();
    EXPECT_EQ(keep.adopt(full).error(), still::capability_error::revoked);
    EXPECT_EQ(keep.last().at(1), 1) << "what was adopted before stays";
}

// One change in a large version: the bank pays for a path of nodes, and not for a second copy.
template <class Version, class Grant, class Change>
void expect_the_difference(still::bank const& ours, Grant grant, Change change, Version start, std::size_t path_bytes)
{
    still::adopter<Version> keep(ours);
    auto const first = grant(start);
    auto adopted = keep.adopt(first.capability());
    ASSERT_TRUE(adopted);
    EXPECT_TRUE(keep.last() == adopted.value());
    auto const whole = ours.usage();
    EXPECT_GT(whole, 8 * path_bytes) << "else this tells nothing";

    // The same contents from another version without common history cost nothing.
    auto const again = keep.adopt(first.capability());
    ASSERT_TRUE(again);
    EXPECT_TRUE(again.value().same_root(adopted.value()));
    EXPECT_EQ(ours.usage(), whole);

    auto const second = grant(change(start));
    auto const next = keep.adopt(second.capability());
    ASSERT_TRUE(next);
    EXPECT_FALSE(next.value() == adopted.value());
    EXPECT_GT(ours.usage(), whole);
    EXPECT_LE(ours.usage(), whole + path_bytes);
}

template <class Version>
auto granting(still::bank const& payer)
{
    return [payer](Version const& version) { return still::grant(Version(version), payer); };
}

TEST_F(adoptions, of_maps_cost_the_difference)
{
    auto start = charged_map(theirs);
    for (int i = 0; i < 20'000; ++i)
        start = std::move(start).insert_or_assign(i, i);
    expect_the_difference<charged_map>(
        ours, granting<charged_map>(theirs),
        [](charged_map const& before) {
            return before.insert_or_assign(10'000, -1).erase(10'001).insert_or_assign(100'000, 1);
        },
        start, 10'000U);
}

TEST_F(adoptions, of_sets_cost_the_difference)
{
    using numbers = still::set<long>; // nobody pays for these: the adopter does
    auto start = numbers();
    for (long i = 0; i < 40'000; ++i)
        start = std::move(start).insert(i);
    expect_the_difference<numbers>(
        ours, granting<numbers>(theirs), [](numbers const& before) { return before.erase(20'000); }, start, 3U * 4096U);
}

TEST_F(adoptions, of_vectors_cost_the_difference)
{
    using numbers = still::vector<int, still::charged_policy>;
    auto start = numbers(still::charged_heap(theirs));
    for (int i = 0; i < 60'000; ++i)
        start = std::move(start).push_back(i);
    expect_the_difference<numbers>(
        ours, granting<numbers>(theirs), [](numbers const& before) { return before.assign(30'000, -1).push_back(7); },
        start, 4U * 2500U);
    still::adopter<numbers> keep(ours);
    auto const whole = still::grant(numbers(start), theirs);
    auto const part = still::grant(start.take(100), theirs);
    ASSERT_TRUE(keep.adopt(whole.capability()));
    EXPECT_EQ(keep.adopt(part.capability()).value().size(), 100U);
    EXPECT_TRUE(keep.adopt(whole.capability()).value() == keep.last());
    EXPECT_EQ(keep.last().size(), 60'000U);
}

TEST_F(adoptions, of_page_tables_cost_the_difference)
{
    using table = still::page_table<int, still::charged_policy>;
    auto start = table(still::charged_heap(theirs));
    for (still::page_index i = 0; i < 50'000; ++i)
        start = std::move(start).assign(3 * i, static_cast<int>(i));
    expect_the_difference<table>(
        ours, granting<table>(theirs), [](table const& before) { return before.assign(3000, -1).erase(6000); }, start,
        8U * 1024U);
}

TEST_F(adoptions, of_segments_cost_the_frames_that_differ)
{
    auto start = still::segment(still::page_bytes * 300 + 17, theirs);
    for (std::uint64_t page = 0; page < 300; page += 2)
        start = std::move(start).store(page * still::page_bytes + 8, page + 1);
    still::adopter<still::segment> keep(ours);
    auto const first = still::grant(start, theirs);
    ASSERT_TRUE(keep.adopt(first.capability()));
    EXPECT_TRUE(keep.last() == start);
    EXPECT_EQ(keep.last().frame_count(), 150U);
    auto const whole = ours.usage();

    auto changed = start.store(20 * still::page_bytes + 8, std::uint64_t{ 7 }); // one frame
    changed = changed.store(40 * still::page_bytes + 8, std::uint64_t{ 0 }); // one that is zeros again
    changed = changed.resize(still::page_bytes * 299);
    auto const second = still::grant(changed, theirs);
    auto const before = keep.last();
    auto const next = keep.adopt(second.capability());
    ASSERT_TRUE(next);
    EXPECT_TRUE(next.value() == changed);
    EXPECT_LE(ours.usage(), whole + 2 * (still::page_bytes + 64) + 8 * 1024) << "a frame or two, and their paths";
    std::size_t shared = 0;
    for (std::uint64_t page = 0; page < 298; ++page)
        shared += next.value().page_bytes_at(page * still::page_bytes).data()
            == before.page_bytes_at(page * still::page_bytes).data();
    EXPECT_GE(shared, 295U);
}

TEST_F(adoptions, take_elements_storage_along)
{
    using words = still::map<int, std::pmr::string, std::less<>, still::charged_policy>;
    std::pmr::string const longer(200, 'x');
    still::adopter<words> keep(ours);
    {
        auto given = words(theirs);
        for (int i = 0; i < 50; ++i)
            given = std::move(given).insert_or_assign(i, longer);
        auto const mine = still::grant(std::move(given), theirs);
        ASSERT_TRUE(keep.adopt(mine.capability()));
    }
    EXPECT_EQ(theirs.usage(), 0U);
    EXPECT_GE(ours.usage(), 50U * 200U);
    EXPECT_EQ(keep.last().at(7), longer);
}

TEST_F(adoptions, without_room_leave_all_as_it_was)
{
    auto const room = ours.child(1U << 15U);
    auto small = charged_map(theirs);
    auto large = charged_map(theirs);
    for (int i = 0; i < 20'000; ++i) {
        large = std::move(large).insert_or_assign(i, i);
        if (i < 100)
            small = large;
    }
    auto const first = still::grant(std::move(small), theirs);
    auto const second = still::grant(std::move(large), theirs);
    still::adopter<charged_map> keep(room);
    ASSERT_TRUE(keep.adopt(first.capability()));
    auto const used = room.usage();
    EXPECT_THROW(static_cast<void>(keep.adopt(second.capability())), still::quota_exceeded);
    EXPECT_EQ(room.usage(), used);
    EXPECT_EQ(keep.last().size(), 100U);
    EXPECT_THROW(static_cast<void>(still::adopt(first.capability(), still::bank())), std::logic_error);
}

// Whatever a giver makes of its version, what is adopted is equal to it.
RC_GTEST_PROP(adopted_versions, are_equal_to_what_was_given, (std::vector<std::array<int, 3>> const& steps))
{
    still::bank const theirs(1U << 24U);
    still::bank const ours(1U << 24U);
    {
        auto given = charged_map(theirs);
        still::adopter<charged_map> keep(ours);
        std::vector<std::pair<charged_map, charged_map>> kept;
        for (auto const& [what, key, value] : steps) {
            for (int i = 0; i < 30; ++i)
                given = what % 2 == 0 ? given.insert_or_assign(key % 500 + i * (value % 7), value)
                                      : given.erase(key % 500 + i);
            auto const mine = still::grant(charged_map(given), theirs);
            auto const adopted = keep.adopt(mine.capability());
            RC_ASSERT(static_cast<bool>(adopted));
            RC_ASSERT(adopted.value() == given);
            RC_ASSERT(static_cast<bool>(validate(adopted.value())));
            kept.emplace_back(given, adopted.value());
        }
        for (auto const& [theirs_then, ours_then] : kept)
            RC_ASSERT(theirs_then == ours_then);
    }
    RC_ASSERT(theirs.usage() == 0U);
    RC_ASSERT(ours.usage() == 0U);
}

} // namespace
