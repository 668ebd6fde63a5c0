// SPDX-License-Identifier: BSL-1.0
//
// System calls that write into the heap, where pages are protected.

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <stdexcept>

#include <fcntl.h>

#include <unistd.h>

#include "every_tracker.hpp"

namespace still_test {
namespace {

TEST(prepare, lets_system_calls_write_where_pages_are_protected)
{
    still::heap heap{ { .capacity = 16_MiB, .tracker = tracker_kind::protect } };
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 4, 1);
    auto const before = heap.snapshot();
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ASSERT_EQ(::write(ends[1], "12345678", 8), 8);
    {
        auto const guard = heap.mutate();
        EXPECT_EQ(::read(ends[0], &data[600], 8), -1);
        EXPECT_EQ(errno, EFAULT);
    }
    EXPECT_TRUE(heap.snapshot().same_root(before));
    {
        auto const guard = heap.mutate();
        guard.prepare(std::as_bytes(std::span(&data[600], 1)));
        EXPECT_EQ(::read(ends[0], &data[600], 8), 8);
    }
    auto const after = heap.snapshot();
    EXPECT_FALSE(still::diff(before, after).empty());
    EXPECT_TRUE(same(content(after), copy(heap.bytes())));
    // Protected again.
    ASSERT_EQ(::write(ends[1], "12345678", 8), 8);
    EXPECT_EQ(::read(ends[0], &data[600], 8), -1);
    ::close(ends[0]);
    ::close(ends[1]);
}

class prepared : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, prepared, trackers, tracker_name);

TEST_P(prepared, need_not_be_where_the_kernel_notes_writes)
{
    if (GetParam() == tracker_kind::protect)
        GTEST_SKIP() << "system calls fail there";
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 4, 1);
    auto const before = heap.snapshot();
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ASSERT_EQ(::write(ends[1], "12345678", 8), 8);
    {
        auto const guard = heap.mutate();
        EXPECT_EQ(::read(ends[0], &data[600], 8), 8);
    }
    ::close(ends[0]);
    ::close(ends[1]);
    auto const after = heap.snapshot();
    EXPECT_FALSE(still::diff(before, after).empty());
    EXPECT_TRUE(same(content(after), copy(heap.bytes())));
}

TEST_P(prepared, bytes_elsewhere_are_refused)
{
    auto heap = make();
    auto const guard = heap.mutate();
    std::byte elsewhere{};
    EXPECT_THROW(guard.prepare({ &elsewhere, 1 }), std::out_of_range);
    auto const all = heap.bytes();
    guard.prepare(all);
    guard.prepare({});
    EXPECT_THROW(guard.prepare({ all.data() + heap.statistics().mapped_bytes - 1, 2 }), std::out_of_range);
    EXPECT_THROW(guard.prepare({ all.data() - 1, 2 }), std::out_of_range);
}

} // namespace
} // namespace still_test
