// SPDX-License-Identifier: BSL-1.0

#include "heap/draft.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

using still::bank;
using still::page_bytes;
using still::segment;
using still::heaps::draft;
using still::heaps::frame_store;
using still::heaps::page_set;

namespace {

constexpr std::size_t page_count = 200;

/// Live pages, the frames of their versions, and the last version.
class drafts : public ::testing::Test {
protected:
    void fill(std::size_t page, int value) { std::memset(live_[page].data(), value, page_bytes); }
    [[nodiscard]] std::byte const* base() const { return live_[0].data(); }
    [[nodiscard]] static page_set pages(std::vector<std::size_t> const& listed)
    {
        page_set all;
        all.make_room(page_count);
        for (auto const page : listed)
            all.insert({ page, 1 });
        return all;
    }
    /// True when a version has what is live now.
    [[nodiscard]] bool shows_live(segment const& seen) const
    {
        for (std::size_t page = 0; page < page_count; ++page) {
            std::array<std::byte, page_bytes> content{};
            seen.read(page * page_bytes, content);
            if (content != live_[page])
                return false;
        }
        return true;
    }
    [[nodiscard]] segment cut(std::vector<std::size_t> const& written)
    {
        draft next(*store_, last_, base());
        next.copy_residue(pages(written));
        return std::move(next).finish(page_count * page_bytes);
    }

    alignas(4096) std::array<std::array<std::byte, page_bytes>, page_count> live_{};
    bank payer_{ 300 * page_bytes };
    std::shared_ptr<frame_store> store_ = frame_store::make(payer_);
    segment last_;
};

TEST_F(drafts, copy_what_differs_and_nothing_else)
{
    fill(3, 1);
    fill(150, 2);
    last_ = cut({ 3, 150, 7 });
    EXPECT_TRUE(shows_live(last_));
    EXPECT_EQ(store_->live(), 2U);
    fill(3, 5);
    draft next(*store_, last_, base());
    EXPECT_EQ(next.copy_ahead(pages({ 3, 7, 150 })), 1U);
    EXPECT_EQ(next.copy_residue(pages({})), 0U);
    auto const now = std::move(next).finish(page_count * page_bytes);
    EXPECT_TRUE(shows_live(now));
    EXPECT_EQ(store_->live(), 3U);
}

TEST_F(drafts, frames_say_where_they_differ_from_what_they_replace)
{
    auto const telling = [&](std::size_t page) { return last_.pages().find(page)->frame()->telling; };
    live_[5][4000] = std::byte{ 1 };
    live_[6][0] = std::byte{ 1 };
    last_ = cut({ 5, 6 });
    EXPECT_EQ(telling(5) / 64, 4000U / 64); // of zeros
    EXPECT_EQ(telling(6) / 64, 0U);
    live_[5][4095] = std::byte{ 2 };
    live_[6][2000] = std::byte{ 2 };
    draft next(*store_, last_, base());
    next.copy_ahead(pages({ 5 }));
    next.copy_residue(pages({ 6 }));
    last_ = std::move(next).finish(page_count * page_bytes);
    EXPECT_EQ(telling(5) / 64, 4095U / 64);
    EXPECT_EQ(telling(6) / 64, 2000U / 64);
}

TEST_F(drafts, pages_written_again_are_copied_again)
{
    last_ = cut({});
    std::vector<std::size_t> all;
    for (std::size_t page = 0; page < page_count; ++page) {
        all.push_back(page);
        fill(page, 1);
    }
    draft next(*store_, last_, base());
    EXPECT_EQ(next.copy_ahead(pages(all)), page_count); // several batches
    fill(5, 2);
    fill(6, 0);
    EXPECT_EQ(next.copy_ahead(pages({ 5, 6, 7 })), 1U);
    fill(5, 3);
    fill(8, 3);
    fill(6, 4);
    EXPECT_EQ(next.copy_residue(pages({ 5, 6, 8 })), 3U);
    auto const now = std::move(next).finish(page_count * page_bytes);
    EXPECT_TRUE(shows_live(now));
    EXPECT_EQ(store_->live(), page_count);
    EXPECT_TRUE(store_->validate()) << store_->validate();
}

TEST_F(drafts, what_was_reverted_has_the_last_root)
{
    fill(3, 1);
    last_ = cut({ 3 });
    fill(3, 2);
    fill(4, 2);
    fill(5, 2);
    draft next(*store_, last_, base());
    EXPECT_EQ(next.copy_ahead(pages({ 3, 4, 5 })), 3U);
    fill(3, 1);
    fill(4, 0);
    EXPECT_EQ(next.copy_ahead(pages({ 3, 4 })), 0U);
    fill(5, 0);
    EXPECT_EQ(next.copy_residue(pages({ 5 })), 0U);
    auto const now = std::move(next).finish(page_count * page_bytes);
    EXPECT_TRUE(now.same_root(last_));
    EXPECT_TRUE(shows_live(now));
    EXPECT_EQ(payer_.usage(), page_bytes);
}

TEST_F(drafts, a_page_that_becomes_zeros_and_comes_back_is_the_last_frame)
{
    fill(3, 1);
    last_ = cut({ 3 });
    fill(3, 0);
    draft next(*store_, last_, base());
    EXPECT_EQ(next.copy_ahead(pages({ 3 })), 0U);
    fill(3, 1);
    EXPECT_EQ(next.copy_residue(pages({ 3 })), 0U);
    EXPECT_TRUE(std::move(next).finish(page_count * page_bytes).same_root(last_));
}

TEST_F(drafts, what_was_copied_ahead_in_vain_pays_for_what_replaces_it)
{
    std::vector<std::size_t> all;
    for (std::size_t page = 0; page < page_count; ++page) {
        all.push_back(page);
        fill(page, 1);
    }
    last_ = cut({});
    draft next(*store_, last_, base());
    EXPECT_EQ(next.copy_ahead(pages(all)), page_count);
    for (auto const page : all)
        fill(page, 2);
    // The bank has room for 100 more, not for 200.
    EXPECT_EQ(next.copy_residue(pages(all)), page_count);
    auto const now = std::move(next).finish(page_count * page_bytes);
    EXPECT_TRUE(shows_live(now));
    EXPECT_EQ(payer_.usage(), page_count * page_bytes);
}

TEST_F(drafts, a_refusal_leaves_nothing_behind)
{
    fill(3, 1);
    last_ = cut({ 3 });
    bank const filler = payer_;
    auto const charged = 298 * page_bytes;
    filler.charge(charged);
    for (std::size_t page = 0; page < 10; ++page)
        fill(page, 9);
    {
        draft next(*store_, last_, base());
        EXPECT_EQ(next.copy_ahead(pages({ 0 })), 1U);
        EXPECT_THROW(next.copy_residue(pages({ 0, 1, 2, 3, 4, 5 })), still::quota_exceeded);
    }
    EXPECT_EQ(payer_.usage(), charged + page_bytes);
    EXPECT_EQ(store_->live(), 1U);
    filler.refund(charged);
}

} // namespace
