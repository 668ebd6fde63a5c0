// SPDX-License-Identifier: BSL-1.0
//
// Hashes of ranges, and differences found by them.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <stdexcept>

#include "frame_pool.hpp"
#include "still/segment/hash.hpp"
#include "support.hpp"

namespace {

using namespace still_test;
using still::page_run;

class segment_hash : public segment_test { };

TEST_F(segment_hash, tells_bytes_and_not_how_they_came_there)
{
    auto const one = zeros(100).write(page_bytes, filled(40 * page_bytes, 3)).store<int>(90 * page_bytes, 5);
    auto other = zeros(100);
    for (std::uint64_t page = 40; page > 0; --page)
        other = std::move(other).write(page * page_bytes, filled(page_bytes, 3));
    other = other.store<int>(95 * page_bytes, 1).store<int>(90 * page_bytes, 5).store<int>(95 * page_bytes, 0);
    EXPECT_EQ(hash(one), hash(other));
    EXPECT_NE(hash(one), hash(one.store<char>(17, 1)));
    EXPECT_NE(hash(one), hash(one.resize(101 * page_bytes)));
    EXPECT_NE(hash(zeros(2).store<int>(0, 1)), hash(zeros(2).store<int>(page_bytes, 1))); // elsewhere
    // Through a mount, with a watch, over frames of zeros.
    auto const mounted = zeros(100).mount(0, one, 0, 100 * page_bytes).watch(0, 10, std::make_shared<notebook>());
    EXPECT_EQ(hash(mounted), hash(one));
    frame_pool pool;
    still::segment_table hollow{ still::metered_heap(bank_) };
    hollow = std::move(hollow).assign(3, pool.filled(0));
    EXPECT_EQ(hash(segment(std::move(hollow), 100 * page_bytes)), hash(zeros(100)));
    // A frame that stands for many pages.
    still::segment_table same{ still::metered_heap(bank_) };
    same = std::move(same).assign(1, 40, still::page_slot(pool.filled(3)));
    EXPECT_EQ(hash(segment(std::move(same), 100 * page_bytes), 0, 80 * page_bytes), hash(one, 0, 80 * page_bytes));
}

TEST_F(segment_hash, forgets_what_is_edited_in_place)
{
    auto alone = zeros(5'000);
    for (std::uint64_t page = 0; page < 5'000; page += 7)
        alone = std::move(alone).store(page * page_bytes, page + 1);
    auto model = alone.snapshot();
    for (std::uint64_t page = 0; page < 5'000; page += 911) {
        (void)hash(alone); // all nodes know theirs
        alone = std::move(alone).store(page * page_bytes + 8, page + 2); // in place, or a new slot
        model = model.store(page * page_bytes + 8, page + 2); // copied
        ASSERT_EQ(hash(alone), hash(model));
        (void)hash(alone);
        alone = std::move(alone).write(page * page_bytes, filled(page_bytes, 0));
        model = model.write(page * page_bytes, filled(page_bytes, 0));
        ASSERT_EQ(hash(alone), hash(model));
    }
    EXPECT_EQ(content(alone), content(model));
}

TEST_F(segment_hash, refuses_what_it_does_not_know)
{
    auto const kept = zeros(4).keep(page_bytes, page_bytes, std::make_shared<counting_keeper>());
    EXPECT_THROW((void)hash(kept), still::not_present);
    EXPECT_THROW((void)hash(kept, 2 * page_bytes - 1, 2), still::not_present);
    EXPECT_NO_THROW((void)hash(kept, 2 * page_bytes, 2));
    EXPECT_THROW((void)hash(kept, 4 * page_bytes, 1), std::out_of_range);
    EXPECT_EQ(hash(kept.freeze()), hash(zeros(4).write(page_bytes, filled(page_bytes, 100))));
    EXPECT_EQ(hash(zeros(4), 5, 0), hash(kept, 5, 0));
}

RC_GTEST_PROP(segment_hashes, agree_exactly_where_bytes_do, (std::uint32_t seed))
{
    std::mt19937 random(seed);
    auto const pages = 1 + random() % 80;
    auto const size = pages * page_bytes - random() % page_bytes;
    auto const make = [&] {
        auto made = segment(size);
        for (auto i = random() % 20; i > 0; --i) {
            auto const offset = random() % size;
            auto const count = std::min<std::size_t>(size - offset, 1 + random() % (3 * page_bytes));
            made = std::move(made).write(offset, filled(count, static_cast<int>(random() % 3)));
            if (random() % 4 == 0)
                (void)hash(made);
        }
        return made;
    };
    auto const one = make();
    auto const other = random() % 2 == 0 ? make() : [&] { // the same bytes, by pages of its own
        auto made = segment(size).write(0, content(one));
        return random() % 2 == 0 ? made : std::move(made).store<char>(random() % size, 1);
    }();
    auto const one_bytes = content(one);
    auto const other_bytes = content(other);
    RC_ASSERT((hash(one) == hash(other)) == (one_bytes == other_bytes));
    for (int i = 0; i < 10; ++i) {
        auto const offset = random() % size;
        auto const count = random() % (size - offset + 1);
        auto const first = one_bytes.begin() + static_cast<std::ptrdiff_t>(offset);
        auto const equal = std::equal(first, first + static_cast<std::ptrdiff_t>(count),
            other_bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        RC_ASSERT((hash(one, offset, count) == hash(other, offset, count)) == equal);
    }
    std::vector<page_run> wanted;
    for (auto const run : diff(one, other))
        wanted.push_back(run);
    std::vector<page_run> found;
    RC_ASSERT(diff_by_content(one, other, [&](page_run run) { found.push_back(run); }));
    RC_ASSERT(found == wanted);
    if (!wanted.empty()) {
        int seen = 0;
        RC_ASSERT(!diff_by_content(one, other, [&](page_run) { return ++seen < 1; }));
        RC_ASSERT(seen == 1);
    }
}

TEST_F(segment_hash, finds_a_change_between_strangers_without_looking_at_all)
{
    auto const make = [&] {
        auto made = segment(std::uint64_t{ 1 } << 50, bank_);
        for (std::uint64_t i = 0; i < 2'000; ++i)
            made = std::move(made).store(i * 0x123456 * page_bytes, i + 1);
        return made;
    };
    auto const one = make();
    auto const other
        = make().store<char>(777 * 0x123456 * page_bytes + 100, 1).store<char>((std::uint64_t{ 1 } << 50) - 1, 1);
    std::vector<page_run> found;
    EXPECT_TRUE(diff_by_content(one, other, [&](page_run run) { found.push_back(run); }));
    EXPECT_EQ(found, (std::vector<page_run>{ { 777 * 0x123456, 1 }, { (std::uint64_t{ 1 } << 38) - 1, 1 } }));
    EXPECT_TRUE(diff_by_content(one, make(), [](page_run) { FAIL(); }));
}

} // namespace
