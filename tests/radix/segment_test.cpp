// SPDX-License-Identifier: BSL-1.0
//
// Segments against arrays of bytes.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <limits>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "frame_pool.hpp"
#include "still/segment.hpp"

namespace {

using namespace still_test;
using still::page_bytes;
using still::page_run;
using still::page_table;
using still::segment;

static_assert(std::regular<segment>);
static_assert(std::is_nothrow_move_constructible_v<segment> && std::is_nothrow_move_assignable_v<segment>);
static_assert(std::ranges::forward_range<still::segment_diff>);

template <class Before, class After>
concept gives_diff
    = requires(Before&& before, After&& after) { diff(std::forward<Before>(before), std::forward<After>(after)); };
static_assert(gives_diff<segment&, segment const&> && !gives_diff<segment, segment&> && !gives_diff<segment&, segment>);

template <class T>
concept loadable = requires(segment const& seen) { seen.load<T>(0); };
static_assert(loadable<int> && loadable<std::array<char, 3>> && !loadable<std::string> && !loadable<int const>);

using bytes = std::vector<std::byte>;

/// A segment beside the bytes it must hold.
struct modelled {
    segment seen;
    bytes wanted;
};

/// Effect: builds both from a byte a page: 0 a hole, 1 a null frame, 2 a frame of zeros, else a frame that
/// holds it all over.
modelled build(frame_pool& pool, std::vector<std::uint8_t> const& pages, std::size_t size)
{
    still::segment_table table;
    bytes wanted(size);
    for (std::size_t page = 0; page < pages.size() && page * page_bytes < size; ++page) {
        auto const count = std::min(page_bytes, size - (page * page_bytes));
        auto const kind = pages[page];
        if (kind == 0)
            continue;
        auto const value = std::byte{ kind == 2 ? std::uint8_t{ 0 } : kind };
        bytes const content(count, value);
        if (kind != 1)
            std::ranges::copy(content, wanted.begin() + static_cast<std::ptrdiff_t>(page * page_bytes));
        table = std::move(table).assign(page, kind == 1 ? still::frame() : pool.make(content));
    }
    return { segment(std::move(table), size), std::move(wanted) };
}

struct plan {
    std::vector<std::uint8_t> pages;
    std::size_t size = 0;
};
plan any_plan()
{
    auto const pages = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 5));
    return { pages, *rc::gen::inRange<std::size_t>(0, (pages.size() + 1) * page_bytes + 1) };
}

RC_GTEST_PROP(segments, read_like_an_array, ())
{
    frame_pool pool;
    auto const [pages, size] = any_plan();
    auto const [seen, wanted] = build(pool, pages, size);
    RC_ASSERT(validate(seen).sound());
    RC_ASSERT(seen.size() == size);
    for (int i = 0; i < 10; ++i) {
        auto const offset = *rc::gen::inRange<std::size_t>(0, size + 1);
        auto const count = *rc::gen::inRange<std::size_t>(0, size - offset + 1);
        bytes target(count, std::byte{ 0xee });
        seen.read(offset, target);
        RC_ASSERT(std::ranges::equal(target, std::span(wanted).subspan(offset, count)));
        if (size >= sizeof(std::uint64_t)) {
            auto const at = *rc::gen::inRange<std::size_t>(0, size - sizeof(std::uint64_t) + 1);
            std::uint64_t expected = 0;
            std::memcpy(&expected, wanted.data() + at, sizeof expected);
            RC_ASSERT(seen.load<std::uint64_t>(at) == expected);
        }
    }
}

/// Runs of pages that differ, the slow way.
std::vector<page_run> model_diff(bytes before, bytes after)
{
    auto const size = (std::max(before.size(), after.size()) + page_bytes - 1) / page_bytes * page_bytes;
    before.resize(size);
    after.resize(size);
    std::vector<page_run> runs;
    for (std::size_t page = 0; page * page_bytes < size; ++page) {
        if (std::memcmp(before.data() + page * page_bytes, after.data() + page * page_bytes, page_bytes) == 0)
            continue;
        if (!runs.empty() && runs.back().first_page + runs.back().page_count == page)
            ++runs.back().page_count;
        else
            runs.push_back({ page, 1 });
    }
    return runs;
}

std::vector<page_run> runs(segment const& before, segment const& after)
{
    std::vector<page_run> all;
    for (page_run const run : diff(before, after))
        all.push_back(run);
    return all;
}

