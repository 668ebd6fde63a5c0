// SPDX-License-Identifier: BSL-1.0
//
// Transactions and melding: what is written down, when two combine, and what they conflict over.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <concepts>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support.hpp"

namespace {

using namespace still_test;
using still::byte_run;
using still::conflict_kind;
using still::meld_conflict;
using still::tracking;
using still::transaction;

class segment_meld : public segment_test { };

// What a result in passing holds is handed over: a loop over it would otherwise read what is gone.
static_assert(std::same_as<decltype(std::declval<still::meld_result>().conflicts()), std::vector<meld_conflict>>);
static_assert(std::same_as<decltype(std::declval<transaction>().current()), segment>);
static_assert(std::same_as<decltype(std::declval<transaction>().base()), segment>);
static_assert(std::same_as<decltype(std::declval<still::segment_patch>().runs()), std::vector<byte_run>>);
static_assert(std::same_as<decltype(std::declval<still::segment_patch>().bytes()), bytes>);

TEST_F(segment_meld, a_transaction_writes_down_what_it_touches)
{
    transaction pages(zeros(10));
    (void)pages.load<int>(page_bytes + 100);
    (void)pages.load<int>(page_bytes + 100);
    bytes target(3 * page_bytes);
    pages.read(5 * page_bytes + 1, target);
    pages.store<int>(page_bytes - 2, 1);
    pages.write(9 * page_bytes, filled(10, 0)); // equal bytes are written all the same
    EXPECT_EQ(
        pages.read_set(), (std::vector<byte_run>{ { page_bytes, page_bytes }, { 5 * page_bytes, 4 * page_bytes } }));
    EXPECT_EQ(pages.write_set(), (std::vector<byte_run>{ { 0, 2 * page_bytes }, { 9 * page_bytes, page_bytes } }));
    EXPECT_EQ(pages.current().load<int>(page_bytes - 2), 1);
    EXPECT_EQ(pages.base().load<int>(page_bytes - 2), 0);

    transaction exact(zeros(10), tracking::bytes);
    exact.store<int>(100, 1);
    exact.store<int>(108, 1);
    exact.store<int>(104, 1);
    exact.read(0, std::span(target).first(0));
    (void)exact.load<char>(7);
    EXPECT_EQ(exact.write_set(), (std::vector<byte_run>{ { 100, 12 } }));
    EXPECT_EQ(exact.read_set(), (std::vector<byte_run>{ { 7, 1 } }));
    EXPECT_THROW(exact.store<int>(10 * page_bytes, 1), std::out_of_range);
    EXPECT_EQ(exact.write_set().size(), 1U);
}

TEST_F(segment_meld, the_end_of_a_segment_is_no_page)
{
    transaction last(segment(page_bytes + 10, bank_));
    last.store<char>(page_bytes + 9, 1);
    EXPECT_EQ(last.write_set(), (std::vector<byte_run>{ { page_bytes, 10 } }));
    transaction largest(segment(~std::uint64_t{ 0 }, bank_));
    largest.store<char>(~std::uint64_t{ 0 } - 1, 1);
    EXPECT_EQ(largest.write_set(), (std::vector<byte_run>{ { ~std::uint64_t{ 0 } - 4'095, 4'095 } }));
    EXPECT_TRUE(meld(largest.base(), largest, transaction(largest.base())));
}

TEST_F(segment_meld, combines_those_that_kept_apart)
{
    auto const base = zeros(100).store<int>(50 * page_bytes, 5);
    transaction one(base);
    transaction other(base);
    one.store<int>(0, one.load<int>(50 * page_bytes));
    other.store<int>(page_bytes, other.load<int>(50 * page_bytes) + 1);
    auto const melded = meld(base, one, other);
    ASSERT_TRUE(melded);
    EXPECT_EQ(melded.version(), base.store<int>(0, 5).store<int>(page_bytes, 6));
    EXPECT_EQ(melded.version(), meld(base, other, one).version());
    EXPECT_EQ(melded.version().page_bytes_at(page_bytes).data(), other.current().page_bytes_at(page_bytes).data());
    EXPECT_TRUE(melded.conflicts().empty());
}

TEST_F(segment_meld, names_what_conflicts)
{
    auto const base = zeros(100);
    transaction one(base);
    transaction other(base);
    one.store<int>(0, 1);
    other.store<int>(8, 1);
    (void)one.load<int>(3 * page_bytes);
    other.write(2 * page_bytes, filled(3 * page_bytes, 1));
    (void)other.load<int>(4);
    auto const refused = meld(base, one, other);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.conflicts(),
        (std::vector<meld_conflict>{ { { 0, page_bytes }, conflict_kind::both_wrote },
            { { 3 * page_bytes, page_bytes }, conflict_kind::first_read },
            { { 0, page_bytes }, conflict_kind::second_read } }));
    EXPECT_THROW((void)refused.version(), std::logic_error);
}

