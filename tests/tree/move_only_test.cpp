// SPDX-License-Identifier: BSL-1.0
//
// Containers of elements that can't be copied: what would share an element doesn't compile, and what gives
// the container up works.

#include <gtest/gtest.h>

#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "still/bank.hpp"
#include "tree_cases.hpp"

namespace {

using namespace still_test;

using holders = still::map<int, std::unique_ptr<int>, std::less<>, tiny_policy>;

template <class Container>
concept slices = requires(Container&& seen) { std::forward<Container>(seen).slice(1, 2); }
    && requires(Container&& seen) { std::forward<Container>(seen).take(1); }
    && requires(Container&& seen) { std::forward<Container>(seen).drop(1); }
    && requires(Container&& seen) { std::forward<Container>(seen).erase_range(1, 2); };
template <class Container>
concept filters = requires(Container&& seen) {
    std::forward<Container>(seen).filter([](auto const&...) { return true; });
    std::forward<Container>(seen).partition([](auto const&...) { return true; });
};
template <class Container>
concept splits = requires(Container&& seen) { std::forward<Container>(seen).split(1); };
template <class Container>
concept unites = requires(Container&& one, Container&& other) {
    set_union(std::forward<Container>(one), std::forward<Container>(other));
    join(std::forward<Container>(one), std::forward<Container>(other));
};
template <class Container>
concept updates = requires(Container&& seen, typename std::remove_cvref_t<Container>::mapped_type value) {
    std::forward<Container>(seen).insert(1, std::move(value));
} || requires(Container&& seen, typename std::remove_cvref_t<Container>::mapped_type value) {
    std::forward<Container>(seen).insert_or_assign(1, std::move(value));
} || requires(Container&& seen) { std::forward<Container>(seen).erase(1); };
static_assert(slices<shaped_map&> && filters<shaped_map&> && splits<shaped_map&> && unites<shaped_map&>);
static_assert(slices<shaped_map> && filters<shaped_map> && splits<shaped_map> && unites<shaped_map>);
static_assert(slices<holders> && filters<holders> && unites<holders>);
static_assert(!slices<holders&> && !filters<holders&> && !splits<holders&> && !unites<holders&>);
static_assert(!updates<holders&> && !updates<holders const> && updates<holders>);
static_assert(!slices<holders const> && !filters<holders const> && !unites<holders const>);

holders make(int count, int from = 0)
{
    holders made;
    for (int key = from; key < from + count; ++key)
        made = std::move(made).insert(key, std::make_unique<int>(10 * key));
    return made;
}

::testing::AssertionResult holds_keys(holders const& seen, int count, int from = 0)
{
    if (auto const sound = validate(seen); !sound)
        return ::testing::AssertionFailure() << sound;
    auto key = from;
    for (auto const& [at, value] : seen) {
        if (at != key || *value != 10 * key)
            return ::testing::AssertionFailure() << "at " << at << " instead of " << key;
        ++key;
    }
    return key == from + count ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "too few";
}

class tree_move_only : public live_count_test { };

TEST_F(tree_move_only, is_sliced_and_filtered_by_giving_it_up)
{
    EXPECT_TRUE(holds_keys(make(60).take(31), 31));
    EXPECT_TRUE(holds_keys(make(60).drop(31), 29, 31));
    EXPECT_TRUE(holds_keys(make(60).slice(11, 40), 29, 11));
    EXPECT_TRUE(holds_keys(make(60).erase_range(20, 90), 20));
    EXPECT_TRUE(holds_keys(make(60).erase_if([](int key, auto const&) { return key >= 20; }), 20));
    auto whole = make(60);
    auto [low, high] = std::move(whole).partition([](int key, auto const&) { return key < 25; });
    EXPECT_TRUE(whole.empty()); // NOLINT: what is tested
    EXPECT_TRUE(holds_keys(low, 25));
    EXPECT_TRUE(holds_keys(high, 35, 25));
    auto const joined = join(std::move(low), std::move(high));
    EXPECT_TRUE(holds_keys(joined, 60));
    EXPECT_TRUE(low.empty() && high.empty()); // NOLINT: what is tested
    EXPECT_TRUE(holds_keys(set_union(make(40), make(40, 20)), 60));
    EXPECT_TRUE(holds_keys(set_difference(make(40), make(40, 20)), 20));
}

TEST_F(tree_move_only, is_built_of_sorted_entries_that_are_moved)
{
    std::vector<std::pair<int, std::unique_ptr<int>>> entries;
    for (int key = 0; key < 300; ++key)
        entries.emplace_back(key, std::make_unique<int>(10 * key));
    auto const moved = holders::from_sorted(
        std::ranges::subrange(std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end())));
    EXPECT_TRUE(holds_keys(moved, 300));
    EXPECT_EQ(entries.front().second, nullptr);
    auto const made = holders::from_sorted(std::views::iota(0, 300)
        | std::views::transform([](int key) { return std::pair(key, std::make_unique<int>(10 * key)); }));
    EXPECT_TRUE(holds_keys(made, 300));
}