RC_GTEST_PROP(segments, differ_where_their_bytes_do, ())
{
    frame_pool pool;
    auto const [pages, size] = any_plan();
    auto const before = build(pool, pages, size);
    // Unrelated, and of another size.
    auto const [other_pages, other_size] = any_plan();
    auto const other = build(pool, other_pages, other_size);
    RC_ASSERT(runs(before.seen, other.seen) == model_diff(before.wanted, other.wanted));
    RC_ASSERT((before.seen == other.seen) == (before.wanted == other.wanted));
    // A descendant that shares nodes and frames.
    auto table = before.seen.pages();
    auto wanted = before.wanted;
    for (auto const page : *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 100))) {
        if (page >= size / page_bytes)
            continue;
        auto const value = *rc::gen::inRange<std::uint8_t>(0, 4);
        std::fill_n(wanted.begin() + static_cast<std::ptrdiff_t>(page * page_bytes), page_bytes, std::byte{ value });
        table = std::move(table).assign(page, pool.filled(value));
    }
    segment const after(std::move(table), size);
    RC_ASSERT(runs(before.seen, after) == model_diff(before.wanted, wanted));
    RC_ASSERT(runs(after, before.seen) == model_diff(wanted, before.wanted));
    RC_ASSERT((before.seen == after) == (before.wanted == wanted));
}

TEST(segments, of_nothing)
{
    segment const nothing;
    EXPECT_TRUE(nothing.empty());
    EXPECT_EQ(nothing.frame_count(), 0U);
    EXPECT_EQ(nothing, segment());
    EXPECT_TRUE(diff(nothing, nothing).empty());
    nothing.read(0, {});
    EXPECT_THROW(nothing.read(1, {}), std::out_of_range);
    EXPECT_THROW((void)nothing.load<char>(0), std::out_of_range);
    segment const hole({}, 10);
    EXPECT_NE(nothing, hole);
    EXPECT_FALSE(nothing.same_root(hole)); // sizes are part of a version
    EXPECT_TRUE(diff(nothing, hole).empty());
}

TEST(segments, as_large_as_can_be)
{
    frame_pool pool;
    auto const size = std::numeric_limits<std::uint64_t>::max();
    auto const last = still::radix::index_end - 1;
    std::array<std::byte, page_bytes> content{};
    content[page_bytes - 2] = std::byte{ 7 };
    segment const seen(still::segment_table().assign(last, pool.make(content)), size);
    EXPECT_EQ(seen.load<std::byte>(size - 1), std::byte{ 7 });
    EXPECT_EQ(seen.load<std::uint32_t>(0), 0U);
    std::array<std::byte, 3 * page_bytes> target;
    target.fill(std::byte{ 1 });
    seen.read(size - target.size(), target);
    EXPECT_EQ(target.back(), std::byte{ 7 });
    EXPECT_TRUE(std::all_of(target.begin(), target.end() - 1, [](auto byte) { return byte == std::byte{ 0 }; }));
    EXPECT_THROW((void)seen.load<std::uint16_t>(size - 1), std::out_of_range);
    EXPECT_THROW(seen.read(size, target), std::out_of_range);
    segment const hole({}, size);
    EXPECT_EQ(runs(hole, seen), (std::vector<page_run>{ { last, 1 } }));
}

