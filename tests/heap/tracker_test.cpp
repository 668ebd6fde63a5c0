// SPDX-License-Identifier: BSL-1.0

#include "heap/tracker.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <unistd.h>

#include <vector>

#include "every_tracker.hpp"
#include "heap/region.hpp"

using still::page_bytes;
using still::heaps::choose_tracker;
using still::heaps::page_set;
using still::heaps::region;

namespace still_test {
namespace {

/// A region of which `pages` are in use, armed.
class tracked_region {
public:
    tracked_region(tracker_kind kind, std::size_t pages)
        : memory(pages * page_bytes, nullptr)
        , choice(choose_tracker(kind, memory.base()))
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
    [[nodiscard]] std::vector<std::size_t> take()
    {
        page_set written;
        written.make_room(count);
        choice.chosen->take(count, written);
        return listed(written);
    }
    [[nodiscard]] std::vector<std::size_t> look()
    {
        page_set written;
        written.make_room(count);
        choice.chosen->look(count, written);
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
        seen.choice.chosen->take(64, written);
        EXPECT_TRUE(written.contains(round * 3));
        EXPECT_TRUE(written.contains(63));
    }
}

TEST(userfault_tracker, reports_exactly_what_was_written_and_once)
{
    if (choose_tracker(tracker_kind::automatic, nullptr).chosen->kind() != tracker_kind::userfault)
        GTEST_SKIP() << choose_tracker(tracker_kind::automatic, nullptr).passed_over;
    tracked_region seen(tracker_kind::userfault, 64);
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
    // The kernel's own writes count.
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ASSERT_EQ(::write(ends[1], "still", 5), 5);
    ASSERT_EQ(::read(ends[0], seen.memory.base() + 21 * page_bytes, 5), 5);
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_EQ(seen.take(), pages{ 21 });
}

// The kernel stops when its vector of results is full: what comes after must not be lost.
TEST(userfault_tracker, goes_on_after_a_full_vector_of_results)
{
    if (choose_tracker(tracker_kind::automatic, nullptr).chosen->kind() != tracker_kind::userfault)
        GTEST_SKIP() << choose_tracker(tracker_kind::automatic, nullptr).passed_over;
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
    auto const choice = choose_tracker(tracker_kind::automatic, nullptr);
    ASSERT_NE(choice.chosen, nullptr);
    EXPECT_EQ(choice.passed_over.empty(), choice.chosen->kind() == tracker_kind::userfault) << choice.passed_over;
}

} // namespace
} // namespace still_test
