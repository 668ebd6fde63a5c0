// SPDX-License-Identifier: BSL-1.0
//
// Containers whose nodes lie in huge pages, where there are any.

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "huge_page_heap.hpp"
#include "still/map.hpp"
#include "still/set.hpp"

namespace {

using numbers = still::set<std::uint64_t, std::less<>, still::huge_page_policy>;

numbers filled(std::uint64_t count)
{
    numbers made;
    for (std::uint64_t number = 0; number < count; ++number)
        made = std::move(made).insert(number * 0x9e3779b97f4a7c15ULL);
    return made;
}

/// What blocks of the arena are out, those in threads' caches included.
std::size_t bytes_out()
{
    std::uint64_t epoch = 1;
    EXPECT_EQ(mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch), 0);
    auto const name = "stats.arenas." + std::to_string(still::huge_pages::arena::only().number()) + ".small.allocated";
    std::size_t bytes = 0;
    auto length = sizeof bytes;
    EXPECT_EQ(mallctl(name.c_str(), &bytes, &length, nullptr, 0), 0);
    return bytes;
}

/// Effect: has a thread do it, whose cache is gone then. What a cache keeps would hold on to whole pages.
template <class Work>
void in_a_thread(Work work)
{
    std::thread(std::move(work)).join();
}

/// Whether the system gives huge pages to those who ask for them.
bool are_given()
{
    std::string word;
    std::ifstream setting("/sys/kernel/mm/transparent_hugepage/enabled");
    while (setting >> word) {
        if (word == "[always]" || word == "[madvise]")
            return prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 0;
    }
    return false;
}

TEST(huge_page_heap, large_sets_lie_in_huge_pages_where_there_are_any)
{
    still::huge_pages::usage usage;
    in_a_thread([&] {
        auto const large = filled(2'000'000);
        EXPECT_TRUE(validate(large)) << validate(large);
        usage = still::huge_page_heap::in_use();
        EXPECT_GE(usage.resident_bytes, large.footprint().alone_bytes);
    });
    if (!are_given())
        GTEST_SKIP() << "this system gives no huge pages";
    EXPECT_GE(usage.huge_bytes, usage.resident_bytes / 2);
}

// In a process of its own: a program that has been refused is refused everywhere.
TEST(huge_page_heap_death_test, small_pages_serve_where_huge_ones_are_refused)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
            auto const made = filled(200'000);
            auto const usage = still::huge_page_heap::in_use();
            auto const is_right
                = validate(made) && usage.huge_bytes == 0 && usage.resident_bytes >= made.footprint().alone_bytes;
            std::exit(is_right ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}

TEST(huge_page_heap, nodes_come_from_the_arena_and_go_back_with_their_thread)
{
    auto const before = bytes_out();
    in_a_thread([&] {
        auto const made = filled(10'000);
        EXPECT_GE(bytes_out() - before, made.footprint().alone_bytes);
    });
    EXPECT_EQ(bytes_out(), before);
}

TEST(huge_page_heap, versions_are_dropped_on_any_thread)
{
    auto const before = bytes_out();
    std::optional<numbers> passed_on;
    in_a_thread([&] { passed_on = filled(10'000); });
    in_a_thread([&] {
        auto const next = passed_on->insert(1);
        EXPECT_EQ(set_difference(next, *passed_on).size(), 1u);
        passed_on.reset();
    });
    EXPECT_EQ(bytes_out(), before);
}

TEST(huge_page_heap, what_a_thread_drops_last_goes_back_too)
{
    auto const before = bytes_out();
    in_a_thread([] {
        // Made before the thread's first node, so that it ends after the thread's cache.
        static thread_local numbers last;
        EXPECT_TRUE(last.empty());
        last = filled(10'000);
    });
    EXPECT_EQ(bytes_out(), before);
}

TEST(huge_page_heap, several_threads_at_once)
{
    auto const before = bytes_out();
    std::vector<std::thread> threads;
    for (int count = 0; count < 4; ++count)
        threads.emplace_back([] {
            for (int round = 0; round < 5; ++round)
                EXPECT_EQ(filled(5'000).size(), 5'000u);
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(bytes_out(), before);
}

TEST(huge_page_heap, over_aligned_elements_lie_where_they_must)
{
    struct alignas(64) line {
        int number;
        bool operator<(line const& other) const noexcept { return number < other.number; }
    };
    in_a_thread([] {
        still::set<line, std::less<>, still::huge_page_policy> lines;
        for (int number = 0; number < 100; ++number)
            lines = std::move(lines).insert(line{ number });
        for (auto const& element : lines)
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&element) % 64, 0u);
    });
}

TEST(huge_page_heap, memory_nobody_uses_goes_back_to_the_kernel_in_whole_pages)
{
    std::size_t before = 0;
    in_a_thread([&] {
        auto const made = filled(2'000'000);
        before = still::huge_page_heap::in_use().resident_bytes;
    });
    auto const name = "arena." + std::to_string(still::huge_pages::arena::only().number()) + ".purge";
    ASSERT_EQ(mallctl(name.c_str(), nullptr, nullptr, nullptr, 0), 0);
    auto const after = still::huge_page_heap::in_use();
    EXPECT_LT(after.resident_bytes, before / 2);
    auto const again = filled(100'000);
    EXPECT_TRUE(validate(again)) << validate(again);
}

TEST(huge_page_heap, serves_a_child_that_was_forked_in_the_middle_of_allocating)
{
    std::atomic<bool> stop{ false };
    std::vector<std::thread> threads;
    for (auto number = 0; number < 2; ++number)
        threads.emplace_back([&] {
            while (!stop)
                static_cast<void>(filled(20'000));
        });
    for (auto round = 0; round < 100; ++round) {
        auto const child = ::fork();
        if (child == 0) {
            ::alarm(20);
            ::_exit(filled(30'000).size() == 30'000 ? 0 : 1);
        }
        auto status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "round " << round << ": " << status;
    }
    stop = true;
    for (auto& thread : threads)
        thread.join();
}

} // namespace