TEST_F(tree_move_only, stays_in_its_heap)
{
    using charged = still::map<int, std::unique_ptr<int>, std::less<>, still::charged_policy>;
    still::bank const one(1 << 20);
    still::bank const other(1 << 20);
    auto left = charged(one).insert(1, std::make_unique<int>(1));
    auto right = charged(other).insert(2, std::make_unique<int>(2));
    EXPECT_THROW(static_cast<void>(join(std::move(left), std::move(right))), std::invalid_argument);
    EXPECT_TRUE(left.contains(1) && right.contains(2)); // NOLINT: what is tested
    right = charged(one).insert(2, std::make_unique<int>(2));
    EXPECT_EQ(join(std::move(left), std::move(right)).size(), 2u);
}

TEST_F(tree_move_only, is_transformed_into_values_of_its_own)
{
    auto const whole = make(60);
    auto const numbers = whole.transform_values([](std::unique_ptr<int> const& value) { return *value; });
    EXPECT_EQ(numbers.at(7), 70);
    auto const again = whole.transform([](int key, auto const&) { return std::make_unique<int>(10 * key); });
    EXPECT_TRUE(holds_keys(again, 60));
    EXPECT_TRUE(holds_keys(whole, 60));
    EXPECT_NE(again.at(7), whole.at(7));
    still::set<std::unique_ptr<int>, std::less<>, tiny_policy> pointers;
    for (int number = 0; number < 20; ++number)
        pointers = std::move(pointers).insert(std::make_unique<int>(number));
    auto const targets = pointers.transform([](auto const& pointer) { return *pointer; });
    EXPECT_EQ(targets.size(), 20u);
    EXPECT_TRUE(validate(targets)) << validate(targets);
    auto const others = pointers.transform([](auto const& pointer) { return std::make_unique<int>(*pointer); });
    EXPECT_EQ(others.size(), 20u);
    EXPECT_TRUE(disjoint(others, pointers));
}

TEST_F(tree_move_only, is_altered_in_place)
{
    auto ours = make(40);
    for (int key = 0; key < 80; ++key) {
        ours = std::move(ours).alter(key, [](std::optional<std::unique_ptr<int>> value) {
            return value ? std::nullopt : std::optional(std::make_unique<int>(7));
        });
    }
    EXPECT_TRUE(validate(ours)) << validate(ours);
    EXPECT_EQ(ours.size(), 40u);
    EXPECT_EQ(*ours.at(40), 7);
    auto const* const number = ours.at(50).get();
    ours = std::move(ours).alter(50, [](auto&& value) {
        **value += 1;
        return std::move(value);
    });
    EXPECT_EQ(ours.at(50).get(), number);
    EXPECT_EQ(*number, 8);
    auto const throws = [](auto&&) -> std::optional<std::unique_ptr<int>> { throw injected_fault(); };
    EXPECT_THROW(ours = std::move(ours).alter(50, throws), injected_fault);
    EXPECT_EQ(ours.at(50).get(), number) << "put back";
    EXPECT_TRUE(validate(ours)) << validate(ours);
}

/// Large values lie in boxes; another version may share one, and would see what is moved out of it.
struct large {
    std::vector<int> numbers;
    char room[100];
    friend bool operator==(large const& one, large const& other) { return one.numbers == other.numbers; }
};

TEST_F(tree_move_only, a_box_that_another_version_shares_is_not_touched)
{
    using larges = still::map<int, large, std::less<>, tiny_policy>;
    larges ours;
    for (int key = 0; key < 20; ++key)
        ours = std::move(ours).insert(key, large{ { key }, {} });
    auto const kept = ours.erase(0); // copies a path, and shares the boxes of its leaves
    auto const count = [](std::optional<large>&& value) {
        value->numbers[0] += 100;
        return std::move(value);
    };
    for (int key = 1; key < 20; ++key)
        ours = std::move(ours).alter(key, count);
    for (int key = 1; key < 20; ++key) {
        EXPECT_EQ(kept.at(key).numbers, std::vector{ key });
        EXPECT_EQ(ours.at(key).numbers, std::vector{ 100 + key });
    }
    auto const moved = ours.transform_values([](large const& value) { return value.numbers[0]; });
    EXPECT_EQ(moved.at(7), 107);
    EXPECT_TRUE(ours.transform_values([](large const& value) { return value; }).same_root(ours));
}

} // namespace
