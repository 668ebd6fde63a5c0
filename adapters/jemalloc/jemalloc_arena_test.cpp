// SPDX-License-Identifier: BSL-1.0
//
// Arenas of jemalloc's over heaps: what they allocate is part of versions, what they know isn't.

#include <gtest/gtest.h>

#include <boost/container/map.hpp>
#include <boost/container/vector.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "every_tracker.hpp"
#include "jemalloc_arena.hpp"

namespace still_test {
namespace {

template <class T>
using arena_vector = boost::container::vector<T, still::arena_allocator<T>>;
template <class K, class V>
using arena_map = boost::container::map<K, V, std::less<>, still::arena_allocator<std::pair<K const, V>>>;
using table = arena_map<int, int>;
static_assert(still::relocatable_v<arena_vector<int>> && still::relocatable_v<table>);
static_assert(!still::relocatable_v<arena_vector<int*>>);

class arenas : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, arenas, trackers, tracker_name);

std::size_t in_use(still::heap const& heap)
{
    return heap.bytes().size() - heap.statistics().free_bytes;
}
bool lies_in(still::heap const& heap, void const* block)
{
    auto const* const byte = static_cast<std::byte const*>(block);
    return byte >= heap.bytes().data() && byte < heap.bytes().data() + heap.bytes().size();
}
void call(unsigned arena, char const* what)
{
    auto const name = "arena." + std::to_string(arena) + "." + what;
    ASSERT_EQ(mallctl(name.c_str(), nullptr, nullptr, nullptr, 0), 0) << name;
}

TEST_P(arenas, blocks_lie_in_the_region_and_records_do_not)
{
    auto heap = make();
    still::jemalloc_arena arena(heap);
    std::vector<std::pair<void*, std::size_t>> blocks;
    for (std::size_t bytes = 1; bytes < 200'000; bytes += bytes / 3 + 1)
        for (int copy = 0; copy < 20; ++copy) {
            auto* const block = arena.allocate(bytes);
            std::memset(block, 0x5a, bytes);
            EXPECT_TRUE(lies_in(heap, block)) << bytes;
            blocks.emplace_back(block, bytes);
        }
    EXPECT_GE(arena.bytes(), 20U * 200'000);
    auto const full = heap.snapshot();
    EXPECT_TRUE(same(content(full), copy(heap.bytes())));
    // Whatever jemalloc notes about what it gets back, it notes elsewhere.
    for (auto const& [block, bytes] : blocks)
        arena.deallocate(block, bytes);
    call(arena.number(), "decay");
    call(arena.number(), "purge");
    EXPECT_TRUE(heap.snapshot().same_root(full));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(arenas, take_memory_back_without_the_tracker_missing_anything)
{
    auto heap = make();
    still::jemalloc_arena arena(heap);
    std::mt19937 random(7);
    std::vector<std::vector<std::byte>> contents;
    std::vector<std::pair<std::byte*, std::vector<std::byte>>> live;
    std::vector<std::pair<still::snapshot, std::vector<std::byte>>> versions;
    for (int step = 0; step < 3000; ++step) {
        if (live.size() > 100 || (!live.empty() && random() % 3 == 0)) {
            auto const which = random() % live.size();
            auto& [block, bytes] = live[which];
            ASSERT_EQ(std::memcmp(block, bytes.data(), bytes.size()), 0);
            arena.deallocate(block, bytes.size(), 64);
            std::swap(live[which], live.back());
            live.pop_back();
        } else {
            std::vector<std::byte> bytes(1 + random() % (random() % 20 == 0 ? 300'000 : 2'000));
            std::fill(bytes.begin(), bytes.end(), static_cast<std::byte>(random()));
            auto* const block = static_cast<std::byte*>(arena.allocate(bytes.size(), 64));
            ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0U);
            std::memcpy(block, bytes.data(), bytes.size());
            live.emplace_back(block, std::move(bytes));
        }
        if (step % 200 == 100)
            call(arena.number(), "purge");
        if (step % 300 == 299)
            versions.emplace_back(heap.snapshot(), copy(heap.bytes()));
    }
    for (auto const& [block, bytes] : live)
        EXPECT_EQ(std::memcmp(block, bytes.data(), bytes.size()), 0);
    for (auto const& [version, bytes] : versions)
        EXPECT_TRUE(same(content(version), bytes));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(arenas, forbid_to_restore_and_say_why)
{
    auto heap = make();
    auto& number = heap.construct<int>("number", 1);
    auto const before = heap.snapshot();
    auto const refused = [&] {
        number = 2;
        try {
            heap.restore(before);
        } catch (std::logic_error const& refusal) {
            return number == 2 && std::string(refusal.what()).find("\"tested\"") != std::string::npos
                && std::string(refusal.what()).find("an arena of jemalloc") != std::string::npos;
        }
        return false;
    };
    heap.restore(before);
    {
        still::jemalloc_arena arena(heap);
        EXPECT_TRUE(refused());
    }
    EXPECT_TRUE(refused()) << "versions from when there was an arena have its blocks";
    EXPECT_TRUE(same(content(heap.snapshot()), copy(heap.bytes())));
}

TEST_P(arenas, versions_are_read_by_distances)
{
    auto heap = make();
    still::jemalloc_arena arena(heap);
    auto& squares = heap.construct<table>("squares", arena.allocator<table::value_type>());
    auto& list = heap.construct<arena_vector<int>>("list", arena.allocator<int>());
    {
        auto const guard = heap.mutate();
        for (int i = 0; i < 5000; ++i) {
            squares.emplace(i, i * i);
            list.push_back(i);
        }
    }
    EXPECT_TRUE(lies_in(heap, &*squares.begin()) && lies_in(heap, list.data()));
    auto const then = heap.snapshot().map();
    {
        auto const guard = heap.mutate();
        squares.clear();
        list.assign(10'000, -1);
    }
    auto const& old = *then.find<table>("squares");
    ASSERT_EQ(old.size(), 5000U);
    for (auto const& [root, square] : old)
        ASSERT_EQ(square, root * root);
    auto const& old_list = *then.find<arena_vector<int>>("list");
    ASSERT_EQ(old_list.size(), 5000U);
    EXPECT_EQ(old_list[4321], 4321);
    // Copies elsewhere need no arena.
    EXPECT_EQ((boost::container::vector<int>(old_list.begin(), old_list.end())[17]), 17);
}

TEST_P(arenas, branches_read_and_take_apart_and_do_not_grow)
{
    auto heap = make();
    auto arena = std::make_unique<still::jemalloc_arena>(heap);
    auto& squares = heap.construct<table>("squares", arena->allocator<table::value_type>());
    for (int i = 0; i < 1000; ++i)
        squares.emplace(i, i * i);
    auto const version = heap.snapshot();
    auto branch = still::heap::branch(version);
    auto& there = *branch.find<table>("squares");
    ASSERT_NE(&there, &squares);
    ASSERT_EQ(there.size(), 1000U);
    EXPECT_EQ(there.at(31), 961);
    there.at(31) = 0;
    EXPECT_EQ(squares.at(31), 961);
    EXPECT_THROW(there.emplace(5000, 1), std::logic_error);
    auto const out = arena->bytes();
    auto const before = branch.snapshot();
    for (int i = 0; i < 500; ++i)
        there.erase(i);
    EXPECT_EQ(there.size(), 500U);
    // What jemalloc has of the first heap isn't touched.
    for (int i = 1000; i < 1100; ++i)
        squares.emplace(i, i * i);
    EXPECT_EQ(arena->bytes(), out);
    for (auto const& [root, square] : squares)
        ASSERT_EQ(square, root * root);
    // A branch has no jemalloc behind it, and is rolled back like any other.
    branch.restore(before);
    EXPECT_EQ(there.size(), 1000U);
    heap.destroy<table>("squares");
    arena.reset();
    EXPECT_THROW(there.emplace(5000, 1), std::logic_error);
    EXPECT_TRUE(branch.destroy<table>("squares"));
    branch.construct<int>("own", 1);
    EXPECT_TRUE(branch.validate()) << branch.validate();
}

TEST_P(arenas, give_all_back_when_they_go)
{
    auto heap = make();
    {
        still::jemalloc_arena const first(heap);
    } // what the heap makes for this thread, once
    auto const before = in_use(heap);
    for (int round = 0; round < 30; ++round) {
        still::jemalloc_arena arena(heap);
        std::vector<void*> kept;
        for (std::size_t bytes = 8; bytes < 100'000; bytes += bytes / 2)
            for (int copy = 0; copy < 10; ++copy)
                kept.push_back(arena.allocate(bytes));
        std::pmr::unordered_map<int, int> hashed(arena.memory_resource());
        for (int i = 0; i < 1000; ++i)
            hashed[i] = i;
        EXPECT_GT(in_use(heap), before + 10U * 100'000);
    }
    EXPECT_EQ(in_use(heap), before) << "what was freed, and what wasn't";
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(arenas, share_a_heap)
{
    auto heap = make();
    auto const& own = heap.construct<numbers>("own", 1000U, 7U, heap.allocator<std::uint64_t>());
    auto one = std::make_unique<still::jemalloc_arena>(heap);
    still::jemalloc_arena other(heap);
    EXPECT_NE(one->number(), other.number());
    EXPECT_FALSE(one->allocator<int>() == other.allocator<int>());
    EXPECT_TRUE(one->allocator<int>() == one->allocator<char>());
    EXPECT_FALSE(one->memory_resource()->is_equal(*other.memory_resource()));
    arena_vector<int> left(one->allocator<int>());
    arena_vector<int> right(other.allocator<int>());
    for (int i = 0; i < 10'000; ++i) {
        left.push_back(i);
        right.push_back(-i);
    }
    left.swap(left);
    arena_vector<int>(one->allocator<int>()).swap(left);
    one.reset();
    for (int i = 0; i < 10'000; ++i)
        ASSERT_EQ(right[static_cast<std::size_t>(i)], -i);
    right.resize(50'000);
    EXPECT_TRUE(std::all_of(own.begin(), own.end(), [](auto number) { return number == 7; }));
    EXPECT_TRUE(same(content(heap.snapshot()), copy(heap.bytes())));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(arenas, may_outlive_the_heap)
{
    std::optional<still::heap> heap(make());
    still::jemalloc_arena arena(*heap);
    arena_vector<int> list(arena.allocator<int>());
    list.assign(1000, 3);
    auto const version = heap->snapshot();
    auto const* const start = heap->bytes().data();
    heap.reset();
    for (int i = 0; i < 100'000; ++i)
        list.push_back(4);
    EXPECT_EQ(list[999], 3);
    EXPECT_EQ(list[99'999], 4);
    EXPECT_GT(reinterpret_cast<std::byte const*>(list.data()), start);
    EXPECT_EQ(version.map().bytes().size(), version.size());
}

TEST_P(arenas, end_with_bad_alloc_and_all_intact_at_the_capacity)
{
    for (auto const capacity : { 64_KiB, 300_KiB, 1_MiB, 5_MiB }) {
        auto heap = make(capacity);
        still::jemalloc_arena arena(heap);
        for (std::size_t const bytes : { 40U, 3000U, 20'000U }) {
            std::vector<std::pair<unsigned char*, unsigned char>> live;
            live.reserve(capacity / bytes + 1); // the only one to run out is the heap
            try {
                for (;;) {
                    auto const mark = static_cast<unsigned char>(live.size() % 251);
                    auto* const block = static_cast<unsigned char*>(arena.allocate(bytes));
                    std::memset(block, mark, bytes);
                    live.emplace_back(block, mark);
                    ASSERT_LE(live.size() * bytes, capacity);
                }
            } catch (std::bad_alloc const&) {
            }
            EXPECT_TRUE(capacity < 5_MiB || live.size() * bytes >= capacity / 4) << live.size() * bytes;
            for (auto const& [block, mark] : live) {
                ASSERT_TRUE(block[0] == mark && block[bytes - 1] == mark);
                arena.deallocate(block, bytes);
            }
            EXPECT_TRUE(same(content(heap.snapshot()), copy(heap.bytes())));
            EXPECT_TRUE(heap.validate()) << heap.validate();
        }
        EXPECT_THROW(static_cast<void>(arena.allocate(capacity)), std::bad_alloc);
        EXPECT_THROW(static_cast<void>(arena.allocate(std::size_t{ 1 } << 62)), std::bad_alloc);
        EXPECT_THROW(
            static_cast<void>(arena.allocator<int>().allocate(~std::size_t{ 0 } / 2)), std::bad_array_new_length);
    }
}

TEST_P(arenas, clear_what_is_to_be_zeros)
{
    auto heap = make();
    // The heap's memory has been used before.
    auto* const used = static_cast<std::byte*>(heap.memory_resource()->allocate(8_MiB));
    std::memset(used, 0xff, 8_MiB);
    heap.memory_resource()->deallocate(used, 8_MiB);
    still::jemalloc_arena arena(heap);
    auto const guard = heap.mutate();
    for (std::size_t const bytes : { 100U, 10'000U, 1'000'000U, 3'000'000U }) {
        auto const flags = static_cast<int>(MALLOCX_ARENA(arena.number())) | MALLOCX_TCACHE_NONE | MALLOCX_ZERO;
        auto* const block = static_cast<std::byte*>(mallocx(bytes, flags));
        ASSERT_NE(block, nullptr);
        EXPECT_TRUE(lies_in(heap, block));
        EXPECT_TRUE(std::all_of(block, block + bytes, [](auto byte) { return byte == std::byte{}; })) << bytes;
        dallocx(block, flags);
    }
}

} // namespace
} // namespace still_test
