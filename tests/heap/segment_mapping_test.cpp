// SPDX-License-Identifier: BSL-1.0
//
// Segments of any kind mapped into memory: frames of heaps and of their own, mounts, and pages that keepers have.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <future>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>

#include <unistd.h>

#include "every_tracker.hpp"
#include "heap/map_entries.hpp"
#include "in_child.hpp"

namespace still_test {
namespace {

using still::mapping;
using still::page_bytes;
using still::segment;
using bytes = std::vector<std::byte>;

bytes filled(std::size_t count, int value)
{
    return bytes(count, static_cast<std::byte>(value));
}

class keeper_of : public still::keeper {
public:
    explicit keeper_of(std::function<bytes(std::uint64_t)> supply)
        : supply_(std::move(supply))
    {
    }
    [[nodiscard]] bytes supply(std::uint64_t page) override
    {
        ++asked;
        return supply_(page);
    }
    std::atomic<int> asked{ 0 };

private:
    std::function<bytes(std::uint64_t)> supply_;
};

std::shared_ptr<keeper_of> counting()
{
    return std::make_shared<keeper_of>(
        [](std::uint64_t page) { return filled(page_bytes, 100 + static_cast<int>(page)); });
}

int at(mapping const& seen, std::size_t offset)
{
    return static_cast<int>(seen.bytes()[offset]);
}

class segment_mappings : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto const probe = mapping::of(segment(page_bytes).keep(0, page_bytes, counting()));
        if (probe.materialised())
            GTEST_SKIP() << "this system doesn't let a program wait for pages";
    }
};

TEST(mappings_of_segments, show_frames_holes_and_mounts)
{
    still::heap heap({ .capacity = 16_MiB });
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 20, 5);
    auto const snapshot = heap.snapshot();
    auto const own = segment(10 * page_bytes + 7).write(3 * page_bytes + 5, filled(2 * page_bytes, 9));
    auto const both = segment(200 * page_bytes)
                          .store<int>(page_bytes, 1)
                          .mount(10 * page_bytes, snapshot, 0, snapshot.size(), still::mount_rights::read_only)
                          .mount(150 * page_bytes, own, 0, own.size(), still::mount_rights::copy_on_write);
    for (auto const& seen : { segment(), own, both, static_cast<segment const&>(snapshot), segment(5) }) {
        auto const mapped = mapping::of(seen);
        EXPECT_TRUE(std::ranges::equal(mapped.bytes(), content(seen)));
        EXPECT_FALSE(mapped.materialised());
        EXPECT_FALSE(mapped.calls_out());
    }
    EXPECT_EQ(mapping::of(snapshot).map_entries(), snapshot.map().map_entries()); // frames are mapped, not copied
    EXPECT_EQ(mapping::of(own).map_entries(), 1U);
    EXPECT_DEATH(*const_cast<std::byte volatile*>(mapping::of(both).bytes().data()) = std::byte{ 1 }, "");
    EXPECT_THROW((void)mapping::of(own).find<int>("data"), std::logic_error);
    EXPECT_THROW((void)mapping::of(segment(std::uint64_t{ 1 } << 63U)), std::bad_alloc);
}

TEST(mappings_of_segments, agree_with_what_is_read)
{
    std::mt19937_64 random(static_cast<unsigned>(::testing::UnitTest::GetInstance()->random_seed()));
    still::heap heap({ .capacity = 16_MiB });
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 30, 5);
    std::vector<segment> known{ heap.snapshot(), segment(40 * page_bytes) };
    for (int round = 0; round < 60; ++round) {
        data[random() % data.size()] = random();
        known.push_back(heap.snapshot());
        auto next = known[random() % known.size()];
        auto const page = random() % (next.size() / page_bytes);
        auto const pages = 1 + random() % (next.size() / page_bytes - page);
        auto const& other = known[random() % known.size()];
        switch (random() % 4) {
        case 0:
            next = next.write(page * page_bytes + 9, filled(page_bytes - 9, static_cast<int>(random() % 200)));
            break;
        case 1:
            next = next.write(page * page_bytes, filled(pages * page_bytes, 0));
            break;
        case 2:
            next = next.keep(page * page_bytes, pages * page_bytes, counting());
            break;
        default:
            if (pages * page_bytes <= other.size() && round < 30) // not too deep
                next = next.mount(page * page_bytes, other, 0, pages * page_bytes, still::mount_rights::copy_on_write);
        }
        auto const mapped = mapping::of(next);
        EXPECT_TRUE(std::ranges::equal(mapped.bytes(), content(next))) << round;
        known.push_back(std::move(next));
    }
}

