// SPDX-License-Identifier: BSL-1.0
//
// The order of versions, and whether they have keys in common: right for any two trees, and at the cost of
// what differs for those with a common history.

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "tree_cases.hpp"

namespace {

using namespace still_test;

static_assert(std::three_way_comparable<still::set<int>, std::strong_ordering>);
static_assert(std::three_way_comparable<still::map<int, double>, std::partial_ordering>);
static_assert(std::three_way_comparable_with<still::set<int>, still::set_view<int>>);
static_assert(std::totally_ordered<still::map<std::string, std::vector<int>>>);

/// Sets in different orders are different types of thing: they don't compare.
template <class One, class Other>
concept relates = requires(One const& one, Other const& other) { one == other; }
    || requires(One const& one, Other const& other) { one <=> other; }
    || requires(One const& one, Other const& other) { includes(one, other); }
    || requires(One const& one, Other const& other) { diff(one, other); };
static_assert(relates<still::set<int>, still::set_view<int>>);
static_assert(!relates<still::set<int>, still::set<int, std::greater<>>>);

class tree_relation : public live_count_test { };

/// Another model: an edited copy of one, or one of its own.
model_map near_or_far(model_map const& model, std::mt19937& random)
{
    if (random() % 3 == 0)
        return any_model(random);
    auto other = model;
    for (auto edits = random() % 4; edits > 0; --edits) {
        if (random() % 2 == 0)
            other.erase(static_cast<int>(random() % 120));
        else
            other[static_cast<int>(random() % 120)] = static_cast<int>(random() % 5);
    }
    return other;
}

/// The same as a container: a shape of its own, or made of the other version by edits, so that they share.
template <class Container>
Container made_from(Container const& base, model_map const& from, model_map const& wanted, std::mt19937& random)
{
    if (random() % 2 == 0)
        return any_shape<Container>(wanted, random);
    auto made = base;
    for (auto const& [key, value] : from) {
        if (!wanted.contains(key))
            made = made.erase(key);
    }
    for (auto const& [key, value] : wanted) {
        if constexpr (requires { made.insert_or_assign(key, value); })
            made = made.insert_or_assign(key, value);
        else
            made = made.insert(key);
    }
    return made;
}

std::vector<int> keys_of(model_map const& model)
{
    std::vector<int> keys;
    for (auto const& [key, value] : model)
        keys.push_back(key);
    return keys;
}

TEST_F(tree_relation, maps_are_ordered_as_the_model_is)
{
    for_any_shape<shaped_map>(
        [](auto const& one, auto const& model, auto& random) {
            auto const wanted = near_or_far(model, random);
            auto const other = made_from(one, model, wanted, random);
            ASSERT_TRUE(holds(other, wanted));
            auto const before = allocations();
            EXPECT_EQ(one <=> other, model <=> wanted);
            EXPECT_EQ(one < other.view(), model < wanted);
            EXPECT_EQ(allocations(), before);
        },
        1'000);
}

TEST_F(tree_relation, sets_relate_as_the_model_does)
{
    int subsets = 0;
    int apart = 0;
    for_any_shape<shaped_set>(
        [&](auto const& one, auto const& model, auto& random) {
            auto wanted = near_or_far(model, random);
            switch (random() % 3) {
            case 0: // some of its elements
                std::erase_if(
                    wanted, [&](auto const& entry) { return !model.contains(entry.first) || random() % 4 == 0; });
                break;
            case 1: // other elements
                std::erase_if(wanted, [&](auto const& entry) { return model.contains(entry.first); });
                break;
            default:
                break;
            }
            auto const other = made_from(one, model, wanted, random);
            auto const left = keys_of(model);
            auto const right = keys_of(wanted);
            std::vector<int> common;
            std::ranges::set_intersection(left, right, std::back_inserter(common));
            auto const before = allocations();
            EXPECT_EQ(includes(one, other), std::ranges::includes(left, right));
            EXPECT_EQ(includes(other.view(), one), std::ranges::includes(right, left));
            EXPECT_EQ(disjoint(one, other), common.empty());
            EXPECT_EQ(still::disjoint(other, one.view()), common.empty());
            EXPECT_EQ(one <=> other, left <=> right);
            EXPECT_EQ(allocations(), before);
            subsets += includes(one, other) ? 1 : 0;
            apart += disjoint(one, other) ? 1 : 0;
        },
        1'000);
    EXPECT_GT(subsets, 100);
    EXPECT_GT(apart, 100);
}

/// Counts comparisons of integers.
struct counting_less {
    static inline std::uint64_t calls = 0;
    bool operator()(int one, int other) const noexcept
    {
        ++calls;
        return one < other;
    }
};

TEST_F(tree_relation, what_is_shared_is_not_looked_at)
{
    using counted = still::set<int, counting_less, test_policy>;
    counted whole;
    for (int key = 0; key < 100'000; ++key)
        whole = std::move(whole).insert(2 * key);
    auto const part = whole.erase(60'000).erase(150'000);
    auto const few = counted{ 3, 77'777, 150'001 };
    auto const cost = [](auto const& relation) {
        auto const before = counting_less::calls;
        relation();
        return counting_less::calls - before;
    };
    EXPECT_LT(cost([&] { EXPECT_TRUE(includes(whole, part)); }), 400u);
    EXPECT_LT(cost([&] { EXPECT_FALSE(includes(part, whole)); }), 1u);
    EXPECT_LT(cost([&] { EXPECT_FALSE(disjoint(part, whole)); }), 50u);
    EXPECT_LT(cost([&] { EXPECT_TRUE(disjoint(few, whole)); }), 400u);
    EXPECT_LT(cost([&] { EXPECT_LT(whole, part); }), 400u);
    EXPECT_EQ(cost([&] { EXPECT_TRUE((whole <=> counted(whole)) == 0); }), 0u);
}

/// Equal in the order of the set, told apart by `<=>`.
struct odd {
    int key = 0;
    int tag = 0;
    friend auto operator<=>(odd const&, odd const&) = default;
};
struct by_key {
    bool operator()(odd one, odd other) const noexcept { return one.key < other.key; }
};
struct unordered_but_equal {
    [[maybe_unused]] friend bool operator==(unordered_but_equal, unordered_but_equal) { return true; }
};
static_assert(!std::totally_ordered<still::map<int, unordered_but_equal>>);

TEST_F(tree_relation, elements_are_compared_as_the_standard_containers_compare_them)
{
    using odds = still::set<odd, by_key>;
    EXPECT_LT((odds{ { 1, 1 } }), (odds{ { 1, 2 } }));
    EXPECT_TRUE(includes(odds{ { 1, 1 } }, odds{ { 1, 2 } })) << "keys are what the comparator tells apart";
    using backwards = still::set<int, std::greater<>>;
    EXPECT_LT((backwards{ 1, 2 }), (backwards{ 3 })) << "by <=>, in the order of the container: 2, 1 before 3";
    EXPECT_GT((backwards{ 3, 1 }), (backwards{ 2, 1 }));
    constexpr auto not_a_number = std::numeric_limits<double>::quiet_NaN();
    still::map<int, double> const one{ { 1, not_a_number } };
    still::map<int, double> const other{ { 1, not_a_number } };
    EXPECT_EQ(one <=> other, std::partial_ordering::unordered);
    EXPECT_EQ(one <=> one, std::partial_ordering::equivalent) << "one root is equal to itself";
}

TEST_F(tree_relation, a_comparison_that_throws_is_passed_on)
{
    auto const whole = faulty_by_copy::make_set(40);
    auto const part = faulty_by_copy::make_set(13, 3);
    auto const others = faulty_by_copy::make_set(13, 3, 100);
    auto const check = [&] {
        EXPECT_TRUE(faulty_by_copy::intact(whole, 40));
        EXPECT_TRUE(faulty_by_copy::intact(part, 13, 3));
    };
    EXPECT_GT(at_every_fault([&] { EXPECT_TRUE(includes(whole, part)); }, check), 10);
    EXPECT_GT(at_every_fault([&] { EXPECT_TRUE(disjoint(part, others)); }, check), 0);
    EXPECT_GT(at_every_fault([&] { EXPECT_LT(whole, part); }, check), 2);
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(part.range(3, 9).size(), 2u); }, check), 4);
}

} // namespace