TEST_F(segment_meld, of_bytes_in_one_page)
{
    auto const base = zeros(4).write(0, filled(page_bytes, 7));
    transaction one(base, tracking::bytes);
    transaction other(base, tracking::bytes);
    one.store<int>(0, 1);
    other.store<int>(4, 2);
    other.write(page_bytes - 4, filled(8, 3)); // into the next page, which the other left alone
    auto const melded = meld(base, one, other);
    ASSERT_TRUE(melded);
    EXPECT_EQ(melded.version(), base.store<int>(0, 1).store<int>(4, 2).write(page_bytes - 4, filled(8, 3)));
    (void)one.load<char>(7);
    EXPECT_EQ(
        meld(base, one, other).conflicts(), (std::vector<meld_conflict>{ { { 7, 1 }, conflict_kind::first_read } }));
}

TEST_F(segment_meld, needs_a_common_base)
{
    auto const base = zeros(4);
    auto const equal = zeros(4);
    EXPECT_TRUE(meld(base, transaction(base), transaction(equal)));
    EXPECT_THROW((void)meld(base, transaction(base), transaction(base.store<int>(0, 1))), std::invalid_argument);
}

TEST_F(segment_meld, of_what_a_keeper_has)
{
    auto const base = zeros(4).keep(0, 4 * page_bytes, std::make_shared<counting_keeper>());
    transaction one(base, tracking::bytes);
    transaction other(base, tracking::bytes);
    one.store<char>(0, 1);
    other.store<char>(1, 2);
    other.store<char>(page_bytes, 3);
    auto const melded = meld(base, one, other);
    ASSERT_TRUE(melded);
    auto wanted = content(base);
    wanted[0] = std::byte{ 1 };
    wanted[1] = std::byte{ 2 };
    wanted[page_bytes] = std::byte{ 3 };
    EXPECT_EQ(content(melded.version()), wanted);
}

/// A meld is what running one after the other gives, whichever comes first, and is refused exactly where sets meet.
RC_GTEST_PROP(segment_melds, are_as_if_one_had_run_after_the_other, (std::uint32_t seed, bool exact))
{
    std::mt19937 random(seed);
    auto const size = 20 * page_bytes;
    auto const base = segment(size).write(0, filled(5 * page_bytes, 1));
    struct write {
        std::size_t offset;
        bytes source;
    };
    struct run {
        transaction done;
        std::vector<write> writes;
        std::vector<bool> read;
        std::vector<bool> written;
    };
    auto const grain = exact ? tracking::bytes : tracking::pages;
    auto const go = [&] {
        run made{ transaction(base, grain), {}, std::vector<bool>(size), std::vector<bool>(size) };
        auto const mark = [&](std::vector<bool>& set, std::size_t offset, std::size_t count) {
            auto const first = exact ? offset : offset / page_bytes * page_bytes;
            auto const end = exact ? offset + count : (offset + count + page_bytes - 1) / page_bytes * page_bytes;
            std::fill(
                set.begin() + static_cast<std::ptrdiff_t>(first), set.begin() + static_cast<std::ptrdiff_t>(end), true);
        };
        for (auto i = random() % (1U << random() % 8); i > 0; --i) {
            auto const offset = random() % (size - 10);
            auto const count = 1 + random() % 8;
            bytes source = filled(count, static_cast<int>(random() % 4));
            if (random() % 3 == 0) {
                made.done.read(offset, source);
                mark(made.read, offset, count);
            } else {
                made.done.write(offset, source);
                mark(made.written, offset, count);
                made.writes.push_back({ offset, source });
            }
        }
        return made;
    };
    auto const one = go();
    auto const other = go();
    auto const set_of = [](std::vector<byte_run> const& runs, std::size_t total) {
        std::vector<bool> set(total);
        for (auto const run : runs)
            std::fill_n(set.begin() + static_cast<std::ptrdiff_t>(run.offset), run.count, true);
        return set;
    };
    RC_ASSERT(set_of(one.done.read_set(), size) == one.read);
    RC_ASSERT(set_of(one.done.write_set(), size) == one.written);
    bool apart = true;
    for (std::size_t i = 0; i < size; ++i) {
        auto const clash = (one.written[i] && (other.read[i] || other.written[i])) || (one.read[i] && other.written[i]);
        apart = apart && !clash;
    }
    auto const melded = meld(base, one.done, other.done);
    RC_ASSERT(static_cast<bool>(melded) == apart);
    if (!apart)
        return;
    auto after = one.done.current();
    for (auto const& [offset, source] : other.writes)
        after = after.write(offset, source);
    RC_ASSERT(melded.version() == after);
}

} // namespace
