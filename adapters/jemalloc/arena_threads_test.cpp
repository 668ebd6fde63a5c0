// SPDX-License-Identifier: BSL-1.0
//
// Arenas of jemalloc's from many threads: cuts that are never torn, caches that come and go with their threads.

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "every_tracker.hpp"
#include "jemalloc_arena.hpp"

namespace still_test {

/// Two words pages apart that are equal whenever no guard is held.
struct twins {
    std::uint64_t first;
    std::byte between[3 * 4096];
    std::uint64_t second;
};

} // namespace still_test

template <>
struct still::relocatable<still_test::twins> : std::true_type { };

namespace still_test {
namespace {

class arena_threads : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, arena_threads, trackers, tracker_name);

using directory = boost::container::vector<boost::interprocess::offset_ptr<twins>,
    still::heap_allocator<boost::interprocess::offset_ptr<twins>>>;

TEST_P(arena_threads, allocate_while_cuts_are_taken_and_none_is_torn)
{
    constexpr std::size_t each = 40;
    auto heap = make(256_MiB);
    still::jemalloc_arena arena(heap);
    auto& all = heap.construct<directory>("all", 2 * each, heap.allocator<directory::value_type>());
    std::atomic<bool> stop{ false };
    std::atomic<std::uint64_t> rounds{ 0 };
    std::vector<std::thread> writers;
    for (std::size_t writer = 0; writer < 2; ++writer)
        writers.emplace_back([&, writer] {
            for (std::uint64_t round = 1; !stop; ++round) {
                auto const guard = heap.mutate();
                auto& place = all[writer * each + round % each];
                if (place != nullptr && round % 3 == 0) {
                    arena.deallocate(place.get(), sizeof(twins), alignof(twins));
                    place = nullptr;
                } else if (place == nullptr) {
                    place = ::new (arena.allocate(sizeof(twins), alignof(twins))) twins;
                    place->first = place->second = round;
                } else {
                    place->first = round;
                    // Small ones, too, come and go under the guard.
                    arena.deallocate(arena.allocate(round % 500), round % 500);
                    place->second = round;
                }
                rounds.fetch_add(1, std::memory_order_relaxed);
            }
        });
    // Blocks come and go without guards of the program's own, too: those that wait for a cut hold no lock that another
    // needs to leave its guard.
    writers.emplace_back([&] {
        std::vector<std::pair<void*, std::size_t>> kept;
        for (std::size_t round = 0; !stop; ++round) {
            auto const bytes = round * 7919 % 100'000;
            kept.emplace_back(arena.allocate(bytes), bytes);
            if (kept.size() > 50) {
                arena.deallocate(kept.front().first, kept.front().second);
                kept.erase(kept.begin());
            }
        }
        for (auto const& [block, bytes] : kept)
            arena.deallocate(block, bytes);
    });
    for (int round = 0; round < 60; ++round) {
        auto const done = rounds.load();
        while (rounds.load() < done + 3)
            std::this_thread::yield();
        auto const seen = heap.snapshot();
        auto const mapped = seen.map();
        auto const& then = *mapped.find<directory>("all");
        for (auto const& place : then)
            if (place != nullptr) {
                ASSERT_EQ(place->first, place->second);
            }
    }
    stop = true;
    for (auto& writer : writers)
        writer.join();
    EXPECT_TRUE(same(content(heap.snapshot()), copy(heap.bytes())));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

/// Frees, when its thread ends, after the thread's caches have ended: those were made later.
struct late {
    still::jemalloc_arena* arena = nullptr;
    void* block = nullptr;
    ~late()
    {
        if (arena != nullptr) {
            arena->deallocate(block, 48);
            arena->deallocate(arena->allocate(48), 48);
        }
    }
};
thread_local late at_the_end;

std::size_t allocated(unsigned arena)
{
    std::uint64_t epoch = 1;
    EXPECT_EQ(mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch), 0);
    auto const name = "stats.arenas." + std::to_string(arena) + ".small.allocated";
    std::size_t bytes = 0;
    auto length = sizeof bytes;
    EXPECT_EQ(mallctl(name.c_str(), &bytes, &length, nullptr, 0), 0);
    return bytes;
}

TEST_P(arena_threads, leave_nothing_in_caches_when_they_end)
{
    auto heap = make();
    still::jemalloc_arena arena(heap);
    for (int round = 0; round < 100; ++round)
        std::thread([&] {
            at_the_end.arena = nullptr;
            auto* const first = arena.allocate(48);
            at_the_end = { &arena, first };
            std::vector<void*> blocks;
            for (int i = 0; i < 100; ++i)
                blocks.push_back(arena.allocate(200));
            for (auto* const block : blocks)
                arena.deallocate(block, 200);
        }).join();
    EXPECT_EQ(allocated(arena.number()), 0U);
    EXPECT_LT(arena.bytes(), 16_MiB) << "one cache serves one thread after the other";
}

TEST_P(arena_threads, leave_a_child_whole_whatever_they_do)
{
    auto heap = make(256_MiB);
    still::jemalloc_arena arena(heap);
    arena.deallocate(arena.allocate(100), 100);
    std::atomic<bool> stop{ false };
    std::vector<std::thread> others;
    others.emplace_back([&] {
        while (!stop)
            static_cast<void>(arena.bytes());
    });
    others.emplace_back([&] {
        while (!stop)
            std::thread([&] { arena.deallocate(arena.allocate(100), 100); }).join();
    });
    for (int round = 0; round < 25 && !HasFailure(); ++round) {
        auto const child = ::fork();
        if (child == 0) {
            ::alarm(20); // it hangs
            for (std::size_t const bytes : { 100U, 3'000'000U })
                std::memset(arena.allocate(bytes), 1, bytes);
            std::thread([&] { arena.deallocate(arena.allocate(100), 100); }).join();
            ::_exit(0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    stop = true;
    for (auto& other : others)
        other.join();
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(arena_threads, outlive_arenas_whose_blocks_they_cached)
{
    auto heap = make();
    std::atomic<int> stage{ 0 };
    auto first = std::make_unique<still::jemalloc_arena>(heap);
    auto second = std::make_unique<still::jemalloc_arena>(heap);
    auto const use = [](still::jemalloc_arena& arena) {
        std::vector<void*> blocks;
        for (int i = 0; i < 50; ++i)
            blocks.push_back(arena.allocate(64));
        for (auto* const block : blocks)
            arena.deallocate(block, 64);
    };
    std::thread thread([&] {
        use(*first);
        use(*second);
        stage = 1;
        stage.notify_all();
        stage.wait(1);
        // The first is gone; another may have its number, and must not get its cache.
        still::jemalloc_arena third(heap);
        use(third);
        use(*second);
    });
    stage.wait(0);
    first.reset();
    stage = 2;
    stage.notify_all();
    thread.join();
    second.reset();
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

} // namespace
} // namespace still_test
