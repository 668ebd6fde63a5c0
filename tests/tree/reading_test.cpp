// SPDX-License-Identifier: BSL-1.0
//
// Reading by ranges of keys and by a condition, as standard ranges, and from what may not be read.

#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <ranges>
#include <string>
#include <tuple>
#include <vector>

#include "tree_cases.hpp"

namespace {

using namespace still_test;

using set_type = still::set<int>;
using map_type = still::map<std::string, int>;

static_assert(std::ranges::bidirectional_range<set_type> && std::ranges::sized_range<set_type>);
static_assert(std::ranges::bidirectional_range<map_type> && std::ranges::common_range<map_type>);
static_assert(std::ranges::bidirectional_range<set_type::subrange> && std::ranges::sized_range<map_type::subrange>);
static_assert(std::ranges::borrowed_range<set_type::subrange> && std::ranges::view<map_type::subrange>);
static_assert(std::ranges::borrowed_range<still::map_view<std::string, int>>);
static_assert(!std::ranges::borrowed_range<set_type> && std::ranges::viewable_range<set_type&>);
static_assert(
    std::bidirectional_iterator<map_type::iterator> && std::sized_sentinel_for<map_type::iterator, map_type::iterator>);
static_assert(std::tuple_size_v<map_type::reference> == 2);
static_assert(std::same_as<std::tuple_element_t<0, map_type::reference>, std::string const&>);

template <class Reader>
concept ranges_equal = requires(Reader&& seen) { std::forward<Reader>(seen).equal_range(1); };
template <class Reader>
concept ranges_between = requires(Reader&& seen) { std::forward<Reader>(seen).range(1, 2); };
template <class Reader>
concept partitions = requires(Reader&& seen) { std::forward<Reader>(seen).partition_point([](int) { return true; }); };
static_assert(ranges_equal<set_type&> && ranges_between<set_type const&> && partitions<set_type&>);
static_assert(!ranges_equal<set_type> && !ranges_between<set_type> && !partitions<set_type const>);
static_assert(
    ranges_equal<still::set_view<int>> && ranges_between<still::set_view<int>> && partitions<still::set_view<int>>);

class tree_reading : public live_count_test { };

TEST_F(tree_reading, ranges_of_keys_agree_with_the_model)
{
    for_any_shape<shaped_map>(
        [](auto const& seen, auto const& model, auto&) {
            auto const number = [&](auto at) { return std::distance(model.begin(), at); };
            for (int low = -1; low <= 121; low += 3) {
                auto const equals = seen.equal_range(low);
                EXPECT_EQ(equals.size(), model.count(low));
                EXPECT_EQ(equals.begin() - seen.begin(), number(model.lower_bound(low)));
                for (int high = -1; high <= 121; high += 7) {
                    auto const between = seen.range(low, high);
                    auto at = model.lower_bound(low);
                    for (auto const& [key, value] : between) {
                        ASSERT_EQ(key, at->first);
                        ASSERT_EQ(value, at->second);
                        ++at;
                    }
                    auto const end = high > low ? model.lower_bound(high) : model.lower_bound(low);
                    EXPECT_EQ(at, end);
                    EXPECT_EQ(between.size(), static_cast<std::size_t>(std::distance(model.lower_bound(low), end)));
                    EXPECT_EQ(seen.view().range(low, high).size(), between.size());
                }
            }
        },
        60);
}

TEST_F(tree_reading, the_partition_point_is_found_with_few_calls_on_keys_that_are_there)
{
    for_any_shape<shaped_set>([](auto const& seen, auto const& model, auto&) {
        for (int bound = -1; bound <= 121; ++bound) {
            int calls = 0;
            auto const at = seen.partition_point([&](int key) {
                EXPECT_TRUE(model.contains(key));
                ++calls;
                return key < bound;
            });
            EXPECT_EQ(at, seen.lower_bound(bound));
            EXPECT_LE(calls, 3 * std::log2(static_cast<double>(model.size()) + 2));
        }
    });
    shaped_map const entries{ { 1, 5 }, { 2, 6 } };
    EXPECT_EQ(entries.partition_point([](int key) { return key < 2; })->second, 6);
    shaped_set const none;
    EXPECT_EQ(none.partition_point([](int) { return true; }), none.end());
}

TEST_F(tree_reading, reads_what_a_transparent_comparator_takes)
{
    map_type const seen{ { "a", 1 }, { "b", 2 }, { "c", 3 } };
    EXPECT_EQ(seen.range("a", std::string_view("c")).size(), 2u);
    EXPECT_EQ(seen.equal_range("b").begin()->second, 2);
    still::set<unsigned> const small{ 1, 2, 3 };
    EXPECT_EQ(small.range(-5, 3).size(), 2u) << "integers are compared by value";
}

TEST_F(tree_reading, maps_are_ranges_of_pairs)
{
    map_type const seen{ { "a", 1 }, { "b", 2 }, { "c", 3 } };
    std::vector<std::string> keys;
    for (auto const& key : seen | std::views::keys)
        keys.push_back(key);
    EXPECT_EQ(keys, (std::vector<std::string>{ "a", "b", "c" }));
    int sum = 0;
    for (auto value : seen | std::views::values | std::views::reverse)
        sum = 10 * sum + value;
    EXPECT_EQ(sum, 321);
    auto const [key, value] = *seen.begin();
    static_assert(std::same_as<decltype(key), std::string const&> && std::same_as<decltype(value), int const&>);
    EXPECT_EQ(&key, &seen.begin()->first) << "unpacked without a copy";
    std::pair<std::string, int> const copied = *seen.begin();
    EXPECT_EQ(*seen.begin(), copied);
    std::map<std::string, int> const other(seen.begin(), seen.end());
    EXPECT_EQ(other.at("c"), 3);
    EXPECT_EQ(std::ranges::max(seen | std::views::values), 3);
}

TEST_F(tree_reading, what_is_moved_from_is_moved)
{
    std::vector<std::string> words{ "a word that is too long to lie in place", "and another that is too long" };
    auto const* const characters = words[0].data();
    still::set const moved(std::make_move_iterator(words.begin()), std::make_move_iterator(words.end()));
    static_assert(std::same_as<decltype(moved), still::set<std::string> const>);
    EXPECT_EQ(moved.begin()->data(), characters);
    EXPECT_TRUE(words[0].empty());

    std::vector<std::pair<std::string, std::string>> entries{ { "a key that is too long to lie in place", "value" } };
    auto const* const first = entries[0].first.data();
    still::map const copied(entries.begin(), entries.end());
    EXPECT_NE(copied.begin()->first.data(), first);
    still::map const taken(std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
    EXPECT_EQ(taken.begin()->first.data(), first);
    EXPECT_EQ(taken, copied);
    still::map const again(copied.begin(), copied.end());
    EXPECT_EQ(again, copied) << "entries of a map are references, and stay";
}

TEST_F(tree_reading, entries_go_in_as_pairs)
{
    map_type seen;
    seen = seen.insert({ "one", 1 });
    std::pair<std::string, int> const two{ "two", 2 };
    seen = std::move(seen).insert(two);
    seen = std::move(seen).insert(std::map<std::string, int>::value_type{ "three", 3 });
    EXPECT_EQ(seen, (map_type{ { "one", 1 }, { "two", 2 }, { "three", 3 } }));
    EXPECT_TRUE(seen.insert(two).same_root(seen));
    EXPECT_TRUE(seen.insert(*seen.begin()).same_root(seen));
}

/// Counts how often it is made.
struct made_of_text {
    std::string text;
    static inline int made = 0;
    explicit made_of_text(std::string_view from)
        : text(from)
    {
        ++made;
    }
    [[maybe_unused]] friend bool operator<(made_of_text const& one, made_of_text const& other)
    {
        return one.text < other.text;
    }
    friend bool operator<(made_of_text const& one, std::string_view other) { return one.text < other; }
    friend bool operator<(std::string_view one, made_of_text const& other) { return one < other.text; }
};

TEST_F(tree_reading, a_set_builds_an_element_only_to_keep_it)
{
    still::set<made_of_text> words;
    words = std::move(words).insert(std::string_view("one"));
    words = words.insert(std::string_view("two"));
    EXPECT_EQ(made_of_text::made, 2);
    EXPECT_TRUE(words.insert(std::string_view("two")).same_root(words));
    EXPECT_EQ(made_of_text::made, 2);
    still::set<int> numbers;
    numbers = numbers.insert({}).insert(3);
    EXPECT_EQ(numbers.size(), 2u);
}

} // namespace
