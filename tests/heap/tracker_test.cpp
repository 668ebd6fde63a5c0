// SPDX-License-Identifier: BSL-1.0

#include "heap/tracker.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>
#include <vector>

#include "every_tracker.hpp"
#include "few_entries.hpp"
#include "heap/region.hpp"
#include "os/process.hpp"

using still::page_bytes;
using still::heaps::choose_tracker;
using still::heaps::page_set;
using still::heaps::region;
using still::heaps::writers;

namespace still_test {
namespace {

/// A region of which `pages` are in use, armed.
class tracked_region {
public:
    tracked_region(tracker_kind kind, std::size_t pages)
        : memory(pages * page_bytes, nullptr)
        , choice(choose_tracker(kind, { memory.base(), pages }))
        , count(pages)
    {
        memory.commit(pages * page_bytes);
        choice.chosen->arm({ 0, pages });
        memory.use(pages * page_bytes);
    }
    void write(std::size_t page)
    {
        static_cast<std::byte volatile&>(memory.base()[page * page_bytes + 7]) = std::byte{ 1 };
    }
    [[nodiscard]] std::vector<std::size_t> take(writers present = writers::out)
    {
        page_set written;
        written.make_room(count);
        choice.chosen->take(count, written, present);
        return listed(written);
    }
    [[nodiscard]] std::vector<std::size_t> look()
    {
        page_set written;
        written.make_room(count);
        choice.chosen->look({ 0, count }, written);
        return listed(written);
    }
    [[nodiscard]] static std::vector<std::size_t> listed(page_set const& seen)
    {
        std::vector<std::size_t> pages;
        seen.for_each([&](std::size_t page) { pages.push_back(page); });
        return pages;
    }

