// SPDX-License-Identifier: BSL-1.0
//
// An image by itself, over plain memory: the validator finds nothing wrong with what the allocator does, and notices
// the breach of each of its rules.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "heap/image.hpp"
#include "still/core/frame.hpp"

namespace still_test {
namespace {

using still::heaps::image;

/// Memory with an image, and before it a page of zeros, as before a mapping.
class plain_image {
public:
    static constexpr std::size_t bytes = 16 * still::page_bytes;

    plain_image()
        : tested(image::create(pages_->bytes + still::page_bytes, bytes / 2))
    {
    }
    [[nodiscard]] std::byte* take(std::size_t of) { return static_cast<std::byte*>(tested.allocate(of, 16)); }
    [[nodiscard]] std::byte* base() noexcept { return pages_->bytes + still::page_bytes; }

private:
    struct alignas(still::page_bytes) pages {
        std::byte bytes[plain_image::bytes + still::page_bytes] = {};
    };
    std::unique_ptr<pages> pages_ = std::make_unique<pages>();

public:
    image& tested;
};

/// The record before a block: its size in units of 16 bytes, and in the upper bits whether it and the one before it
/// are owned.
struct record {
    std::uint64_t units : 62;
    std::uint64_t before_owned : 1;
    std::uint64_t owned : 1;
};
[[nodiscard]] record record_of(std::byte const* block)
{
    record seen{};
    std::memcpy(&seen, block - sizeof seen, sizeof seen);
    return seen;
}
void set_record(std::byte* block, record to)
{
    std::memcpy(block - sizeof to, &to, sizeof to);
}

TEST(image, is_sound_whatever_is_taken_and_given_back)
{
    plain_image memory;
    std::mt19937 random(1);
    std::vector<std::byte*> owned;
    auto const at_first = memory.tested.free_bytes();
    for (int step = 0; step < 3'000; ++step) {
        if (step == 1'000)
            memory.tested.grow(plain_image::bytes / 2);
        if (!owned.empty() && random() % 100 < (step < 1'500 ? 40U : 60U)) {
            std::swap(owned[random() % owned.size()], owned.back());
            memory.tested.deallocate(owned.back());
            owned.pop_back();
        } else if (auto* const block = memory.tested.allocate(1 + random() % 600, std::size_t{ 1 } << random() % 9)) {
            owned.push_back(static_cast<std::byte*>(block));
        }
        auto const seen = memory.tested.validate();
        ASSERT_TRUE(seen) << seen;
    }
    for (auto* const block : owned)
        memory.tested.deallocate(block);
    EXPECT_EQ(memory.tested.free_bytes(), at_first + plain_image::bytes / 2);
    EXPECT_TRUE(memory.tested.validate());
}

/// Effect: breaks an image with five blocks, the second and fourth of which are free. Returns the rule that is broken.
[[nodiscard]] std::string rule_after(std::function<void(plain_image&, std::vector<std::byte*> const&)> const& damage)
{
    plain_image memory;
    std::vector<std::byte*> blocks;
    for (auto const bytes : { 100U, 200U, 300U, 400U, 500U })
        blocks.push_back(memory.take(bytes));
    memory.tested.deallocate(blocks[1]);
    memory.tested.deallocate(blocks[3]);
    EXPECT_TRUE(memory.tested.validate()) << memory.tested.validate();
    damage(memory, blocks);
    return memory.tested.validate().rule();
}

// The links of free blocks lie where their owners' bytes were.
TEST(image, is_not_sound_where_what_is_free_was_written_to)
{
    auto const linked = "free blocks are linked with one another";
    constexpr std::size_t links = 3 * sizeof(std::uint64_t);
    for (auto const fill : { 0x00, 0x01, 0x41, 0x80, 0xff })
        for (auto const which : { 1U, 3U })
            EXPECT_EQ(
                rule_after([&](plain_image&, auto const& blocks) { std::memset(blocks[which], fill, links); }), linked)
                << fill << " in block " << which;
    std::mt19937_64 random(1);
    for (int round = 0; round < 2'000; ++round)
        EXPECT_NE(rule_after([&](plain_image&, auto const& blocks) {
            // One word, which leads somewhere near.
            auto const which = random() % 2 == 0 ? 1U : 3U;
            auto const word = random() % 3 * sizeof(std::uint64_t);
            std::uint64_t link = 0;
            std::memcpy(&link, blocks[which] + word, sizeof link);
            link ^= std::uint64_t{ 8 } << random() % 12;
            std::memcpy(blocks[which] + word, &link, sizeof link);
        }),
            "")
            << round;
    EXPECT_EQ(rule_after([](plain_image&, auto const& blocks) { // a link that goes round
        std::memcpy(blocks[3], blocks[1], links);
    }),
        linked);
}

TEST(image, is_not_sound_where_a_rule_is_broken)
{
    EXPECT_EQ(rule_after([](plain_image&, auto const& blocks) {
        auto seen = record_of(blocks[0]);
        seen.units = 1 << 20;
        set_record(blocks[0], seen);
    }),
        "blocks lie side by side up to the end");
    EXPECT_EQ(rule_after([](plain_image&, auto const& blocks) {
        auto seen = record_of(blocks[2]);
        seen.before_owned = 1;
        set_record(blocks[2], seen);
    }),
        "a block knows the one before it");
    EXPECT_EQ(rule_after([](plain_image&, auto const& blocks) {
        auto seen = record_of(blocks[2]);
        seen.owned = 0; // and free ones are on both sides
        set_record(blocks[2], seen);
    }),
        "free neighbours are one block");
    EXPECT_EQ(rule_after([](plain_image&, auto const& blocks) { // still where free blocks are given from
        auto seen = record_of(blocks[1]);
        seen.owned = 1;
        set_record(blocks[1], seen);
        auto next = record_of(blocks[2]);
        next.before_owned = 1;
        set_record(blocks[2], next);
    }),
        "each byte is free or owned, never both");
    EXPECT_EQ(rule_after([](plain_image& memory, auto const& blocks) { // forgotten, and never given again
        auto* const first = memory.take(3'000);
        auto* const second = memory.take(3'000);
        static_cast<void>(blocks);
        auto seen = record_of(first);
        seen.owned = 0;
        set_record(first, seen);
        auto next = record_of(second);
        next.before_owned = 0;
        set_record(second, next);
        std::uint64_t const units = seen.units;
        std::memcpy(second - 16, &units, sizeof units);
    }),
        "a block that nobody owns can be given");
    EXPECT_EQ(rule_after([](plain_image& memory, auto const&) {
        // The bytes owned are counted beside the bytes managed.
        auto* const words = reinterpret_cast<std::uint64_t*>(memory.base());
        auto const end = words + 4'096 / sizeof(std::uint64_t);
        auto const all = memory.tested.bytes();
        auto const found = std::find_if(
            words + 1, end, [&](auto word) { return word > all - 4'096 && word < all && word % 64 == 0; });
        ASSERT_NE(found, end);
        found[-1] += 16;
    }),
        "free + owned = all");
    EXPECT_EQ(rule_after([](plain_image& memory, auto const&) {
        memory.tested.pools().add_slab(memory.base(), 3, memory.take(512), 512);
        EXPECT_TRUE(memory.tested.validate()) << memory.tested.validate();
        memory.tested.pools().add_slab(memory.base(), 4, memory.take(512), 1'024); // larger than what it was given
    }),
        "slabs and caches are in blocks of their own");
    EXPECT_EQ(rule_after([](plain_image& memory, auto const& blocks) {
        EXPECT_TRUE(memory.tested.insert("object", 1, blocks[0]));
        EXPECT_TRUE(memory.tested.validate()) << memory.tested.validate();
        memory.tested.deallocate(blocks[0]);
    }),
        "named objects are in blocks of their own");
    EXPECT_EQ(rule_after([](plain_image& memory, auto const& blocks) {
        EXPECT_TRUE(memory.tested.insert("object", 1, blocks[0]));
        EXPECT_TRUE(memory.tested.insert("another", 1, blocks[0]));
    }),
        "named objects are in blocks of their own");
}

} // namespace
} // namespace still_test
