// SPDX-License-Identifier: BSL-1.0
//
// What is the private mapping's own among the trackers: the file under the region, and when it is written to.

#include "heap/private_file_tracker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <unistd.h>

#include "every_tracker.hpp"
#include "in_child.hpp"
#include "os/memory.hpp"
#include "os/memory_file.hpp"
#include "os/private_pages.hpp"
#include "os/process.hpp"

using still::page_bytes;
using still::heaps::page_set;
using still::heaps::private_file_tracker;
using still::heaps::writers;

namespace still_test {
namespace {

using pages = std::vector<std::size_t>;
using way = private_file_tracker::way;

/// Bytes of memory in the files under regions.
std::size_t base_bytes()
{
    std::size_t sum = 0;
    for (auto const& open : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        struct stat seen{};
        if (std::filesystem::read_symlink(open.path(), gone).string().find("memfd:still-base") != std::string::npos
            && ::stat(open.path().c_str(), &seen) == 0)
            sum += static_cast<std::size_t>(seen.st_blocks) * 512;
    }
    return sum;
}

/// Whether the kernel tells what was written. Asked apart from the tracker: one that is wrong isn't one that is
/// refused.
bool is_told(way wanted)
{
    still::os::memory_file file("still-test");
    file.resize(2 * page_bytes);
    auto const place = still::os::reserve(2 * page_bytes);
    still::os::map_file_privately(place.start(), file.handle(), 0, 2 * page_bytes);
    auto volatile* const byte = place.start() + page_bytes;
    *byte = std::byte{ 1 };
    std::size_t found = 0;
    try {
        still::os::private_pages(wanted).find(
            place.start(), 2 * page_bytes, [&](void*, std::size_t bytes) { found += bytes; });
    } catch (std::system_error const&) {
        return false;
    }
    return found == page_bytes;
}

/// Some pages, tracked in each of the two ways.
class private_files : public ::testing::TestWithParam<way> {
protected:
    static constexpr std::size_t count = 4096;

    void SetUp() override
    {
        if (!is_told(GetParam()))
            GTEST_SKIP() << "the kernel doesn't tell what is private";
        private_file_tracker::prove(GetParam());
        tracker.arm({ 0, count });
    }
    void write(std::size_t page, int value = 1)
    {
        static_cast<std::byte volatile&>(byte(page)) = static_cast<std::byte>(value);
    }
    [[nodiscard]] std::byte& byte(std::size_t page) const { return memory.start()[page * page_bytes + 7]; }
    [[nodiscard]] pages take(writers present = writers::out)
    {
        written.clear();
        written.make_room(count);
        tracker.take(count, written, present);
        pages found;
        written.for_each([&](std::size_t page) { found.push_back(page); });
        return found;
    }

