// SPDX-License-Identifier: BSL-1.0
//
// Building of sorted elements: every way in which elements can be given, and every place where they may not ascend.

#include <gtest/gtest.h>

#include <compare>
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
#include <type_traits>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "test_heap.hpp"

namespace still_test {

/// A pair of a program's own: it has parts, and what gets them is its own too.
struct reading {
    std::uint32_t hour;
    double degrees;

    template <std::size_t Index>
    [[nodiscard]] auto get() const noexcept
    {
        if constexpr (Index == 0)
            return hour;
        else
            return degrees;
    }
};

/// Walks numbers of any random access, of which it keeps the last one read: references are into the iterator itself.
class stashing_iterator {
public:
    using value_type = std::uint64_t;
    using difference_type = std::ptrdiff_t;
    using reference = value_type const&;
    using iterator_concept = std::random_access_iterator_tag;

    stashing_iterator() = default;
    explicit stashing_iterator(std::ptrdiff_t at)
        : at_(at)
    {
    }

    reference operator*() const { return read_ = static_cast<value_type>(2 * at_ + 1); }
    reference operator[](difference_type by) const // dangles at once
    {
        ++dangling;
        return *(*this + by);
    }
    stashing_iterator& operator+=(difference_type by)
    {
        read_ = 0;
        at_ += by;
        return *this;
    }
    stashing_iterator& operator-=(difference_type by) { return *this += -by; }
    stashing_iterator& operator++() { return *this += 1; }
    stashing_iterator& operator--() { return *this -= 1; }
    stashing_iterator operator++(int) { return std::exchange(*this, *this + 1); }
    stashing_iterator operator--(int) { return std::exchange(*this, *this - 1); }
    friend stashing_iterator operator+(stashing_iterator from, difference_type by) { return from += by; }
    friend stashing_iterator operator+(difference_type by, stashing_iterator from) { return from += by; }
    friend stashing_iterator operator-(stashing_iterator from, difference_type by) { return from -= by; }
    friend difference_type operator-(stashing_iterator one, stashing_iterator other) { return one.at_ - other.at_; }
    friend bool operator==(stashing_iterator one, stashing_iterator other) { return one.at_ == other.at_; }
    friend auto operator<=>(stashing_iterator one, stashing_iterator other) { return one.at_ <=> other.at_; }

    static inline int dangling = 0; ///< references given that were of no use

private:
    std::ptrdiff_t at_ = 0;
    mutable value_type read_ = 0;
};
static_assert(std::random_access_iterator<stashing_iterator>);

} // namespace still_test

template <>
struct std::tuple_size<still_test::reading> : std::integral_constant<std::size_t, 2> { };
template <std::size_t Index>
struct std::tuple_element<Index, still_test::reading> : std::tuple_element<Index, std::tuple<std::uint32_t, double>> {
};

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

TEST_F(tree_ascending, entries_are_whatever_has_two_parts)
{
    std::vector<reading> given;
    for (std::uint32_t left = 1000; left > 0; --left)
        given.push_back({ left, left / 2.0 });
    auto const from_vector = number_map::from_sorted(given);
    auto const from_list = number_map::from_sorted(std::list(given.begin(), given.end()));
    EXPECT_TRUE(validate(from_vector)) << validate(from_vector);
    EXPECT_EQ(from_vector.size(), 1000U);
    EXPECT_EQ(from_vector.at(7), 3.5);
    EXPECT_EQ(from_vector, from_list);
}

TEST_F(tree_ascending, a_number_may_lie_in_the_iterator_itself)
{
    auto const made = number_set::from_sorted(std::ranges::subrange(stashing_iterator(0), stashing_iterator(1000)));
    EXPECT_TRUE(std::ranges::equal(made, odd_numbers(1000)));
    EXPECT_EQ(stashing_iterator::dangling, 0);
}

TEST_F(tree_ascending, numbers_that_become_one_in_the_tree_are_refused)
{
    using halves = still::set<int, std::less<>, test_policy>;
    using small_map = still::map<std::uint8_t, int, std::less<>, test_policy>;
    EXPECT_THROW((void)halves::from_sorted(std::vector<double>{ 1.25, 1.5, 2 }), std::invalid_argument);
    EXPECT_THROW(
        (void)small_map::from_sorted(std::vector<std::pair<int, int>>{ { 1, 0 }, { 257, 0 } }), std::invalid_argument);
    EXPECT_THROW(
        (void)small_map::from_sorted(std::list<std::pair<int, int>>{ { 2, 0 }, { 257, 0 } }), std::invalid_argument);
    auto const made = halves::from_sorted(std::vector<double>{ -1.5, 0.5, 1.5 });
    EXPECT_TRUE(std::ranges::equal(made, std::vector{ -1, 0, 1 }));
}

TEST_F(tree_ascending, what_is_not_a_number_is_refused)
{
    auto const alone = std::vector<double>{ std::numeric_limits<double>::quiet_NaN() };
    EXPECT_THROW((void)still::set<double>::from_sorted(alone), std::invalid_argument);
    EXPECT_THROW((void)still::set<double>::from_sorted(std::list(alone.begin(), alone.end())), std::invalid_argument);
    EXPECT_EQ((still::set<double, still::total_less>::from_sorted(alone).size()), 1U);
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