TEST_F(segment_mappings, ask_keepers_page_by_page)
{
    auto const pages = counting();
    auto const mapped
        = mapping::of(segment(10 * page_bytes).store<int>(0, 1).keep(2 * page_bytes, 5 * page_bytes, pages));
    EXPECT_TRUE(mapped.calls_out());
    EXPECT_EQ(mapped.map_entries(), 3U);
    EXPECT_EQ(at(mapped, 0), 1);
    EXPECT_EQ(at(mapped, 8 * page_bytes), 0);
    EXPECT_EQ(pages->asked, 0);
    EXPECT_EQ(at(mapped, 3 * page_bytes + 50), 101);
    EXPECT_EQ(at(mapped, 3 * page_bytes + 51), 101);
    EXPECT_EQ(pages->asked, 1);
    mapped.fetch(2 * page_bytes + 1, page_bytes); // touches two pages, one of them known
    EXPECT_EQ(pages->asked, 2);
    EXPECT_EQ(at(mapped, 2 * page_bytes), 100);
    EXPECT_EQ(at(mapped, 6 * page_bytes), 104);
    EXPECT_EQ(pages->asked, 3);
    EXPECT_THROW(mapped.fetch(0, 10 * page_bytes + 1), std::out_of_range);
    EXPECT_THROW(mapped.fetch(~std::size_t{ 0 }, 2), std::out_of_range);
    mapped.fetch(10 * page_bytes, 0);
}

// Waiting inside the kernel would need a privilege.
TEST_F(segment_mappings, are_refused_to_system_calls_until_they_are_fetched)
{
    auto const pages = counting();
    auto const mapped = mapping::of(segment(3 * page_bytes).store<int>(0, 1).keep(page_bytes, 2 * page_bytes, pages));
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    auto const* const kept = mapped.bytes().data() + page_bytes;
    EXPECT_EQ(::write(ends[1], kept - page_bytes, 8), 8); // of a frame
    EXPECT_EQ(::write(ends[1], kept, 8), -1);
    EXPECT_EQ(errno, EFAULT);
    EXPECT_EQ(pages->asked, 0); // and nobody was told
    mapped.fetch(page_bytes, 1);
    EXPECT_EQ(::write(ends[1], kept, 8), 8);
    EXPECT_EQ(::write(ends[1], kept + page_bytes, 8), -1); // another page
    EXPECT_EQ(errno, EFAULT);
    bytes arrived(16);
    EXPECT_EQ(::read(ends[0], arrived.data(), 16), 16);
    EXPECT_EQ(arrived[8], std::byte{ 100 });
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_EQ(at(mapped, 2 * page_bytes), 101); // who touches it waits, as ever
}

TEST_F(segment_mappings, take_more_than_was_asked_for)
{
    auto const four = std::make_shared<keeper_of>([](std::uint64_t page) {
        bytes answer;
        for (auto const end = std::min<std::uint64_t>(page + 4, 10); page < end; ++page)
            answer.resize(answer.size() + page_bytes, static_cast<std::byte>(page));
        return answer;
    });
    auto const kept = segment(10 * page_bytes).keep(0, 10 * page_bytes, four);
    auto const mapped = mapping::of(kept.store<int>(2 * page_bytes, 77)); // a page among them is no longer kept
    four->asked = 0;
    EXPECT_EQ(at(mapped, 0), 0);
    EXPECT_EQ(at(mapped, 1 * page_bytes), 1);
    EXPECT_EQ(four->asked, 1);
    EXPECT_EQ(at(mapped, 2 * page_bytes), 77);
    for (std::size_t page = 3; page < 10; ++page)
        EXPECT_EQ(at(mapped, page * page_bytes), static_cast<int>(page));
    EXPECT_EQ(four->asked, 3);
    mapping::of(kept.store<int>(2 * page_bytes, 77)).fetch(0, 10 * page_bytes);
}

TEST_F(segment_mappings, that_hang_stall_only_who_waits_for_them)
{
    std::promise<void> go_on;
    auto const released = go_on.get_future().share();
    auto const slow = std::make_shared<keeper_of>([released](std::uint64_t page) {
        if (page == 0)
            released.wait();
        return filled(page_bytes, static_cast<int>(page));
    });
    auto const mapped = mapping::of(segment(50 * page_bytes).keep(0, 50 * page_bytes, slow));
    std::atomic<int> through{ 0 };
    std::vector<std::thread> waiting;
    for (int i = 0; i < 3; ++i)
        waiting.emplace_back([&] { through += at(mapped, 17) == 0 ? 1 : 0; });
    while (slow->asked == 0)
        std::this_thread::yield();
    for (std::size_t page = 1; page < 50; ++page)
        EXPECT_EQ(at(mapped, page * page_bytes), static_cast<int>(page));
    EXPECT_EQ(through, 0);
    go_on.set_value();
    for (auto& thread : waiting)
        thread.join();
    EXPECT_EQ(through, 3);
    EXPECT_EQ(slow->asked, 50); // of those who waited for one page, one asked
}

