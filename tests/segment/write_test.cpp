// SPDX-License-Identifier: BSL-1.0
//
// Writing: what changes, what stays, where it is edited in place, and who pays.

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "frame_pool.hpp"
#include "support.hpp"

namespace {

using namespace still_test;

static_assert(std::regular<segment>);
static_assert(std::is_nothrow_move_constructible_v<segment> && std::is_nothrow_move_assignable_v<segment>);

class segment_write : public segment_test { };

TEST_F(segment_write, what_is_written_is_read)
{
    auto const before = zeros(4);
    auto const written = filled(5'000, 7);
    auto const after = before.write(1'000, written);
    auto wanted = filled(4 * page_bytes, 0);
    EXPECT_EQ(content(before), wanted);
    std::copy(written.begin(), written.end(), wanted.begin() + 1'000);
    EXPECT_EQ(content(after), wanted);
    EXPECT_EQ(after.frame_count(), 2U);
    EXPECT_TRUE(validate(after));
    auto const stored = after.store<std::uint32_t>(4'094, 0x01020304); // across pages
    EXPECT_EQ(stored.load<std::uint32_t>(4'094), 0x01020304U);
    EXPECT_EQ(after.load<std::uint8_t>(4'094), 7);
}

TEST_F(segment_write, equal_bytes_change_and_allocate_nothing)
{
    auto const base = zeros(8).write(100, filled(3 * page_bytes, 5));
    auto const paid = bank_.usage();
    EXPECT_TRUE(base.write(200, filled(2 * page_bytes, 5)).same_root(base));
    EXPECT_TRUE(base.store<std::uint16_t>(5'000, 0x0505).same_root(base));
    EXPECT_TRUE(base.write(5 * page_bytes, filled(2 * page_bytes, 0)).same_root(base)); // holes
    EXPECT_TRUE(base.write(17, {}).same_root(base));
    EXPECT_EQ(bank_.usage(), paid);
}

TEST_F(segment_write, a_page_of_zeros_is_a_hole)
{
    auto const base = zeros(4).write(0, filled(3 * page_bytes, 9));
    auto const hollow = base.write(page_bytes, filled(page_bytes, 0));
    EXPECT_EQ(hollow.frame_count(), 2U);
    EXPECT_EQ(hollow.load<char>(page_bytes), 0);
    // In two halves: the second makes the hole.
    auto half = base.write(page_bytes, filled(page_bytes / 2, 0));
    EXPECT_EQ(half.frame_count(), 3U);
    half = std::move(half).write(page_bytes + page_bytes / 2, filled(page_bytes / 2, 0));
    EXPECT_EQ(half.frame_count(), 2U);
    EXPECT_EQ(half, hollow);
    auto none = std::move(half).write(0, filled(3 * page_bytes, 0));
    EXPECT_EQ(none.frame_count(), 0U);
}

TEST_F(segment_write, given_up_it_is_edited_where_it_lies)
{
    auto alone = zeros(2).write(0, filled(100, 1));
    auto const* const place = alone.page_bytes_at(0).data();
    auto const paid = bank_.usage();
    alone = std::move(alone).store<int>(50, 17);
    EXPECT_EQ(alone.page_bytes_at(0).data(), place);
    EXPECT_EQ(bank_.usage(), paid);
    EXPECT_EQ(alone.load<int>(50), 17);
    // A snapshot has the frame too: then it is copied, once.
    auto const then = alone.snapshot();
    alone = std::move(alone).store<int>(50, 18);
    auto const* const copy = alone.page_bytes_at(0).data();
    EXPECT_NE(copy, place);
    EXPECT_EQ(then.load<int>(50), 17);
    alone = std::move(alone).store<int>(54, 19);
    EXPECT_EQ(alone.page_bytes_at(0).data(), copy);
}

TEST_F(segment_write, a_frame_that_somebody_holds_is_not_edited)
{
    auto alone = zeros(1).store<int>(0, 1);
    auto const held = alone.pages().at(0).frame_handle();
    alone = std::move(alone).store<int>(0, 2);
    EXPECT_EQ(held.bytes()[0], std::byte{ 1 });
    EXPECT_EQ(alone.load<int>(0), 2);
}

TEST_F(segment_write, a_frame_that_stands_for_several_pages_is_not_edited)
{
    frame_pool pool;
    {

        auto const shared = segment(page_bytes, bank_).store<int>(0, 5).pages().at(0);
        still::segment_table pages{ still::metered_heap(bank_) };
        for (still::page_index page = 0; page < 64; ++page)
            pages = std::move(pages).assign(page, shared);
        segment same(std::move(pages), 64 * page_bytes);
        same = std::move(same).store<int>(32 * page_bytes, 6);
        EXPECT_EQ(same.load<int>(33 * page_bytes), 5);
        EXPECT_EQ(same.load<int>(32 * page_bytes), 6);
    }
    // Frames of other sources are never edited.
    segment foreign(still::segment_table(still::metered_heap(bank_)).assign(0, pool.filled(3)), page_bytes);
    foreign = std::move(foreign).store<int>(0, 6);
    EXPECT_EQ(foreign.load<char>(4), 3);
    EXPECT_EQ(pool.live(), 0);
}

TEST_F(segment_write, who_writes_buys_the_page_that_changes)
{
    still::bank const reader(std::size_t{ 1 } << 20);
    auto const theirs = zeros(64).write(0, filled(64 * page_bytes, 3));
    auto const paid = bank_.usage();
    {
        auto mine = theirs.snapshot().paid_by(reader);
        EXPECT_TRUE(mine.payer() == reader);
        EXPECT_EQ(reader.usage(), 0U); // a snapshot costs nothing
        mine = std::move(mine).store<int>(10 * page_bytes, 1);
        EXPECT_EQ(bank_.usage(), paid);
        EXPECT_GE(reader.usage(), page_bytes);
        EXPECT_LT(reader.usage(), page_bytes + 2'000); // the frame, its record, two nodes
        auto const one = reader.usage();
        mine = std::move(mine).store<int>(10 * page_bytes + 8, 1); // paid already
        EXPECT_EQ(reader.usage(), one);
        mine = std::move(mine).store<int>(11 * page_bytes, 1); // nodes are paid already
        EXPECT_LE(reader.usage(), one + page_bytes + 100);
    }
    EXPECT_EQ(reader.usage(), 0U);
    EXPECT_EQ(bank_.usage(), paid);
}

TEST_F(segment_write, several_pages_of_its_own_are_edited_where_they_lie)
{
    auto alone = zeros(8).write(0, filled(4 * page_bytes, 1));
    auto const* const first = alone.page_bytes_at(page_bytes).data();
    auto const paid = bank_.usage();
    alone = std::move(alone).write(page_bytes + 5, filled(2 * page_bytes, 2));
    EXPECT_EQ(alone.page_bytes_at(page_bytes).data(), first);
    EXPECT_EQ(bank_.usage(), paid);
    auto wanted = filled(4 * page_bytes, 1);
    std::fill_n(wanted.begin() + page_bytes + 5, 2 * page_bytes, std::byte{ 2 });
    wanted.resize(8 * page_bytes);
    EXPECT_EQ(content(alone), wanted);
    // One of them is shared, becomes zeros, is a hole, or is watched: all is as ever.
    auto const kept = alone.snapshot();
    alone = std::move(alone).store<char>(0, 9); // its own path, others' frames
    alone = std::move(alone).write(0, filled(2 * page_bytes, 3));
    EXPECT_EQ(content(kept), wanted);
    EXPECT_EQ(alone.load<char>(page_bytes), 3);
    alone = zeros(8).write(0, filled(4 * page_bytes, 1));
    alone = std::move(alone).write(page_bytes - 1, filled(2 * page_bytes + 1, 0));
    EXPECT_EQ(alone.frame_count(), 2U);
    EXPECT_TRUE(validate(alone));
    alone = std::move(alone).write(3 * page_bytes + 1, filled(page_bytes, 4));
    EXPECT_EQ(alone.load<char>(4 * page_bytes), 4);
    auto const told = std::make_shared<notebook>();
    alone = zeros(8).write(0, filled(4 * page_bytes, 1)).watch(2 * page_bytes, 1, told);
    alone = std::move(alone).store<char>(2 * page_bytes + 1, 7); // and the path is its own again
    alone = std::move(alone).write(page_bytes, filled(2 * page_bytes, 5));
    EXPECT_EQ(told->notes.size(), 1U);
}

TEST_F(segment_write, a_page_that_another_bank_paid_for_is_bought_even_if_nobody_else_has_it)
{
    still::bank const writer(std::size_t{ 1 } << 20);
    auto given = zeros(1).store<int>(0, 1);
    given = std::move(given).paid_by(writer);
    given = std::move(given).store<int>(0, 2);
    EXPECT_GE(writer.usage(), page_bytes);
    EXPECT_LT(bank_.usage(), page_bytes); // its frame went; its node may stay
    given = segment();
    EXPECT_EQ(writer.usage(), 0U);
}

TEST_F(segment_write, a_full_bank_leaves_all_as_it_was)
{
    auto const base = zeros(200).write(0, filled(200 * page_bytes, 1));
    auto const wanted = content(base);
    auto const paid = bank_.usage();
    auto const data = filled(3 * page_bytes, 2);
    std::size_t refusals = 0;
    for (std::size_t limit = 0;; limit += 8) {
        still::bank const poor(limit);
        auto mine = base.paid_by(poor);
        bool done = false;
        try {
            mine = std::move(mine).write(62 * page_bytes + 100, data); // into two leaves
            done = true;
        } catch (still::quota_exceeded const&) {
            ++refusals;
            ASSERT_TRUE(mine.same_root(base));
            ASSERT_EQ(poor.usage(), 0U);
        }
        ASSERT_EQ(bank_.usage(), paid);
        if (done) {
            EXPECT_EQ(mine.load<char>(64 * page_bytes), 2);
            break;
        }
    }
    EXPECT_GT(refusals, 1'000U); // four frames
    EXPECT_EQ(content(base), wanted);
}

TEST_F(segment_write, nobody_pays_where_there_is_no_bank)
{
    auto made = segment(3 * page_bytes).store<int>(0, 1);
    EXPECT_FALSE(made.payer());
    made = std::move(made).store<int>(page_bytes, 2);
    EXPECT_EQ(made.load<int>(page_bytes), 2);
}

TEST_F(segment_write, resizes)
{
    auto const base = zeros(3).write(0, filled(3 * page_bytes, 4));
    auto const shorter = base.resize(page_bytes + 10);
    EXPECT_TRUE(validate(shorter));
    EXPECT_EQ(shorter.size(), page_bytes + 10);
    auto const longer = shorter.resize(4 * page_bytes);
    auto wanted = filled(page_bytes + 10, 4);
    wanted.resize(4 * page_bytes);
    EXPECT_EQ(content(longer), wanted); // what was cut doesn't come back
    EXPECT_EQ(longer.frame_count(), 2U);
    EXPECT_EQ(base.resize(page_bytes).frame_count(), 1U);
    EXPECT_EQ(base.resize(0), segment());
    EXPECT_TRUE(base.resize(base.size()).same_root(base));
    auto const most = base.resize(std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(most.store<char>(most.size() - 1, 'x').load<char>(most.size() - 1), 'x');
}

TEST_F(segment_write, refuses_what_is_not_in_it)
{
    auto const base = zeros(1).store<int>(0, 1);
    for (std::uint64_t const offset :
        { std::uint64_t{ 4'095 }, std::uint64_t{ 4'097 }, std::numeric_limits<std::uint64_t>::max() }) {
        EXPECT_THROW((void)base.write(offset, filled(2, 1)), std::out_of_range);
        EXPECT_THROW((void)base.store<std::uint16_t>(offset, 1), std::out_of_range);
        auto given = base;
        EXPECT_THROW((void)std::move(given).store<std::uint16_t>(offset, 1), std::out_of_range);
        EXPECT_TRUE(given.same_root(base)); // NOLINT(bugprone-use-after-move): promised
    }
    EXPECT_THROW((void)base.fetch(4'096, 1), std::out_of_range);
    EXPECT_THROW((void)base.mount(0, base, 0, 4'097), std::out_of_range);
    EXPECT_THROW((void)base.mount(4'096, base, 0, 4'096), std::out_of_range);
    EXPECT_THROW((void)base.keep(4'096, 4'096, std::make_shared<counting_keeper>()), std::out_of_range);
    EXPECT_THROW((void)base.watch(1, 4'096, std::make_shared<notebook>()), std::out_of_range);
}

} // namespace
