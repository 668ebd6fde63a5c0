// SPDX-License-Identifier: BSL-1.0
//
// Pools of small blocks by themselves, over plain memory: no block is given twice, none is lost, and what the
// validator says is so.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "heap/pools.hpp"

namespace still_test {
namespace {

using still::heaps::class_bytes;
using still::heaps::class_of;
using still::heaps::pools;
using still::heaps::size_classes;
using still::heaps::thread_cache;

/// Memory that slabs and caches are cut from, from the start on.
class arena {
public:
    [[nodiscard]] std::byte* base() noexcept { return memory_.data(); }
    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    [[nodiscard]] void* room(std::size_t bytes)
    {
        auto* const found = base() + used_;
        used_ += (bytes + 63) / 64 * 64;
        return used_ <= memory_.size() ? found : nullptr;
    }

private:
    std::vector<std::byte> memory_ = std::vector<std::byte>(std::size_t{ 1 } << 22);
    std::size_t used_ = 64; // place 0 is nowhere
};

/// Pools with two caches, and what is owned of them.
class pooled {
public:
    pooled()
    {
        tested.add_cache(memory.base(), 0, memory.room(sizeof(thread_cache)));
        tested.add_cache(memory.base(), 63, memory.room(sizeof(thread_cache)));
    }

    [[nodiscard]] thread_cache* cache(unsigned which) const noexcept
    {
        return which == 0 ? tested.cache_of(memory.base(), 0)
            : which == 1  ? tested.cache_of(memory.base(), 63)
                          : nullptr;
    }

    void take(unsigned which, unsigned of)
    {
        auto* const mine = cache(which);
        void* block = mine == nullptr ? nullptr : mine->take(memory.base(), of);
        while (block == nullptr) {
            block = tested.take(memory.base(), of, mine);
            if (block == nullptr) {
                auto const bytes = tested.slab_bytes(of);
                auto* const room = memory.room(bytes);
                ASSERT_NE(room, nullptr);
                tested.add_slab(memory.base(), of, room, bytes);
            }
        }
        auto* const first = static_cast<std::byte*>(block);
        ASSERT_EQ((first - memory.base()) % 16, 0);
        // Apart from all others that somebody has.
        auto const next = owned.lower_bound(first);
        ASSERT_TRUE(next == owned.end() || first + class_bytes(of) <= next->first);
        ASSERT_TRUE(next == owned.begin() || std::prev(next)->first + class_bytes(std::prev(next)->second) <= first);
        owned.emplace(first, of);
        std::memset(first, static_cast<int>(of) + 1, class_bytes(of));
    }

    void give(unsigned which, std::map<std::byte*, unsigned>::iterator leaving)
    {
        auto const [block, of] = *leaving;
        for (std::size_t i = 0; i < class_bytes(of); ++i)
            ASSERT_EQ(block[i], std::byte(of + 1)); // nobody else wrote there
        owned.erase(leaving);
        auto* const mine = cache(which);
        if (mine == nullptr)
            tested.give(memory.base(), of, block);
        else if (!mine->give(memory.base(), of, block)) {
            tested.relieve(memory.base(), of, *mine);
            ASSERT_TRUE(mine->give(memory.base(), of, block));
        }
    }

    [[nodiscard]] std::uint64_t owned_bytes() const
    {
        std::uint64_t sum = 0;
        for (auto const& [block, of] : owned)
            sum += class_bytes(of);
        return sum;
    }

