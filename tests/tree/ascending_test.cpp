// SPDX-License-Identifier: BSL-1.0
//
// Building of sorted elements: every way in which elements can be given, and every place where they may not ascend.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <limits>
#include <list>
#include <memory>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "test_heap.hpp"

namespace {

using namespace still_test;

class tree_ascending : public live_count_test { };

using number_set = still::set<std::uint64_t, std::less<>, test_policy>;
using number_map = still::map<std::uint32_t, double, std::greater<>, test_policy>;

/// Lengths about those at which nodes are full: of a leaf, of two, of a branch of leaves and one beyond.
std::vector<std::size_t> lengths()
{
    std::vector<std::size_t> made;
    for (std::size_t length = 0; length < 200; ++length)
        made.push_back(length);
    made.insert(made.end(), { 881, 882, 883, 944, 945, 946, 5000, 20000 });
    return made;
}

std::vector<std::uint64_t> odd_numbers(std::size_t count)
{
    std::vector<std::uint64_t> made;
    for (std::size_t index = 0; index < count; ++index)
        made.push_back(2 * index + 1);
    return made;
}

TEST_F(tree_ascending, numbers_come_from_any_range)
{
    for (auto const length : lengths()) {
        auto const wanted = odd_numbers(length);
        auto const check = [&](number_set const& made) {
            ASSERT_TRUE(validate(made)) << validate(made);
            ASSERT_TRUE(std::ranges::equal(made, wanted)) << length;
        };
        check(number_set::from_sorted(wanted));
        check(number_set::from_sorted(std::deque(wanted.begin(), wanted.end())));
        check(number_set::from_sorted(std::list(wanted.begin(), wanted.end())));
        check(number_set::from_sorted(std::vector<int>(wanted.begin(), wanted.end())));
        check(number_set::from_sorted(std::views::iota(std::size_t{ 0 }, length)
            | std::views::transform([](auto index) { return 2 * index + 1; })));
        std::stringstream text;
        for (auto const each : wanted)
            text << each << ' ';
        check(number_set::from_sorted(std::ranges::istream_view<std::uint64_t>(text)));
    }
}

TEST_F(tree_ascending, values_go_with_their_keys)
{
    for (auto const length : lengths()) {
        std::vector<std::pair<std::uint32_t, double>> wanted;
        for (auto left = static_cast<std::uint32_t>(length); left > 0; --left)
            wanted.emplace_back(left, left / 2.0);
        auto const check = [&](number_map const& made) {
            ASSERT_TRUE(validate(made)) << validate(made);
            ASSERT_TRUE(std::ranges::equal(made, wanted)) << length;
        };
        check(number_map::from_sorted(wanted));
        check(number_map::from_sorted(std::list(wanted.begin(), wanted.end())));
        check(number_map::from_sorted(std::vector<std::tuple<std::uint32_t, double>>(wanted.begin(), wanted.end())));
        check(number_map::from_sorted(std::vector<std::pair<std::uint16_t, float>>(wanted.begin(), wanted.end())));
        check(number_map::from_sorted(number_map::from_sorted(wanted)));
    }
}

TEST_F(tree_ascending, a_number_out_of_order_is_refused_wherever_it_is)
{
    for (std::size_t const length : { 2U, 3U, 62U, 63U, 64U, 65U, 126U, 127U, 128U, 200U }) {
        for (std::size_t at = 1; at < length; ++at) {
            for (auto const wrong : { 2 * at - 1, 2 * at - 2, std::size_t{ 0 } }) {
                auto given = odd_numbers(length);
                given[at] = wrong;
                ASSERT_THROW((void)number_set::from_sorted(given), std::invalid_argument) << at << " of " << length;
            }
        }
        for (std::size_t at = 0; at + 1 < length; ++at) {
            auto given = odd_numbers(length);
            given[at] = given[at + 1];
            ASSERT_THROW((void)number_set::from_sorted(given), std::invalid_argument) << at << " of " << length;
        }
    }
}

TEST_F(tree_ascending, what_is_not_a_number_is_refused)
{
    std::vector<double> given{ 1, 2, std::numeric_limits<double>::quiet_NaN(), 3 };
    EXPECT_THROW((void)still::set<double>::from_sorted(given), std::invalid_argument);
    given.erase(given.begin(), given.begin() + 2);
    EXPECT_THROW((void)still::set<double>::from_sorted(given), std::invalid_argument);
}

TEST_F(tree_ascending, refusals_lose_nothing_and_leak_nothing)
{
    std::vector<std::string> names;
    for (int index = 0; index < 100; ++index)
        names.push_back("a name that is longer than a string's own room " + std::to_string(1000 + index));
    auto given = names;
    given.push_back(names.front());
    EXPECT_THROW((void)(still::set<std::string, std::less<>, test_policy>::from_sorted(given)), std::invalid_argument);
    EXPECT_EQ(given.front(), names.front());
}

TEST_F(tree_ascending, elements_are_moved_where_they_are_given_to_be_moved)
{
    std::vector<std::pair<int, std::unique_ptr<int>>> given;
    for (int key = 0; key < 100; ++key)
        given.emplace_back(key, std::make_unique<int>(-key));
    auto const made = still::map<int, std::unique_ptr<int>, std::less<>, test_policy>::from_sorted(
        std::ranges::subrange(std::move_iterator(given.begin()), std::move_iterator(given.end())));
    EXPECT_EQ(made.size(), 100U);
    EXPECT_EQ(*made.at(42), -42);
    EXPECT_EQ(given[42].second, nullptr);
}

TEST_F(tree_ascending, bits_come_from_a_vector_of_bits)
{
    auto const made = still::set<bool, std::less<>, test_policy>::from_sorted(std::vector<bool>{ false, true });
    EXPECT_EQ(made.size(), 2U);
    EXPECT_TRUE(made.contains(true));
}

} // namespace
