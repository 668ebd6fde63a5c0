// SPDX-License-Identifier: BSL-1.0

#include "heap/frame_store.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstring>
#include <vector>

using still::bank;
using still::frame;
using still::page_bytes;
using still::heaps::frame_store;

namespace {

using page = std::array<std::byte, page_bytes>;

page filled(int value)
{
    page bytes;
    bytes.fill(static_cast<std::byte>(value));
    return bytes;
}

/// Adds pages from `first` on.
std::vector<frame> add(frame_store& store, std::vector<page> const& pages, still::page_index first = 0)
{
    std::vector<still::page_index> indices;
    std::vector<std::byte const*> addresses;
    for (auto const& one : pages) {
        indices.push_back(first + indices.size());
        addresses.push_back(one.data());
    }
    std::vector<frame> frames;
    store.add(indices, addresses, frames);
    return frames;
}

bool holds(frame const& seen, page const& bytes)
{
    return std::memcmp(seen.bytes().data(), bytes.data(), page_bytes) == 0;
}

TEST(frame_store, keeps_what_it_was_given)
{
    auto const store = frame_store::make({});
    auto const frames = add(*store, { filled(1), filled(2), filled(3) });
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_TRUE(holds(frames[0], filled(1)));
    EXPECT_TRUE(holds(frames[1], filled(2)));
    EXPECT_TRUE(holds(frames[2], filled(3)));
    EXPECT_EQ(store->live(), 3U);
    EXPECT_TRUE(store->validate()) << store->validate();
    // Pages stored together lie together, so that they can be mapped together.
    EXPECT_EQ(*store->offset_of(frames[1]), *store->offset_of(frames[0]) + page_bytes);
    EXPECT_EQ(store->offset_of(frame()), std::nullopt);
}

TEST(frame_store, preparing_to_read_costs_no_memory)
{
    auto const store = frame_store::make({});
    auto frames = add(*store, { filled(1), filled(2), filled(3), filled(4) });
    frames.erase(frames.begin() + 1); // a gap, which must stay one
    store->prepare_reading(frames);
    store->prepare_reading({});
    EXPECT_TRUE(store->validate()) << store->validate();
    EXPECT_TRUE(holds(frames[0], filled(1)));
    EXPECT_TRUE(holds(frames[2], filled(4)));
}

TEST(frame_store, knows_its_own_frames_only)
{
    auto const one = frame_store::make({});
    auto const other = frame_store::make({});
    auto const frames = add(*one, { filled(1) });
    EXPECT_TRUE(one->offset_of(frames[0]).has_value());
    EXPECT_FALSE(other->offset_of(frames[0]).has_value());
}

TEST(frame_store, charges_each_frame_and_refunds_it)
{
    bank const payer(10 * page_bytes);
    auto store = frame_store::make(payer);
    {
        auto const frames = add(*store, { filled(1), filled(2) });
        EXPECT_EQ(payer.usage(), 2 * page_bytes);
        auto const shared = frames[0];
        EXPECT_EQ(payer.usage(), 2 * page_bytes);
    }
    EXPECT_EQ(payer.usage(), 0U);
}

TEST(frame_store, refuses_what_the_bank_does_not_pay_for)
{
    bank const payer(3 * page_bytes);
    auto const store = frame_store::make(payer);
    auto const kept = add(*store, { filled(1), filled(2) });
    EXPECT_THROW(static_cast<void>(add(*store, { filled(3), filled(4) })), still::quota_exceeded);
    EXPECT_EQ(payer.usage(), 2 * page_bytes);
    EXPECT_EQ(store->live(), 2U);
    EXPECT_TRUE(holds(kept[1], filled(2)));
    EXPECT_TRUE(store->validate()) << store->validate();
    EXPECT_EQ(add(*store, { filled(5) }).size(), 1U);
}

TEST(frame_store, lives_as_long_as_its_frames)
{
    frame survivor;
    {
        auto const store = frame_store::make({});
        survivor = add(*store, { filled(1), filled(7) })[1];
    }
    EXPECT_TRUE(holds(survivor, filled(7)));
    survivor = frame();
}

TEST(frame_store, gives_memory_back)
{
    auto const store = frame_store::make({});
    constexpr int count = 5000;
    std::vector<page> pages(count);
    for (int i = 0; i < count; ++i)
        pages[static_cast<std::size_t>(i)] = filled(i + 1);
    auto frames = add(*store, pages);
    EXPECT_GE(store->occupied(), count * page_bytes);
    // Every second one goes; what is kept for recycling is bounded.
    for (std::size_t i = 0; i < frames.size(); i += 2)
        frames[i] = frame();
    EXPECT_TRUE(store->validate()) << store->validate();
    EXPECT_LE(store->occupied(), (count / 2 + count / 4 + 1024 + 1) * page_bytes);
    for (std::size_t i = 1; i < frames.size(); i += 2)
        ASSERT_TRUE(holds(frames[i], pages[i]));
    // The gaps are used again.
    auto const again = add(*store, { filled(99), filled(98) });
    EXPECT_TRUE(holds(again[0], filled(99)));
    EXPECT_LT(*store->offset_of(again[0]), count * page_bytes);
    frames.clear();
    EXPECT_TRUE(holds(again[1], filled(98)));
    EXPECT_LE(store->occupied(), (2 + 1024) * page_bytes);
}

TEST(frame_store, stores_a_page_at_home_when_that_is_free)
{
    auto const store = frame_store::make({}, 100'000);
    auto first = add(*store, { filled(1), filled(2), filled(3) }, 70'000);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(store->offset_of(first[i]), (70'000 + i) * page_bytes);
        EXPECT_TRUE(store->is_at_home(first[i].record(), 70'000 + i));
        EXPECT_FALSE(store->is_at_home(first[i].record(), 70'001 + i));
    }
    // What is new lies behind all homes as long as somebody has what is there, and beside each other.
    first[1] = frame();
    auto const second = add(*store, { filled(4), filled(5), filled(6) }, 70'000);
    EXPECT_GE(*store->offset_of(second[0]), 100'000 * page_bytes);
    EXPECT_TRUE(store->is_at_home(second[1].record(), 70'001));
    EXPECT_EQ(*store->offset_of(second[2]), *store->offset_of(second[0]) + page_bytes);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_TRUE(holds(second[i], filled(static_cast<int>(i) + 4)));
    EXPECT_TRUE(holds(first[0], filled(1)));
    EXPECT_TRUE(holds(first[2], filled(3)));
    EXPECT_FALSE(store->is_at_home(nullptr, 0));
    EXPECT_FALSE(store->is_at_home(second[0].record(), 70'000));
    // A page without a home.
    auto const far = add(*store, { filled(7) }, 100'000);
    EXPECT_GT(*store->offset_of(far[0]), 100'000 * page_bytes);
    EXPECT_FALSE(store->is_at_home(far[0].record(), 100'000));
    EXPECT_EQ(store->occupied(), 6 * page_bytes);
    EXPECT_TRUE(store->validate()) << store->validate();
    first.clear();
    store->give_back_memory();
    EXPECT_EQ(store->occupied(), 4 * page_bytes);
    EXPECT_TRUE(store->validate()) << store->validate();
}

TEST(frame_store, occupies_nothing_once_all_are_gone)
{
    auto const store = frame_store::make({});
    static_cast<void>(add(*store, std::vector<page>(100, filled(1))));
    EXPECT_EQ(store->live(), 0U);
    EXPECT_EQ(store->occupied(), 0U);
    EXPECT_TRUE(store->validate()) << store->validate();
}

RC_GTEST_PROP(frame_store, keeps_its_invariants_under_random_scripts, ())
{
    bank const payer(200 * page_bytes);
    auto const store = frame_store::make(payer, 50);
    std::vector<std::pair<frame, page>> model;
    int next = 0;
    for (auto const step : *rc::gen::container<std::vector<std::uint8_t>>(30, rc::gen::arbitrary<std::uint8_t>())) {
        if (step % 3 != 0 || model.empty()) {
            std::vector<page> pages;
            for (int i = 0; i < step % 17; ++i)
                pages.push_back(filled(++next));
            try {
                auto frames = add(*store, pages, step % 60U);
                for (std::size_t i = 0; i < frames.size(); ++i)
                    model.emplace_back(std::move(frames[i]), pages[i]);
            } catch (still::quota_exceeded const&) {
                RC_ASSERT(model.size() + pages.size() > 200);
            }
        } else {
            for (int i = 0; i < step % 11 && !model.empty(); ++i) {
                auto const victim = static_cast<std::size_t>(step) * 31 % model.size();
                model.erase(model.begin() + static_cast<std::ptrdiff_t>(victim));
            }
        }
        RC_ASSERT(store->validate().sound());
        RC_ASSERT(store->live() == model.size());
        RC_ASSERT(payer.usage() == model.size() * page_bytes);
    }
    for (auto const& [seen, bytes] : model)
        RC_ASSERT(holds(seen, bytes));
}

} // namespace
