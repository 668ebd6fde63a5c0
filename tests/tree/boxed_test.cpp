// SPDX-License-Identifier: BSL-1.0
//
// Elements in boxes: that versions share them, and that elements which can't be copied have one owner.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "live_count.hpp"
#include "tree_model.hpp"

namespace {

using namespace still_test;

template <class Container>
void run_script()
{
    live_count const seen;
    run_tree_script<Container>(*any_tree_script(), *rc::gen::arbitrary<unsigned>());
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(boxed_model, a_set_agrees_with_a_map, ())
{
    run_script<still::set<int, std::less<>, tiny_boxed_policy>>();
}
RC_GTEST_PROP(boxed_model, a_map_on_offset_links_agrees_with_a_map, ())
{
    run_script<still::map<int, int, std::less<>, tiny_boxed_offset_policy>>();
}

class boxed : public live_count_test { };

struct large {
    int key;
    std::array<char, 200> rest;
    explicit large(int number)
        : key(number)
        , rest{}
    {
    }
    friend bool operator<(large const& one, large const& other) { return one.key < other.key; }
};

static_assert(still::tree::schema<large, int, still::default_policy>::boxes_keys);
static_assert(!still::tree::schema<large, int, still::default_policy>::boxes_values);
static_assert(!still::tree::schema<std::string, int, still::default_policy>::boxes_keys);

TEST_F(boxed, versions_share_an_element_and_where_it_lies)
{
    using numbers = still::set<large, std::less<>, test_policy>;
    auto before = numbers{};
    for (int number = 0; number < 100; ++number)
        before = std::move(before).insert(large(number));
    auto const after = before.insert(large(1'000)).erase(large(0));
    for (int number = 1; number < 100; ++number)
        EXPECT_EQ(before.find(large(number)), after.find(large(number)));
    EXPECT_NE(before.find(large(0)), nullptr);
}

TEST_F(boxed, a_value_that_is_assigned_leaves_the_key_where_it_is)
{
    using pairs = still::map<large, int, std::less<>, test_policy>;
    auto const before = pairs{}.insert(large(1), 10).insert(large(2), 20);
    auto const after = before.insert_or_assign(large(1), 11);
    EXPECT_EQ(&before.begin()->first, &after.begin()->first);
    EXPECT_EQ(before.at(large(1)), 10);
    EXPECT_EQ(after.at(large(1)), 11);
}

/// Pointers in the order of what they point to, which is also what they are looked up by.
struct by_target {
    using is_transparent = void;
    [[nodiscard]] static int number(int seen) { return seen; }
    [[nodiscard]] static int number(std::unique_ptr<int> const& seen) { return *seen; }
    template <class One, class Other>
    bool operator()(One const& one, Other const& other) const
    {
        return number(one) < number(other);
    }
};
using owners = still::set<std::unique_ptr<int>, by_target, test_policy>;
using holders = still::map<int, std::unique_ptr<std::string>, std::less<>, test_policy>;

static_assert(!std::is_copy_constructible_v<owners> && !std::is_copy_assignable_v<owners>);
static_assert(!std::is_copy_constructible_v<holders> && !std::is_copy_assignable_v<holders>);
static_assert(std::is_nothrow_move_constructible_v<owners> && std::is_nothrow_move_assignable_v<holders>);

TEST_F(boxed, elements_that_cannot_be_copied_have_one_owner)
{
    owners numbers;
    for (int index = 0; index < 500; ++index)
        numbers = std::move(numbers).insert(std::make_unique<int>(index * 37 % 500));
    EXPECT_TRUE(validate(numbers)) << validate(numbers);
    EXPECT_EQ(numbers.size(), 500u);
    int expected = 0;
    for (auto const& number : numbers)
        EXPECT_EQ(*number, expected++);
    for (int index = 0; index < 490; ++index)
        numbers = std::move(numbers).erase(index);
    EXPECT_TRUE(validate(numbers)) << validate(numbers);
    EXPECT_EQ(numbers.size(), 10u);
    auto const moved = std::move(numbers);
    EXPECT_TRUE(moved.contains(495));
}

TEST_F(boxed, values_that_cannot_be_copied_are_replaced)
{
    holders words;
    for (int index = 0; index < 300; ++index)
        words = std::move(words).insert_or_assign(index % 200, std::make_unique<std::string>(std::to_string(index)));
    EXPECT_TRUE(validate(words)) << validate(words);
    EXPECT_EQ(words.size(), 200u);
    EXPECT_EQ(*words.at(5), "205");
    EXPECT_EQ(*words.at(150), "150");
}

/// A value that holds maps of its own kind.
struct json {
    std::variant<std::nullptr_t, double, std::string, std::vector<json>, still::map<std::string, json>> value;

    friend bool operator==(json const&, json const&) = default;
};
static_assert(std::is_copy_constructible_v<json>);

TEST_F(boxed, a_value_may_hold_maps_of_its_own_kind)
{
    using object = still::map<std::string, json>;
    json const leaf{ 1.5 };
    json const inner{ object{}.insert("number", leaf) };
    json const outer{ object{}.insert("inner", inner).insert("list", json{ std::vector{ leaf, inner } }) };
    auto const copy = outer;
    EXPECT_EQ(copy, outer);
    auto const& found = std::get<object>(outer.value).at("inner");
    EXPECT_EQ(std::get<object>(found.value).at("number"), leaf);
}

} // namespace
