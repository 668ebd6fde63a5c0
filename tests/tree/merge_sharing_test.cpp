// SPDX-License-Identifier: BSL-1.0
//
// What merge shares, whose element survives, which elements a tactic is asked of, and that nothing is left
// behind where one throws.

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "operands.hpp"
#include "still/bank.hpp"

namespace {

using namespace still_test;

using tree = still::map<int, int, std::less<>, test_policy>;
using plain_set = still::set<int, std::less<>, test_policy>;

/// Says that a value combined with itself is that value.
struct counting {
    using idempotent = void;
    std::size_t& calls;
    int operator()(int, int value, int) const
    {
        ++calls;
        return value;
    }
};

class tree_merge_sharing : public live_count_test { };

tree make_map(int count, int stride = 1, int value = 0)
{
    std::vector<std::pair<int, int>> entries;
    for (int index = 0; index < count; ++index)
        entries.emplace_back(index * stride, value);
    return tree::from_sorted(entries);
}
plain_set make_set(int count, int stride = 1)
{
    std::vector<int> keys;
    for (int index = 0; index < count; ++index)
        keys.push_back(index * stride);
    return plain_set::from_sorted(keys);
}

/// Nodes made by `act`, whose result lives meanwhile.
template <class Act>
std::int64_t nodes_made(Act act)
{
    auto const before = heap_ledger::live_blocks.load();
    auto const result = act();
    EXPECT_TRUE(validate(result)) << validate(result);
    return heap_ledger::live_blocks.load() - before;
}

TEST_F(tree_merge_sharing, what_changes_nothing_gives_the_left_root_and_allocates_nothing)
{
    auto const left = make_map(5'000);
    auto const right = make_map(700, 7);
    auto const others = tree::from_sorted(std::vector<std::pair<int, int>>{ { -5, 1 }, { 6'000, 1 } });
    auto const before = heap_ledger::allocations.events();
    auto const same = [](int, int value) { return value; };
    auto const all = [](auto...) { return true; };
    auto const first = [](int, int value, int) { return std::optional(value); };
    EXPECT_TRUE(still::merge(left, right, still::keep, still::drop, still::keep).same_root(left));
    EXPECT_TRUE(still::merge(left, right, still::keep, still::drop, still::keep_right).same_root(left));
    EXPECT_TRUE(still::merge(left, right, still::transform(same), still::drop, still::keep).same_root(left));
    EXPECT_TRUE(still::merge(left, right, still::filter(all), still::drop, still::filter(all)).same_root(left));
    EXPECT_TRUE(still::merge(left, right, still::keep, still::drop, still::combine(first)).same_root(left));
    EXPECT_TRUE(still::merge(left, others, still::transform(same), still::drop, still::drop).same_root(left));
    EXPECT_TRUE(still::merge(left, left, still::drop, still::drop, still::combine(first)).same_root(left));
    EXPECT_TRUE(still::merge(left, tree(), still::keep, still::drop, still::drop).same_root(left));
    EXPECT_TRUE(still::merge(left, left, still::drop, still::drop, still::drop).empty());
    EXPECT_EQ(heap_ledger::allocations.events(), before);
}

TEST_F(tree_merge_sharing, what_was_only_looked_at_is_shared)
{
    auto const left = make_map(50'000);
    auto const right = make_map(5'000, 10);
    // Each leaf is opened, one value changes.
    auto const one = [](int key, int value) { return key == 25'001 ? value + 1 : value; };
    EXPECT_LE(
        nodes_made([&] { return still::merge(left, right, still::transform(one), still::drop, still::keep); }), 6);
    auto const at = [](int key, int value, int) { return key == 25'000 ? value + 1 : value; };
    EXPECT_LE(nodes_made([&] { return still::merge(left, right, still::keep, still::drop, still::combine(at)); }), 6);
    auto const but = [](int key, int) { return key != 25'001; };
    EXPECT_LE(nodes_made([&] { return still::merge(left, right, still::filter(but), still::drop, still::keep); }), 6);
    // A union with what is nearly all there already opens every leaf, and shares all but one path.
    auto const inside = right.insert(25'003, 0).insert(-1, 0);
    EXPECT_LE(nodes_made([&] { return set_union(left, inside); }), 10);
}

TEST_F(tree_merge_sharing, what_a_filter_lets_through_whole_is_shared_from_the_right)
{
    auto const left = make_set(10);
    std::vector<int> keys;
    for (int key = 100; key < 50'000; ++key)
        keys.push_back(key);
    auto const right = plain_set::from_sorted(keys);
    auto const all = [](int) { return true; };
    EXPECT_LE(nodes_made([&] { return still::merge(left, right, still::keep, still::keep, still::keep); }), 8);
    // Leaves are shared, the branches above are not: they were opened.
    EXPECT_LE(nodes_made([&] { return still::merge(left, right, still::keep, still::filter(all), still::keep); }), 90);
}

TEST_F(tree_merge_sharing, tactics_are_asked_of_what_they_apply_to_and_in_order)
{
    auto const left = make_map(600, 2);
    auto const right = make_map(400, 3);
    int last = -1;
    std::size_t asked = 0;
    auto const seen = [&](int key) {
        EXPECT_LT(last, key);
        last = key;
        ++asked;
    };
    auto const one = [&](int key, int value) {
        seen(key);
        return value + 1;
    };
    auto const both = [&](int key, int, int) {
        seen(key);
        EXPECT_EQ(key % 6, 0);
        return std::optional<int>();
    };
    auto const result = still::merge(left, right, still::transform(one), still::transform(one), still::combine(both));
    EXPECT_EQ(asked, 800u);
    EXPECT_EQ(result.size(), 600u);
    // Shared subtrees: a combiner is asked of each of their keys, an idempotent one of none.
    asked = 0;
    last = -1;
    auto const itself = [&](int key, int value, int) {
        seen(key);
        return value;
    };
    EXPECT_TRUE(still::merge(left, left, still::keep, still::keep, still::combine(itself)).same_root(left));
    EXPECT_EQ(asked, 600u);
    asked = 0;
    auto const changed = left.insert_or_assign(600, 7);
    EXPECT_TRUE(
        still::merge(left, changed, still::keep, still::keep, still::combine(counting{ asked })).same_root(left));
    EXPECT_LE(asked, std::size_t{ tree::schema::leaf_capacity }) << "the leaf that isn't shared";
}

TEST_F(tree_merge_sharing, the_documented_operands_element_survives)
{
    using tags = still::set<tagged, std::less<>, tiny_policy>;
    using map = still::map<tagged, int, std::less<>, tiny_policy>;
    tags left;
    tags right;
    map entries;
    map others;
    for (int key = 0; key < 60; ++key) {
        left = std::move(left).insert({ key, 'l' });
        right = std::move(right).insert({ key + 30, 'r' });
        entries = std::move(entries).insert(tagged{ key, 'l' }, 1);
        others = std::move(others).insert(tagged{ key + 30, 'r' }, key % 2);
    }
    for (auto const& element : still::merge(left, right, still::keep, still::keep, still::keep))
        EXPECT_EQ(element.tag, element.key < 60 ? 'l' : 'r');
    for (auto const& element : still::merge(left, right, still::keep, still::keep, still::keep_right))
        EXPECT_EQ(element.tag, element.key < 30 ? 'l' : 'r');
    auto const even = [](tagged one, tagged other) {
        EXPECT_EQ(one.tag, 'l');
        EXPECT_EQ(other.tag, 'r');
        return one.key % 2 == 0;
    };
    auto const filtered = still::merge(left, right, still::drop, still::drop, still::filter(even));
    EXPECT_EQ(filtered.size(), 15u);
    for (auto const& element : filtered)
        EXPECT_EQ(element.tag, 'l');
    auto const sum = [](tagged, int one, int other) { return one + other; };
    for (auto const& [key, value] : still::merge(entries, others, still::drop, still::drop, still::combine(sum))) {
        EXPECT_EQ(key.tag, 'l') << "combine keeps the left key, whatever becomes of the value";
        EXPECT_EQ(value, 1 + key.key % 2);
    }
    for (auto const& [key, value] : still::merge(entries, others, still::drop, still::drop, still::keep_right)) {
        EXPECT_EQ(key.tag, 'r');
        EXPECT_EQ(value, key.key % 2);
    }
}

TEST_F(tree_merge_sharing, a_value_that_is_optional_itself_is_a_value)
{
    using map = still::map<int, std::optional<int>, std::less<>, test_policy>;
    auto const left = map().insert(1, std::optional(1)).insert(2, std::optional(2));
    auto const right = map().insert(2, std::optional(3)).insert(3, std::optional(3));
    auto const none = [](int, std::optional<int> const&, auto const&...) { return std::optional<int>(); };
    auto const result = still::merge(left, right, still::transform(none), still::keep, still::combine(none));
    EXPECT_EQ(result.size(), 3u);
    EXPECT_EQ(result.at(1), std::nullopt);
    EXPECT_EQ(result.at(2), std::nullopt);
    auto const gone
        = [](int, std::optional<int> const&, auto const&...) { return std::optional<std::optional<int>>(); };
    EXPECT_EQ(still::merge(left, right, still::transform(gone), still::keep, still::combine(gone)).size(), 1u);
}

TEST_F(tree_merge_sharing, a_charged_merge_is_paid_by_the_left_bank)
{
    still::bank one(1 << 22);
    still::bank other(1 << 22);
    {
        using charged = still::map<int, int, std::less<>, still::charged_policy>;
        charged left(one);
        charged right(other);
        for (int key = 0; key < 300; ++key) {
            left = std::move(left).insert(key, 0);
            right = std::move(right).insert(key + 200, 1);
        }
        auto const used = other.usage();
        auto const all = [](int, int) { return true; };
        auto const both = still::merge(left, right, still::keep, still::filter(all), still::keep_right);
        EXPECT_EQ(other.usage(), used);
        right = charged(other);
        EXPECT_EQ(other.usage(), 0u);
        EXPECT_EQ(both.size(), 500u);
        EXPECT_EQ(both.at(250), 1);
    }
    EXPECT_EQ(one.usage(), 0u);
}

TEST_F(tree_merge_sharing, a_charged_merge_takes_no_box_of_the_right_bank)
{
    still::bank one(1 << 22);
    still::bank other(1 << 22);
    {
        using charged = still::map<int, std::array<int, 64>, std::less<>, still::charged_policy>;
        static_assert(charged::schema::boxes_values);
        charged left(one);
        charged right(other);
        for (int key = 0; key < 100; ++key) {
            left = std::move(left).insert(key, std::array<int, 64>{ 1 });
            right = std::move(right).insert(key + 50, std::array<int, 64>{ 2 });
        }
        auto const both = still::merge(left, right, still::keep, still::drop, still::keep_right);
        auto const patched = patch(left, diff(left, right));
        auto const merged
            = merge3(charged(one), left, right, [](auto const&, auto, auto, auto* their) { return *their; });
        right = charged(other);
        EXPECT_EQ(other.usage(), 0u);
        EXPECT_EQ(both.size(), 100u);
        EXPECT_EQ(both.at(75)[0], 2);
        EXPECT_EQ(patched.at(120)[0], 2);
        EXPECT_EQ(merged.at(60)[0], 2);
    }
    EXPECT_EQ(one.usage(), 0u);
}

TEST_F(tree_merge_sharing, whatever_throws_leaves_the_operands_as_they_were)
{
    using map = still::map<faulty_value, faulty_value, std::less<>, tiny_policy>;
    auto const make = [](int count, int stride, int from) {
        map made;
        for (int index = 0; index < count; ++index)
            made = std::move(made).insert(faulty_value(from + index * stride), faulty_value(index));
        return made;
    };
    auto const left = make(30, 3, 0);
    auto const right = make(25, 2, 11);
    auto const left_before = left;
    schedule calls;
    auto const called = [&] {
        if (calls.step())
            throw injected_fault();
    };
    auto const one = [&](faulty_value const& key, faulty_value const& value) {
        called();
        return key.key() % 4 == 0 ? std::optional<faulty_value>() : std::optional(faulty_value(value.key() / 2));
    };
    auto const both = [&](faulty_value const&, faulty_value const& value, faulty_value const& other) {
        called();
        return faulty_value(value.key() + other.key());
    };
    auto const merged = [&] {
        return still::merge(left, right, still::transform(one), still::transform(one), still::combine(both)).size();
    };
    auto const expected = merged();
    auto const faults = at_faults_of_every_kind([&] { EXPECT_EQ(merged(), expected); },
        [&] { return left.size() == 30 && right.size() == 25 && validate(left) && validate(right); }, { &calls });
    EXPECT_GT(faults, 200);
    EXPECT_TRUE(left.same_root(left_before));
}

} // namespace
