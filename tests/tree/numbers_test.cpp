// SPDX-License-Identifier: BSL-1.0
//
// Numbers, whose keys are searched, merged and compared without branches: against the standard library's
// algorithms, in nodes of every size, at every length and from every side.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "test_heap.hpp"

namespace {

using namespace still_test;

template <std::size_t Capacity>
void search_every_prefix()
{
    for (std::size_t length = 0; length <= Capacity; ++length) {
        // No longer than it must be: reading beyond it is a fault that the address sanitizer sees.
        std::vector<std::size_t> keys(length);
        for (std::size_t index = 0; index < length; ++index)
            keys[index] = index;
        for (std::size_t end = 0; end <= length; ++end) {
            auto const found
                = still::tree::prefix_length<Capacity>(keys.data(), length, [&](std::size_t key) { return key < end; });
            ASSERT_EQ(found, end) << "of " << length << " in a node of " << Capacity;
        }
    }
}

TEST(tree_numbers, are_found_in_nodes_of_every_capacity_at_every_length)
{
    [&]<std::size_t... Capacities>(std::index_sequence<Capacities...>) {
        (search_every_prefix<Capacities + 1>(), ...);
    }(std::make_index_sequence<72>());
    search_every_prefix<127>();
    search_every_prefix<254>();
    search_every_prefix<255>();
}

TEST(tree_numbers, the_same_run_ends_at_the_first_difference)
{
    for (std::size_t length = 0; length < 40; ++length) {
        std::vector<std::int64_t> const one(length, 7);
        ASSERT_EQ(still::tree::same_run(one.data(), one.data(), length), length);
        for (std::size_t at = 0; at < length; ++at) {
            auto other = one;
            other[at] = 8;
            ASSERT_EQ(still::tree::same_run(one.data(), other.data(), length), at);
            std::vector<double> const real(one.begin(), one.end());
            std::vector<double> const other_real(other.begin(), other.end());
            ASSERT_EQ(still::tree::same_run(real.data(), other_real.data(), length), at);
        }
    }
}

TEST(tree_numbers, a_not_a_number_is_never_the_same)
{
    auto const nothing = std::numeric_limits<double>::quiet_NaN();
    std::array<double, 9> const values{ 0, 1, 2, 3, nothing, 5, 6, 7, 8 };
    EXPECT_EQ(still::tree::same_run(values.data(), values.data(), values.size()), 4U);
}

/// Each key type has a comparator; small keys meet often.
template <class Key, class Less>
struct numbers {
    using key = Key;
    using less = Less;
};
template <class Kind>
class tree_of_numbers : public live_count_test { };
using kinds = ::testing::Types<numbers<int, std::less<>>, numbers<std::uint64_t, std::less<>>,
    numbers<std::int16_t, std::greater<>>, numbers<std::uint8_t, std::less<std::uint8_t>>, numbers<double, std::less<>>,
    numbers<float, std::greater<float>>>;
TYPED_TEST_SUITE(tree_of_numbers, kinds);

/// Ascending runs drawn from one side or the other, so that two sets meet in every way: element by element, in long
/// runs, not at all.
template <class Kind>
std::pair<std::vector<typename Kind::key>, std::vector<typename Kind::key>> any_two(std::mt19937& random)
{
    using key = typename Kind::key;
    std::pair<std::vector<key>, std::vector<key>> made;
    auto const most = std::min<double>(1500, static_cast<double>(std::numeric_limits<key>::max()));
    auto const longest = std::array{ 1, 2, 10, 200, 600 }[random() % 5];
    for (double next = 0; next < most;) {
        auto const side = random() % 4;
        for (auto left = random() % static_cast<unsigned>(longest) + 1; left > 0 && next < most; --left, ++next) {
            if (side == 0 || side == 2)
                made.first.push_back(static_cast<key>(next));
            if (side == 1 || side == 2)
                made.second.push_back(static_cast<key>(next));
        }
    }
    std::sort(made.first.begin(), made.first.end(), typename Kind::less());
    std::sort(made.second.begin(), made.second.end(), typename Kind::less());
    return made;
}

/// A container of these keys with nodes as full as they come: built at once, or key by key in random order.
template <class Container, class Elements>
Container any_filling(Elements const& elements, std::mt19937& random)
{
    if (random() % 2 == 0)
        return Container::from_sorted(elements);
    auto order = elements;
    std::shuffle(order.begin(), order.end(), random);
    Container made;
    for (auto const& element : order) {
        if constexpr (requires { element.first; })
            made = std::move(made).insert(element.first, element.second);
        else
            made = std::move(made).insert(element);
    }
    return made;
}

TYPED_TEST(tree_of_numbers, set_algebra_is_the_standard_librarys)
{
    using key = typename TypeParam::key;
    using less = typename TypeParam::less;
    using container = still::set<key, less, test_policy>;
    auto const seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (auto round = 0; round < 40; ++round) {
        auto const [first, second] = any_two<TypeParam>(random);
        auto const one = any_filling<container>(first, random);
        auto const other = any_filling<container>(second, random);
        auto const check = [&](container const& made, auto algorithm) {
            ASSERT_TRUE(validate(made)) << validate(made);
            std::vector<key> wanted;
            algorithm(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(wanted), less());
            ASSERT_TRUE(std::ranges::equal(made, wanted));
            if (wanted == first) {
                ASSERT_TRUE(made.same_root(one)) << "nothing changed";
            }
        };
        check(set_union(one, other), [](auto... all) { std::set_union(all...); });
        check(set_intersection(one, other), [](auto... all) { std::set_intersection(all...); });
        check(set_difference(one, other), [](auto... all) { std::set_difference(all...); });
        check(set_symmetric_difference(one, other), [](auto... all) { std::set_symmetric_difference(all...); });
    }
}

TYPED_TEST(tree_of_numbers, differences_are_those_of_the_keys)
{
    using key = typename TypeParam::key;
    using container = still::set<key, typename TypeParam::less, test_policy>;
    auto const seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (auto round = 0; round < 20; ++round) {
        auto const [first, second] = any_two<TypeParam>(random);
        auto const one = any_filling<container>(first, random);
        auto const other = any_filling<container>(second, random);
        std::vector<key> removed;
        std::vector<key> added;
        for (auto const& change : diff(one, other))
            (change.before != nullptr ? removed : added).push_back(change.before ? *change.before : *change.after);
        std::vector<key> wanted;
        std::ranges::set_difference(first, second, std::back_inserter(wanted), typename TypeParam::less());
        ASSERT_EQ(removed, wanted);
        wanted.clear();
        std::ranges::set_difference(second, first, std::back_inserter(wanted), typename TypeParam::less());
        ASSERT_EQ(added, wanted);
        ASSERT_EQ(one == other, first == second);
        ASSERT_EQ(one == any_filling<container>(first, random), true);
    }
}

TYPED_TEST(tree_of_numbers, values_go_with_their_keys)
{
    using key = typename TypeParam::key;
    using less = typename TypeParam::less;
    using container = still::map<key, std::uint32_t, less, test_policy>;
    auto const seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    for (auto round = 0; round < 20; ++round) {
        auto const [first, second] = any_two<TypeParam>(random);
        auto const with = [](auto const& keys, std::uint32_t value) {
            std::vector<std::pair<key, std::uint32_t>> made;
            for (auto const& each : keys)
                made.emplace_back(each, value++);
            return made;
        };
        auto const left = with(first, 0);
        auto const right = with(second, 1U << 20U);
        auto const made = set_union(any_filling<container>(left, random), any_filling<container>(right, random));
        ASSERT_TRUE(validate(made)) << validate(made);
        std::vector<std::pair<key, std::uint32_t>> wanted;
        std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(wanted),
            [](auto const& one, auto const& other) { return less()(one.first, other.first); });
        ASSERT_TRUE(std::ranges::equal(made, wanted));
        // One value changed: it is the only difference.
        if (left.empty())
            continue;
        auto const& at = left[random() % left.size()];
        auto const before = container::from_sorted(left);
        auto const after = any_filling<container>(left, random).insert_or_assign(at.first, at.second + 1);
        std::size_t changes = 0;
        for (auto const& change : diff(before, after)) {
            ++changes;
            ASSERT_TRUE(change.before && change.after);
            ASSERT_EQ(change.before->first, at.first);
        }
        ASSERT_EQ(changes, 1U);
        ASSERT_FALSE(before == after);
    }
}

/// Copied as bytes, and never assigned.
struct fixed {
    int const value;
};

TEST(tree_numbers, have_values_that_cannot_be_assigned)
{
    still::map<int, fixed> even;
    still::map<int, fixed> thirds;
    for (int key = 0; key < 600; ++key) {
        even = std::move(even).insert(2 * key, fixed{ key });
        thirds = std::move(thirds).insert(3 * key, fixed{ -key });
    }
    auto const both = set_union(even, thirds);
    EXPECT_TRUE(validate(both)) << validate(both);
    EXPECT_EQ(both.at(6).value, 3);
    EXPECT_EQ(both.at(9).value, -3);
}

} // namespace
