// SPDX-License-Identifier: BSL-1.0
//
// The face of the vector: what compiles and what doesn't, indices past the end, iterators, views.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <concepts>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <numeric>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "live_count.hpp"
#include "still/core/charged_heap.hpp"
#include "still/vector.hpp"
#include "vector_model.hpp"

// Every member compiles.
template class still::vector<int>;
template class still::vector<std::string, still::local_policy>;
template class still::vector<double, still::offset_policy>;
template class still::vector<std::string, still::charged_policy>;
template class still::vector<still_test::faulty_moving_value, still_test::test_policy>;
template class still::vector_view<int>;

namespace {

using namespace still_test;
using numbers = still::vector<int, tiny_policy>;

static_assert(std::regular<numbers> && std::totally_ordered<numbers>);
static_assert(std::is_nothrow_default_constructible_v<numbers>);
static_assert(std::is_nothrow_copy_constructible_v<numbers>);
static_assert(std::is_nothrow_move_constructible_v<numbers> && std::is_nothrow_move_assignable_v<numbers>);
static_assert(std::is_nothrow_swappable_v<numbers>);
static_assert(std::is_constructible_v<still::vector<int, still::charged_policy>, still::bank>);
static_assert(std::random_access_iterator<numbers::iterator>);
static_assert(std::ranges::random_access_range<numbers> && std::ranges::sized_range<numbers>
    && std::ranges::common_range<numbers const>);
static_assert(std::ranges::view<still::vector_view<int>> && std::ranges::borrowed_range<still::vector_view<int>>);
static_assert(std::is_trivially_copyable_v<still::vector_view<int>>);
static_assert(std::is_convertible_v<numbers const&, still::vector_view<int, tiny_policy>>);
static_assert(
    !std::is_constructible_v<numbers, still::vector_view<int, tiny_policy>>, "a view leads back to no version");

// What would point into a temporary doesn't compile; elements come by value.
template <class Vector>
concept gives_begin = requires(Vector&& seen) { std::forward<Vector>(seen).begin(); };
template <class Vector>
concept gives_rend = requires(Vector&& seen) { std::forward<Vector>(seen).rend(); };
template <class Vector>
concept gives_view = requires(Vector&& seen) { std::forward<Vector>(seen).view(); };
template <class Before, class After>
concept gives_diff
    = requires(Before&& before, After&& after) { diff(std::forward<Before>(before), std::forward<After>(after)); };
static_assert(
    gives_begin<numbers&> && gives_begin<numbers const&> && !gives_begin<numbers> && !gives_begin<numbers const>);
static_assert(gives_rend<numbers&> && !gives_rend<numbers>);
static_assert(gives_view<numbers&> && !gives_view<numbers>);
static_assert(gives_diff<numbers&, numbers const&> && !gives_diff<numbers, numbers&>
    && !gives_diff<numbers const&, numbers> && !gives_diff<numbers, numbers>);
static_assert(gives_diff<still::vector_view<int, tiny_policy>, numbers&>);
static_assert(std::is_same_v<decltype(std::declval<numbers>()[0]), int>);
static_assert(std::is_same_v<decltype(std::declval<numbers&>()[0]), int const&>);
static_assert(std::is_same_v<decltype(std::declval<numbers>().at(1)), int>);
static_assert(std::is_same_v<decltype(std::declval<numbers>().back()), int>);
static_assert(std::is_same_v<decltype(still::vector(std::declval<int*>(), std::declval<int*>())), still::vector<int>>);

class vector_face : public live_count_test { };

TEST_F(vector_face, is_made_of_lists_ranges_and_counts)
{
    EXPECT_EQ((numbers{ 1, 2, 3 }), numbers().push_back(1).push_back(2).push_back(3));
    EXPECT_EQ(numbers(5, 7), (numbers{ 7, 7, 7, 7, 7 }));
    std::list<int> const list{ 1, 2, 3 };
    EXPECT_EQ(numbers(list.begin(), list.end()), (numbers{ 1, 2, 3 }));
    std::istringstream in("1 2 3");
    EXPECT_EQ(numbers(std::istream_iterator<int>(in), std::istream_iterator<int>()), (numbers{ 1, 2, 3 }));
    EXPECT_EQ(numbers().append_range(std::views::iota(0, 50)).size(), 50U);
    auto const words = still::vector<std::string, tiny_policy>().emplace_back(3U, 'x').emplace_back("yes");
    EXPECT_EQ(words[0], "xxx");
    EXPECT_EQ(words.back(), "yes");
    EXPECT_EQ(words.front(), "xxx");
}

TEST_F(vector_face, an_index_past_the_end_is_refused_by_name)
{
    numbers const seen{ 1, 2, 3 };
    auto const refused = [](auto const& act) {
        try {
            act();
        } catch (std::out_of_range const& error) {
            return std::string(error.what())
                == "still: index 3 is past the end of a vector of 3 elements (check against size() first)";
        }
        return false;
    };
    EXPECT_TRUE(refused([&] { static_cast<void>(seen.at(3)); }));
    EXPECT_TRUE(refused([&] { static_cast<void>(numbers(seen).at(3)); }));
    EXPECT_TRUE(refused([&] { static_cast<void>(seen.assign(3, 1)); }));
    EXPECT_TRUE(refused([&] { static_cast<void>(seen.update(3, [](int value) { return value; })); }));
    EXPECT_TRUE(refused([&] { static_cast<void>(seen.alter(3, [](int value) { return value; })); }));
    auto mine = seen;
    EXPECT_TRUE(refused([&] { mine = std::move(mine).assign(3, 1); }));
    EXPECT_EQ(mine, seen); // NOLINT(bugprone-use-after-move): a refusal changes nothing
    EXPECT_THROW(static_cast<void>(numbers().at(0)), std::out_of_range);
    EXPECT_EQ(seen.at(2), 3);
}

RC_GTEST_PROP(vector_iterators, walk_as_indices_do, ())
{
    auto const size = *rc::gen::inRange<std::size_t>(0, 120);
    std::vector<int> model(size);
    std::iota(model.begin(), model.end(), 0);
    numbers const seen(model.begin(), model.end());
    auto at = seen.begin();
    auto here = model.begin();
    for (auto const jump : *rc::gen::arbitrary<std::vector<int>>()) {
        auto const target = (static_cast<std::size_t>(static_cast<unsigned>(jump))) % (size + 1);
        auto const distance = static_cast<std::ptrdiff_t>(target) - (here - model.begin());
        switch (jump % 4) {
        case 0:
            at += distance;
            break;
        case 1:
            at = at + distance;
            break;
        case 2:
            at = at - -distance;
            break;
        default: // step by step
            for (auto left = distance; left > 0; --left)
                ++at;
            for (auto left = distance; left < 0; ++left)
                --at;
        }
        here += distance;
        RC_ASSERT(at - seen.begin() == here - model.begin());
        RC_ASSERT(seen.end() - at == model.end() - here);
        RC_ASSERT((at == seen.end()) == (here == model.end()));
        RC_ASSERT((at <=> seen.end()) == (here <=> model.end()));
        if (here != model.end()) {
            RC_ASSERT(*at == *here);
            RC_ASSERT(at[0] == *here);
            RC_ASSERT(at[model.end() - here - 1] == model.back());
        }
    }
}

TEST_F(vector_face, algorithms_take_its_iterators)
{
    numbers const seen = numbers().append_range(std::views::iota(0, 100));
    EXPECT_EQ(*std::ranges::lower_bound(seen, 42), 42);
    EXPECT_EQ(std::ranges::count_if(seen, [](int value) { return value % 2 == 0; }), 50);
    EXPECT_EQ(std::accumulate(seen.rbegin(), seen.rend(), 0), 4'950);
    EXPECT_EQ(std::ranges::distance(seen | std::views::reverse | std::views::drop(10)), 90);
    EXPECT_TRUE(std::ranges::is_sorted(seen));
    EXPECT_EQ(seen.begin()[99], 99);
    EXPECT_EQ(*(10 + seen.begin()), 10);
    EXPECT_TRUE(seen.cbegin() < seen.cend());
    numbers::iterator const nowhere;
    EXPECT_EQ(nowhere, numbers::iterator());
}

TEST_F(vector_face, iterators_outlive_their_vector_where_another_shares_the_elements)
{
    auto mine = numbers().append_range(std::views::iota(0, 100));
    auto const kept = mine;
    auto at = mine.begin() + 30;
    mine = {};
    EXPECT_EQ(*at, 30);
    EXPECT_EQ(at[60], 90);
    EXPECT_EQ(at - kept.begin(), 30);
}

TEST_F(vector_face, views_read_what_vectors_do)
{
    numbers const seen{ 1, 2, 3, 4, 5, 6 };
    auto const view = seen.view();
    EXPECT_EQ(view, seen);
    EXPECT_TRUE(view.same_root(seen));
    EXPECT_EQ(view[4], 5);
    EXPECT_EQ(view.at(5), 6);
    EXPECT_THROW(static_cast<void>(view.at(6)), std::out_of_range);
    EXPECT_EQ(std::accumulate(view.begin(), view.end(), 0), 21);
    EXPECT_TRUE(view < numbers({ 1, 3 }));
    EXPECT_TRUE(validate(view));
    EXPECT_TRUE((still::vector_view<int, tiny_policy>().empty()));
}

TEST_F(vector_face, hashes_follow_from_the_elements)
{
    std::unordered_set<numbers> versions;
    numbers seen;
    for (int i = 0; i < 50; ++i) {
        seen = std::move(seen).push_back(i);
        EXPECT_TRUE(versions.insert(seen).second);
    }
    EXPECT_TRUE(versions.contains(numbers().append_range(std::views::iota(0, 20))));
    EXPECT_FALSE(versions.contains(seen.assign(3, 7)));
}

TEST_F(vector_face, swaps)
{
    numbers one{ 1 };
    numbers other{ 2, 3 };
    swap(one, other);
    EXPECT_EQ(one, (numbers{ 2, 3 }));
    auto const& itself = one;
    one = itself;
    EXPECT_EQ(one, (numbers{ 2, 3 }));
    numbers const moved = std::move(one);
    EXPECT_TRUE(one.empty()); // NOLINT(bugprone-use-after-move): promised
    EXPECT_EQ(moved.size(), 2U);
}

} // namespace
