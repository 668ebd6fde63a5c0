// SPDX-License-Identifier: BSL-1.0
//
// Pages that rest on their frames: nobody sees a difference but in memory, and nothing that anybody writes,
// rolls back, lets go of or runs out of brings a wrong byte up.

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "every_tracker.hpp"
#include "few_entries.hpp"

namespace still_test {
namespace {

using still::page_bytes;

/// Bytes of memory that the mappings in a range have for themselves, by the kernel's account.
std::size_t own_memory(std::span<std::byte const> range)
{
    auto const start = reinterpret_cast<std::uintptr_t>(range.data());
    std::ifstream account("/proc/self/smaps");
    std::string line;
    auto inside = false;
    std::size_t kibibytes = 0;
    while (std::getline(account, line)) {
        std::istringstream words(line);
        std::string word;
        words >> word;
        if (word.back() != ':') {
            auto const first = std::stoull(word, nullptr, 16);
            auto const end = std::stoull(word.substr(word.find('-') + 1), nullptr, 16);
            inside = end > start && first < start + range.size();
        } else if (inside && (word == "Anonymous:" || word == "Swap:")) {
            std::size_t found = 0;
            words >> found;
            kibibytes += found;
        }
    }
    return kibibytes * 1024;
}

/// A heap with one block of pages, each full of its own value, and what it should hold.
class resting : public every_tracker {
protected:
    static constexpr std::size_t pages = 1000;

    void SetUp() override
    {
        if (GetParam() == tracker_kind::private_file)
            GTEST_SKIP() << "nothing rests: all pages lie over a file already";
        every_tracker::SetUp();
        if (!IsSkipped())
            start(still::heap_options::never);
    }
    void start(std::uint32_t rest_after, std::size_t count = pages)
    {
        payer = still::bank(1_GiB);
        heap.emplace(still::heap_options{
            .capacity = 256_MiB, .tracker = GetParam(), .bank = payer, .label = "resting", .rest_after = rest_after });
        block = static_cast<std::byte*>(heap->memory_resource()->allocate(count * page_bytes, page_bytes));
        for (std::size_t page = 0; page < count; ++page)
            fill(page, static_cast<int>(page % 200 + 1));
    }
    void fill(std::size_t page, int value) { std::memset(block + page * page_bytes, value, page_bytes); }
    void touch(std::size_t page, int value) { block[page * page_bytes + 77] = static_cast<std::byte>(value); }
    [[nodiscard]] std::size_t resting_pages() const { return heap->statistics().resting_bytes / page_bytes; }
    void expect_sound() const { EXPECT_TRUE(heap->validate()) << heap->validate(); }

