// SPDX-License-Identifier: BSL-1.0
//
// Watches: what is reported, to the byte, and what a veto does.

#include <gtest/gtest.h>

#include <stdexcept>

#include "support.hpp"

namespace {

using namespace still_test;

class segment_watch : public segment_test {
protected:
    [[nodiscard]] static bytes of(std::initializer_list<int> values)
    {
        bytes all;
        for (auto const value : values)
            all.push_back(static_cast<std::byte>(value));
        return all;
    }
    std::shared_ptr<notebook> told_ = std::make_shared<notebook>();
};

TEST_F(segment_watch, reports_loads_and_stores_before_they_happen)
{
    auto watched = zeros(4).store<char>(102, 7).watch(100, 4, told_);
    EXPECT_TRUE(told_->notes.empty());
    EXPECT_EQ(watched.load<char>(102), 7);
    watched = std::move(watched).store<char>(101, 3);
    ASSERT_EQ(told_->notes.size(), 2U);
    EXPECT_EQ(told_->notes[0], (notebook::note{ 102, of({ 7 }), {} }));
    EXPECT_EQ(told_->notes[1], (notebook::note{ 101, of({ 0 }), of({ 3 }) }));
    EXPECT_EQ(watched.load<char>(101), 3);
}

TEST_F(segment_watch, reports_at_the_grain_of_the_access)
{
    auto const watched = zeros(4).watch(100, 4, told_);
    // In the same page, beside the range: nobody is told.
    (void)watched.load<int>(96);
    (void)watched.load<int>(104);
    (void)watched.store<int>(104, 1).write(0, filled(100, 1)).write(page_bytes, filled(3 * page_bytes, 1));
    EXPECT_TRUE(told_->notes.empty());
    // Partly in it: that part.
    (void)watched.store<std::uint32_t>(98, 0x04030201);
    ASSERT_EQ(told_->notes.size(), 1U);
    EXPECT_EQ(told_->notes[0], (notebook::note{ 100, of({ 0, 0 }), of({ 3, 4 }) }));
    // All of it at once.
    (void)watched.write(0, filled(2 * page_bytes, 5));
    ASSERT_EQ(told_->notes.size(), 2U);
    EXPECT_EQ(told_->notes[1], (notebook::note{ 100, of({ 0, 0, 0, 0 }), of({ 5, 5, 5, 5 }) }));
    (void)content(watched);
    ASSERT_EQ(told_->notes.size(), 3U);
    EXPECT_EQ(told_->notes[2], (notebook::note{ 100, of({ 0, 0, 0, 0 }), {} }));
    (void)watched.page_bytes_at(101);
    ASSERT_EQ(told_->notes.size(), 4U);
    EXPECT_EQ(told_->notes[3].offset, 101U);
}

TEST_F(segment_watch, across_pages_and_holes)
{
    auto const watched = zeros(8).store<char>(2 * page_bytes, 1).watch(page_bytes - 2, 3 * page_bytes, told_);
    (void)watched.load<std::uint32_t>(page_bytes - 4);
    (void)watched.load<std::uint32_t>(2 * page_bytes - 2);
    (void)watched.load<std::uint32_t>(4 * page_bytes - 4);
    (void)watched.load<std::uint32_t>(4 * page_bytes - 2);
    ASSERT_EQ(told_->notes.size(), 3U);
    EXPECT_EQ(told_->notes[0], (notebook::note{ page_bytes - 2, of({ 0, 0 }), {} }));
    EXPECT_EQ(told_->notes[1], (notebook::note{ 2 * page_bytes - 2, of({ 0, 0, 1, 0 }), {} }));
    EXPECT_EQ(told_->notes[2], (notebook::note{ 4 * page_bytes - 4, of({ 0, 0 }), {} }));
}

TEST_F(segment_watch, a_veto_stops_the_store)
{
    auto watched = zeros(4).store<int>(100, 7).watch(100, 4, told_);
    told_->vetoes = true;
    auto const before = watched;
    try {
        watched = std::move(watched).write(0, filled(2 * page_bytes, 9));
        FAIL();
    } catch (still::store_vetoed const& vetoed) {
        EXPECT_EQ(vetoed.offset(), 100U);
    }
    EXPECT_TRUE(watched.same_root(before)); // NOLINT(bugprone-use-after-move): promised
    EXPECT_EQ(watched.load<int>(100), 7);
    EXPECT_EQ(watched.store<int>(104, 1).load<int>(104), 1); // nobody watches that
}

TEST_F(segment_watch, an_observer_that_throws_stops_the_access)
{
    struct thrower : still::observer {
        void before_load(still::access const&) override { throw std::domain_error("no"); }
        bool before_store(still::access const&) override { throw std::domain_error("no"); }
    };
    auto const watched = zeros(2).watch(0, 10, std::make_shared<thrower>());
    auto target = filled(100, 0xee);
    EXPECT_THROW(watched.read(0, target), std::domain_error);
    EXPECT_EQ(target, filled(100, 0xee));
    EXPECT_THROW((void)watched.store<int>(4, 1), std::domain_error);
    EXPECT_EQ(watched.load<int>(10), 0);
}

TEST_F(segment_watch, several_are_told_and_one_can_be_taken_off)
{
    auto const second = std::make_shared<notebook>();
    auto watched = zeros(4).watch(0, page_bytes, told_).watch(100, 1, second).watch(50, 100, told_);
    (void)watched.load<char>(100);
    EXPECT_EQ(told_->notes.size(), 2U);
    EXPECT_EQ(second->notes.size(), 1U);
    watched = std::move(watched).unwatch(*told_);
    (void)watched.load<char>(100);
    (void)watched.load<char>(0);
    EXPECT_EQ(told_->notes.size(), 2U);
    EXPECT_EQ(second->notes.size(), 2U);
    auto const free = watched.unwatch(*second);
    EXPECT_TRUE(free.frames_only());
    EXPECT_EQ(free.frame_count(), 0U);
    EXPECT_TRUE(free.unwatch(*second).same_root(free));
}

TEST_F(segment_watch, goes_along_with_versions_and_stays_out_of_comparisons)
{
    auto const base = zeros(4).store<int>(0, 1);
    auto const watched = base.watch(0, 2 * page_bytes, told_);
    EXPECT_EQ(watched, base);
    EXPECT_TRUE(diff(base, watched).empty());
    EXPECT_TRUE(told_->notes.empty());
    auto const later = watched.store<int>(page_bytes, 3).write(0, filled(page_bytes, 0)); // a hole, watched
    EXPECT_EQ(told_->notes.size(), 2U);
    (void)later.load<int>(0);
    EXPECT_EQ(told_->notes.size(), 3U);
    (void)base.load<int>(0);
    (void)zeros(4).mount(0, watched, 0, watched.size()).load<int>(0); // a mount shows bytes
    EXPECT_EQ(told_->notes.size(), 3U);
    // What is put into a watched range is watched as well.
    auto const mounted
        = watched.mount(0, base, 0, page_bytes).keep(page_bytes, page_bytes, std::make_shared<counting_keeper>());
    (void)mounted.load<int>(0);
    (void)mounted.load<char>(page_bytes);
    ASSERT_EQ(told_->notes.size(), 5U);
    EXPECT_EQ(told_->notes[4], (notebook::note{ page_bytes, of({ 100 }), {} }));
    (void)mounted.fetch(0, mounted.size()).load<char>(page_bytes);
    EXPECT_EQ(told_->notes.size(), 6U);
    EXPECT_TRUE(mounted.freeze().frames_only());
    EXPECT_EQ(told_->notes.size(), 6U);
}

TEST_F(segment_watch, ends_where_the_segment_does)
{
    auto const watched = zeros(4).watch(0, 4 * page_bytes, told_).resize(100).resize(4 * page_bytes);
    (void)watched.load<char>(99);
    (void)watched.load<char>(100);
    (void)watched.load<char>(page_bytes);
    EXPECT_EQ(told_->notes.size(), 1U);
    EXPECT_THROW((void)watched.watch(0, 1, nullptr), std::invalid_argument);
    EXPECT_TRUE(watched.watch(10, 0, told_).same_root(watched));
}

TEST_F(segment_watch, a_full_bank_leaves_all_as_it_was)
{
    auto const base = zeros(64).write(0, filled(8 * page_bytes, 1));
    for (std::size_t limit = 0;; limit += 8) {
        still::bank const poor(limit);
        auto mine = base.paid_by(poor);
        try {
            mine = std::move(mine).watch(3 * page_bytes, 20 * page_bytes, told_);
            EXPECT_GT(limit, 100U);
            break;
        } catch (still::quota_exceeded const&) {
            ASSERT_TRUE(mine.same_root(base));
            ASSERT_EQ(poor.usage(), 0U);
            (void)mine.load<int>(3 * page_bytes);
            ASSERT_TRUE(told_->notes.empty());
        }
    }
}

} // namespace
