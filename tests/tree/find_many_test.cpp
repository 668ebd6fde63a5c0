// SPDX-License-Identifier: BSL-1.0
//
// Finding many keys at once gives what finding each gives.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tree_model.hpp"

namespace {

using namespace still_test;

template <class Container>
void agrees(unsigned seed)
{
    std::mt19937 random(seed);
    tree_model model;
    for (auto wanted = random() % 200; wanted > 0; --wanted)
        model.emplace(static_cast<int>(random() % 300), is_map<Container> ? static_cast<int>(random() % 9) : 0);
    auto const seen = any_shape<Container>(model, random);
    std::vector<int> keys(random() % 100);
    for (auto& key : keys)
        key = static_cast<int>(random() % 320) - 10;
    auto results = std::vector<decltype(seen.find(0))>(keys.size() + 1);
    auto const end = seen.find_many(keys, results.begin());
    RC_ASSERT(end == results.end() - 1);
    auto from_view = results;
    seen.view().find_many(keys, from_view.begin());
    for (std::size_t index = 0; index < keys.size(); ++index) {
        RC_ASSERT(results[index] == seen.find(keys[index]));
        RC_ASSERT(from_view[index] == results[index]);
    }
    RC_ASSERT(results.back() == nullptr);
}

RC_GTEST_PROP(find_many, agrees_with_find_in_sets, (unsigned seed))
{
    agrees<still::set<int, std::less<>, tiny_policy>>(seed);
}
RC_GTEST_PROP(find_many, agrees_with_find_in_maps_of_boxes, (unsigned seed))
{
    agrees<still::map<int, int, std::less<>, tiny_boxed_policy>>(seed);
}

TEST(find_many, takes_what_a_transparent_comparator_takes)
{
    still::map<std::string, int> const seen{ { "one", 1 }, { "two", 2 } };
    std::array<std::string_view, 3> const keys{ "two", "three", "one" };
    std::array<int const*, 3> found{};
    seen.find_many(keys, found.begin());
    EXPECT_EQ(*found[0], 2);
    EXPECT_EQ(found[1], nullptr);
    EXPECT_EQ(*found[2], 1);
    still::set<std::uint32_t> const small{ 0, 1 };
    std::array<long, 2> const numbers{ 1L << 32, 1 };
    std::array<std::uint32_t const*, 2> places{};
    small.find_many(numbers, places.begin());
    EXPECT_EQ(places[0], nullptr) << "no integer is taken for another";
    EXPECT_EQ(*places[1], 1u);
}

template <class Set>
concept finds_many = requires(
    Set&& set, std::vector<int> keys, int const** results) { std::forward<Set>(set).find_many(keys, results); };
static_assert(finds_many<still::set<int>&> && finds_many<still::set_view<int>> && !finds_many<still::set<int>>);

} // namespace
