// SPDX-License-Identifier: BSL-1.0
//
// What a heap promises of its versions, one promise at a time, with every tracker.

#include <gtest/gtest.h>

#include <boost/container/map.hpp>
#include <boost/container/string.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory_resource>
#include <string>
#include <thread>
#include <utility>

#include "every_tracker.hpp"

namespace still_test {
namespace {

using text = boost::container::basic_string<char, std::char_traits<char>, still::heap_allocator<char>>;
using dictionary
    = boost::container::map<text, numbers, std::less<>, still::heap_allocator<std::pair<text const, numbers>>>;

class heap_versions : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, heap_versions, trackers, tracker_name);

// Its pages are a segment's, and may be assigned to and taken away; they are no heap's then, and nothing looks for an
// allocator's records in them.
TEST_P(heap_versions, a_snapshot_assigned_to_as_a_segment_is_of_its_version_still)
{
    auto heap = make();
    auto& number = heap.construct<std::uint64_t>("number", 1U);
    auto const whole = heap.snapshot();
    number = 2;
    auto overwritten = whole;
    static_cast<still::segment&>(overwritten) = still::segment(64_KiB).store<int>(0, 7);
    auto emptied = whole;
    static_cast<still::segment&>(emptied) = still::segment();
    auto moved_from = whole;
    auto const moved_to = still::segment(std::move(static_cast<still::segment&>(moved_from)));
    EXPECT_EQ(overwritten.load<int>(0), 7);
    EXPECT_TRUE(same(content(moved_to), content(whole)));
    for (auto const* const seen : { &overwritten, &emptied, &moved_from }) {
        auto const then = seen->map();
        ASSERT_NE(then.find<std::uint64_t>("number"), nullptr);
        EXPECT_EQ(*then.find<std::uint64_t>("number"), 1U);
        auto other = still::heap::branch(*seen, { .tracker = GetParam() });
        ASSERT_NE(other.find<std::uint64_t>("number"), nullptr);
        EXPECT_EQ(*other.find<std::uint64_t>("number"), 1U);
        EXPECT_TRUE(other.validate()) << other.validate();
        number = 2;
        heap.restore(*seen);
        EXPECT_EQ(number, 1U);
    }
}

TEST_P(heap_versions, a_snapshot_shows_one_moment)
{
    auto heap = make();
    auto& words = heap.construct<dictionary>("words", heap.allocator<dictionary::value_type>());
    auto const add = [&](std::string const& word, std::uint64_t number) {
        auto const guard = heap.mutate();
        words.try_emplace(text(word.c_str(), heap.allocator<char>()), heap.allocator<std::uint64_t>())
            .first->second.push_back(number);
    };
    for (unsigned i = 0; i < 500; ++i)
        add("word " + std::to_string(i % 50), i);
    auto const then = copy(heap.bytes());
    auto const before = heap.snapshot();
    EXPECT_TRUE(same(content(before), then));
    for (unsigned i = 0; i < 500; ++i)
        add("other " + std::to_string(i), i);
    auto const now = copy(heap.bytes());
    auto const after = heap.snapshot();
    EXPECT_TRUE(same(content(before), then));
    EXPECT_TRUE(same(content(after), now));

    // The runs of the difference are the pages that differ.
    std::vector<bool> differs(after.size() / still::page_bytes);
    for (auto const run : still::diff(before, after))
        for (auto page = run.first_page; page < run.first_page + run.page_count; ++page)
            differs[page] = true;
    auto padded = then;
    padded.resize(now.size());
    for (std::size_t page = 0; page < differs.size(); ++page)
        EXPECT_EQ(differs[page],
            std::memcmp(&padded[page * still::page_bytes], &now[page * still::page_bytes], still::page_bytes) != 0)
            << page;
    EXPECT_EQ(before.number(), 1U);
    EXPECT_EQ(after.number(), 2U);
    EXPECT_EQ(after.label(), "tested");
    EXPECT_EQ(heap.statistics().cuts, 2U);
    EXPECT_EQ(heap.statistics().versions_alive, 2U);
}

TEST_P(heap_versions, nothing_changed_is_the_same_root)
{
    auto heap = make();
    auto& number = heap.construct<std::uint64_t>("number", 7U);
    auto const one = heap.snapshot();
    auto const other = heap.snapshot();
    EXPECT_TRUE(one.same_root(other));
    auto const retained = heap.statistics().retained_bytes;
    {
        auto const guard = heap.mutate();
        number = 8;
        number = 7; // written with what it held
    }
    EXPECT_TRUE(heap.snapshot().same_root(one));
    EXPECT_EQ(heap.statistics().retained_bytes, retained);
    EXPECT_TRUE(still::diff(one, other).empty());
    EXPECT_EQ(one, other);
}

TEST_P(heap_versions, zero_pages_are_absent)
{
    auto heap = make();
    auto& space = heap.construct<numbers>("space", heap.allocator<std::uint64_t>());
    space.assign(100'000, 1);
    auto const full = heap.snapshot();
    {
        auto const guard = heap.mutate();
        std::fill(space.begin(), space.end(), 0);
    }
    auto const empty = heap.snapshot();
    EXPECT_GT(full.frame_count(), 190U);
    EXPECT_LT(empty.frame_count(), 20U);
    heap.restore(full);
    EXPECT_EQ(heap.find<numbers>("space")->at(99'999), 1U);
    heap.restore(empty);
    EXPECT_EQ(heap.find<numbers>("space")->at(99'999), 0U);
    EXPECT_TRUE(heap.snapshot().same_root(empty));
}

TEST_P(heap_versions, restore_rolls_back_data_and_allocator)
{
    auto heap = make();
    auto& words = heap.construct<dictionary>("words", heap.allocator<dictionary::value_type>());
    auto const add = [&](unsigned from, unsigned to) {
        auto const guard = heap.mutate();
        for (auto i = from; i < to; ++i)
            words.try_emplace(text(std::to_string(i).c_str(), heap.allocator<char>()), heap.allocator<std::uint64_t>())
                .first->second.assign(i % 30, i);
    };
    // Where the allocator put everything. (Not every byte follows from the work: short strings have
    // bytes that nobody sets.)
    auto const layout = [&] {
        std::vector<void const*> places;
        for (auto const& [word, seen] : words) {
            places.push_back(&word);
            places.push_back(seen.data());
        }
        return places;
    };
    add(0, 300);
    auto const before = heap.snapshot();
    auto const then = copy(heap.bytes());
    auto const free_then = heap.statistics().free_bytes;

    add(300, 5000); // the heap grows
    auto const later = heap.snapshot();
    auto const grown = copy(heap.bytes());
    auto const free_later = heap.statistics().free_bytes;
    auto const places = layout();
    heap.construct<int>("born later", 1);
    EXPECT_TRUE(heap.destroy<dictionary>("words"));

    heap.restore(before);
    EXPECT_TRUE(same(copy(heap.bytes()), then));
    EXPECT_EQ(heap.statistics().free_bytes, free_then);
    EXPECT_EQ(heap.find<dictionary>("words"), &words);
    EXPECT_EQ(heap.find<int>("born later"), nullptr);
    EXPECT_EQ(words.size(), 300U);
    EXPECT_TRUE(heap.validate()) << heap.validate();
    // Tracked exactly: nothing is left to do for a cut.
    if (GetParam() != tracker_kind::compare) {
        EXPECT_EQ(heap.statistics().dirty_bytes, 0U);
    }
    EXPECT_TRUE(heap.snapshot().same_root(before));

    // The same work puts everything in the same places: the allocator was rolled back too.
    add(300, 5000);
    EXPECT_EQ(layout(), places);
    EXPECT_EQ(heap.statistics().free_bytes, free_later);
    EXPECT_EQ(heap.bytes().size(), grown.size());
    EXPECT_TRUE(heap.validate()) << heap.validate();

    // Forwards again, and backwards.
    heap.restore(before);
    heap.restore(later);
    EXPECT_TRUE(same(copy(heap.bytes()), grown));
    EXPECT_EQ(words.size(), 5000U);
    heap.construct<int>("born later", 2);
    EXPECT_TRUE(heap.destroy<dictionary>("words"));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(heap_versions, restore_undoes_writes_since_the_last_cut)
{
    auto heap = make();
    auto& number = heap.construct<std::uint64_t>("number", 7U);
    auto const before = heap.snapshot();
    number = 8;
    heap.restore(before);
    EXPECT_EQ(number, 7U);
    number = 9;
    auto const after = heap.snapshot();
    number = 10;
    heap.restore(after);
    EXPECT_EQ(number, 9U);
    heap.restore(before);
    EXPECT_EQ(number, 7U);
}

TEST_P(heap_versions, a_snapshot_of_another_heap_is_refused_by_name)
{
    auto heap = make();
    still::heap other{ { .capacity = 1_MiB, .label = "stranger" } };
    auto const foreign = other.snapshot();
    try {
        heap.restore(foreign);
        FAIL() << "restored from another heap";
    } catch (std::invalid_argument const& refusal) {
        EXPECT_NE(std::string(refusal.what()).find("stranger"), std::string::npos) << refusal.what();
        EXPECT_NE(std::string(refusal.what()).find("tested"), std::string::npos) << refusal.what();
    }
    EXPECT_THROW(heap.restore(still::snapshot()), std::invalid_argument);
}

TEST_P(heap_versions, a_cut_under_the_own_guard_throws_instead_of_waiting_for_itself)
{
    auto heap = make();
    auto const before = heap.snapshot();
    auto const would_deadlock = [](auto&& call) {
        try {
            call();
        } catch (std::system_error const& refusal) {
            return refusal.code() == std::errc::resource_deadlock_would_occur;
        }
        return false;
    };
    {
        auto const guard = heap.mutate();
        EXPECT_TRUE(would_deadlock([&] { static_cast<void>(heap.snapshot()); }));
        EXPECT_TRUE(would_deadlock([&] { heap.restore(before); }));
        auto const nested = heap.mutate();
        EXPECT_TRUE(would_deadlock([&] { static_cast<void>(heap.snapshot()); }));
        // Another heap's cut is not concerned.
        still::heap other{ { .capacity = 1_MiB } };
        static_cast<void>(other.snapshot());
    }
    heap.restore(before);
}

TEST_P(heap_versions, a_cut_gives_up_at_its_deadline)
{
    auto heap = make();
    auto& number = heap.construct<std::uint64_t>("number", 1U);
    auto const before = heap.snapshot();
    std::atomic<bool> entered{ false };
    std::atomic<bool> leave{ false };
    std::thread writer([&] {
        auto const guard = heap.mutate();
        number = 2;
        entered = true;
        entered.notify_all();
        leave.wait(false);
    });
    entered.wait(false);
    auto const times_out = [](auto&& call) {
        try {
            call(std::chrono::steady_clock::now() + std::chrono::milliseconds(5));
        } catch (std::system_error const& refusal) {
            return refusal.code() == std::errc::timed_out;
        }
        return false;
    };
    EXPECT_TRUE(times_out([&](auto deadline) { static_cast<void>(heap.snapshot(deadline)); }));
    EXPECT_TRUE(times_out([&](auto deadline) { heap.restore(before, deadline); }));
    leave = true;
    leave.notify_all();
    writer.join();
    auto const after = heap.snapshot(std::chrono::steady_clock::now() + std::chrono::minutes(1));
    EXPECT_FALSE(still::diff(before, after).empty());
    heap.restore(before);
    EXPECT_EQ(number, 1U);
}

TEST_P(heap_versions, the_bank_pays_for_frames_and_gets_all_back)
{
    still::bank const payer(64_MiB);
    {
        std::vector<still::snapshot> kept;
        {
            auto heap = make(64_MiB, payer);
            auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
            for (std::uint64_t i = 0; i < 5; ++i) {
                data.assign(20'000, i);
                kept.push_back(heap.snapshot());
                EXPECT_EQ(payer.usage(), heap.statistics().retained_bytes);
            }
            EXPECT_GT(payer.usage(), 5 * 19_KiB);
        }
        EXPECT_GT(payer.usage(), 0U);
        auto const all = payer.usage();
        kept.erase(kept.begin());
        EXPECT_LT(payer.usage(), all);
    }
    EXPECT_EQ(payer.usage(), 0U);
}

TEST_P(heap_versions, a_full_bank_refuses_a_snapshot_and_harms_nothing)
{
    still::bank const payer(100 * still::page_bytes);
    auto heap = make(64_MiB, payer);
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(20'000, 1); // 40 pages
    auto first = heap.snapshot();
    auto const then = content(first);
    data.assign(20'000, 2);
    auto const second = heap.snapshot();
    auto const usage = payer.usage();
    {
        auto const guard = heap.mutate();
        std::fill(data.begin(), data.end(), 3);
    }
    auto const now = copy(heap.bytes());
    EXPECT_THROW(static_cast<void>(heap.snapshot()), still::quota_exceeded);
    EXPECT_THROW(static_cast<void>(heap.snapshot()), still::quota_exceeded);
    EXPECT_EQ(payer.usage(), usage);
    EXPECT_TRUE(same(copy(heap.bytes()), now));
    EXPECT_TRUE(same(content(first), then));
    // Room again: the snapshot that failed lost nothing.
    first = still::snapshot();
    EXPECT_TRUE(same(content(heap.snapshot()), now));
    heap.restore(second);
    EXPECT_EQ(data.at(0), 2U);
}

// What a cut finds to copy is copied ahead, unless it is as little as the cut before found.
TEST_P(heap_versions, only_a_little_is_left_to_the_pause)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.resize(512 * 200);
    std::uint64_t value = 0;
    std::vector<still::snapshot> kept;
    auto const cut_after = [&](std::size_t pages) {
        ++value;
        {
            auto const guard = heap.mutate();
            for (std::size_t page = 0; page < pages; ++page)
                data[page * 512] = value;
        }
        auto const now = copy(heap.bytes());
        kept.push_back(heap.snapshot());
        EXPECT_TRUE(same(content(kept.back()), now));
        auto const seen = heap.statistics();
        return std::pair{ seen.pages_copied_ahead, seen.pages_copied_in_pause };
    };
    using copied = std::pair<std::size_t, std::size_t>;
    static_cast<void>(cut_after(150));
    EXPECT_EQ(cut_after(5), copied(5, 0)); // the one before was large
    auto const little = GetParam() == tracker_kind::compare ? copied(5, 0) : copied(0, 5);
    EXPECT_EQ(cut_after(5), little);
    EXPECT_EQ(cut_after(5), little);
    EXPECT_EQ(cut_after(150), copied(150, 0)); // although it was not expected
    EXPECT_EQ(cut_after(0), copied(0, 0));
}

TEST_P(heap_versions, versions_know_what_they_alone_retain)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 64, 1);
    auto const page_of = [](std::size_t page) { return page * 512 + 300; };
    auto first = heap.snapshot();
    EXPECT_EQ(first.cost().alone_bytes, 0U); // the live heap rests on it
    data[page_of(1)] = 2;
    data[page_of(2)] = 2;
    auto const second = heap.snapshot();
    data[page_of(2)] = 3;
    data[page_of(3)] = 3; // what was there is in the first and the second
    auto const third = heap.snapshot();
    auto const pages = [](still::footprint cost) { return cost.alone_bytes / still::page_bytes; };
    EXPECT_EQ(pages(first.cost()), 2U);
    EXPECT_EQ(pages(second.cost()), 1U);
    EXPECT_EQ(pages(third.cost()), 0U);
    EXPECT_EQ(second.cost().alone_bytes + second.cost().shared_bytes, second.frame_count() * still::page_bytes);
    // A way back makes a version that shares with an old one, not with its neighbour.
    heap.restore(first);
    auto const fourth = heap.snapshot();
    EXPECT_EQ(pages(first.cost()), 0U);
    EXPECT_EQ(pages(third.cost()), 2U);
    // Dropping a version gives back what it alone retained, and nothing else.
    auto const retained = heap.statistics().retained_bytes;
    auto const alone = third.cost().alone_bytes;
    const_cast<still::snapshot&>(third) = still::snapshot();
    EXPECT_EQ(heap.statistics().retained_bytes, retained - alone);
    EXPECT_EQ(still::snapshot().cost(), still::footprint());
}

} // namespace
} // namespace still_test
