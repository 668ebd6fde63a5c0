// SPDX-License-Identifier: BSL-1.0
//
// Differences as runs of bytes, and patches made of them.

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>
#include <ranges>
#include <stdexcept>
#include <vector>

#include "support.hpp"

namespace {

using namespace still_test;
using still::byte_run;
using still::page_run;
using still::segment_patch;

static_assert(std::ranges::forward_range<still::segment_diff>);
static_assert(std::ranges::forward_range<still::segment_byte_diff>);
static_assert(std::regular<segment_patch>);

template <class Before, class After>
concept gives_bytes = requires(
    Before&& before, After&& after) { diff_bytes(std::forward<Before>(before), std::forward<After>(after)); };
static_assert(
    gives_bytes<segment&, segment const&> && !gives_bytes<segment, segment&> && !gives_bytes<segment&, segment>);

class segment_patch_test : public segment_test { };

std::vector<byte_run> runs(segment const& before, segment const& after)
{
    std::vector<byte_run> all;
    EXPECT_TRUE(diff_bytes(before, after, [&](byte_run run) { all.push_back(run); }));
    return all;
}

TEST_F(segment_patch_test, bytes_are_exact)
{
    auto const before = zeros(10).write(0, filled(2 * page_bytes, 1));
    auto const after = before.store<char>(3, 2)
                           .store<std::uint16_t>(page_bytes - 1, 0x0202) // across pages
                           .write(3 * page_bytes, filled(3 * page_bytes, 1)) // joined over pages
                           .store<char>(9 * page_bytes + 4'095, 1);
    EXPECT_EQ(runs(before, after),
        (std::vector<byte_run>{
            { 3, 1 }, { page_bytes - 1, 2 }, { 3 * page_bytes, 3 * page_bytes }, { 9 * page_bytes + 4'095, 1 } }));
    EXPECT_EQ(runs(after, before), runs(before, after));
    // Every place in a page, and every length up to some words.
    for (std::size_t first = 0; first < 20; ++first) {
        for (std::size_t count = 1; count < 20; ++count)
            ASSERT_EQ(runs(before, before.write(first, filled(count, 5))), (std::vector<byte_run>{ { first, count } }));
    }
    auto const every_other = [&] {
        auto made = before;
        for (std::size_t i = 0; i < 40; i += 2)
            made = std::move(made).store<char>(4'070 + i, 9);
        return made;
    }();
    EXPECT_EQ(runs(before, every_other).size(), 20U);
}

// More than are asked for ahead, and less: pages that come, go, change, and become what they were in another frame.
TEST_F(segment_patch_test, tells_each_of_few_changes_and_of_many)
{
    constexpr std::size_t pages = 300;
    std::mt19937 random(7);
    auto before = zeros(pages);
    for (std::size_t page = 0; page < pages; ++page) {
        if (random() % 3 != 0)
            before = std::move(before).write(page * page_bytes, filled(page_bytes, 1));
    }
    for (unsigned const changes : { 0U, 1U, 2U, 7U, 8U, 9U, 15U, 16U, 17U, 33U, 300U, 3000U }) {
        auto after = before;
        for (unsigned i = 0; i < changes; ++i) {
            auto const offset = random() % pages * page_bytes;
            auto const value = static_cast<int>(random() % 3); // 0: the page goes
            after = std::move(after).write(offset, filled(page_bytes, 9)).write(offset, filled(page_bytes, value));
        }
        auto const was = content(before);
        auto const is = content(after);
        std::vector<page_run> expected;
        for (std::size_t page = 0; page < pages; ++page) {
            if (std::memcmp(was.data() + page * page_bytes, is.data() + page * page_bytes, page_bytes) == 0)
                continue;
            if (!expected.empty() && expected.back().first_page + expected.back().page_count == page)
                ++expected.back().page_count;
            else
                expected.push_back({ page, 1 });
        }
        std::vector<page_run> told;
        for (auto const run : diff(before, after))
            told.push_back(run);
        EXPECT_EQ(told, expected) << changes << " writes";
    }
}

TEST_F(segment_patch_test, stops_when_told)
{
    auto const before = zeros(4);
    auto const after = before.store<char>(1, 1).store<char>(3, 1);
    int seen = 0;
    EXPECT_FALSE(diff_bytes(before, after, [&](byte_run) { return ++seen < 1; }));
    EXPECT_EQ(seen, 1);
    auto const changes = diff_bytes(before, after);
    auto here = changes.begin();
    EXPECT_EQ((here++)->offset, 1U);
    EXPECT_EQ(here->offset, 3U);
    EXPECT_EQ(++here, changes.end());
}

TEST_F(segment_patch_test, leads_from_one_to_the_other)
{
    auto const before = zeros(10).write(0, filled(5 * page_bytes, 1));
    auto const after
        = before.write(100, filled(5'000, 3)).write(4 * page_bytes, filled(page_bytes, 0)).resize(7 * page_bytes + 3);
    EXPECT_EQ(patch(before, diff(before, after)), after);
    EXPECT_EQ(patch(before, diff_bytes(before, after)), after);
    auto const made = make_patch(before, after);
    EXPECT_EQ(patch(before, made), after);
    EXPECT_EQ(patch(after, make_patch(after, before)), before);
    EXPECT_EQ(made.bytes().size(), 5'000 + page_bytes);
    EXPECT_TRUE(patch(before, diff(before, before)).same_root(before));
    EXPECT_TRUE(patch(before, make_patch(before, before)).same_root(before));
    // Pages are shared, not copied.
    auto const patched = patch(before, diff(before, after));
    EXPECT_EQ(patched.page_bytes_at(0).data(), after.page_bytes_at(0).data());
    // It may be kept, sent and put together again.
    segment_patch const again(
        made.size(), { made.runs().begin(), made.runs().end() }, { made.bytes().begin(), made.bytes().end() });
    EXPECT_EQ(again, made);
}

TEST_F(segment_patch_test, of_bytes_leaves_other_bytes_alone)
{
    auto const before = zeros(4);
    auto const theirs = before.store<char>(10, 1);
    auto const ours = before.store<char>(20, 2).store<char>(page_bytes, 2);
    auto const wanted = before.store<char>(10, 1).store<char>(20, 2).store<char>(page_bytes, 2);
    EXPECT_EQ(patch(ours, diff_bytes(before, theirs)), wanted);
    EXPECT_EQ(patch(ours, make_patch(before, theirs)), wanted);
    EXPECT_EQ(patch(ours, diff(before, theirs)).load<char>(20), 0); // by pages the page is theirs
}

TEST_F(segment_patch_test, of_what_is_there_already_gives_the_same_root)
{
    auto const before = zeros(4);
    auto const theirs = before.store<char>(10, 1).write(page_bytes, filled(page_bytes, 3));
    auto const ours = before.store<char>(10, 1).write(page_bytes, filled(page_bytes, 3)); // frames of its own
    EXPECT_TRUE(patch(ours, diff(before, theirs)).same_root(ours));
    EXPECT_TRUE(patch(ours, diff_bytes(before, theirs)).same_root(ours));
    EXPECT_TRUE(patch(ours, make_patch(before, theirs)).same_root(ours));
    auto const fewer = theirs.write(page_bytes, filled(page_bytes, 0));
    EXPECT_TRUE(patch(before, diff(theirs, before)).same_root(before)); // holes already
    EXPECT_EQ(patch(ours, diff(theirs, fewer)), fewer);
}

TEST_F(segment_patch_test, refuses_what_is_no_patch)
{
    EXPECT_THROW(segment_patch(10, { { 5, 6 } }, filled(6, 1)), std::invalid_argument);
    EXPECT_THROW(segment_patch(10, { { 5, 2 }, { 6, 1 } }, filled(3, 1)), std::invalid_argument);
    EXPECT_THROW(segment_patch(10, { { 5, 2 } }, filled(3, 1)), std::invalid_argument);
    EXPECT_THROW(segment_patch(10, { { 5, 0 } }, {}), std::invalid_argument);
    EXPECT_THROW(
        segment_patch(10, { { std::numeric_limits<std::uint64_t>::max(), 2 } }, filled(2, 1)), std::invalid_argument);
    auto const base = zeros(1).store<char>(0, 1);
    auto const guarded = zeros(2).mount(page_bytes, base, 0, page_bytes, still::mount_rights::read_only);
    segment_patch const both(2 * page_bytes, { { 0, 1 }, { page_bytes, 1 } }, filled(2, 5));
    auto const before = guarded;
    EXPECT_THROW((void)patch(guarded, both), still::read_only_mount);
    EXPECT_TRUE(guarded.same_root(before));
    EXPECT_EQ(guarded.load<char>(0), 0);
}

TEST_F(segment_patch_test, a_sparse_segment_differs_at_the_cost_of_what_changed)
{
    auto before = segment(std::uint64_t{ 1 } << 60, bank_);
    for (std::uint64_t i = 0; i < 50; ++i)
        before = std::move(before).store(i << 54, i + 1);
    auto const after = before.store<char>(std::uint64_t{ 1 } << 59, 3);
    EXPECT_EQ(runs(before, after), (std::vector<byte_run>{ { std::uint64_t{ 1 } << 59, 1 } }));
    EXPECT_EQ(patch(before, make_patch(before, after)), after);
}

} // namespace