TEST_F(segment_mappings, of_keepers_that_refuse_fault_or_say_so)
{
    std::atomic<int> mood{ 0 };
    auto const bad = std::make_shared<keeper_of>([&mood](std::uint64_t page) -> bytes {
        if (mood == 1)
            throw std::domain_error("no");
        return mood == 2 ? filled(100, 1) : mood == 3 ? filled(page_bytes, static_cast<int>(page) + 5) : bytes();
    });
    auto const mapped = mapping::of(segment(4 * page_bytes).store<int>(0, 3).keep(page_bytes, 2 * page_bytes, bad));
    EXPECT_THROW(mapped.fetch(page_bytes, 1), still::not_present);
    mood = 1;
    EXPECT_THROW(mapped.fetch(page_bytes, 1), std::domain_error);
    mood = 2;
    EXPECT_THROW(mapped.fetch(page_bytes, 1), still::keeper_failed);
    EXPECT_EQ(at(mapped, 0), 3); // bystanders go on
    mood = 3;
    mapped.fetch(page_bytes, 1); // a refusal isn't for ever
    EXPECT_EQ(at(mapped, page_bytes), 5);
    EXPECT_EQ(at(mapped, 2 * page_bytes), 6);
}

TEST_F(segment_mappings, end_a_program_that_reads_what_is_refused)
{
    ::testing::FLAGS_gtest_death_test_style = "threadsafe"; // a child of fork has no such pages
    auto const seen
        = segment(page_bytes).keep(0, page_bytes, std::make_shared<keeper_of>([](std::uint64_t) { return bytes(); }));
    EXPECT_DEATH(std::_Exit(at(mapping::of(seen), 0)), "");
    ::testing::FLAGS_gtest_death_test_style = "fast";
}

TEST_F(segment_mappings, are_not_there_in_a_child)
{
    auto const pages = counting();
    auto const mapped = mapping::of(segment(2 * page_bytes).store<int>(0, 4).keep(page_bytes, page_bytes, pages));
    EXPECT_TRUE(in_child([&] { return at(mapped, 0) == 4; }));
    EXPECT_FALSE(in_child([&] { return at(mapped, page_bytes) != 200; })); // rather than zeros
    EXPECT_EQ(at(mapped, page_bytes), 100);
}

TEST_F(segment_mappings, are_forgotten_by_a_child_which_asks_nobody)
{
    auto const pages = counting();
    auto mapped = mapping::of(segment(4 * page_bytes).keep(0, 4 * page_bytes, pages));
    EXPECT_EQ(at(mapped, 0), 100);
    EXPECT_TRUE(in_child([&] {
        ::alarm(20);
        auto refused = false;
        try {
            mapped.fetch(page_bytes, 1);
        } catch (std::logic_error const& refusal) {
            refused = std::string(refusal.what()).find("child of fork") != std::string::npos;
        }
        mapped = mapping(); // without its threads
        return refused && pages->asked == 1;
    }));
    EXPECT_EQ(at(mapped, page_bytes), 101);
    EXPECT_EQ(pages->asked, 2);
}

TEST_F(segment_mappings, ask_keepers_at_once_where_entries_are_short)
{
    auto const pages = counting();
    auto const kept = segment(4 * page_bytes).keep(0, 4 * page_bytes, pages);
    auto const before = still::heaps::map_entries::limit(1);
    auto const mapped = mapping::of(kept);
    auto const refusing
        = segment(page_bytes).keep(0, page_bytes, std::make_shared<keeper_of>([](std::uint64_t) { return bytes(); }));
    EXPECT_THROW((void)mapping::of(refusing), still::not_present);
    still::heaps::map_entries::limit(before);
    EXPECT_TRUE(mapped.materialised());
    EXPECT_FALSE(mapped.calls_out());
    EXPECT_EQ(pages->asked, 4);
    EXPECT_EQ(at(mapped, 3 * page_bytes), 103);
    EXPECT_EQ(pages->asked, 4);
}

TEST_F(segment_mappings, are_read_by_many_threads)
{
    constexpr std::size_t count = 300;
    auto const pages = std::make_shared<keeper_of>(
        [](std::uint64_t page) { return filled(page_bytes, static_cast<int>(page % 251)); });
    auto const mapped = mapping::of(segment(count * page_bytes).keep(0, count * page_bytes, pages));
    std::atomic<std::size_t> right{ 0 };
    std::vector<std::thread> readers;
    for (std::size_t reader = 0; reader < 4; ++reader)
        readers.emplace_back([&, reader] {
            for (std::size_t i = 0; i < count; ++i) {
                auto const page = (i * 7 + reader * 75) % count;
                right += at(mapped, page * page_bytes + i) == static_cast<int>(page % 251) ? 1 : 0;
            }
        });
    for (auto& reader : readers)
        reader.join();
    EXPECT_EQ(right, 4 * count);
    EXPECT_EQ(pages->asked, static_cast<int>(count));
}

} // namespace
} // namespace still_test
