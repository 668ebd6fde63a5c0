// SPDX-License-Identifier: BSL-1.0
//
// Heaps in huge pages: where there are any they are used, and every tracker is as right as without.

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "every_tracker.hpp"

namespace still_test {
namespace {

class huge_pages : public every_tracker {
protected:
    void SetUp() override
    {
        if (GetParam() == tracker_kind::private_file)
            GTEST_SKIP() << "a private mapping has none, and says so";
        every_tracker::SetUp();
    }
    [[nodiscard]] still::heap make_huge(std::size_t capacity, bool huge = true) const
    {
        return still::heap{ { .capacity = capacity, .tracker = GetParam(), .huge_pages = huge } };
    }
};
INSTANTIATE_TEST_SUITE_P(each, huge_pages, trackers, tracker_name);

/// Bytes of a heap that lie in huge pages, as the kernel tells.
std::size_t huge_bytes(still::heap const& heap)
{
    auto const first = reinterpret_cast<std::uintptr_t>(heap.bytes().data());
    auto const last = first + heap.statistics().capacity_bytes;
    std::ifstream maps("/proc/self/smaps");
    std::size_t sum = 0;
    bool inside = false;
    for (std::string line; std::getline(maps, line);) {
        unsigned long long start = 0;
        unsigned long long end = 0;
        if (std::sscanf(line.c_str(), "%llx-%llx ", &start, &end) == 2)
            inside = first <= start && end <= last;
        else if (inside && std::sscanf(line.c_str(), "AnonHugePages: %llu", &start) == 1)
            sum += start * 1024;
    }
    return sum;
}
/// Whether the system gives huge pages to those who ask for them.
bool are_given()
{
    std::string word;
    std::ifstream setting("/sys/kernel/mm/transparent_hugepage/enabled");
    while (setting >> word)
        if (word == "[always]" || word == "[madvise]")
            return ::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 0;
    return false;
}

TEST_P(huge_pages, are_used_where_they_are_asked_for)
{
    auto heap = make_huge(64_MiB);
    auto const plain = make_huge(64_MiB, false);
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(3 * 512 * 1024, 1); // 12 MiB
    EXPECT_EQ(huge_bytes(plain), 0U);
    if (!are_given())
        GTEST_SKIP() << "this system gives no huge pages";
    if (huge_bytes(heap) == 0)
        GTEST_SKIP() << "this system has no huge page left";
    EXPECT_GE(huge_bytes(heap), 8_MiB);
    auto const before = heap.snapshot();
    // Pages that are only read stay; a cut alone breaks none up.
    auto const still_huge = huge_bytes(heap);
    EXPECT_GE(still_huge, 8_MiB);
    data[1000] = 2;
    EXPECT_EQ(heap.snapshot().load<std::uint64_t>(
                  static_cast<std::uint64_t>(reinterpret_cast<std::byte const*>(&data[1000]) - heap.bytes().data())),
        2U);
    EXPECT_GE(huge_bytes(heap) + 4_MiB, still_huge) << "one write breaks up one huge page";
    heap.restore(before);
    EXPECT_EQ(data[1000], 1U);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(huge_pages, are_written_one_small_page_at_a_time)
{
    auto heap = make_huge(64_MiB);
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(1024 * 1024, 1); // 8 MiB
    auto last = heap.snapshot();
    for (std::uint64_t round = 0; round < 30; ++round) {
        auto const where = static_cast<std::size_t>(round * 34'567 % data.size());
        data[where] = 100 + round;
        auto now = heap.snapshot();
        auto const changes = still::diff(last, now);
        std::uint64_t pages = 0;
        for (auto const run : changes)
            pages += run.page_count;
        EXPECT_EQ(pages, 1U) << "a version has the small page that was written, not the huge one";
        EXPECT_TRUE(same(content(now), copy(heap.bytes())));
        last = std::move(now);
    }
}

// Everything goes as it does in small pages: same places, same growth up to the capacity, same end.
TEST_P(huge_pages, change_nothing_that_a_program_sees)
{
    for (auto const capacity : { 64_KiB, 1_MiB, 5_MiB + 8_KiB }) {
        std::size_t blocks[2] = {};
        std::vector<std::ptrdiff_t> places[2];
        for (auto const huge : { false, true }) {
            auto heap = make_huge(capacity, huge);
            auto allocator = heap.allocator<std::byte>();
            auto const before = heap.snapshot();
            try {
                for (;;) {
                    auto const block = allocator.allocate(10'000);
                    std::memset(block.get(), 1, 10'000);
                    places[huge].push_back(block.get() - heap.bytes().data());
                    ++blocks[huge];
                }
            } catch (std::bad_alloc const&) {
            }
            EXPECT_LE(heap.statistics().mapped_bytes, heap.statistics().capacity_bytes);
            auto const full = heap.snapshot();
            EXPECT_TRUE(same(content(full), copy(heap.bytes())));
            heap.restore(before);
            EXPECT_TRUE(same(content(before), copy(heap.bytes())));
            auto branch = still::heap::branch(full, { .tracker = GetParam(), .huge_pages = !huge });
            EXPECT_TRUE(same(content(full), copy(branch.bytes())));
            heap.restore(full);
            EXPECT_TRUE(heap.validate()) << heap.validate();
        }
        EXPECT_EQ(blocks[0], blocks[1]);
        EXPECT_EQ(places[0], places[1]);
    }
}

} // namespace
} // namespace still_test
