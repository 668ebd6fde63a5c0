// SPDX-License-Identifier: BSL-1.0
//
// Keepers, good and bad: whoever reads what a bad one has is told, and nobody else is harmed.

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "support.hpp"

namespace {

using namespace still_test;
using still::keeper_failed;
using still::not_present;

class segment_keeper : public segment_test { };

TEST_F(segment_keeper, supplies_what_is_read)
{
    auto const pages = std::make_shared<counting_keeper>();
    auto const kept = zeros(8).store<int>(0, 1).keep(2 * page_bytes, 3 * page_bytes, pages);
    EXPECT_EQ(pages->asked, 0);
    EXPECT_EQ(kept.load<char>(2 * page_bytes), 100);
    EXPECT_EQ(kept.load<char>(4 * page_bytes + 17), 102);
    EXPECT_EQ(kept.load<int>(0), 1);
    EXPECT_EQ(pages->asked, 2);
    auto const all = content(kept);
    EXPECT_EQ(pages->asked, 5); // each once
    EXPECT_EQ(all[3 * page_bytes], std::byte{ 101 });
    EXPECT_EQ(all[5 * page_bytes], std::byte{ 0 });
    EXPECT_EQ(kept.load<std::uint16_t>(3 * page_bytes - 1), 0x6564); // across its pages
}

TEST_F(segment_keeper, is_asked_for_a_page_that_is_written_in_part)
{
    auto const pages = std::make_shared<counting_keeper>();
    auto const kept = zeros(4).keep(0, 4 * page_bytes, pages);
    auto const written = kept.store<char>(page_bytes + 1, 7);
    EXPECT_EQ(pages->asked, 1);
    EXPECT_EQ(written.load<char>(page_bytes), 101);
    EXPECT_EQ(written.load<char>(page_bytes + 1), 7);
    EXPECT_EQ(pages->asked, 1); // a frame now
    auto const whole = kept.write(2 * page_bytes, filled(page_bytes, 5));
    EXPECT_EQ(whole.load<char>(2 * page_bytes), 5);
    EXPECT_EQ(pages->asked, 1); // nobody needed what was there
    auto const hole = kept.write(2 * page_bytes, filled(page_bytes, 0));
    EXPECT_EQ(hole.load<char>(2 * page_bytes), 0);
    EXPECT_EQ(pages->asked, 1);
}

TEST_F(segment_keeper, keeps_no_more_than_the_segment_has)
{
    auto const kept = segment(page_bytes + 100, bank_).keep(0, page_bytes + 100, std::make_shared<counting_keeper>());
    auto const longer = kept.fetch(page_bytes, 100).resize(2 * page_bytes);
    EXPECT_EQ(longer.load<char>(page_bytes + 99), 101);
    EXPECT_EQ(longer.load<char>(page_bytes + 100), 0);
    EXPECT_EQ(kept.resize(2 * page_bytes).load<char>(page_bytes + 100), 0);
    auto const cut = kept.resize(50); // within a page
    EXPECT_EQ(cut.resize(page_bytes).load<char>(49), 100);
    EXPECT_EQ(cut.resize(page_bytes).load<char>(50), 0);
    EXPECT_TRUE(validate(cut));
}

TEST_F(segment_keeper, fetched_it_is_asked_no_more)
{
    auto const pages = std::make_shared<counting_keeper>();
    auto const kept = zeros(8).keep(0, 8 * page_bytes, pages);
    auto const some = kept.fetch(page_bytes + 1, page_bytes); // touches two pages
    EXPECT_EQ(pages->asked, 2);
    EXPECT_EQ(some.load<char>(2 * page_bytes), 102);
    EXPECT_EQ(pages->asked, 2);
    EXPECT_TRUE(some.fetch(page_bytes, 10).same_root(some));
    auto const frozen = some.freeze();
    EXPECT_EQ(pages->asked, 8);
    EXPECT_TRUE(frozen.frames_only());
    EXPECT_EQ(content(frozen), content(kept));
    // What is mounted is fetched where it is mounted, and may be written no more than before.
    auto const mounted = zeros(8).mount(0, kept, 4 * page_bytes, 4 * page_bytes, still::mount_rights::read_only);
    pages->asked = 0;
    auto const fetched = mounted.fetch(0, 2 * page_bytes);
    EXPECT_EQ(pages->asked, 2);
    EXPECT_EQ(fetched.load<char>(page_bytes), 105);
    EXPECT_EQ(pages->asked, 2);
    EXPECT_EQ(fetched.load<char>(2 * page_bytes), 106);
    EXPECT_EQ(pages->asked, 3);
    EXPECT_THROW((void)fetched.store<char>(page_bytes, 1), still::read_only_mount);
    EXPECT_EQ(mounted.freeze().load<char>(3 * page_bytes), 107);
}

TEST_F(segment_keeper, differs_from_all_but_itself)
{
    auto const kept = zeros(4).keep(0, 2 * page_bytes, std::make_shared<counting_keeper>());
    auto const changed = kept.store<int>(3 * page_bytes, 1);
    EXPECT_EQ(*diff(kept, changed).begin(), (still::page_run{ 3, 1 }));
    EXPECT_EQ(*diff_bytes(kept, changed).begin(), (still::byte_run{ 3 * page_bytes, 1 }));
    auto const fetched = kept.fetch(0, kept.size());
    EXPECT_EQ(*diff(kept, fetched).begin(), (still::page_run{ 0, 2 }));
    EXPECT_THROW((void)diff_bytes(kept, fetched).begin(), not_present);
    EXPECT_FALSE(kept == fetched);
    EXPECT_THROW((void)kept.page_bytes_at(0), not_present);
    EXPECT_TRUE(patch(fetched, diff(fetched, kept)) == kept);
}

// Each of these would like to do harm.

TEST_F(segment_keeper, that_throws_reaches_its_caller_alone)
{
    auto const kept = zeros(4).store<int>(0, 3).keep(page_bytes, 2 * page_bytes, make_keeper([](auto page) -> bytes {
        if (page == 1)
            throw std::domain_error("no");
        return filled(page_bytes, 7);
    }));
    auto target = filled(4 * page_bytes, 0xee);
    auto const untouched = target;
    EXPECT_THROW(kept.read(0, target), std::domain_error);
    EXPECT_EQ(target, untouched); // not even the pages before it
    EXPECT_THROW((void)kept.load<int>(2 * page_bytes), std::domain_error);
    auto const paid = bank_.usage();
    auto given = kept;
    EXPECT_THROW((void)std::move(given).write(page_bytes + 1, filled(page_bytes, 1)), std::domain_error);
    EXPECT_TRUE(given.same_root(kept)); // NOLINT(bugprone-use-after-move): promised
    EXPECT_THROW((void)kept.fetch(0, kept.size()), std::domain_error);
    EXPECT_THROW((void)kept.freeze(), std::domain_error);
    EXPECT_EQ(bank_.usage(), paid);
    EXPECT_EQ(kept.load<char>(page_bytes), 7); // bystanders go on
    EXPECT_EQ(kept.load<int>(0), 3);
}

TEST_F(segment_keeper, that_withholds_a_page_makes_it_not_present)
{
    auto const kept = zeros(4).keep(page_bytes, page_bytes, make_keeper([](auto) { return bytes(); }));
    EXPECT_THROW((void)kept.load<int>(page_bytes), not_present);
    EXPECT_THROW((void)kept.store<int>(page_bytes, 1), not_present);
    EXPECT_THROW((void)kept.freeze(), not_present); // freezing refuses
    EXPECT_THROW((void)kept.resize(page_bytes + 1), not_present);
    EXPECT_EQ(kept.resize(page_bytes).size(), page_bytes);
    EXPECT_EQ(kept.write(page_bytes, filled(page_bytes, 1)).load<char>(page_bytes), 1);
}

TEST_F(segment_keeper, may_answer_with_more_than_was_asked)
{
    auto asked = 0;
    auto const three = make_keeper([&asked](std::uint64_t page) { // pages of ones, twos and so on, three at a time
        ++asked;
        bytes answer;
        for (auto const last = std::min<std::uint64_t>(page + 3, 8); page < last; ++page)
            answer.resize(answer.size() + page_bytes, static_cast<std::byte>(page + 1));
        return answer;
    });
    auto const kept = zeros(9).resize(8 * page_bytes + 5).keep(page_bytes, 7 * page_bytes + 5, three);
    auto const all = content(kept);
    EXPECT_EQ(asked, 3);
    for (std::size_t page = 0; page < 7; ++page)
        EXPECT_EQ(all[(page + 1) * page_bytes], static_cast<std::byte>(page + 1)) << page;
    EXPECT_EQ(all[8 * page_bytes + 4], std::byte{ 8 });
    EXPECT_EQ(kept.resize(9 * page_bytes).load<char>(8 * page_bytes + 5), 0); // past what it keeps
    asked = 0;
    auto const frozen = kept.freeze();
    EXPECT_EQ(asked, 3);
    EXPECT_EQ(content(frozen), all);
    EXPECT_EQ(kept.fetch(2 * page_bytes, 1).frame_count(), kept.frame_count()); // no more than was to be fetched
    EXPECT_TRUE(validate(frozen));
}

TEST_F(segment_keeper, that_answers_with_another_size_fails)
{
    for (std::size_t const size :
        { std::size_t{ 1 }, page_bytes - 1, page_bytes + 1, 2 * page_bytes, 10 * page_bytes }) {
        auto const kept = zeros(2).keep(0, page_bytes, make_keeper([size](auto) { return filled(size, 1); }));
        EXPECT_THROW((void)kept.load<int>(0), keeper_failed);
        EXPECT_THROW((void)kept.fetch(0, 1), keeper_failed);
        EXPECT_EQ(kept.load<int>(page_bytes), 0);
    }
}

TEST_F(segment_keeper, that_asks_for_the_page_it_is_asked_for_fails)
{
    segment kept = zeros(100);
    segment* const seen = &kept;
    auto const pages = make_keeper([seen](std::uint64_t page) {
        bytes answer(page_bytes);
        seen->read(page * page_bytes, answer);
        return answer;
    });
    kept = std::move(kept).keep(0, 100 * page_bytes, pages);
    EXPECT_THROW((void)kept.load<int>(0), keeper_failed);
    // Another page each time: it ends as well.
    auto const endless = make_keeper([seen](std::uint64_t page) {
        bytes answer(page_bytes);
        seen->read((page + 1) * page_bytes, answer);
        return answer;
    });
    kept = std::move(kept).keep(0, 100 * page_bytes, endless);
    EXPECT_THROW((void)kept.load<int>(0), keeper_failed);
    EXPECT_THROW((void)kept.load<int>(0), keeper_failed); // nothing is left behind by the first time
    EXPECT_THROW((void)kept.load<int>(90 * page_bytes), std::out_of_range); // it leaves the segment
}

TEST_F(segment_keeper, that_reads_other_pages_is_answered)
{
    segment kept = zeros(10).store<int>(0, 3);
    segment* const seen = &kept;
    kept = std::move(kept).keep(page_bytes, 9 * page_bytes, make_keeper([seen](std::uint64_t page) {
        bytes answer(page_bytes); // a copy of the page before
        seen->read(page * page_bytes, answer);
        return answer;
    }));
    EXPECT_EQ(kept.load<int>(9 * page_bytes), 3);
}

TEST_F(segment_keeper, that_replaces_the_segment_meanwhile_does_no_harm)
{
    segment kept = zeros(4);
    segment* const seen = &kept;
    kept = std::move(kept).keep(0, 4 * page_bytes, make_keeper([seen](std::uint64_t) {
        *seen = segment();
        return filled(page_bytes, 5);
    }));
    auto const before = kept;
    bytes target(4 * page_bytes);
    kept.read(0, target);
    EXPECT_EQ(target, filled(4 * page_bytes, 5));
    kept = before;
    kept = std::move(kept).store<int>(8, 1);
    EXPECT_EQ(kept.load<int>(8), 1);
    kept = before;
    auto const fetched = std::move(kept).fetch(0, 2 * page_bytes);
    EXPECT_EQ(fetched.load<char>(page_bytes), 5);
}

TEST_F(segment_keeper, that_hangs_stalls_its_caller_alone)
{
    std::atomic<bool> asked{ false };
    std::atomic<bool> go_on{ false };
    auto const kept = zeros(4).store<int>(0, 3).keep(page_bytes, page_bytes, make_keeper([&](auto) {
        asked = true;
        while (!go_on)
            std::this_thread::yield();
        return filled(page_bytes, 9);
    }));
    std::thread stalled([kept] { EXPECT_EQ(kept.load<char>(page_bytes), 9); });
    while (!asked)
        std::this_thread::yield();
    // Meanwhile others read, write, compare and let go of versions that share all nodes.
    EXPECT_EQ(kept.load<int>(0), 3);
    auto const other = kept.store<int>(2 * page_bytes, 4).write(page_bytes, filled(page_bytes, 8));
    EXPECT_EQ(other.load<char>(page_bytes), 8);
    EXPECT_FALSE(diff(kept, other).empty());
    EXPECT_EQ(other.freeze().load<int>(0), 3);
    go_on = true;
    stalled.join();
}

TEST_F(segment_keeper, refuses_bad_ranges)
{
    auto const base = zeros(4).resize(3 * page_bytes + 5);
    auto const pages = std::make_shared<counting_keeper>();
    EXPECT_THROW((void)base.keep(1, page_bytes, pages), still::misaligned_range);
    EXPECT_THROW((void)base.keep(0, page_bytes + 1, pages), still::misaligned_range);
    EXPECT_THROW((void)base.keep(0, 4 * page_bytes, pages), std::out_of_range);
    EXPECT_THROW((void)base.keep(0, page_bytes, nullptr), std::invalid_argument);
    EXPECT_TRUE(base.keep(0, 0, pages).same_root(base));
    EXPECT_EQ(base.keep(0, base.size(), pages).load<char>(3 * page_bytes + 4), 103);
    EXPECT_EQ(pages.use_count(), 1);
}

} // namespace
