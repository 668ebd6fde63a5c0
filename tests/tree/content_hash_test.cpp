// SPDX-License-Identifier: BSL-1.0
//
// Content hashes: equal for equal contents whatever the shape, and differences found by them.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <ranges>
#include <string>
#include <vector>

#include "still/content_hash.hpp"
#include "tree_model.hpp"

namespace {

using namespace still_test;

using hashed_map = still::map<int, int, std::less<>, still::hashed<tiny_policy>>;
using hashed_set = still::set<int, std::less<>, still::hashed<tiny_policy>>;

using model_map = std::map<int, int>;

template <class Container>
[[nodiscard]] auto told_by_content(Container const& before, Container const& after)
{
    std::vector<std::array<int, 3>> told;
    EXPECT_TRUE(
        diff_by_content(before, after, [&](auto const& change) { told.push_back(told_change<Container>(change)); }));
    return told;
}

[[nodiscard]] model_map any_model(std::mt19937& random)
{
    model_map made;
    for (auto wanted = random() % 300; wanted > 0; --wanted)
        made.emplace(static_cast<int>(random() % 400), static_cast<int>(random() % 3));
    return made;
}

/// The model with a few edits, and at times another one.
[[nodiscard]] model_map edited(model_map model, std::mt19937& random)
{
    if (random() % 4 == 0)
        return any_model(random);
    for (auto edits = random() % 6; edits > 0; --edits) {
        auto const key = static_cast<int>(random() % 400);
        if (random() % 2 == 0)
            model.erase(key);
        else
            model[key] = static_cast<int>(random() % 3);
    }
    return model;
}

RC_GTEST_PROP(content_hash, finds_what_differs_between_maps_of_any_shape, (unsigned seed))
{
    std::mt19937 random(seed);
    auto const one = any_model(random);
    auto const other = edited(one, random);
    auto const before = any_shape<hashed_map>(one, random);
    auto const after = any_shape<hashed_map>(other, random);
    RC_ASSERT(told_by_content(before, after) == model_diff(one, other));
    RC_ASSERT((before.aggregate() == after.aggregate()) == (one == other));
    RC_ASSERT(any_shape<hashed_map>(one, random).aggregate() == before.aggregate());
}

RC_GTEST_PROP(content_hash, finds_what_differs_between_sets_of_any_shape, (unsigned seed))
{
    std::mt19937 random(seed);
    auto one = any_model(random);
    for (auto& entry : one)
        entry.second = 0;
    auto other = edited(one, random);
    for (auto& entry : other)
        entry.second = 0;
    auto const before = any_shape<hashed_set>(one, random);
    auto const after = any_shape<hashed_set>(other, random);
    RC_ASSERT(told_by_content(before, after) == model_diff(one, other));
}

/// Counts comparisons.
struct counting_less {
    static inline std::size_t calls = 0;
    bool operator()(int one, int other) const noexcept
    {
        ++calls;
        return one < other;
    }
};

TEST(content_hash, costs_the_changes_and_not_the_content)
{
    using numbers = still::set<int, counting_less, still::hashed<>>;
    constexpr int count = 100'000;
    auto const before = numbers::from_sorted(std::views::iota(0, count));
    numbers after; // built in another order: no node is shared
    for (int index = 0; index < count; ++index)
        after = std::move(after).insert(static_cast<int>(index * 48'271LL % count));
    ASSERT_EQ(after.size(), before.size());
    EXPECT_EQ(before.aggregate(), after.aggregate());
    after = std::move(after).erase(17).erase(50'000).insert(200'000);
    counting_less::calls = 0;
    std::vector<int> told;
    EXPECT_TRUE(diff_by_content(before, after.view(),
        [&](auto const& change) { told.push_back(change.before ? *change.before : *change.after); }));
    EXPECT_EQ(told, (std::vector{ 17, 50'000, 200'000 }));
    // Three ways down of 11 halvings each, one lookup a halving, and three walks of at most 64 elements.
    EXPECT_LT(counting_less::calls, 3u * (12 * 20 + 2 * 64));
}

TEST(content_hash, a_visitor_may_stop_early)
{
    auto const none = hashed_set{};
    auto const three = hashed_set{ 1, 2, 3 };
    int seen = 0;
    EXPECT_FALSE(diff_by_content(none, three, [&](auto const&) { return ++seen < 2; }));
    EXPECT_EQ(seen, 2);
}

enum class colour { red, green };
struct point {
    int x;
    double y;
    friend auto hashed_members(point const& of) { return std::tie(of.x, of.y); }
};

TEST(content_hash, tells_values_apart_and_equal_ones_not)
{
    using key = still::fixed_key<1>;
    auto const of = [](auto const& value) { return still::digest_of<key>(value); };
    EXPECT_EQ(of(0.0), of(-0.0));
    EXPECT_FALSE(of(1.0) == of(2.0));
    EXPECT_EQ(of(std::string("still")), of(std::string_view("still")));
    EXPECT_FALSE(of(std::vector<std::string>{ "ab", "c" }) == of(std::vector<std::string>{ "a", "bc" }));
    EXPECT_FALSE(of(std::vector<std::string>{}) == of(std::vector<std::string>{ "" }));
    EXPECT_FALSE(of(std::pair(1, 2)) == of(std::pair(2, 1)));
    EXPECT_FALSE(of(colour::red) == of(colour::green));
    EXPECT_EQ(of(point{ 1, 0.0 }), of(point{ 1, -0.0 }));
    EXPECT_FALSE(of(point{ 1, 2 }) == of(point{ 2, 1 }));
    EXPECT_FALSE(still::digest_of<still::fixed_key<2>>(7) == of(7)) << "another key, another digest";
    EXPECT_EQ(still::digest_of<still::process_key>(7), still::digest_of<still::process_key>(7));
}

TEST(content_hash, an_empty_element_counts)
{
    still::set<std::vector<std::string>, std::less<>, still::hashed<>> const none;
    auto const one = none.insert(std::vector<std::string>());
    EXPECT_FALSE(none.aggregate() == one.aggregate());
}

TEST(content_hash, sums_carry)
{
    auto const most = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ((still::digest{ most, 1 } + still::digest{ 1, 1 }), (still::digest{ 0, 3 }));
    EXPECT_EQ((still::digest{ most, most } + still::digest{ 1, 0 }), (still::digest{ 0, 0 }));
}

} // namespace
