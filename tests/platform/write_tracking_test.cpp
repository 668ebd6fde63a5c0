// SPDX-License-Identifier: BSL-1.0
//
// What the library assumes of the kernel's asynchronous write-protection, where there is any.

#include "os/write_tracking.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include <sys/wait.h>

#include <unistd.h>

#include "os/memory.hpp"
#include "still/core/frame.hpp"

using still::page_bytes;
namespace os = still::os;

namespace {

using pages = std::vector<std::size_t>;

class write_tracking : public ::testing::Test {
protected:
    void SetUp() override
    {
        try {
            tracking = std::make_unique<os::write_tracking>();
        } catch (std::system_error const& refusal) {
            GTEST_SKIP() << refusal.what();
        }
        os::refuse_huge_pages(range.start(), range.bytes());
    }
    void write(std::size_t page)
    {
        static_cast<std::byte volatile&>(range.start()[page * page_bytes]) = std::byte{ 1 };
    }
    [[nodiscard]] pages take(std::size_t count)
    {
        pages written;
        tracking->take_written(range.start(), count * page_bytes, [&](void* start, std::size_t bytes) {
            auto const first = static_cast<std::size_t>(static_cast<std::byte*>(start) - range.start()) / page_bytes;
            for (auto page = first; page < first + bytes / page_bytes; ++page)
                written.push_back(page);
        });
        return written;
    }

    os::address_range range = os::map_zeros(64 * page_bytes);
    std::unique_ptr<os::write_tracking> tracking;
};

// Else a heap would copy all of its untouched pages at its first cut.
TEST_F(write_tracking, pages_without_memory_count_as_written_only_until_armed)
{
    tracking->arm(range.start(), 32 * page_bytes);
    EXPECT_EQ(take(32), pages{});
    write(31);
    EXPECT_EQ(take(32), pages{ 31 });
}

TEST_F(write_tracking, a_range_that_grows_is_tracked_as_one)
{
    tracking->arm(range.start(), 16 * page_bytes);
    write(3);
    tracking->arm(range.start() + 16 * page_bytes, 16 * page_bytes);
    write(15);
    write(16);
    EXPECT_EQ(take(32), (pages{ 3, 15, 16 }));
}

// Growth that fails half-way arms the same pages once more.
TEST_F(write_tracking, arming_twice_is_allowed)
{
    tracking->arm(range.start(), 16 * page_bytes);
    tracking->arm(range.start(), 16 * page_bytes);
    write(2);
    EXPECT_EQ(take(16), pages{ 2 });
}

// Else pages would be missed in silence.
TEST_F(write_tracking, a_range_that_is_not_tracked_is_refused)
{
    tracking->arm(range.start(), 16 * page_bytes);
    EXPECT_THROW(static_cast<void>(take(32)), std::system_error);
}

// A rollback that discards pages must arm them again.
TEST_F(write_tracking, discarded_pages_count_as_written)
{
    tracking->arm(range.start(), 16 * page_bytes);
    write(4);
    EXPECT_EQ(take(16), pages{ 4 });
    ASSERT_TRUE(os::discard(range.start() + 4 * page_bytes, page_bytes));
    EXPECT_EQ(take(16), pages{ 4 });
    EXPECT_EQ(take(16), pages{});
}

TEST_F(write_tracking, a_child_of_fork_does_not_disturb_its_parent)
{
    tracking->arm(range.start(), 16 * page_bytes);
    write(1);
    EXPECT_EQ(take(16), pages{ 1 });
    auto const child = ::fork();
    if (child == 0) {
        write(1);
        write(9);
        ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_EQ(take(16), pages{});
    write(9);
    EXPECT_EQ(take(16), pages{ 9 });
}

} // namespace
