// SPDX-License-Identifier: BSL-1.0
//
// Containers that are equal hash alike, whatever the shapes of their trees; others mostly don't.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "still/bank.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

namespace still_test {

struct without_hash {
    int key = 0;
    friend auto operator<=>(without_hash, without_hash) = default;
};
struct without_equality {
    int key = 0;
    friend bool operator<(without_equality one, without_equality other) { return one.key < other.key; }
};

} // namespace still_test

template <>
struct std::hash<still_test::without_equality> {
    std::size_t operator()(still_test::without_equality seen) const { return static_cast<std::size_t>(seen.key); }
};

namespace {

using namespace still_test;

template <class T>
constexpr bool has_hash = std::is_default_constructible_v<std::hash<T>>;

static_assert(has_hash<still::set<int>> && has_hash<still::set_view<int>>);
static_assert(has_hash<still::map<std::string, double>> && has_hash<still::map_view<std::string, double>>);
static_assert(has_hash<still::set<int, std::greater<>, still::charged_policy>>);
static_assert(has_hash<still::set<still::set<int>>>, "versions within versions");
static_assert(!has_hash<still::set<without_hash>>);
static_assert(!has_hash<still::map<without_hash, int>>);
static_assert(!has_hash<still::map<int, without_hash>>);
static_assert(!has_hash<still::set<without_equality>>, "equivalent elements might hash apart");

template <class T>
std::size_t hash_of(T const& seen)
{
    return std::hash<T>()(seen);
}

class tree_hash : public live_count_test { };

TEST_F(tree_hash, is_the_same_for_every_shape)
{
    using set = still::set<int, std::less<>, tiny_policy>;
    using map = still::map<int, int, std::less<>, tiny_policy>;
    std::mt19937 random(20'261'127);
    for (int count = 0; count < 60; ++count) {
        std::vector<std::pair<int, int>> elements;
        for (int index = 0; index < count; ++index)
            elements.emplace_back(index * 3, index % 5);
        auto const wanted_set = hash_of(any_shape<set>(elements, random));
        auto const wanted_map = hash_of(any_shape<map>(elements, random));
        for (int round = 0; round < 10; ++round) {
            auto const numbers = any_shape<set>(elements, random);
            auto const entries = any_shape<map>(elements, random);
            ASSERT_EQ(hash_of(numbers), wanted_set);
            ASSERT_EQ(hash_of(entries), wanted_map);
            ASSERT_EQ(hash_of(numbers.view()), wanted_set);
            ASSERT_EQ(hash_of(entries.view()), wanted_map);
        }
    }
}

TEST_F(tree_hash, tells_small_containers_apart)
{
    std::unordered_map<std::size_t, still::set<int>> seen;
    for (unsigned bits = 0; bits < 4096; ++bits) {
        still::set<int> numbers;
        for (int bit = 0; bit < 12; ++bit)
            if ((bits >> bit & 1U) != 0)
                numbers = std::move(numbers).insert(bit);
        EXPECT_TRUE(seen.emplace(hash_of(numbers), numbers).second);
    }
    using map = still::map<int, int>;
    EXPECT_NE(hash_of(map{ { 1, 2 } }), hash_of(map{ { 2, 1 } }));
    EXPECT_NE(hash_of(map{ { 1, 2 } }), hash_of(map{ { 1, 3 } }));
    EXPECT_NE(hash_of(map{ { 1, 2 } }), hash_of(still::set<int>{ 1, 2 }));
}

TEST_F(tree_hash, makes_versions_keys)
{
    std::unordered_set<still::set<std::string>> versions;
    still::set<std::string> const one{ "one" };
    versions.insert(one);
    versions.insert(one.insert("two"));
    versions.insert(one.insert("two").erase("two"));
    EXPECT_EQ(versions.size(), 2u);
    EXPECT_TRUE(versions.contains({ "one", "two" }));
}

TEST_F(tree_hash, allocates_nothing)
{
    still::set<faulty_value, std::less<>, tiny_policy> numbers;
    for (int key = 0; key < 20; ++key)
        numbers = std::move(numbers).insert(faulty_value(key));
    auto const allocations = heap_ledger::allocations.events();
    EXPECT_EQ(hash_of(numbers), hash_of(numbers.view()));
    EXPECT_EQ(heap_ledger::allocations.events(), allocations);
}

} // namespace
