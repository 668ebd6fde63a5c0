// SPDX-License-Identifier: BSL-1.0
//
// Segments under hostile or odd use: callbacks that change what is being read, runs of 2^40 pages, the last bytes that
// can be addressed.

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>

#include "support.hpp"

namespace {

using namespace still_test;

class segment_hostile : public segment_test {
protected:
    static constexpr auto last_byte = std::numeric_limits<std::uint64_t>::max();

    std::shared_ptr<notebook> told_ = std::make_shared<notebook>();
    std::shared_ptr<counting_keeper> pages_ = std::make_shared<counting_keeper>();
};

/// An observer that is a function, which says whether a store may happen.
class observer_of : public still::observer {
public:
    explicit observer_of(std::function<bool(still::access const&)> tell)
        : tell_(std::move(tell))
    {
    }
    void before_load(still::access const& seen) override { (void)tell_(seen); }
    [[nodiscard]] bool before_store(still::access const& seen) override { return tell_(seen); }

private:
    std::function<bool(still::access const&)> tell_;
};

TEST_F(segment_hostile, the_last_bytes_of_all_are_as_good_as_others)
{
    auto const base = segment(last_byte, bank_);
    auto const written = base.store<std::uint16_t>(last_byte - 2, 0x0201);
    EXPECT_EQ(written.load<std::uint16_t>(last_byte - 2), 0x0201);
    EXPECT_THROW((void)base.store<std::uint16_t>(last_byte - 1, 1), std::out_of_range);
    EXPECT_EQ(*diff_bytes(base, written).begin(), (still::byte_run{ last_byte - 2, 2 }));
    EXPECT_EQ(patch(base, diff(base, written)), written);
    EXPECT_EQ(patch(base, make_patch(base, written)), written);
    EXPECT_EQ(patch(base, diff_bytes(base, written)), written);
    auto const start = last_byte / page_bytes * page_bytes;
    auto const kept = written.keep(start, last_byte - start, pages_);
    EXPECT_EQ(kept.load<char>(last_byte - 1), 100);
    EXPECT_TRUE(validate(kept.fetch(start, last_byte - start)));
    auto const mounted = base.mount(start, written, start, last_byte - start);
    EXPECT_EQ(mounted, written);
    still::transaction changes(base, still::tracking::bytes);
    changes.store<char>(last_byte - 1, 5);
    EXPECT_EQ(changes.write_set().at(0), (still::byte_run{ last_byte - 1, 1 }));
}

TEST_F(segment_hostile, what_is_put_over_the_last_watched_page_is_watched)
{
    auto const start = last_byte / page_bytes * page_bytes;
    auto const watched = segment(last_byte, bank_).watch(last_byte - 10, 10, told_);
    auto const kept = watched.keep(start, last_byte - start, pages_);
    (void)kept.fetch(start, last_byte - start).load<char>(last_byte - 1); // a frame, and no keeper's any more
    EXPECT_EQ(told_->notes.size(), 1U);
    (void)watched.mount(start, segment(last_byte), start, last_byte - start).load<char>(last_byte - 1);
    EXPECT_EQ(told_->notes.size(), 2U);
    // A watch of the last byte of a page alone.
    auto const few = zeros(3).watch(2 * page_bytes - 1, 1, told_).keep(page_bytes, page_bytes, pages_);
    (void)few.fetch(0, few.size()).load<char>(2 * page_bytes - 1);
    EXPECT_EQ(told_->notes.size(), 3U);
}

TEST_F(segment_hostile, no_mark_of_a_watch_stays_behind_a_cut)
{
    auto const base = zeros(3).store<char>(page_bytes, 1);
    auto const watched = base.watch(page_bytes + 200, 100, told_);
    auto const cut = watched.resize(page_bytes + 100); // the page stays, its watch ends
    EXPECT_TRUE(cut.frames_only());
    EXPECT_FALSE(cut.pages().find(1)->watched());
    EXPECT_TRUE(cut.freeze().same_root(cut));
    auto const hole = zeros(3).watch(page_bytes + 200, 100, told_).resize(page_bytes + 100);
    EXPECT_EQ(hole.frame_count(), 0U);
    // Another watch of the page stays.
    auto const both = watched.watch(page_bytes + 50, 10, told_).resize(page_bytes + 100);
    (void)both.load<char>(page_bytes + 50);
    EXPECT_EQ(told_->notes.size(), 1U);
}

TEST_F(segment_hostile, a_keeper_that_answers_otherwise_later_shows_nothing_past_a_cut)
{
    auto answer = 0;
    auto const keeper = make_keeper([&](auto) { return filled(page_bytes, answer); });
    auto const inner = zeros(2).keep(0, 2 * page_bytes, keeper);
    for (auto const& kept : { inner, zeros(2).mount(0, inner, 0, 2 * page_bytes) }) {
        answer = 0;
        auto const cut = kept.resize(page_bytes + 100);
        answer = 7;
        EXPECT_EQ(cut.resize(2 * page_bytes).load<char>(page_bytes + 100), 0);
    }
}

TEST_F(segment_hostile, one_keeper_named_twice_is_the_same_keeper)
{
    auto const base = zeros(8);
    auto const once = base.keep(page_bytes, 4 * page_bytes, pages_);
    EXPECT_EQ(once, base.keep(page_bytes, 4 * page_bytes, pages_));
    auto const again = base.keep(page_bytes, 4 * page_bytes, pages_);
    EXPECT_TRUE(diff_bytes(once, again).empty());
    // Counted from elsewhere, its pages are others.
    EXPECT_NE(once, base.keep(0, 5 * page_bytes, pages_));
    EXPECT_EQ(pages_->asked, 0);
}

TEST_F(segment_hostile, a_page_that_is_not_there_is_named_as_its_keeper_counts)
{
    auto const kept = zeros(8).keep(3 * page_bytes, 4 * page_bytes, pages_);
    auto const fetched = kept.fetch(0, 4 * page_bytes);
    auto const named = [](auto const& act) {
        try {
            act();
        } catch (still::not_present const& missing) {
            return missing.page();
        }
        return std::uint64_t{ 99 };
    };
    auto const other = kept.write(5 * page_bytes, filled(page_bytes, 1));
    EXPECT_EQ(named([&] { (void)kept.page_bytes_at(5 * page_bytes); }), 2U);
    EXPECT_EQ(named([&] { (void)diff_bytes(kept, other).begin(); }), 2U);
    EXPECT_EQ(named([&] { (void)diff_bytes(other, kept).begin(); }), 2U);
    EXPECT_EQ(named([&] { (void)patch(zeros(8), diff_bytes(other, kept)); }), 2U);
}

TEST_F(segment_hostile, a_keeper_is_asked_once_for_a_page_that_is_mounted_twice)
{
    auto const inner = zeros(2).keep(0, 2 * page_bytes, pages_);
    auto const twice = zeros(4).mount(0, inner, 0, 2 * page_bytes).mount(2 * page_bytes, inner, 0, 2 * page_bytes);
    auto const fetched = twice.fetch(0, twice.size());
    EXPECT_EQ(pages_->asked, 2);
    EXPECT_EQ(fetched.load<char>(page_bytes), 101);
    EXPECT_EQ(fetched.load<char>(3 * page_bytes), 101);
    EXPECT_EQ(pages_->asked, 2);
    pages_->asked = 0;
    EXPECT_EQ(content(twice.freeze()), content(fetched));
    EXPECT_EQ(pages_->asked, 2);
}

TEST_F(segment_hostile, long_runs_cost_their_ends)
{
    auto const bytes_of_all = std::uint64_t{ 1 } << 62;
    auto const base = segment(bytes_of_all, bank_).store<char>(0, 1);
    auto const kept = base.keep(page_bytes, bytes_of_all - page_bytes, pages_);
    auto const all = still::page_run{ 1, bytes_of_all / page_bytes - 1 };
    EXPECT_EQ(*diff(base, kept).begin(), all);
    EXPECT_EQ(*diff(kept, base).begin(), all);
    EXPECT_EQ(patch(base, diff(base, kept)), kept);
    // The same keeper, watched; and kept twice.
    EXPECT_EQ(kept, kept.watch(0, bytes_of_all, told_));
    EXPECT_EQ(kept, base.keep(page_bytes, bytes_of_all - page_bytes, pages_));
    // A mount of a hole that is watched, of mounts of little, and of a keeper.
    auto const watched = base.watch(0, bytes_of_all, told_);
    auto const outer = segment(bytes_of_all, bank_);
    auto const mounted = outer.mount(0, watched, 0, bytes_of_all);
    EXPECT_EQ(mounted, base);
    EXPECT_EQ(*diff(outer, mounted).begin(), (still::page_run{ 0, 1 }));
    EXPECT_EQ(outer.mount(0, mounted, 0, bytes_of_all), base);
    EXPECT_EQ(outer.mount(0, mounted, 0, bytes_of_all).freeze(), base);
    auto const through = outer.mount(0, kept, 0, bytes_of_all);
    EXPECT_EQ(*diff(base, through).begin(), all);
    EXPECT_EQ(kept, through);
    EXPECT_TRUE(kept.calls_out() && through.calls_out());
    EXPECT_FALSE(mounted.calls_out()); // its observers are told of nothing
    EXPECT_FALSE(outer.mount(0, kept, 0, page_bytes).calls_out()); // a page that isn't the keeper's
    EXPECT_EQ(pages_->asked, 0);
    EXPECT_TRUE(told_->notes.empty());
}

TEST_F(segment_hostile, an_observer_may_look_at_what_it_watches)
{
    segment watched = zeros(4).store<int>(8, 7);
    auto asked = 0;
    auto seen = 0;
    watched = std::move(watched).watch(0, 100, std::make_shared<observer_of>([&](auto const&) {
        ++asked;
        seen = watched.template load<int>(8); // that isn't told to it again
        return true;
    }));
    EXPECT_EQ(watched.load<int>(0), 0);
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(seen, 7);
    watched = std::move(watched).store<int>(0, 1);
    EXPECT_EQ(asked, 2);
    // Two that look at one another's bytes.
    auto other_asked = 0;
    watched = std::move(watched).watch(0, 100, std::make_shared<observer_of>([&](auto const&) {
        ++other_asked;
        (void)watched.template load<int>(8);
        return true;
    }));
    (void)watched.load<int>(0);
    EXPECT_EQ(asked, 4); // the load, and the other's look
    EXPECT_EQ(other_asked, 2);
}

TEST_F(segment_hostile, an_observer_that_replaces_the_segment_does_no_harm)
{
    auto const base = zeros(4).store<int>(0, 3);
    segment watched;
    auto const replacing = std::make_shared<observer_of>([&](auto const&) {
        watched = segment(1);
        return true;
    });
    auto const start = base.watch(0, 8, replacing).watch(0, 8, told_);
    watched = start;
    EXPECT_EQ(watched.load<int>(0), 3);
    // The store leads on from what it began with, watches and all.
    watched = start;
    watched = std::move(watched).store<int>(4, 5);
    EXPECT_EQ(watched.size(), base.size());
    EXPECT_EQ(watched.load<int>(4), 5);
    watched = start;
    auto const stored = std::move(watched).store<int>(4, 5);
    auto const free = stored.unwatch(*replacing);
    auto const before = told_->notes.size();
    EXPECT_EQ(free.load<int>(4), 5);
    EXPECT_EQ(told_->notes.size(), before + 1);
    EXPECT_TRUE(free.unwatch(*told_).frames_only());
    EXPECT_TRUE(validate(free));
    watched = start;
    EXPECT_THROW((void)watched.page_bytes_at(4), std::logic_error); // they are gone
}

TEST_F(segment_hostile, a_keeper_that_replaces_the_segment_leaves_its_watches_in_step)
{
    segment kept;
    auto const keeper = make_keeper([&](auto) {
        kept = segment(100 * page_bytes).watch(50 * page_bytes, page_bytes, told_);
        return filled(page_bytes, 5);
    });
    auto const start = zeros(4).keep(0, 4 * page_bytes, keeper);
    std::function<segment(segment&&)> const operations[]
        = { [](segment&& of) { return std::move(of).store<int>(8, 1); },
              [](segment&& of) { return std::move(of).fetch(0, 2 * page_bytes); },
              [](segment&& of) { return std::move(of).freeze(); },
              [](segment&& of) { return std::move(of).resize(page_bytes + 1); } };
    for (auto const& run : operations) {
        kept = start;
        auto const made = run(std::move(kept));
        EXPECT_TRUE(validate(made));
        EXPECT_LE(made.size(), start.size());
        EXPECT_TRUE(made.fetch(0, made.size()).frames_only());
        kept = segment();
    }
}

} // namespace
