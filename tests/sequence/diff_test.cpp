// SPDX-License-Identifier: BSL-1.0
//
// Differences, equality and order of vectors, against the models', and what they look at.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <iterator>
#include <limits>
#include <ranges>
#include <string>
#include <vector>

#include "faulty_value.hpp"
#include "live_count.hpp"
#include "vector_model.hpp"

namespace {

using namespace still_test;
using numbers = still::vector<int, tiny_policy>;

static_assert(std::ranges::forward_range<numbers::diff_type>);

struct plain_change {
    std::size_t index;
    int before; // -1 where there is none
    int after;
    friend bool operator==(plain_change, plain_change) = default;
    friend std::ostream& operator<<(std::ostream& out, plain_change seen)
    {
        return out << seen.index << ": " << seen.before << " -> " << seen.after;
    }
};

template <class Changes>
std::vector<plain_change> plain(Changes const& changes)
{
    std::vector<plain_change> all;
    for (auto const& [index, change] : changes) {
        using kind = still::change_kind;
        EXPECT_EQ(change.kind == kind::added, change.before == nullptr);
        EXPECT_EQ(change.kind == kind::removed, change.after == nullptr);
        all.push_back(
            { index, change.before == nullptr ? -1 : *change.before, change.after == nullptr ? -1 : *change.after });
    }
    return all;
}

std::vector<plain_change> expected(std::vector<int> const& before, std::vector<int> const& after)
{
    std::vector<plain_change> all;
    for (std::size_t index = 0; index < std::max(before.size(), after.size()); ++index) {
        auto const one = index < before.size() ? before[index] : -1;
        auto const other = index < after.size() ? after[index] : -1;
        if (one != other)
            all.push_back({ index, one, other });
    }
    return all;
}

template <class Vector>
void check(
    Vector const& one, std::vector<int> const& one_model, Vector const& other, std::vector<int> const& other_model)
{
    RC_ASSERT(plain(diff(one, other)) == expected(one_model, other_model));
    RC_ASSERT((one == other) == (one_model == other_model));
    RC_ASSERT((one <=> other) == (one_model <=> other_model));
    RC_ASSERT(diff(one, other).empty() == (one_model == other_model));
}

template <class Policy>
void check_descendants()
{
    live_count const live;
    {
        still::vector<int, Policy> one;
        std::vector<int> one_model;
        for (auto const& step : *any_vector_script())
            make_step(one, one_model, step, [](int value) { return value; });
        auto other = one;
        auto other_model = one_model;
        for (auto const& step : *any_vector_script()) {
            make_step(other, other_model, step, [](int value) { return value; });
            check(one, one_model, other, other_model);
            check(other, other_model, one, one_model);
        }
        still::vector<int, Policy> const apart(other_model.begin(), other_model.end());
        check(apart, other_model, other, other_model);
        check(one, one_model, apart, other_model);
        using vector_type = still::vector<int, Policy>;
        auto const hash = std::hash<vector_type>()(other);
        RC_ASSERT(std::hash<vector_type>()(apart) == hash);
        RC_ASSERT(std::hash<typename vector_type::view_type>()(apart) == hash);
    }
    RC_ASSERT(live.balanced());
}
RC_GTEST_PROP(vector_diff, of_descendants_is_that_of_the_models, ())
{
    check_descendants<tiny_policy>();
}
RC_GTEST_PROP(vector_diff, of_descendants_in_chunks_of_one, ())
{
    check_descendants<small_chunks<test_policy, 1>>();
}

class vector_diffs : public live_count_test { };

TEST_F(vector_diffs, every_two_sizes)
{
    numbers all;
    std::vector<numbers> versions;
    for (int size = 0; size < 90; ++size) {
        versions.push_back(all);
        all = all.push_back(size);
    }
    for (std::size_t one = 0; one < versions.size(); ++one) {
        for (std::size_t other = 0; other < versions.size(); ++other) {
            auto const changes = plain(diff(versions[one], versions[other]));
            ASSERT_EQ(changes.size(), one < other ? other - one : one - other);
            for (std::size_t i = 0; i < changes.size(); ++i) {
                auto const index = std::min(one, other) + i;
                auto const value = static_cast<int>(index);
                auto const wanted = one < other ? plain_change{ index, -1, value } : plain_change{ index, value, -1 };
                ASSERT_EQ(changes[i], wanted);
            }
        }
    }
}

TEST_F(vector_diffs, every_single_edit)
{
    for (std::size_t const size : { 1U, 4U, 5U, 17U, 21U, 64U, 65U, 90U }) {
        numbers const before(size, 1);
        for (std::size_t index = 0; index < size; ++index) {
            auto const after = before.assign(index, 2);
            ASSERT_EQ(plain(diff(before, after)), (std::vector<plain_change>{ { index, 1, 2 } }));
            ASSERT_NE(before, after);
            ASSERT_LT(before, after);
            ASSERT_EQ(before, after.assign(index, 1));
        }
    }
}

TEST_F(vector_diffs, compare_near_the_change_only)
{
    using counted = still::vector<faulty_value, tiny_policy>;
    counted const before(1'000, faulty_value(1));
    auto const after = before.assign(500, faulty_value(2)).push_back(faulty_value(3));
    auto const events = value_ledger::comparisons.events();
    auto count = 0;
    EXPECT_TRUE(diff(before, after, [&](auto const&) { ++count; }));
    EXPECT_EQ(count, 2);
    EXPECT_LE(value_ledger::comparisons.events() - events, 4U); // a chunk's
    EXPECT_NE(before, after);
    EXPECT_EQ(value_ledger::comparisons.events() - events, 4U); // different sizes need none
}

TEST_F(vector_diffs, stop_when_the_visitor_wants)
{
    numbers const before(50, 1);
    numbers const after(60, 2);
    auto count = 0;
    EXPECT_FALSE(diff(before, after, [&](still::element_change<int> const&) { return ++count < 7; }));
    EXPECT_EQ(count, 7);
    EXPECT_TRUE(diff(before.view(), after, [&](auto const&) { return true; }));
    auto const changes = diff(before, after.view());
    EXPECT_EQ(std::ranges::distance(changes), 60);
    EXPECT_EQ((*std::ranges::next(changes.begin(), 55)).index, 55U);
    EXPECT_EQ(changes.begin()->change.kind, still::change_kind::changed);
}

TEST_F(vector_diffs, elements_without_equality_changed_where_their_chunk_did)
{
    struct incomparable {
        int value;
    };
    using things = still::vector<incomparable, tiny_policy>;
    static_assert(!std::equality_comparable<things>);
    things before;
    for (int i = 0; i < 10; ++i)
        before = std::move(before).push_back({ i });
    auto const after = before.assign(5, { 50 });
    std::vector<std::size_t> indices;
    for (auto const& change : diff(before, after))
        indices.push_back(change.index);
    EXPECT_EQ(indices, (std::vector<std::size_t>{ 4, 5, 6, 7 }));
    EXPECT_TRUE(diff(before, before).empty());
}

TEST_F(vector_diffs, order_is_that_of_the_elements)
{
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    still::vector<double, tiny_policy> const one{ 1, nan };
    still::vector<double, tiny_policy> const other{ 1, nan };
    EXPECT_EQ(one <=> other, std::partial_ordering::unordered);
    EXPECT_NE(one, other);
    EXPECT_EQ(one, one); // shared elements count as equal
    struct by_less {
        int value;
        bool operator<(by_less other) const { return value < other.value; }
    };
    still::vector<by_less, tiny_policy> const low{ { 1 }, { 2 } };
    still::vector<by_less, tiny_policy> const high{ { 1 }, { 3 } };
    EXPECT_TRUE((low <=> high) < 0);
    EXPECT_TRUE((low.take(1) <=> low) < 0);
}

} // namespace
