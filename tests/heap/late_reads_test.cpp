// SPDX-License-Identifier: BSL-1.0
//
// What is at a mapping's addresses after its end: what was asked for, for as long as is said, without memory.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/mman.h>

#include "every_tracker.hpp"
#include "faults.hpp"
#include "few_entries.hpp"
#include "heap/quarantine.hpp"
#include "in_child.hpp"

namespace still_test {
namespace {

using still::late_reads;
using still::mapping;
using still::page_bytes;
using still::segment;
using still::heaps::map_entries;
using still::heaps::quarantine;

/// A segment of pages that each begin with a byte.
segment pages_of(int value, std::size_t pages = 4)
{
    segment made(pages * page_bytes);
    for (std::size_t page = 0; page < pages; ++page)
        made = std::move(made).store(page * page_bytes, static_cast<char>(value));
    return made;
}

class late : public ::testing::TestWithParam<late_reads> {
protected:
    void SetUp() override { quarantine::clear(); }
    void TearDown() override { quarantine::clear(); }

    /// What is read at an address of a mapping that ended.
    [[nodiscard]] std::optional<std::byte> expected() const
    {
        return GetParam() == late_reads::zeros ? std::optional(std::byte{}) : std::nullopt;
    }
};
INSTANTIATE_TEST_SUITE_P(each, late, ::testing::Values(late_reads::fault, late_reads::zeros),
    [](auto const& which) { return which.param == late_reads::fault ? "fault" : "zeros"; });

TEST_P(late, reads_find_nothing_of_what_was_there)
{
    auto mapped = mapping::of(pages_of(5), GetParam());
    auto copy = mapped;
    auto const* const start = mapped.bytes().data();
    mapped = {};
    EXPECT_EQ(read_at(start), std::byte{ 5 }) << "a copy is the same mapping";
    copy = {};
    for (std::size_t page = 0; page < 4; ++page)
        EXPECT_EQ(read_at(start + page * page_bytes), expected());
    EXPECT_TRUE(is_mapped(start)) << "and nothing else comes there";
    EXPECT_EQ(quarantine::seen().ranges, 1U);
    EXPECT_EQ(quarantine::seen().bytes, 5 * page_bytes) << "with the page before it";
}

TEST_P(late, reads_find_nothing_of_a_snapshot_and_its_frames_are_free)
{
    still::heap heap({ .capacity = 16_MiB });
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 100, 5);
    auto seen = heap.snapshot();
    auto mapped = seen.map(GetParam());
    auto const* const start = mapped.bytes().data();
    auto const size = mapped.bytes().size();
    auto const* const number = &(*mapped.find<numbers>("data"))[1'000];
    EXPECT_EQ(*number, 5U);
    seen = {};
    EXPECT_EQ(heap.versions().size(), 1U);
    mapped = {};
    EXPECT_EQ(heap.versions().size(), 0U);
    EXPECT_EQ(read_at(number), expected());
    for (std::size_t offset = 0; offset < size; offset += page_bytes)
        ASSERT_EQ(read_at(start + offset), expected());
}

TEST_P(late, reads_find_nothing_of_a_copy_or_of_what_keepers_supplied)
{
    struct tens : still::keeper {
        std::vector<std::byte> supply(std::uint64_t) override { return std::vector(page_bytes, std::byte{ 10 }); }
    };
    auto const kept = pages_of(5, 8).keep(2 * page_bytes, 4 * page_bytes, std::make_shared<tens>());
    auto const look = [&](mapping mapped) {
        auto const* const start = mapped.bytes().data();
        mapped.fetch(3 * page_bytes, 1);
        EXPECT_EQ(start[3 * page_bytes], std::byte{ 10 });
        mapped = {};
        for (std::size_t page = 0; page < 8; ++page)
            EXPECT_EQ(read_at(start + page * page_bytes), expected());
    };
    look(mapping::of(kept, GetParam()));
    auto const before = map_entries::limit(0);
    auto copied = mapping::of(kept, GetParam());
    EXPECT_TRUE(copied.materialised());
    look(std::move(copied));
    map_entries::limit(before);
}

TEST_P(late, reads_of_mappings_that_never_came_about_take_nothing)
{
    struct throwing : still::keeper {
        std::vector<std::byte> supply(std::uint64_t) override { throw std::domain_error("no"); }
    };
    auto const kept = pages_of(5).keep(0, page_bytes, std::make_shared<throwing>());
    auto const before = map_entries::limit(0);
    EXPECT_THROW(static_cast<void>(mapping::of(kept, GetParam())), std::domain_error);
    map_entries::limit(before);
    EXPECT_TRUE(mapping::of(segment(), GetParam()).bytes().empty());
    EXPECT_EQ(quarantine::seen().ranges, 0U);
}

TEST_P(late, reads_cost_an_entry_and_no_memory)
{
    few_entries const few(4'000);
    still::heap heap({ .capacity = 16_MiB });
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 60, 1);
    auto const first = heap.snapshot();
    for (std::size_t page = 0; page < 60; page += 3)
        data[page * 512 + 100] = 2;
    auto const left = entries_left();
    auto mapped = heap.snapshot().map(GetParam());
    EXPECT_GT(mapped.map_entries(), 10U);
    EXPECT_EQ(entries_left(), left - mapped.map_entries());
    auto const range = mapped.bytes();
    auto sum = 0;
    for (auto const one : range)
        sum += static_cast<int>(one);
    EXPECT_GT(sum, 0);
    mapped = {};
    EXPECT_EQ(entries_left(), left - 1);
    std::vector<unsigned char> present(range.size() / page_bytes);
    ASSERT_EQ(::mincore(const_cast<std::byte*>(range.data()), range.size(), present.data()), 0);
    EXPECT_EQ(std::count_if(present.begin(), present.end(), [](auto one) { return (one & 1U) != 0; }), 0);
    quarantine::clear();
    EXPECT_EQ(entries_left(), left);
    EXPECT_FALSE(is_mapped(range.data()));
}

TEST_P(late, reads_are_kept_from_others_up_to_a_number_of_mappings)
{
    auto const one_page = pages_of(5, 1);
    std::vector<std::byte const*> ended;
    for (std::size_t i = 0; i < quarantine::most_ranges; ++i) {
        auto const mapped = mapping::of(one_page, GetParam());
        ended.push_back(mapped.bytes().data());
    }
    EXPECT_EQ(quarantine::seen().ranges, quarantine::most_ranges);
    std::sort(ended.begin() + 1, ended.end());
    EXPECT_EQ(std::adjacent_find(ended.begin() + 1, ended.end()), ended.end()) << "no address came twice";
    for (auto const* const one : ended)
        ASSERT_TRUE(is_mapped(one));
    static_cast<void>(mapping::of(one_page, GetParam()));
    EXPECT_EQ(quarantine::seen().ranges, quarantine::most_ranges);
    EXPECT_FALSE(is_mapped(ended.front())) << "the oldest is unmapped";
    EXPECT_TRUE(is_mapped(ended.back()));
}

TEST_P(late, reads_are_kept_from_others_up_to_a_number_of_addresses)
{
    if (still::os::under_thread_sanitizer())
        GTEST_SKIP() << "a thread sanitizer keeps books on every address";
    constexpr auto large = quarantine::most_bytes / 2;
    std::array<std::byte const*, 3> ended{};
    for (auto& one : ended) {
        auto const mapped = mapping::of(segment(large - page_bytes), GetParam());
        one = mapped.bytes().data();
    }
    EXPECT_EQ(quarantine::seen().ranges, 2U);
    EXPECT_EQ(quarantine::seen().bytes, quarantine::most_bytes);
    EXPECT_FALSE(is_mapped(ended[0]));
    // One that is as large as all of it takes the place of both, and a larger one isn't made.
    auto const* const all = mapping::of(segment(quarantine::most_bytes - page_bytes), GetParam()).bytes().data();
    EXPECT_EQ(quarantine::seen().ranges, 1U);
    EXPECT_TRUE(is_mapped(all));
    EXPECT_THROW(static_cast<void>(mapping::of(segment(quarantine::most_bytes), GetParam())), std::length_error);
    EXPECT_EQ(mapping::of(segment(quarantine::most_bytes)).bytes().size(), quarantine::most_bytes);
}

TEST_P(late, reads_in_a_child_find_what_it_ended_itself)
{
    auto mapped = mapping::of(pages_of(5), GetParam());
    auto const* const start = mapped.bytes().data();
    auto before = mapping::of(pages_of(6), GetParam());
    auto const* const ended = before.bytes().data();
    before = {};
    EXPECT_EQ(told_by_child([&] {
        if (read_at(ended) != expected() || read_at(start) != std::byte{ 5 })
            return 1;
        mapped = {};
        if (quarantine::seen().ranges != 2 || read_at(start) != expected())
            return 2;
        quarantine::clear();
        return is_mapped(ended) || is_mapped(start) ? 3 : 0;
    }),
        "");
    EXPECT_EQ(read_at(start), std::byte{ 5 }) << "the parent's is its own";
    EXPECT_EQ(quarantine::seen().ranges, 1U);
}

TEST_P(late, reads_beside_threads_that_map)
{
    constexpr std::size_t rounds = 300;
    std::vector<std::thread> mapping_threads;
    for (auto number = 1; number <= 4; ++number)
        mapping_threads.emplace_back([number] {
            auto const mine = pages_of(number);
            for (std::size_t round = 0; round < rounds; ++round) {
                auto const mapped = mapping::of(mine, round % 2 == 0 ? late_reads::fault : late_reads::zeros);
                ASSERT_EQ(mapped.bytes()[page_bytes], static_cast<std::byte>(number));
            }
        });
    for (auto& one : mapping_threads)
        one.join();
    EXPECT_EQ(quarantine::seen().ranges, quarantine::most_ranges);
}

TEST_P(late, reads_beside_a_thread_that_forks)
{
    std::atomic<bool> over{ false };
    // They have the queue's lock nearly always.
    std::vector<std::thread> busy;
    for (auto i = 0; i < 2; ++i)
        busy.emplace_back([&] {
            while (!over)
                static_cast<void>(quarantine::seen());
        });
    for (auto round = 0; round < 20 && !HasFailure(); ++round)
        EXPECT_EQ(told_by_child([late = GetParam()] {
            auto const mapped = mapping::of(pages_of(9), late);
            return mapped.bytes()[0] == std::byte{ 9 } ? 0 : 1;
        }),
            "");
    over = true;
    for (auto& one : busy)
        one.join();
}

} // namespace
} // namespace still_test
