// SPDX-License-Identifier: BSL-1.0
//
// What a heap has after many rounds is what it had before: bytes, frames, mappings, descriptors, entries of the
// process's memory map. And each byte is free or owned, whatever was rolled back.

#include <gtest/gtest.h>

#include <boost/container/map.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "every_tracker.hpp"
#include "os/process.hpp"
#include "still/map.hpp"

namespace still_test {
namespace {

class rounds : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, rounds, trackers, tracker_name);

using table = boost::container::map<std::uint64_t, std::uint64_t, std::less<>,
    still::heap_allocator<std::pair<std::uint64_t const, std::uint64_t>>>;

using tree = still::map<std::uint64_t, std::uint64_t, std::less<>, still::region_policy>;

/// False where the sanitizer stalls in a handler: its atomic counts mustn't lie in protected pages. See Note: trackers.
[[nodiscard]] bool may_have_trees(tracker_kind kind)
{
    return kind != tracker_kind::protect || !still::os::under_thread_sanitizer();
}

std::size_t open_descriptors()
{
    std::filesystem::directory_iterator const all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Entries of the process's memory map between two addresses, and those of the frames' file.
std::size_t map_entries(std::byte const* first, std::byte const* last)
{
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) {
        auto const start = std::stoull(line, nullptr, 16);
        auto const inside
            = start >= reinterpret_cast<std::uintptr_t>(first) && start < reinterpret_cast<std::uintptr_t>(last);
        count += inside || line.find("memfd") != std::string::npos ? 1 : 0;
    }
    return count;
}

/// What a heap holds of what must not grow.
struct held {
    explicit held(still::heap const& by)
        : descriptors(open_descriptors())
    {
        auto const seen = by.statistics();
        free = seen.free_bytes;
        used = by.bytes().size();
        mapped = seen.mapped_bytes;
        retained = seen.retained_bytes;
        alive = seen.versions_alive;
        occupied = seen.occupied_bytes;
        entries = map_entries(by.bytes().data(), by.bytes().data() + seen.capacity_bytes);
    }
    std::size_t free, used, mapped, retained, alive, descriptors;
    // What there may be less of afterwards.
    std::size_t occupied, entries;
};

TEST_P(rounds, leave_nothing_behind)
{
    auto heap = make(16_MiB);
    auto& kept = heap.construct<table>("kept", heap.allocator<table::value_type>());
    for (std::uint64_t i = 0; i < 200; ++i)
        kept.emplace(i, i);
    auto const with_trees = may_have_trees(GetParam());
    auto& rooted = heap.construct<tree>("rooted", heap.allocator());
    // Once round beforehand: what a heap makes for its first cut, and for a thread, it keeps.
    auto base = heap.snapshot();
    auto const round = [&](std::uint64_t number) {
        auto& made = heap.construct<table>("made", heap.allocator<table::value_type>());
        auto& grown = heap.construct<tree>("grown", heap.allocator());
        {
            auto const guard = heap.mutate();
            for (std::uint64_t i = 0; i < (number % 500 == 0 ? 3000 : 10); ++i)
                made.emplace(i * 7919, number);
            for (std::uint64_t i = 0; with_trees && i < (number % 500 == 0 ? 1000 : 6); ++i)
                grown = std::move(grown).insert_or_assign(i * 6007, number);
            if (with_trees && number % 5 == 0) // some of it is shared when it goes
                rooted = number % 2 == 0 ? grown : tree(heap.allocator());
            kept[number % 200] = number;
        }
        auto const middle = heap.snapshot();
        if (number % 16 == 0) {
            auto const then = middle.map();
            EXPECT_EQ(then.find<table>("made")->begin()->second, number);
            EXPECT_EQ(then.find<tree>("grown")->size(), !with_trees ? 0U : number % 500 == 0 ? 1000U : 6U);
        }
        made.clear();
        grown = tree(heap.allocator());
        if (number % 3 == 0)
            heap.restore(middle);
        heap.restore(base);
        EXPECT_EQ(heap.find<table>("made"), nullptr);
        EXPECT_EQ(heap.find<tree>("grown"), nullptr);
    };
    for (std::uint64_t number = 0; number < 4; ++number)
        round(number * 500);
    held const before(heap);
    // The others look at more pages for each cut, and differ in nothing else that could stay.
    auto const last = GetParam() == tracker_kind::userfault ? 10'000U : 2'000U;
    for (std::uint64_t number = 1; number <= last; ++number) {
        round(number);
        if (number % 1000 == 0) {
            ASSERT_TRUE(heap.validate()) << heap.validate();
        }
    }
    held const after(heap);
    EXPECT_EQ(after.free, before.free);
    EXPECT_EQ(after.used, before.used);
    EXPECT_EQ(after.mapped, before.mapped);
    EXPECT_EQ(after.retained, before.retained);
    EXPECT_EQ(after.alive, before.alive);
    EXPECT_EQ(after.descriptors, before.descriptors);
    EXPECT_LE(after.occupied, before.occupied);
    EXPECT_LE(after.entries, before.entries);
    for (std::uint64_t i = 0; i < 200; ++i)
        ASSERT_EQ(kept.at(i), i);
}

TEST_P(rounds, take_one_descriptor_a_heap_for_all_its_versions)
{
    auto const before = open_descriptors();
    {
        auto heap = make();
        // The tracker's own: the process's page map, and userfaultfd or the file under the region.
        auto const of_tracker
            = GetParam() == tracker_kind::userfault || GetParam() == tracker_kind::private_file ? 2U : 0U;
        auto const of_heap = 1 + of_tracker;
        auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
        std::vector<still::snapshot> versions;
        std::vector<still::mapping> mappings;
        for (std::uint64_t number = 0; number < 50; ++number) {
            data.assign(1000 * (number + 1), number);
            versions.push_back(heap.snapshot());
            mappings.push_back(versions.back().map());
        }
        EXPECT_EQ(open_descriptors(), before + of_heap);
        auto const other = make();
        EXPECT_EQ(open_descriptors(), before + 2 * of_heap);
        auto const survivor = versions[7];
        versions.clear();
        mappings.clear();
        {
            auto const gone = std::move(heap);
        }
        EXPECT_EQ(open_descriptors(), before + of_heap + 1) << "the frames of the version that is left";
    }
    EXPECT_EQ(open_descriptors(), before);
}

/// Blocks that a program owns, each full of its own byte.
class owned_blocks {
public:
    void step(still::heap& heap, std::mt19937& random)
    {
        auto allocator = heap.allocator<std::byte>();
        if (blocks_.size() > 200 || (!blocks_.empty() && random() % 5 < 2)) {
            auto which = std::next(blocks_.begin(), static_cast<std::ptrdiff_t>(random() % blocks_.size()));
            allocator.deallocate(which->first, which->second.bytes);
            blocks_.erase(which);
            return;
        }
        auto const kind = random() % 20;
        auto const bytes = 1 + random() % (kind == 0 ? 100'000U : kind < 5 ? 5'000U : 300U);
        auto* const block = allocator.allocate(bytes).get();
        auto const mark = static_cast<std::byte>(random());
        std::memset(block, static_cast<int>(mark), bytes);
        // Free bytes are nobody's else: the block doesn't reach into another, nor another into it.
        auto const next = blocks_.upper_bound(block);
        EXPECT_TRUE(next == blocks_.end() || block + bytes <= next->first);
        EXPECT_TRUE(next == blocks_.begin() || std::prev(next)->first + std::prev(next)->second.bytes <= block);
        blocks_.insert_or_assign(block, owned{ bytes, mark });
    }
    void check() const
    {
        for (auto const& [block, seen] : blocks_)
            ASSERT_TRUE(std::all_of(block, block + seen.bytes, [mark = seen.mark](auto byte) { return byte == mark; }));
    }
    [[nodiscard]] std::size_t bytes() const
    {
        std::size_t sum = 0;
        for (auto const& one : blocks_)
            sum += one.second.bytes;
        return sum;
    }
    void give_back(still::heap& heap)
    {
        auto allocator = heap.allocator<std::byte>();
        for (auto const& [block, seen] : blocks_)
            allocator.deallocate(block, seen.bytes);
        blocks_.clear();
    }

private:
    struct owned {
        std::size_t bytes;
        std::byte mark;
    };
    std::map<std::byte*, owned> blocks_;
};

// Free bytes, bytes owned, and what the allocator adds, are all there are: what is given back is free again.
TEST_P(rounds, know_each_byte_as_free_or_owned_after_each_rollback)
{
    for (auto const pools : { true, false }) {
        still::heap heap{ { .capacity = 64_MiB, .tracker = GetParam(), .pools = pools } };
        std::mt19937 random(pools ? 1 : 2);
        struct version {
            still::snapshot cut;
            owned_blocks owned;
            std::size_t free;
            std::size_t all;
        };
        std::vector<version> versions;
        owned_blocks owned;
        std::size_t least_overhead = ~std::size_t{ 0 };
        auto const unowned = [&] { return heap.bytes().size() - heap.statistics().free_bytes - owned.bytes(); };
        for (int step = 0; step < 2000; ++step) {
            owned.step(heap, random);
            if (step % 150 == 149)
                versions.push_back({ heap.snapshot(), owned, heap.statistics().free_bytes, heap.bytes().size() });
            if (step % 60 != 59 || versions.empty())
                continue;
            auto const& back = versions[random() % versions.size()];
            heap.restore(back.cut);
            owned = back.owned;
            ASSERT_TRUE(heap.validate()) << heap.validate();
            owned.check();
            ASSERT_EQ(heap.statistics().free_bytes, back.free);
            ASSERT_EQ(heap.bytes().size(), back.all);
            ASSERT_LE(owned.bytes() + heap.statistics().free_bytes, heap.bytes().size());
            least_overhead = std::min(least_overhead, unowned());
            // Everything goes, and nothing but the records is left.
            auto const trial = heap.snapshot();
            auto rest = owned;
            rest.give_back(heap);
            ASSERT_TRUE(heap.validate()) << heap.validate();
            ASSERT_LE(heap.bytes().size() - heap.statistics().free_bytes, 64_KiB);
            heap.restore(trial);
            ASSERT_TRUE(heap.validate()) << heap.validate();
            owned.check();
        }
        EXPECT_LE(least_overhead, 256_KiB);
        owned.give_back(heap);
        EXPECT_TRUE(heap.validate()) << heap.validate();
    }
}

TEST_P(rounds, of_two_threads_that_allocate_while_a_third_cuts_and_rolls_back)
{
    auto heap = make();
    std::atomic<bool> stop{ false };
    std::atomic<std::uint64_t> steps{ 0 };
    auto const base = heap.snapshot();
    std::vector<std::thread> threads;
    for (unsigned seed = 1; seed <= 2; ++seed)
        threads.emplace_back([&, seed] {
            std::mt19937 random(seed);
            while (!stop) {
                // What a rollback takes away, it takes away between guards.
                auto const guard = heap.mutate();
                owned_blocks owned;
                for (int step = 0; step < 60; ++step)
                    owned.step(heap, random);
                owned.check();
                owned.give_back(heap);
                ++steps;
            }
        });
    for (int round = 0; round < 40; ++round) {
        auto const done = steps.load();
        while (steps.load() < done + 2)
            std::this_thread::yield();
        auto const seen = heap.snapshot();
        auto branch = still::heap::branch(seen, { .capacity = 64_MiB, .tracker = tracker_kind::compare });
        ASSERT_TRUE(branch.validate()) << branch.validate();
        ASSERT_LE(branch.bytes().size() - branch.statistics().free_bytes, 256_KiB) << "a cut between guards";
        if (round % 5 == 4)
            heap.restore(round % 2 == 0 ? base : seen);
    }
    stop = true;
    for (auto& thread : threads)
        thread.join();
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

/// Effect: one edit of what a thread has in the heap: a table, a tree, and blocks that go before the guard does.
void work(still::heap& heap, std::string const& name, std::mt19937& random, bool with_trees)
{
    auto const guard = heap.mutate();
    auto& in_table = *heap.find<table>(name + "'s table");
    auto& in_tree = *heap.find<tree>(name + "'s tree");
    // As much is taken as is given, so there is about as much at all times.
    for (int i = 0; i < 4; ++i) {
        auto const key = random() % 200;
        if (random() % 2 == 0)
            in_table.insert_or_assign(key, key * 3);
        else
            in_table.erase(key);
        if (with_trees)
            in_tree
                = random() % 2 == 0 ? std::move(in_tree).insert_or_assign(key, key * 5) : std::move(in_tree).erase(key);
    }
    // More blocks of one size than the thread keeps at hand.
    auto allocator = heap.allocator();
    auto const bytes = 1 + random() % 200;
    std::array<std::byte*, 80> blocks{};
    for (auto& each : blocks)
        each = allocator.allocate(bytes).get();
    for (auto* const each : blocks)
        allocator.deallocate(each, bytes);
    owned_blocks owned;
    for (int i = 0; i < 6; ++i)
        owned.step(heap, random);
    owned.check();
    owned.give_back(heap);
}

TEST_P(rounds, of_two_threads_beside_ten_thousand_cuts_leave_nothing_behind)
{
    auto heap = make(16_MiB);
    auto const with_trees = may_have_trees(GetParam());
    std::vector<std::string> const names{ "one", "other" };
    for (auto const& name : names) {
        heap.construct<table>(name + "'s table", heap.allocator<table::value_type>());
        heap.construct<tree>(name + "'s tree", heap.allocator());
    }
    auto base = heap.snapshot();
    auto const empty = held(heap);
    std::atomic<std::uint64_t> steps{ 0 };
    // The others stop at every page that is written, or look at all that are in use.
    auto const cuts = GetParam() == tracker_kind::userfault ? 10'000 : 400;
    auto const rounds_of = [&](int count, bool with_rollbacks) {
        std::atomic<bool> stop{ false };
        std::vector<std::jthread> threads;
        for (unsigned number = 0; number < 2; ++number)
            threads.emplace_back([&, number] {
                for (std::mt19937 random(number); !stop; ++steps)
                    work(heap, names[number], random, with_trees);
            });
        auto kept = heap.snapshot();
        for (int round = 0; round < count; ++round) {
            if (round % 50 == 0) // however the system schedules threads
                for (auto const done = steps.load(); steps < done + 2;)
                    std::this_thread::yield();
            auto seen = heap.snapshot();
            if (with_rollbacks && round % 7 == 0)
                heap.restore(round % 5 == 0 ? base : kept);
            if (round % 10 == 0)
                kept = std::move(seen);
        }
        stop = true;
    };
    rounds_of(cuts / 10, true);
    ASSERT_TRUE(heap.validate()) << heap.validate();
    // Once without rollbacks, which would take away what piles up.
    rounds_of(cuts / 10, false);
    held const before(heap);
    rounds_of(cuts / 2, false);
    ASSERT_TRUE(heap.validate()) << heap.validate();
    held const after(heap);
    EXPECT_LT(after.used - after.free, before.used - before.free + 64_KiB);
    EXPECT_LE(after.retained, after.used + empty.used); // of the last cut and the first
    EXPECT_EQ(after.alive, before.alive);
    EXPECT_EQ(after.descriptors, before.descriptors);
    rounds_of(cuts / 2, true);
    ASSERT_TRUE(heap.validate()) << heap.validate();
    for (auto const& name : names) {
        for (auto const& [key, value] : *heap.find<table>(name + "'s table"))
            ASSERT_EQ(value, key * 3);
        for (auto const& [key, value] : *heap.find<tree>(name + "'s tree"))
            ASSERT_EQ(value, key * 5);
    }
    heap.restore(base);
    held const last(heap);
    EXPECT_EQ(last.free, empty.free);
    EXPECT_EQ(last.used, empty.used);
    EXPECT_EQ(last.retained, empty.retained);
    EXPECT_EQ(last.alive, empty.alive);
    EXPECT_EQ(last.descriptors, empty.descriptors);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

} // namespace
} // namespace still_test