TEST(segments, refuse_reads_past_the_end_and_write_nothing)
{
    frame_pool pool;
    auto const [seen, wanted] = build(pool, { 3, 4 }, 5'000);
    bytes target(100, std::byte{ 0xee });
    auto const untouched = target;
    for (std::uint64_t offset : { std::uint64_t{ 4'901 }, std::uint64_t{ 5'000 }, std::uint64_t{ 8'000 },
             std::numeric_limits<std::uint64_t>::max() }) {
        EXPECT_THROW(seen.read(offset, target), std::out_of_range);
        EXPECT_EQ(target, untouched);
    }
    seen.read(4'900, target);
    EXPECT_EQ(target, bytes(100, std::byte{ 4 }));
    EXPECT_EQ(seen.load<char>(4'999), 4);
    EXPECT_THROW((void)seen.load<char>(5'000), std::out_of_range);
    EXPECT_THROW((void)seen.load<std::uint16_t>(4'999), std::out_of_range);
    EXPECT_EQ((seen.load<std::array<char, 2>>(4'095)), (std::array<char, 2>{ 3, 4 })); // across pages
}

TEST(segments, refuse_pages_past_their_end)
{
    frame_pool pool;
    auto const pages = still::segment_table().assign(2, pool.make(bytes(10, std::byte{ 1 })));
    EXPECT_THROW(segment(pages, 0), std::invalid_argument);
    EXPECT_THROW(segment(pages, 2 * page_bytes), std::invalid_argument); // page 2 starts there
    EXPECT_THROW(segment(pages, 2 * page_bytes + 9), std::invalid_argument); // its tenth byte lies past it
    auto const hollow = still::segment_table().assign(2, still::frame());
    EXPECT_THROW(segment(hollow, 2 * page_bytes), std::invalid_argument); // even a page of nothing
    EXPECT_EQ(segment(pages, 2 * page_bytes + 10).frame_count(), 1U);
    EXPECT_EQ(segment(pages, 3 * page_bytes).frame_count(), 1U);
}

TEST(segments, are_equal_by_bytes)
{
    frame_pool pool;
    auto const one = build(pool, { 3, 0, 2 }, 3 * page_bytes).seen;
    auto const other = build(pool, { 3, 1, 0 }, 3 * page_bytes).seen;
    EXPECT_FALSE(one.same_root(other));
    EXPECT_EQ(one, other); // other frames, same bytes
    EXPECT_TRUE(diff(one, other).empty());
    EXPECT_NE(one, build(pool, { 3, 3, 0 }, 3 * page_bytes).seen);
    segment copy;
    copy = one;
    EXPECT_TRUE(copy.same_root(one));
}

TEST(segments, diff_calls_back_until_told_to_stop)
{
    frame_pool pool;
    auto const before = build(pool, {}, 10 * page_bytes).seen;
    auto const after = build(pool, { 3, 3, 0, 4, 0, 5 }, 10 * page_bytes).seen;
    std::vector<page_run> seen;
    EXPECT_FALSE(diff(before, after, [&](page_run run) {
        seen.push_back(run);
        return run.first_page < 3;
    }));
    EXPECT_EQ(seen, (std::vector<page_run>{ { 0, 2 }, { 3, 1 } }));
    EXPECT_TRUE(diff(before, after, [&](page_run run) { seen.push_back(run); }));
    EXPECT_EQ(seen.size(), 5U);
    auto const difference = diff(before, after);
    auto here = difference.begin();
    EXPECT_EQ((here++)->page_count, 2U);
    EXPECT_EQ(*here, (page_run{ 3, 1 }));
}

TEST(segments, keep_their_frames_and_no_longer)
{
    frame_pool pool;
    auto first = build(pool, { 3, 4 }, 2 * page_bytes).seen;
    auto second = std::move(first);
    EXPECT_EQ(first.size(), 0U); // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    EXPECT_EQ(second.load<char>(page_bytes), 4);
    EXPECT_EQ(pool.live(), 2);
    auto pages = std::move(second).pages();
    EXPECT_EQ(second.size(), 0U); // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    pages = std::move(pages).erase(0);
    EXPECT_EQ(pool.live(), 1);
}

TEST(segment, of_one_frame_at_many_pages_costs_its_runs)
{
    frame_pool pool;
    {
        constexpr std::uint64_t pages = std::uint64_t{ 1 } << 40U;
        segment const none(still::segment_table(), pages * page_bytes);
        segment const same(still::segment_table().assign(0, pages, pool.filled(7)), pages * page_bytes);
        segment const other(same.pages().assign(5'000, pool.filled(8)).erase(9'000, 50), pages * page_bytes);
        EXPECT_EQ(same.frame_count(), pages);
        EXPECT_TRUE(validate(same));
        EXPECT_EQ(runs(none, same), (std::vector<page_run>{ { 0, pages } }));
        EXPECT_EQ(runs(same, other), (std::vector<page_run>{ { 5'000, 1 }, { 9'000, 50 } }));
        EXPECT_FALSE(none == same);
        EXPECT_EQ(other.load<std::uint8_t>(5'000 * page_bytes + 9), 8);
        EXPECT_EQ(other.load<std::uint8_t>(5'001 * page_bytes), 7);
        EXPECT_EQ(other.load<std::uint8_t>(9'049 * page_bytes), 0);
        bytes read(3 * page_bytes);
        other.read(8'999 * page_bytes, read);
        EXPECT_EQ(read[0], std::byte{ 7 });
        EXPECT_EQ(read[page_bytes], std::byte{ 0 });
        EXPECT_LE(pool.live(), 2);
    }
    EXPECT_EQ(pool.live(), 0);
}

} // namespace
