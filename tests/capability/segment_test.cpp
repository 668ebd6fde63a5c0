// SPDX-License-Identifier: BSL-1.0
//
// Granting segments: whose code runs when a lease reads one.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "still/capability.hpp"
#include "still/segment.hpp"

namespace {

using still::page_bytes;
using still::segment;

struct sevens : still::keeper {
    std::vector<std::byte> supply(std::uint64_t) override { return std::vector<std::byte>(page_bytes, std::byte{ 7 }); }
};
struct silent : still::observer {
    void before_load(still::access const&) override { }
    bool before_store(still::access const&) override { return true; }
};

class segment_grants : public ::testing::Test {
protected:
    /// Effect: tells that the version is refused, and nothing is charged.
    template <class Version>
    void expect_refused(Version const& version)
    {
        auto const paid = bank_.usage();
        EXPECT_THROW((void)still::grant(version, bank_), still::segment_calls_out);
        EXPECT_EQ(bank_.usage(), paid);
    }
    [[nodiscard]] int read_through_grant(segment const& version, std::uint64_t offset)
    {
        auto const mine = still::grant(version, bank_);
        auto const lease = mine.capability().open();
        return (*lease)->load<char>(offset);
    }

    still::bank bank_{ std::size_t{ 1 } << 20 };
    segment base_ = segment(8 * page_bytes).store<char>(0, 1);
};

TEST_F(segment_grants, of_frames_and_mounts_are_read)
{
    EXPECT_EQ(read_through_grant(base_, 0), 1);
    EXPECT_EQ(read_through_grant(segment(8 * page_bytes).mount(page_bytes, base_, 0, page_bytes), page_bytes), 1);
}

TEST_F(segment_grants, refuse_keepers_until_all_is_fetched)
{
    auto const kept = base_.keep(page_bytes, 2 * page_bytes, std::make_shared<sevens>());
    EXPECT_TRUE(kept.calls_out());
    expect_refused(kept);
    auto const mounted = segment(8 * page_bytes).mount(0, kept, 0, 8 * page_bytes);
    expect_refused(mounted);
    expect_refused(mounted.fetch(0, 2 * page_bytes)); // a page is left
    EXPECT_EQ(read_through_grant(mounted.freeze(), page_bytes), 7);
    EXPECT_EQ(read_through_grant(mounted.fetch(page_bytes, 2 * page_bytes), page_bytes), 7);
    // What isn't mounted doesn't count, nor what was written over.
    EXPECT_EQ(read_through_grant(segment(8 * page_bytes).mount(0, kept, 0, page_bytes), 0), 1);
    EXPECT_EQ(
        read_through_grant(kept.write(page_bytes, std::vector<std::byte>(2 * page_bytes, std::byte{ 3 })), 5000), 3);
}

TEST_F(segment_grants, refuse_mappings_whose_pages_keepers_have)
{
    auto const kept = base_.keep(page_bytes, 2 * page_bytes, std::make_shared<sevens>());
    auto const mapped = still::mapping::of(kept);
    if (!mapped.calls_out())
        GTEST_SKIP() << "this system doesn't let a program wait for pages";
    expect_refused(mapped);
    auto const mine = still::grant(still::mapping::of(kept.freeze()), bank_);
    EXPECT_EQ((*mine.capability().open())->bytes()[page_bytes], std::byte{ 7 });
}

TEST_F(segment_grants, refuse_watches_until_they_end)
{
    auto const who = std::make_shared<silent>();
    auto const watched = base_.watch(0, 1, who);
    EXPECT_TRUE(watched.calls_out());
    expect_refused(watched);
    EXPECT_EQ(read_through_grant(watched.unwatch(*who), 0), 1);
    EXPECT_EQ(read_through_grant(watched.freeze(), 0), 1);
    // Observers of what is mounted are told of nothing.
    EXPECT_EQ(read_through_grant(segment(8 * page_bytes).mount(0, watched, 0, page_bytes), 0), 1);
}

TEST_F(segment_grants, of_a_large_and_sparse_mount_are_adopted_at_the_cost_of_what_is_there)
{
    auto const tebibyte = std::uint64_t{ 1 } << 40;
    auto const inner = segment(tebibyte).store<int>(5000, 3);
    auto const mine = still::grant(segment(tebibyte).mount(0, inner, 0, tebibyte), bank_);
    still::bank const own(std::size_t{ 1 } << 20);
    still::adopter<segment> receiver(own);
    auto const adopted = receiver.adopt(mine.capability());
    ASSERT_TRUE(adopted);
    EXPECT_EQ(adopted->load<int>(5000), 3);
    EXPECT_EQ(adopted->frame_count(), 1U);
    EXPECT_TRUE(receiver.adopt(mine.capability())->same_root(*adopted));
}

TEST_F(segment_grants, a_cell_stays_as_it_was_where_it_refuses)
{
    still::atom<segment> const cell(base_, bank_);
    auto const watched = base_.watch(0, 1, std::make_shared<silent>());
    EXPECT_THROW(cell.store(watched), still::segment_calls_out);
    EXPECT_THROW(cell.update([&](segment const&) { return watched; }), still::segment_calls_out);
    EXPECT_TRUE(cell.load().same_root(base_));
    EXPECT_THROW((still::atom<segment>(watched, bank_)), still::segment_calls_out);
}

} // namespace
