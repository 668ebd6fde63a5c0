// SPDX-License-Identifier: BSL-1.0
//
// Checking segments that somebody else has built: whose code would run, how deep mounts go, and that it ends.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "still/check.hpp"
#include "support.hpp"

namespace {

using namespace still_test;

class segment_check : public segment_test { };

TEST_F(segment_check, passes_frames_and_mounts_of_frames)
{
    EXPECT_TRUE(still::check(segment()));
    auto const inner = zeros(100).write(page_bytes * 3 + 5, filled(page_bytes * 8, 1)).resize(page_bytes * 50 + 7);
    EXPECT_TRUE(still::check(inner)) << still::check(inner);
    auto const outer = zeros(1'000).mount(page_bytes * 10, inner, 0, inner.size()).store(page_bytes * 12, 7);
    EXPECT_TRUE(still::check(outer)) << still::check(outer);
    // Of the same version in many places, and of itself.
    auto const around = outer.mount(page_bytes * 500, outer, 0, page_bytes * 400).mount(0, inner, 0, page_bytes);
    EXPECT_TRUE(still::check(around)) << still::check(around);
    EXPECT_TRUE(still::check(around.resize(page_bytes * 700 + 1)));
}

TEST_F(segment_check, names_who_would_be_called)
{
    auto const keeper = std::make_shared<counting_keeper>();
    auto const kept = zeros(20).keep(page_bytes * 4, page_bytes * 2, keeper);
    EXPECT_EQ(still::check(kept).rule(), "no page is with a keeper");
    EXPECT_EQ(still::check(kept).place(), "page 4");
    EXPECT_TRUE(still::check(kept, { .may_call_out = true }));
    // Where a mount leads, as well.
    auto const outer = zeros(20).mount(0, zeros(20).mount(0, kept, 0, page_bytes * 6), 0, page_bytes * 6);
    EXPECT_EQ(still::check(outer).rule(), "no page is with a keeper");
    EXPECT_TRUE(still::check(outer, { .may_call_out = true }));
    EXPECT_EQ(keeper->asked, 0);
    EXPECT_TRUE(still::check(kept.fetch(0, kept.size())));

    auto const watcher = std::make_shared<notebook>();
    auto const watched = zeros(20).store(0, 1).watch(0, page_bytes, watcher);
    EXPECT_EQ(still::check(watched).rule(), "nobody watches");
    EXPECT_TRUE(still::check(watched, { .may_call_out = true }));
    EXPECT_TRUE(still::check(zeros(30).mount(0, watched, 0, page_bytes))); // nobody is told through a mount
    EXPECT_TRUE(watcher->notes.empty());
}

TEST_F(segment_check, bounds_how_deep_mounts_go)
{
    auto seen = zeros(4).store(0, 1);
    for (unsigned depth = 0; depth < 16; ++depth) {
        EXPECT_TRUE(still::check(seen, { .most_mounts = depth })) << depth;
        if (depth > 0) {
            EXPECT_EQ(still::check(seen, { .most_mounts = depth - 1 }).rule(),
                "segments that a read leads through ≤ most_mounts");
        }
        seen = zeros(4).mount(0, seen, 0, page_bytes).store(page_bytes, 1);
    }
    EXPECT_TRUE(still::check(seen));
}

TEST_F(segment_check, bounds_how_deep_mounts_go_of_what_it_has_seen_before)
{
    auto deep = zeros(4).store(0, 1);
    for (unsigned depth = 0; depth < 3; ++depth)
        deep = zeros(4).mount(0, deep, 0, page_bytes);
    // First on a short way, then on a longer one.
    auto const between = zeros(4).mount(0, deep, 0, page_bytes);
    auto const outer = zeros(4).mount(0, deep, 0, page_bytes).mount(page_bytes, between, 0, page_bytes);
    EXPECT_TRUE(still::check(outer, { .most_mounts = 5 }));
    EXPECT_EQ(still::check(outer, { .most_mounts = 4 }).rule(), "segments that a read leads through ≤ most_mounts");
}

TEST_F(segment_check, walks_a_table_once_however_many_ways_lead_there)
{
    // 32 mounts a level, by records of their own: 32 to the 12 ways.
    auto seen = zeros(40).store(0, 1);
    for (int depth = 0; depth < 12; ++depth) {
        auto above = zeros(40);
        for (std::uint64_t page = 0; page < 32; ++page)
            above = std::move(above).mount(page * page_bytes, seen, 0, page_bytes);
        seen = std::move(above);
    }
    EXPECT_TRUE(still::check(seen, { .most_nodes = 1'000 })) << still::check(seen, { .most_nodes = 1'000 });
    EXPECT_EQ(still::check(seen, { .most_nodes = 100 }).rule(), "nodes ≤ most_nodes");
}

TEST_F(segment_check, names_what_a_table_was_not_made_with)
{
    // Tables that didn't come from a segment's own operations.
    auto const of = zeros(10).store(page_bytes * 5, 7);
    auto const& content = still::segments::internals::of(of);
    auto const with = [](still::segments::content given) {
        segment made;
        still::segments::internals::replace(made, std::move(given));
        return still::check(made).rule();
    };
    auto changed = content;
    EXPECT_EQ(with(changed), "");
    changed.size = page_bytes * 5;
    EXPECT_EQ(with(changed), "pages lie below the size");
    changed.size = page_bytes * 5 + 2;
    EXPECT_EQ(with(changed), "");
    auto const last = zeros(10).store(page_bytes * 5 + 100, 7);
    changed = still::segments::internals::of(last);
    changed.size = page_bytes * 5 + 50;
    EXPECT_EQ(with(changed), "bytes past the size are zeros");

    auto const outer = zeros(10).mount(0, zeros(10).mount(0, of, 0, page_bytes), 0, page_bytes);
    changed = still::segments::internals::of(outer);
    changed.mount_depth = 1;
    EXPECT_EQ(with(changed), "depth of mounts ≤ mount_depth");
    // A slot in another place than it was made for.
    changed = still::segments::internals::of(outer);
    auto const slot = *changed.pages.find(0);
    changed.pages = std::move(changed.pages).assign(9, slot);
    EXPECT_EQ(with(changed), "");
    changed.size = page_bytes * 100;
    changed.pages = std::move(changed.pages).assign(10, slot);
    EXPECT_EQ(with(changed), "pages of a mount are pages of what is mounted");

    changed = still::segments::internals::of(zeros(4).keep(0, page_bytes, std::make_shared<counting_keeper>()));
    changed.may_have_keepers = false;
    segment made;
    still::segments::internals::replace(made, changed);
    EXPECT_EQ(still::check(made, { .may_call_out = true }).rule(), "may_have_keepers where a page is with a keeper");
}

} // namespace
