// SPDX-License-Identifier: BSL-1.0
//
// Containers whose nodes come from jemalloc.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "jemalloc_heap.hpp"
#include "still/map.hpp"
#include "still/set.hpp"

namespace {

/// Bytes that this thread has allocated from jemalloc, or freed to it, since it started.
std::uint64_t thread_bytes(char const* which)
{
    std::uint64_t bytes = 0;
    auto length = sizeof bytes;
    EXPECT_EQ(mallctl(which, &bytes, &length, nullptr, 0), 0);
    return bytes;
}

TEST(jemalloc_heap, a_sets_nodes_come_from_jemalloc_and_go_back)
{
    auto const live = [] { return thread_bytes("thread.allocated") - thread_bytes("thread.deallocated"); };
    auto const before = live();
    {
        still::set<std::uint64_t, std::less<>, still::jemalloc_policy> numbers;
        for (std::uint64_t number = 0; number < 10'000; ++number)
            numbers = std::move(numbers).insert(number * 7919 % 10'000);
        EXPECT_EQ(numbers.size(), 10'000u);
        EXPECT_TRUE(validate(numbers)) << validate(numbers);
        auto const footprint = numbers.footprint();
        EXPECT_GE(live() - before, footprint.alone_bytes);
        auto const shared = numbers.insert(20'000);
        EXPECT_EQ(set_difference(shared, numbers).size(), 1u);
    }
    EXPECT_EQ(live(), before);
}

TEST(jemalloc_heap, over_aligned_elements_lie_where_they_must)
{
    struct alignas(64) line {
        int number;
        bool operator<(line const& other) const noexcept { return number < other.number; }
    };
    still::set<line, std::less<>, still::jemalloc_policy> lines;
    for (int number = 0; number < 100; ++number)
        lines = std::move(lines).insert(line{ number });
    for (auto const& element : lines)
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&element) % 64, 0u);
}

TEST(jemalloc_heap, maps_of_strings_work_as_with_the_default)
{
    still::map<std::string, int, std::less<>, still::jemalloc_policy> const one{ { "a", 1 }, { "b", 2 } };
    auto const two = one.insert_or_assign("b", 3).erase("a");
    EXPECT_EQ(one.at("b"), 2);
    EXPECT_EQ(two.size(), 1u);
}

} // namespace
