// SPDX-License-Identifier: BSL-1.0
//
// What the library assumes of address space and memory files.

#include "os/memory.hpp"
#include "os/memory_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <system_error>
#include <vector>

#include "faults.hpp"
#include "in_child.hpp"
#include "still/core/frame.hpp"

using still::page_bytes;
using still_test::in_child;
using still_test::is_mapped;
using still_test::read_at;
using still_test::told_by_child;
namespace os = still::os;

namespace {

using page = std::array<std::byte, page_bytes>;

page filled(int value)
{
    page bytes;
    bytes.fill(static_cast<std::byte>(value));
    return bytes;
}

std::byte at(os::address_range const& range, std::size_t offset)
{
    return static_cast<std::byte const volatile&>(range.start()[offset]);
}

TEST(address_space, a_place_that_is_taken_is_refused_and_left_alone)
{
    auto const taken = os::map_zeros(4 * page_bytes);
    taken.start()[page_bytes] = std::byte{ 7 };
    EXPECT_FALSE(os::reserve_at(taken.start(), page_bytes));
    EXPECT_FALSE(os::reserve_at(taken.start() - page_bytes, 3 * page_bytes));
    EXPECT_EQ(at(taken, page_bytes), std::byte{ 7 });
}

TEST(address_space, a_place_that_was_given_up_can_be_had_again)
{
    auto range = os::reserve(16 * page_bytes);
    auto* const place = range.start();
    range = {};
    auto const again = os::reserve_at(place, 16 * page_bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(again.start(), place);
    os::commit(place, 2 * page_bytes);
    place[2 * page_bytes - 1] = std::byte{ 1 };
    EXPECT_EQ(at(again, 0), std::byte{ 0 });
}

TEST(address_space, what_is_mapped_over_is_gone_and_the_place_stays_taken)
{
    auto range = os::map_zeros(4 * page_bytes);
    auto* const start = range.start();
    for (std::size_t offset = 0; offset < range.bytes(); offset += page_bytes)
        start[offset] = std::byte{ 7 };
    ASSERT_TRUE(os::map_guard_at(start + page_bytes, page_bytes));
    ASSERT_TRUE(os::map_zeros_read_only_at(start + 2 * page_bytes, page_bytes));
    EXPECT_EQ(read_at(start), std::byte{ 7 });
    EXPECT_EQ(read_at(start + page_bytes), std::nullopt);
    EXPECT_EQ(read_at(start + 2 * page_bytes), std::byte{ 0 });
    EXPECT_EQ(read_at(start + 3 * page_bytes), std::byte{ 7 });
    EXPECT_FALSE(os::reserve_at(start + page_bytes, 2 * page_bytes));
    ASSERT_TRUE(range.unmap());
    EXPECT_FALSE(range);
    EXPECT_FALSE(is_mapped(start));
}

TEST(address_space, what_is_sealed_is_written_to_and_stays)
{
    EXPECT_EQ(told_by_child([] {
        auto range = os::map_zeros(2 * page_bytes);
        if (!os::seal(range.start(), range.bytes()))
            return range.unmap() ? 0 : 1; // this system can't, and then nothing changed
        range.start()[page_bytes] = std::byte{ 7 };
        if (range.unmap() || os::map_guard_at(range.start(), page_bytes)
            || os::make_writable(range.start(), page_bytes))
            return 2;
        // Nor can a child of its own.
        return in_child([&] { return !range.unmap() && range.start()[page_bytes] == std::byte{ 7 }; }) ? 0 : 3;
    }),
        "");
}

TEST(address_space, what_is_discarded_reads_as_zeros)
{
    auto const range = os::map_zeros(4 * page_bytes);
    std::memset(range.start(), 7, 4 * page_bytes);
    EXPECT_TRUE(os::discard(range.start() + page_bytes, page_bytes));
    EXPECT_EQ(at(range, 0), std::byte{ 7 });
    EXPECT_EQ(at(range, page_bytes), std::byte{ 0 });
    EXPECT_EQ(at(range, 2 * page_bytes), std::byte{ 7 });
}

TEST(address_space, a_failure_names_the_call)
{
    auto const range = os::map_zeros(page_bytes);
    try {
        os::map_file_read_only(range.start(), -1, 0, page_bytes);
        FAIL() << "mapped no file";
    } catch (std::system_error const& failure) {
        EXPECT_NE(std::string(failure.what()).find("mmap"), std::string::npos) << failure.what();
        EXPECT_EQ(failure.code(), std::errc::bad_file_descriptor);
    }
}

TEST(memory_file, what_is_written_shows_in_a_mapping_for_reading)
{
    os::memory_file file("still-test");
    file.resize(8 * page_bytes);
    auto range = os::map_zeros_read_only(8 * page_bytes);
    os::map_file_read_only(range.start(), file.handle(), 0, 8 * page_bytes);
    auto const one = filled(1);
    auto const two = filled(2);
    std::array<std::span<std::byte const>, 2> const pieces{ one, two };
    file.write(3 * page_bytes, pieces);
    EXPECT_EQ(at(range, 3 * page_bytes), std::byte{ 1 });
    EXPECT_EQ(at(range, 5 * page_bytes - 1), std::byte{ 2 });
    EXPECT_EQ(file.occupied(), 2 * page_bytes);
}

TEST(memory_file, writes_more_pieces_than_a_call_takes)
{
    os::memory_file file("still-test");
    constexpr std::size_t count = 1500;
    file.resize(count * page_bytes);
    std::vector<page> pages;
    std::vector<std::span<std::byte const>> pieces;
    for (std::size_t i = 0; i < count; ++i)
        pages.push_back(filled(static_cast<int>(i)));
    for (auto const& one : pages)
        pieces.emplace_back(one);
    file.write(0, pieces);
    auto range = os::map_zeros_read_only(count * page_bytes);
    os::map_file_read_only(range.start(), file.handle(), 0, count * page_bytes);
    for (std::size_t i = 0; i < count; ++i)
        ASSERT_TRUE(std::ranges::equal(std::span(range.start() + i * page_bytes, page_bytes), pages[i])) << i;
}

// Frames that are given back must not disturb their neighbours, nor any mapping of these.
TEST(memory_file, a_hole_costs_nothing_and_leaves_its_neighbours_alone)
{
    os::memory_file file("still-test");
    file.resize(8 * page_bytes);
    std::vector<page> const pages(8, filled(9));
    std::vector<std::span<std::byte const>> const pieces(pages.begin(), pages.end());
    file.write(0, pieces);
    auto range = os::map_zeros_read_only(8 * page_bytes);
    os::map_file_read_only(range.start(), file.handle(), 0, 8 * page_bytes);
    EXPECT_EQ(at(range, 4 * page_bytes), std::byte{ 9 });
    ASSERT_TRUE(file.punch(4 * page_bytes, 2 * page_bytes));
    EXPECT_EQ(file.occupied(), 6 * page_bytes);
    EXPECT_EQ(at(range, 4 * page_bytes - 1), std::byte{ 9 });
    EXPECT_EQ(at(range, 6 * page_bytes), std::byte{ 9 });
    EXPECT_EQ(at(range, 4 * page_bytes), std::byte{ 0 });
}

} // namespace