    mutable arena memory;
    pools tested;
    std::map<std::byte*, unsigned> owned;
};

RC_GTEST_PROP(pools_model, give_each_block_to_one_at_a_time, (std::uint32_t seed))
{
    std::mt19937 random(seed);
    auto const subject = std::make_unique<pooled>();
    auto const below = [&](std::uint_fast32_t end) { return static_cast<unsigned>(random() % end); };
    auto const most = 1 + below(size_classes);
    for (int step = 0; step < 600; ++step) {
        auto const which = below(3);
        if (subject->owned.empty() || random() % 100 < (step < 300 ? 65U : 35U)) {
            subject->take(which, below(4) == 0 ? below(size_classes) : below(most));
        } else {
            auto leaving = subject->owned.begin();
            std::advance(leaving, random() % subject->owned.size());
            subject->give(which, leaving);
        }
        if (step % 50 == 0) {
            auto const seen = subject->tested.validate(subject->memory.base(), subject->memory.used());
            RC_ASSERT(seen.sound());
        }
    }
    RC_ASSERT(!::testing::Test::HasFatalFailure());
    RC_ASSERT(subject->tested.validate(subject->memory.base(), subject->memory.used()).sound());
    // Free, owned, and what stands before and behind blocks: the whole.
    RC_ASSERT(subject->tested.free_bytes(subject->memory.base()) + subject->owned_bytes()
        <= subject->tested.bytes_in_slabs());

    // All given back to all: each slab is empty in the end.
    while (!subject->owned.empty())
        subject->give(2, subject->owned.begin());
    for (unsigned of = 0; of < size_classes; ++of)
        for (unsigned which = 0; which < 2; ++which)
            while (subject->cache(which)->blocks(of).size() > 0)
                subject->tested.relieve(subject->memory.base(), of, *subject->cache(which));
    for (auto* const slab : subject->tested.take_empty_slabs(subject->memory.base())) {
        std::memset(slab, 0xee, 64); // whoever gets it writes to it
        RC_ASSERT(subject->tested.validate(subject->memory.base(), subject->memory.used()).sound());
    }
    RC_ASSERT(subject->tested.bytes_in_slabs() == 0U);
    RC_ASSERT(subject->tested.free_bytes(subject->memory.base()) == 0U);
    subject->take(0, 3);
    RC_ASSERT(subject->tested.validate(subject->memory.base(), subject->memory.used()).sound());
}

TEST(pools, keep_a_slab_that_somebody_has_a_block_of)
{
    auto const subject = std::make_unique<pooled>();
    for (int i = 0; i < 1'000; ++i)
        subject->take(2, class_of(48));
    auto const last = std::prev(subject->owned.end())->first;
    while (subject->owned.size() > 1)
        subject->give(2, subject->owned.begin());
    EXPECT_GT(subject->tested.take_empty_slabs(subject->memory.base()).size(), 2U);
    EXPECT_TRUE(subject->tested.take_empty_slabs(subject->memory.base()).empty());
    EXPECT_TRUE(subject->tested.validate(subject->memory.base(), subject->memory.used()));
    EXPECT_GT(subject->tested.bytes_in_slabs(), 0U);
    ASSERT_EQ(subject->owned.begin()->first, last);
    subject->give(2, subject->owned.begin());
    EXPECT_EQ(subject->tested.take_empty_slabs(subject->memory.base()).size(), 1U);
    EXPECT_TRUE(subject->tested.take_empty_slabs(subject->memory.base()).empty());
    EXPECT_EQ(subject->tested.bytes_in_slabs(), 0U);
}

TEST(pools, cut_blocks_side_by_side)
{
    auto const subject = std::make_unique<pooled>();
    for (int i = 0; i < 12; ++i) // of the first slab
        subject->take(0, class_of(64));
    auto const first = subject->owned.begin()->first;
    EXPECT_EQ(std::prev(subject->owned.end())->first - first, 11 * 64);
}

/// Each rule of the validator is one that it notices the breach of.
TEST(pools, are_not_sound_where_a_rule_is_broken)
{
    auto const rule_after = [](auto&& damage) {
        auto const subject = std::make_unique<pooled>();
        for (int i = 0; i < 100; ++i)
            subject->take(2, class_of(32));
        for (int i = 0; i < 50; ++i)
            subject->give(2, subject->owned.begin());
        EXPECT_TRUE(subject->tested.validate(subject->memory.base(), subject->memory.used()));
        damage(*subject);
        return subject->tested.validate(subject->memory.base(), subject->memory.used()).rule();
    };
    EXPECT_EQ(rule_after([](pooled& of) {
        auto const block = of.owned.begin()->first;
        of.tested.give(of.memory.base(), class_of(32), block);
        of.tested.give(of.memory.base(), class_of(32), block);
    }),
        "a block is free once");
    EXPECT_EQ(rule_after([](pooled& of) {
        of.tested.give(of.memory.base(), class_of(64), of.owned.begin()->first); // of another class
    }),
        "a free block lies in a slab of its class");
    EXPECT_EQ(rule_after([](pooled& of) {
        of.tested.give(of.memory.base(), class_of(32), of.owned.begin()->first + 16); // from within a block
    }),
        "a free block was cut from its slab");
    EXPECT_EQ(rule_after([](pooled& of) {
        auto const block = of.owned.begin()->first;
        of.tested.give(of.memory.base(), class_of(32), block);
        std::memset(block, 0, 8); // written to after it was given back
    }),
        "a free block lies in a slab of its class");
}

} // namespace
} // namespace still_test