    still::bank payer;
    std::optional<still::heap> heap;
    std::byte* block = nullptr;
};
INSTANTIATE_TEST_SUITE_P(each, resting, trackers, tracker_name);

TEST_P(resting, memory_is_close_to_once)
{
    constexpr std::size_t many = 16 * 1024; // 64 MiB
    start(still::heap_options::never, many);
    auto const live = many * page_bytes;
    auto const version = heap->snapshot();
    EXPECT_GE(own_memory(heap->bytes()), live);
    auto const before = copy(heap->bytes());
    EXPECT_GE(heap->rest(), live - live / 64);
    EXPECT_GE(heap->statistics().resting_bytes, live - live / 64);
    EXPECT_LE(own_memory(heap->bytes()) + heap->statistics().occupied_bytes, live + live / 50);
    EXPECT_TRUE(same(copy(heap->bytes()), before));
    EXPECT_TRUE(same(content(version), before));
    // Every hundredth page is written, and stored.
    for (std::size_t page = 0; page < many; page += 100)
        touch(page, 255);
    EXPECT_LE(own_memory(heap->bytes()) + heap->statistics().occupied_bytes, live + live / 20);
    auto const later = heap->snapshot();
    EXPECT_LE(own_memory(heap->bytes()) + heap->statistics().occupied_bytes, live + live / 20);
    EXPECT_TRUE(same(content(version), before));
    EXPECT_TRUE(same(content(later), copy(heap->bytes())));
    expect_sound();
}

TEST_P(resting, what_is_written_to_resting_pages_is_noticed)
{
    auto const first = heap->snapshot();
    heap->rest();
    auto const before = content(first);
    for (std::size_t round = 1; round < 30; ++round) {
        touch(round * 31, static_cast<int>(round));
        fill(round * 17, static_cast<int>(round));
        auto const now = copy(heap->bytes());
        auto const version = heap->snapshot();
        EXPECT_TRUE(same(content(version), now));
        if (round % 3 == 0)
            heap->rest();
        EXPECT_TRUE(same(copy(heap->bytes()), now));
        EXPECT_TRUE(same(content(first), before));
        expect_sound();
    }
}

TEST_P(resting, pages_that_were_written_rest_again_once_they_are_stored_at_home)
{
    auto version = heap->snapshot();
    heap->rest();
    auto const all = resting_pages();
    EXPECT_GE(all, pages);
    touch(500, 255);
    EXPECT_EQ(resting_pages(), GetParam() == tracker_kind::compare ? all : all - 1);
    heap->rest(); // written since the cut
    EXPECT_EQ(block[500 * page_bytes + 77], std::byte{ 255 });
    version = heap->snapshot(); // the frame before is at home still
    heap->rest();
    EXPECT_LT(resting_pages(), all);
    touch(500, 254);
    version = heap->snapshot();
    heap->rest();
    EXPECT_EQ(resting_pages(), all);
    EXPECT_EQ(block[500 * page_bytes + 77], std::byte{ 254 });
    expect_sound();
}

// A frame's home is free once its versions are gone, and what is there then is another one's.
TEST_P(resting, homes_are_not_used_again_while_pages_show_them)
{
    auto version = heap->snapshot();
    heap->rest();
    for (int round = 0; round < 20; ++round) {
        for (std::size_t page = 0; page < pages; page += 3)
            touch(page, round);
        auto const now = copy(heap->bytes());
        version = heap->snapshot();
        EXPECT_TRUE(same(copy(heap->bytes()), now));
        EXPECT_TRUE(same(content(version), now));
        if (round % 4 == 3)
            heap->rest();
        if (round % 5 == 4)
            version = {};
        EXPECT_TRUE(same(copy(heap->bytes()), now));
        expect_sound();
    }
}

// A page must not go on showing a frame that may go, also where the one that it should have has the same bytes.
TEST_P(resting, a_rollback_to_an_equal_frame_elsewhere_leaves_the_home)
{
    fill(500, 1);
    auto one = heap->snapshot(); // at home
    fill(500, 2);
    auto const two = heap->snapshot();
    fill(500, 1);
    auto const other_one = heap->snapshot(); // elsewhere
    heap->restore(one);
    heap->rest();
    heap->restore(other_one);
    one = {};
    heap->rest(); // gives the home's memory back
    EXPECT_EQ(block[500 * page_bytes], std::byte{ 1 });
    heap->restore(two);
    EXPECT_EQ(block[500 * page_bytes], std::byte{ 2 });
    expect_sound();
}

TEST_P(resting, leaves_out_what_was_written_since_the_cut)
{
    auto version = heap->snapshot();
    touch(300, 255);
    touch(700, 255);
    auto const now = copy(heap->bytes());
    heap->rest();
    EXPECT_TRUE(same(copy(heap->bytes()), now));
    version = heap->snapshot();
    EXPECT_TRUE(same(content(version), now));
    expect_sound();
}

TEST_P(resting, a_rollback_lets_pages_rest_that_are_at_home)
{
    auto const first = heap->snapshot();
    heap->rest();
    auto const all = resting_pages();
    auto const before = copy(heap->bytes());
    for (std::size_t page = 100; page < 300; ++page)
        touch(page, 250);
    heap->restore(first);
    EXPECT_TRUE(same(copy(heap->bytes()), before));
    EXPECT_EQ(resting_pages(), all);
    EXPECT_EQ(heap->statistics().dirty_bytes, GetParam() == tracker_kind::compare ? heap->bytes().size() : 0U);
    EXPECT_TRUE(heap->snapshot().same_root(first));
    expect_sound();
}

TEST_P(resting, a_rollback_to_zeros_brings_no_frames_back)
{
    for (std::size_t page = 0; page < pages; ++page)
        fill(page, 0);
    auto const empty = heap->snapshot();
    auto const zeros = copy(heap->bytes());
    for (std::size_t page = 0; page < pages; ++page)
        fill(page, 7);
    auto const full = heap->snapshot();
    auto const sevens = copy(heap->bytes());
    heap->rest();
    heap->restore(empty); // a long run: its memory goes
    EXPECT_TRUE(same(copy(heap->bytes()), zeros));
    EXPECT_LE(own_memory(heap->bytes()), 64 * page_bytes);
    expect_sound();
    EXPECT_TRUE(heap->snapshot().same_root(empty));
    heap->restore(full);
    heap->rest();
    for (std::size_t page = 0; page < pages; page += 7)
        fill(page, 0);
    auto const gaps = heap->snapshot(); // short ones
    auto const with_gaps = copy(heap->bytes());
    heap->restore(full);
    EXPECT_TRUE(same(copy(heap->bytes()), sevens));
    heap->rest();
    heap->restore(gaps);
    EXPECT_TRUE(same(copy(heap->bytes()), with_gaps));
    touch(0, 9);
    touch(1, 9);
    auto const now = copy(heap->bytes());
    EXPECT_TRUE(same(content(heap->snapshot()), now));
    expect_sound();
}

TEST_P(resting, happens_by_itself_to_what_stays_unwritten)
{
    start(2);
    auto version = heap->snapshot();
    EXPECT_EQ(resting_pages(), 0U);
    touch(500, 1);
    version = heap->snapshot();
    EXPECT_EQ(resting_pages(), 0U) << "written within two cuts";
    for (int cut = 0; cut < 12; ++cut) {
        touch(500, cut + 2);
        auto const now = copy(heap->bytes());
        version = heap->snapshot();
        EXPECT_TRUE(same(copy(heap->bytes()), now));
    }
    EXPECT_GE(resting_pages(), pages - 64);
    EXPECT_GT(heap->statistics().rests, 0U);
    EXPECT_GE(heap->statistics().pauses.count(), heap->statistics().cuts + heap->statistics().rests);
    expect_sound();
}

TEST_P(resting, at_once_where_that_is_asked_for)
{
    start(0);
    auto version = heap->snapshot();
    for (int cut = 0; cut < 5; ++cut)
        version = heap->snapshot();
    EXPECT_GE(resting_pages(), pages);
    for (std::size_t page = 0; page < pages; ++page)
        touch(page, 251);
    auto const now = copy(heap->bytes());
    version = heap->snapshot();
    EXPECT_TRUE(same(content(version), now));
    EXPECT_TRUE(same(copy(heap->bytes()), now));
    expect_sound();
}

TEST_P(resting, never_where_that_is_asked_for)
{
    for (int cut = 0; cut < 70; ++cut)
        static_cast<void>(heap->snapshot());
    EXPECT_EQ(resting_pages(), 0U);
    EXPECT_EQ(heap->statistics().rests, 0U);
    EXPECT_GE(heap->rest(), pages * page_bytes);
    EXPECT_GT(heap->statistics().rests, 0U);
}

TEST_P(resting, grows_and_gives_back_with_the_heap)
{
    auto const first = heap->snapshot();
    heap->rest();
    auto const before = copy(heap->bytes());
    auto const guard_free = heap->memory_resource();
    auto* const more = static_cast<std::byte*>(guard_free->allocate(20_MiB));
    std::memset(more, 5, 20_MiB);
    auto const second = heap->snapshot();
    auto const grown = copy(heap->bytes());
    EXPECT_GE(heap->rest(), pages * page_bytes + 20_MiB - page_bytes);
    EXPECT_TRUE(same(copy(heap->bytes()), grown));
    heap->restore(first);
    EXPECT_TRUE(same(copy(heap->bytes()), before));
    heap->restore(second);
    EXPECT_TRUE(same(copy(heap->bytes()), grown));
    expect_sound();
    auto const other = still::heap::branch(second, { .capacity = 256_MiB, .tracker = GetParam() });
    EXPECT_TRUE(same(copy(other.bytes()), grown));
    heap.reset();
    EXPECT_TRUE(same(content(second), grown));
}

TEST_P(resting, stops_when_entries_of_the_memory_map_run_out)
{
    // Every 70th page is written, so that each run takes entries.
    auto version = heap->snapshot();
    for (std::size_t page = 0; page < pages; page += 70)
        touch(page, 200);
    std::optional<few_entries> few_left(5);
    heap->rest();
    auto const few = resting_pages();
    EXPECT_GT(few, 0U);
    EXPECT_LT(few, 200U);
    auto const now = copy(heap->bytes());
    expect_sound();
    EXPECT_TRUE(same(content(heap->snapshot()), now));
    few_left.reset();
    EXPECT_GT(heap->rest(), few * page_bytes);
    EXPECT_TRUE(same(copy(heap->bytes()), now));
    expect_sound();
}

TEST_P(resting, of_a_heap_with_guards_in_progress_waits_for_none)
{
    auto const version = heap->snapshot();
    std::atomic<int> stage{ 0 };
    std::thread writer([&] {
        auto const guard = heap->mutate();
        stage = 1;
        stage.notify_all();
        stage.wait(1);
    });
    stage.wait(0);
    EXPECT_EQ(heap->rest(), 0U);
    stage = 2;
    stage.notify_all();
    writer.join();
    EXPECT_GE(heap->rest(), pages * page_bytes);
    auto const guard = heap->mutate();
    EXPECT_THROW(heap->rest(), std::system_error);
}

// Writers and readers go on while pages come to rest; each checks what it has written.
TEST_P(resting, loses_nothing_that_threads_write_meanwhile)
{
    start(0);
    constexpr std::size_t writers = 2;
    auto version = heap->snapshot();
    std::atomic<bool> stop{ false };
    std::vector<std::thread> threads;
    for (std::size_t writer = 0; writer < writers; ++writer)
        threads.emplace_back([&, writer] {
            std::vector<std::uint64_t> expected(pages);
            for (std::uint64_t round = 1; !stop; ++round) {
                auto const page = round * 7919 % (pages / writers) * writers + writer;
                auto const guard = heap->mutate();
                std::uint64_t found = 0;
                std::memcpy(&found, block + page * page_bytes + 128, sizeof found);
                if (expected[page] != 0 && found != expected[page]) {
                    ADD_FAILURE() << "page " << page << " has " << found << ", not " << expected[page];
                    return;
                }
                expected[page] = round;
                std::memcpy(block + page * page_bytes + 128, &round, sizeof round);
            }
        });
    threads.emplace_back([&] {
        for (std::size_t page = 0; !stop; page = (page + 1) % pages) {
            auto const reading = heap->read();
            auto const value = static_cast<std::byte>(page % 200 + 1);
            if (block[page * page_bytes + 3000] != value) {
                ADD_FAILURE() << "page " << page << " shows what isn't there";
                return;
            }
        }
    });
    for (int round = 0; round < 25; ++round) {
        version = heap->snapshot();
        if (round % 3 == 0)
            heap->rest();
    }
    stop = true;
    for (auto& thread : threads)
        thread.join();
    auto const now = copy(heap->bytes());
    EXPECT_TRUE(same(content(heap->snapshot()), now));
    expect_sound();
}

} // namespace
} // namespace still_test