    still::os::address_range memory = still::os::map_zeros(count * page_bytes);
    private_file_tracker tracker{ { memory.start(), count }, GetParam() };
    page_set written;
};
INSTANTIATE_TEST_SUITE_P(each, private_files, ::testing::Values(way::best, way::entries),
    [](auto const& seen) { return std::string(seen.param == way::best ? "best" : "entries"); });

TEST_P(private_files, hold_what_was_written_when_it_is_taken)
{
    EXPECT_EQ(take(), pages{});
    for (int round = 1; round < 5; ++round) {
        pages expected;
        // More runs than one call returns, and some that cross what one call reads.
        for (std::size_t page = 0; page < count; page += page % 64 == 0 ? 1 : 3) {
            write(page, round);
            expected.push_back(page);
        }
        EXPECT_EQ(take(), expected);
        for (auto const page : expected)
            ASSERT_EQ(byte(page), static_cast<std::byte>(round)) << page;
        EXPECT_EQ(byte(expected[1] + 1), std::byte{ 0 });
        EXPECT_EQ(take(), pages{});
    }
}

// What is written while a page is copied would go with the copy.
TEST_P(private_files, take_nothing_from_writers)
{
    write(9);
    EXPECT_EQ(take(writers::in), pages{ 9 });
    EXPECT_EQ(take(writers::in), pages{ 9 });
    EXPECT_EQ(take(), pages{ 9 });
    EXPECT_EQ(take(), pages{});
    EXPECT_EQ(byte(9), std::byte{ 1 });
}

TEST_P(private_files, give_long_runs_of_zeros_back)
{
    std::memset(memory.start(), 1, 1000 * page_bytes);
    EXPECT_EQ(take().size(), 1000U);
    auto const full = base_bytes();
    EXPECT_GE(full, 1000 * page_bytes);
    std::memset(memory.start(), 0, 900 * page_bytes);
    write(400, 0);
    EXPECT_EQ(take().size(), 900U);
    EXPECT_LE(base_bytes(), full - 900 * page_bytes);
    EXPECT_EQ(byte(400), std::byte{ 0 });
    EXPECT_EQ(byte(950), std::byte{ 1 });
    // One that isn't zeros to the last.
    std::memset(memory.start() + 950 * page_bytes, 0, 50 * page_bytes);
    write(999, 5);
    EXPECT_EQ(take().size(), 50U);
    EXPECT_EQ(byte(999), std::byte{ 5 });
    EXPECT_EQ(byte(998), std::byte{ 0 });
}

// A child shows the file where it has no copy of its own.
TEST_P(private_files, stay_as_they_are_while_a_child_shows_them)
{
    std::memset(memory.start(), 1, 100 * page_bytes);
    EXPECT_EQ(take().size(), 100U);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    auto const child = ::fork();
    if (child == 0) {
        ::close(ends[1]);
        char told = 0;
        static_cast<void>(::read(ends[0], &told, 1)); // until the parent has closed it
        auto right = true;
        for (std::size_t page = 0; page < 100; ++page)
            right = right && byte(page) == std::byte{ 1 };
        ::_exit(right ? 0 : 1);
    }
    std::memset(memory.start(), 0, 50 * page_bytes);
    write(70, 3);
    EXPECT_EQ(take().size(), 51U);
    EXPECT_EQ(take().size(), 51U) << "not in the file yet";
    ::close(ends[0]);
    ::close(ends[1]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(take().size(), 51U);
    EXPECT_EQ(take(), pages{});
    EXPECT_EQ(byte(10), std::byte{ 0 });
    EXPECT_EQ(byte(70), std::byte{ 3 });
}

// A file that can't be written to: nothing is dropped that isn't in it.
TEST_P(private_files, that_refuse_a_page_leave_it_as_it_is)
{
    EXPECT_TRUE(in_child([&] {
        private_file_tracker other({ memory.start(), count }, GetParam());
        other.arm({ 0, count });
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        if (::getrlimit(RLIMIT_FSIZE, &before) != 0)
            return false;
        auto const none = rlimit{ 10 * page_bytes, before.rlim_max };
        write(5, 4);
        write(20, 4);
        std::size_t refused = 0;
        auto const found = [&] {
            written.clear();
            written.make_room(count);
            other.take(count, written, writers::out);
            return written.count();
        };
        if (::setrlimit(RLIMIT_FSIZE, &none) != 0 || found() != 2)
            return false;
        refused = found(); // page 20 still
        if (::setrlimit(RLIMIT_FSIZE, &before) != 0)
            return false;
        return refused == 1 && found() == 1 && found() == 0 && byte(5) == std::byte{ 4 } && byte(20) == std::byte{ 4 };
    }));
}

TEST(private_file_heaps, do_not_rest)
{
    std::optional<still::heap> heap;
    try {
        heap.emplace(still::heap_options{ .capacity = 16_MiB, .tracker = tracker_kind::private_file, .rest_after = 0 });
    } catch (std::system_error const& refusal) {
        GTEST_SKIP() << refusal.what();
    }
    auto& data = heap->construct<numbers>("data", heap->allocator<std::uint64_t>());
    data.assign(512 * 1000, 1);
    auto const first = heap->snapshot();
    auto const then = copy(heap->bytes());
    EXPECT_EQ(heap->rest(), 0U);
    data.assign(512 * 1000, 2);
    auto const second = heap->snapshot();
    EXPECT_EQ(heap->statistics().rests, 0U);
    EXPECT_EQ(heap->statistics().resting_bytes, 0U);
    heap->restore(first);
    EXPECT_TRUE(same(copy(heap->bytes()), then));
    EXPECT_EQ(heap->statistics().dirty_bytes, 0U);
    EXPECT_TRUE(heap->validate()) << heap->validate();
}

// The proof may be in the middle when another thread forks, and a living child is no reason to refuse.
TEST(private_file_tracker, is_proven_while_children_are_born)
{
    if (still::os::under_thread_sanitizer())
        GTEST_SKIP() << "the thread sanitizer doesn't support what children of programs with threads do";
    try {
        private_file_tracker::prove();
    } catch (std::system_error const& refusal) {
        GTEST_SKIP() << refusal.what();
    }
    std::atomic<bool> stop{ false };
    std::thread forking([&] {
        while (!stop)
            static_cast<void>(in_child([] { return ::usleep(3'000) == 0; }));
    });
    for (int i = 0; i < 500; ++i)
        EXPECT_NO_THROW(private_file_tracker::prove());
    stop = true;
    forking.join();
}

// A rollback discards long runs of zeros; here that would bring back what the file has.
TEST(private_file_heaps, are_rolled_back_to_zeros)
{
    std::optional<still::heap> heap;
    try {
        heap.emplace(still::heap_options{ .capacity = 16_MiB, .tracker = tracker_kind::private_file });
    } catch (std::system_error const& refusal) {
        GTEST_SKIP() << refusal.what();
    }
    auto& data = heap->construct<numbers>("data", heap->allocator<std::uint64_t>());
    data.assign(512 * 1000, 0);
    auto const zeros = heap->snapshot();
    auto const then = copy(heap->bytes());
    std::fill(data.begin(), data.end(), 3);
    auto const full = heap->snapshot();
    auto const base_then = base_bytes();
    heap->restore(zeros);
    EXPECT_LE(base_bytes(), base_then - 900 * page_bytes) << "their memory goes";
    EXPECT_TRUE(same(copy(heap->bytes()), then));
    EXPECT_TRUE(heap->snapshot().same_root(zeros));
    heap->restore(full);
    EXPECT_EQ(data[512 * 500], 3U);
}

} // namespace
} // namespace still_test