    region memory;
    still::heaps::tracker_choice choice;
    std::size_t count;
};

using pages = std::vector<std::size_t>;

[[nodiscard]] std::size_t entries_of_process()
{
    std::ifstream maps("/proc/self/maps");
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
}

constexpr still::heaps::tracked_place nowhere{ nullptr, 0 };

class tracker_contract : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, tracker_contract, trackers, tracker_name);

TEST_P(tracker_contract, reports_at_least_what_was_written)
{
    tracked_region seen(GetParam(), 64);
    for (std::size_t round = 0; round < 5; ++round) {
        seen.write(round * 3);
        seen.write(63);
        page_set written;
        written.make_room(64);
        seen.choice.chosen->take(64, written, writers::out);
        EXPECT_TRUE(written.contains(round * 3));
        EXPECT_TRUE(written.contains(63));
    }
}

TEST_P(tracker_contract, reports_exactly_what_was_written_and_once)
{
    if (GetParam() == tracker_kind::compare)
        GTEST_SKIP() << "suspects every page";
    tracked_region seen(GetParam(), 64);
    EXPECT_EQ(seen.take(), pages{}); // armed: nothing counts as written
    seen.write(5);
    seen.write(6);
    seen.write(40);
    EXPECT_EQ(seen.look(), (pages{ 5, 6, 40 }));
    EXPECT_EQ(seen.take(), (pages{ 5, 6, 40 }));
    EXPECT_EQ(seen.take(), pages{});
    seen.write(6);
    EXPECT_EQ(seen.take(), pages{ 6 });
    // Reading is not writing, of pages that have memory and of pages that don't.
    EXPECT_EQ(seen.memory.base()[6 * page_bytes + 7], std::byte{ 1 });
    EXPECT_EQ(seen.memory.base()[50 * page_bytes], std::byte{ 0 });
    EXPECT_EQ(seen.take(), pages{});
    // The kernel's own writes count, of pages that are prepared for them.
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ASSERT_EQ(::write(ends[1], "still", 5), 5);
    seen.choice.chosen->prepare({ 21, 2 });
    // A cut that is being prepared meanwhile doesn't take the page from under the call.
    static_cast<void>(seen.take(writers::in));
    ASSERT_EQ(::read(ends[0], seen.memory.base() + 21 * page_bytes, 5), 5);
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_EQ(seen.take().front(), 21U);
    EXPECT_EQ(seen.take(), pages{});
}

// Each page that is opened by itself takes entries of the process's memory map, which must not run out.
TEST(protect_tracker, opens_all_when_scattered_pages_use_up_the_memory_map)
{
    auto const single = still::os::most_map_entries() / 8;
    if (single > 20'000)
        GTEST_SKIP() << "the kernel allows more entries than this test has pages for";
    auto const count = 2 * single + 100;
    tracked_region seen(tracker_kind::protect, count);
    for (std::size_t page = 0; page < count; page += 2)
        seen.write(page);
    auto const found = seen.take();
    EXPECT_GT(found.size(), single);
    for (std::size_t page = 0, i = 0; page < count; page += 2) {
        while (i < found.size() && found[i] < page)
            ++i;
        ASSERT_TRUE(i < found.size() && found[i] == page) << page;
    }
    EXPECT_EQ(seen.take(), pages{});
    seen.write(3);
    EXPECT_EQ(seen.take(), pages{ 3 });
}

TEST(protect_tracker, shares_the_memory_map_with_all_others_of_the_process)
{
    entry_limit const lowered(400); // of which trackers have half: for a hundred pages
    constexpr std::size_t count = 200;
    std::vector<std::unique_ptr<tracked_region>> all;
    for (int i = 0; i < 4; ++i)
        all.push_back(std::make_unique<tracked_region>(tracker_kind::protect, count));
    auto const write = [](tracked_region& seen, std::size_t scattered) {
        pages written;
        for (std::size_t page = 0; written.size() < scattered; page += 2) {
            seen.write(page);
            written.push_back(page);
        }
        return written;
    };
    auto const before = entries_of_process();
    auto const first = write(*all[0], 80);
    static_cast<void>(write(*all[1], 80));
    static_cast<void>(write(*all[2], 80));
    static_cast<void>(write(*all[3], 80));
    EXPECT_LE(entries_of_process(), before + 210);
    EXPECT_EQ(all[0]->take(), first);
    EXPECT_EQ(all[1]->take().size(), count); // all in one piece
    for (int i = 2; i < 4; ++i)
        EXPECT_GE(all[static_cast<std::size_t>(i)]->take().size(), 80U);
    // What is closed again has given back its entries, and so has what is gone.
    for (int round = 0; round < 5; ++round)
        for (auto const& seen : all) {
            auto const written = write(*seen, 90);
            EXPECT_EQ(seen->take(), written);
        }
    static_cast<void>(write(*all[3], 90));
    all.pop_back();
    auto const written = write(*all[0], 90);
    EXPECT_EQ(all[0]->take(), written);
}

TEST(protect_tracker, counts_prepared_pages_too_and_once)
{
    entry_limit const lowered(400);
    constexpr std::size_t count = 300;
    tracked_region seen(tracker_kind::protect, count);
    auto const before = entries_of_process();
    for (int again = 0; again < 1000; ++again)
        seen.choice.chosen->prepare({ 7, 1 });
    EXPECT_EQ(seen.take(), pages{ 7 });
    for (std::size_t page = 0; page < count; page += 2)
        seen.choice.chosen->prepare({ page, 1 });
    EXPECT_LE(entries_of_process(), before + 210);
    EXPECT_EQ(seen.take().size(), count);
    seen.write(3);
    EXPECT_EQ(seen.take(), pages{ 3 });
}

// Threads that write to one page at once, while it is opened and closed: none may write unnoticed.
TEST_P(tracker_contract, loses_no_write_of_threads_that_race_with_it)
{
    // Its runtime stores atomic values itself, under a lock that the handler would wait for.
    if (GetParam() == tracker_kind::protect && still::os::under_thread_sanitizer())
        GTEST_SKIP() << "atomic values in protected pages stall the thread sanitizer";
    constexpr std::size_t count = 4;
    tracked_region seen(GetParam(), count);
    std::atomic<bool> stop{ false };
    std::vector<std::thread> writers;
    std::array<std::array<std::atomic<std::uint32_t>, 2>, count> written{};
    for (std::size_t writer = 0; writer < 2; ++writer)
        writers.emplace_back([&, writer] {
            for (std::uint32_t round = 1; !stop; ++round) {
                auto const page = round % count;
                auto* const word = seen.memory.base() + page * page_bytes + 64 * writer;
                std::atomic_ref(*reinterpret_cast<std::uint32_t*>(word)).store(round);
                written[page][writer].store(round);
            }
        });
    // What was written before a page was last reported is in this copy then; what came after is reported.
    std::array<std::array<std::uint32_t, 2>, count> copied{};
    page_set reported;
    reported.make_room(count);
    auto const copy_reported = [&] {
        reported.clear();
        seen.choice.chosen->take(count, reported, writers::in);
        reported.for_each([&](std::size_t page) {
            for (std::size_t writer = 0; writer < 2; ++writer)
                copied[page][writer] = std::atomic_ref(
                    *reinterpret_cast<std::uint32_t*>(seen.memory.base() + page * page_bytes + 64 * writer))
                                           .load();
        });
    };
    for (int round = 0; round < 2000; ++round)
        copy_reported();
    stop = true;
    for (auto& writer : writers)
        writer.join();
    copy_reported();
    for (std::size_t page = 0; page < count; ++page)
        for (std::size_t writer = 0; writer < 2; ++writer)
            EXPECT_EQ(copied[page][writer], written[page][writer].load()) << page;
}

// The kernel stops when its vector of results is full: what comes after must not be lost.
TEST(userfault_tracker, goes_on_after_a_full_vector_of_results)
{
    if (choose_tracker(tracker_kind::automatic, nowhere).chosen->kind() != tracker_kind::userfault)
        GTEST_SKIP() << choose_tracker(tracker_kind::automatic, nowhere).passed_over;
    constexpr std::size_t count = 8192;
    tracked_region seen(tracker_kind::userfault, count);
    pages expected;
    for (std::size_t page = 0; page < count; page += 2) { // 4096 runs of one page
        seen.write(page);
        expected.push_back(page);
    }
    EXPECT_EQ(seen.look(), expected);
    EXPECT_EQ(seen.take(), expected);
    EXPECT_EQ(seen.take(), pages{});
}

TEST(choose_tracker, says_why_a_better_one_was_passed_over)
{
    auto const choice = choose_tracker(tracker_kind::automatic, nowhere);
    ASSERT_NE(choice.chosen, nullptr);
    EXPECT_EQ(choice.passed_over.empty(), choice.chosen->kind() == tracker_kind::userfault) << choice.passed_over;
}

} // namespace
} // namespace still_test
