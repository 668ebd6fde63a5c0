// SPDX-License-Identifier: BSL-1.0
//
// Mounts: versions of segments in others, for reading or for copying on write.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "support.hpp"

namespace {

using namespace still_test;
using still::mount_rights;

class segment_mount : public segment_test { };

TEST_F(segment_mount, shows_the_pages_of_another)
{
    auto const inner = zeros(4).write(page_bytes, filled(2 * page_bytes, 3));
    auto const outer = zeros(10).mount(5 * page_bytes, inner, page_bytes, 3 * page_bytes);
    EXPECT_EQ(outer.load<char>(5 * page_bytes), 3);
    EXPECT_EQ(outer.load<char>(7 * page_bytes - 1), 3);
    EXPECT_EQ(outer.load<char>(7 * page_bytes), 0);
    EXPECT_EQ(outer.load<std::uint16_t>(5 * page_bytes - 1), 0x0300); // across its start
    EXPECT_EQ(outer.page_bytes_at(5 * page_bytes).data(), inner.page_bytes_at(page_bytes).data());
    EXPECT_FALSE(outer.frames_only());
}

TEST_F(segment_mount, is_of_a_version)
{
    auto inner = zeros(1).store<int>(0, 1);
    auto const outer = zeros(1).mount(0, inner, 0, page_bytes);
    inner = std::move(inner).store<int>(0, 2);
    EXPECT_EQ(outer.load<int>(0), 1);
    // Of itself as well: of the version that there was.
    auto const itself = outer.mount(0, outer, 0, page_bytes).store<int>(4, 3);
    EXPECT_EQ(itself.load<int>(0), 1);
    EXPECT_EQ(outer.load<int>(4), 0);
}

TEST_F(segment_mount, copies_a_page_on_write)
{
    auto const inner = zeros(3).write(0, filled(3 * page_bytes, 3));
    auto outer = zeros(3).mount(0, inner, 0, 3 * page_bytes);
    EXPECT_TRUE(outer.store<char>(page_bytes, 3).same_root(outer)); // equal: still mounted
    outer = std::move(outer).store<char>(page_bytes, 4);
    EXPECT_EQ(outer.load<char>(page_bytes), 4);
    EXPECT_EQ(outer.load<char>(page_bytes + 1), 3);
    EXPECT_EQ(inner.load<char>(page_bytes), 3);
    EXPECT_EQ(outer.page_bytes_at(0).data(), inner.page_bytes_at(0).data());
    outer = std::move(outer).write(2 * page_bytes, filled(page_bytes, 0));
    EXPECT_EQ(outer.load<char>(2 * page_bytes), 0); // a hole over what is mounted
}

TEST_F(segment_mount, for_reading_refuses_stores_and_changes_nothing)
{
    auto const inner = zeros(2).store<int>(0, 3);
    auto outer = zeros(6).store<int>(0, 1).mount(2 * page_bytes, inner, 0, 2 * page_bytes, mount_rights::read_only);
    auto const before = outer;
    EXPECT_THROW((void)outer.store<int>(2 * page_bytes, 3), still::read_only_mount); // even equal bytes
    try {
        outer = std::move(outer).write(page_bytes, filled(2 * page_bytes, 5)); // begins outside
        FAIL();
    } catch (still::read_only_mount const& refused) {
        EXPECT_EQ(refused.offset(), 2 * page_bytes);
    }
    EXPECT_TRUE(outer.same_root(before)); // NOLINT(bugprone-use-after-move): promised
    EXPECT_EQ(outer.load<int>(2 * page_bytes), 3);
    EXPECT_EQ(outer.store<int>(4 * page_bytes, 7).load<int>(4 * page_bytes), 7);
    // What may only be read can't be written through another mount that may be.
    auto const around = zeros(6).mount(0, outer, 0, 6 * page_bytes);
    EXPECT_EQ(around.store<int>(2 * page_bytes, 9).load<int>(2 * page_bytes), 9); // a copy: around's own
    EXPECT_EQ(outer.load<int>(2 * page_bytes), 3);
}

TEST_F(segment_mount, ends_with_what_it_is_of)
{
    auto const inner = zeros(2).write(0, filled(2 * page_bytes, 3)).resize(page_bytes + 10);
    auto const outer = zeros(4).write(0, filled(4 * page_bytes, 8)).mount(page_bytes, inner, 0, page_bytes + 10);
    EXPECT_EQ(outer.load<char>(2 * page_bytes + 9), 3);
    EXPECT_EQ(outer.load<char>(2 * page_bytes + 10), 0);
    EXPECT_EQ(outer.load<char>(3 * page_bytes), 8);
}

TEST_F(segment_mount, refuses_bad_ranges)
{
    auto const inner = zeros(3).store<int>(0, 3);
    auto const outer = zeros(5).store<int>(0, 4);
    auto const refused = [&](std::uint64_t offset, std::uint64_t from, std::uint64_t count) {
        auto given = outer;
        EXPECT_THROW((void)outer.mount(offset, inner, from, count), still::misaligned_range);
        EXPECT_THROW((void)std::move(given).mount(offset, inner, from, count), still::misaligned_range);
        EXPECT_TRUE(given.same_root(outer)); // NOLINT(bugprone-use-after-move): promised
    };
    refused(1, 0, page_bytes);
    refused(0, 1, page_bytes);
    refused(0, 0, page_bytes + 1);
    refused(4 * page_bytes, 0, 1);
    EXPECT_THROW((void)outer.mount(4 * page_bytes, inner, 0, 2 * page_bytes), std::out_of_range);
    EXPECT_THROW((void)outer.mount(0, inner, 2 * page_bytes, 2 * page_bytes), std::out_of_range);
    EXPECT_THROW((void)outer.mount(~std::uint64_t{ 0 } & ~4095U, inner, 0, page_bytes), std::out_of_range);
    EXPECT_TRUE(outer.mount(0, inner, 0, 0).same_root(outer));
}

TEST_F(segment_mount, leads_through_so_many_segments_and_no_more)
{
    auto nested = zeros(1).store<int>(0, 3);
    for (unsigned depth = 0; depth < still::segments::most_mounts; ++depth)
        nested = zeros(1).mount(0, nested, 0, page_bytes);
    EXPECT_EQ(nested.load<int>(0), 3);
    auto const outer = zeros(1);
    EXPECT_THROW((void)outer.mount(0, nested, 0, page_bytes), still::mount_too_deep);
    EXPECT_EQ(outer.mount(0, nested.freeze(), 0, page_bytes).load<int>(0), 3);
}

TEST_F(segment_mount, is_looked_through_by_differences)
{
    auto const inner = zeros(4).write(0, filled(3 * page_bytes, 3));
    auto const mounted = zeros(8).mount(4 * page_bytes, inner, 0, 4 * page_bytes);
    auto const copied = zeros(8).write(4 * page_bytes, filled(3 * page_bytes, 3));
    EXPECT_EQ(mounted, copied);
    EXPECT_TRUE(diff(mounted, copied).empty());
    auto const other = copied.store<int>(5 * page_bytes + 8, 9);
    EXPECT_EQ((*diff(mounted, other).begin()), (still::page_run{ 5, 1 }));
    EXPECT_EQ((*diff_bytes(mounted, other).begin()), (still::byte_run{ 5 * page_bytes + 8, 4 }));
    EXPECT_EQ(diff(zeros(8).snapshot(), mounted, [](still::page_run) { return false; }), false);
    EXPECT_EQ(patch(copied, diff(other, mounted)), mounted);
}

TEST_F(segment_mount, costs_its_boundary_however_long_it_is)
{
    constexpr auto whole = std::uint64_t{ 1 } << 60;
    auto const inner = segment(whole, bank_).store<int>(whole / 3, 3);
    auto const told = std::make_shared<notebook>();
    auto const paid = bank_.usage();
    auto outer = segment(whole, bank_)
                     .store<int>(0, 1)
                     .mount(page_bytes, inner, page_bytes, whole - 2 * page_bytes)
                     .watch(whole / 2 + 5, whole / 4, told);
    EXPECT_LT(bank_.usage() - paid, 100'000U);
    EXPECT_EQ(outer.load<int>(whole / 3), 3);
    EXPECT_EQ(outer.load<int>(whole / 5), 0);
    EXPECT_TRUE(told->notes.empty());
    EXPECT_EQ(outer.load<int>(whole / 2 + 5), 0);
    EXPECT_EQ(told->notes.size(), 1U);
    outer = std::move(outer).store<int>(whole / 7, 5).store<int>(whole / 3 + 4, 7);
    EXPECT_EQ(outer.load<int>(whole / 3), 3);
    EXPECT_EQ(inner.load<int>(whole / 3 + 4), 0);
    std::vector<still::page_run> changed;
    for (auto const run : diff(inner, outer))
        changed.push_back(run);
    EXPECT_EQ(changed,
        (std::vector<still::page_run>{ { 0, 1 }, { whole / 7 / page_bytes, 1 }, { whole / 3 / page_bytes, 1 } }));
    auto const frozen = outer.freeze();
    EXPECT_EQ(frozen.frame_count(), 3U);
    EXPECT_EQ(frozen, outer);
    EXPECT_EQ(outer.unwatch(*told).resize(page_bytes).frame_count(), 1U);
    auto const kept = outer.keep(0, whole, std::make_shared<counting_keeper>());
    EXPECT_EQ(kept.load<char>(whole - 1), 100 + static_cast<char>((whole / page_bytes - 1) % 50));
}

TEST_F(segment_mount, frozen_it_is_frames_that_are_shared)
{
    auto const inner = zeros(4).write(page_bytes, filled(page_bytes, 3));
    auto const outer = zeros(8).store<int>(0, 1).mount(
        4 * page_bytes, zeros(4).mount(0, inner, 0, 4 * page_bytes), 0, 4 * page_bytes, mount_rights::read_only);
    auto const frozen = outer.freeze();
    EXPECT_TRUE(frozen.frames_only());
    EXPECT_EQ(frozen, outer);
    EXPECT_EQ(frozen.frame_count(), 2U);
    EXPECT_EQ(frozen.page_bytes_at(5 * page_bytes).data(), inner.page_bytes_at(page_bytes).data());
    EXPECT_TRUE(frozen.freeze().same_root(frozen));
    EXPECT_EQ(frozen.store<int>(4 * page_bytes, 2).load<int>(4 * page_bytes), 2);
}

TEST_F(segment_mount, a_full_bank_leaves_all_as_it_was)
{
    auto const inner = zeros(4).write(0, filled(4 * page_bytes, 3));
    auto const base = zeros(64).write(0, filled(8 * page_bytes, 1));
    for (std::size_t limit = 0;; limit += 8) {
        still::bank const poor(limit);
        auto mine = base.paid_by(poor);
        try {
            mine = std::move(mine).mount(2 * page_bytes, inner, 0, 4 * page_bytes);
            EXPECT_EQ(mine.load<char>(3 * page_bytes), 3);
            EXPECT_GT(limit, 100U);
            break;
        } catch (still::quota_exceeded const&) {
            ASSERT_TRUE(mine.same_root(base));
            ASSERT_EQ(poor.usage(), 0U);
        }
    }
}

} // namespace
