// SPDX-License-Identifier: BSL-1.0
//
// Transforms: right whatever order the results come in, one call an element in order, and the same root
// where nothing changes.

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>

#include "tree_cases.hpp"

namespace {

using namespace still_test;

class tree_transform : public live_count_test { };

/// Functions that keep the order, turn it round, mix it, and make many keys equal; some leave keys out.
int transformed(unsigned kind, int key)
{
    switch (kind) {
    case 0:
        return key;
    case 1:
        return 2 * key + 1;
    case 2:
        return -key;
    case 3:
        return key / 7;
    case 4:
        return key * 37 % 101;
    case 5:
        return key < 60 ? key : key / 2;
    default:
        return key % 10 == 3 ? key + 1 : key;
    }
}
bool is_left_out(unsigned seed, int key)
{
    return (static_cast<unsigned>(key) + seed) % 5 == 0;
}

template <class Container>
void transforms_sets()
{
    for_any_shape<Container>([](auto const& seen, auto const& model, auto& random) {
        for (unsigned kind = 0; kind < 7; ++kind) {
            model_map all;
            model_map some;
            auto const seed = static_cast<unsigned>(random());
            for (auto const& [key, value] : model) {
                all.emplace(transformed(kind, key), value);
                if (!is_left_out(seed, key))
                    some.emplace(transformed(kind, key), value);
            }
            auto next = model.begin();
            auto const result = seen.transform([&](int key) {
                EXPECT_EQ(key, (next++)->first);
                return transformed(kind, key);
            });
            EXPECT_TRUE(holds(result, all)) << kind;
            EXPECT_EQ(next, model.end());
            auto const made = [&](int key) {
                return is_left_out(seed, key) ? std::nullopt : std::optional(transformed(kind, key));
            };
            EXPECT_TRUE(holds(seen.filter_transform(made), some)) << kind;
            auto const backwards = seen.transform([&](int key) { return transformed(kind, key); }, std::greater<>());
            EXPECT_TRUE(validate(backwards)) << validate(backwards);
            EXPECT_TRUE(std::ranges::equal(backwards, result | std::views::reverse));
            auto const texts = seen.transform([&](int key) { return std::to_string(1'000 + transformed(kind, key)); });
            static_assert(std::same_as<typename decltype(texts)::value_type, std::string>);
            EXPECT_TRUE(validate(texts)) << validate(texts);
            EXPECT_EQ(texts.size(), all.size());
        }
    });
}

TEST_F(tree_transform, sets_agree_with_the_model)
{
    transforms_sets<shaped_set>();
}
TEST_F(tree_transform, sets_on_offset_links_agree_with_the_model)
{
    transforms_sets<still::set<int, std::less<>, tiny_offset_policy>>();
}

TEST_F(tree_transform, maps_agree_with_the_model)
{
    for_any_shape<shaped_map>(
        [](auto const& seen, auto const& model, auto& random) {
            auto const seed = static_cast<unsigned>(random());
            auto const rare = random() % 2 == 0;
            auto const other = [&](int key, int value) {
                return rare ? (static_cast<unsigned>(key) % 64 == seed % 64 ? value + 1 : value) : (key + value) % 5;
            };
            model_map all;
            model_map some;
            std::map<int, std::string> texts;
            for (auto const& [key, value] : model) {
                all[key] = other(key, value);
                if (!is_left_out(seed, key))
                    some[key] = other(key, value);
                texts[key] = std::to_string(value);
            }
            auto next = model.begin();
            auto const result = seen.transform([&](int key, int value) {
                EXPECT_EQ(key, next->first);
                EXPECT_EQ(value, (next++)->second);
                return other(key, value);
            });
            EXPECT_TRUE(holds(result, all));
            EXPECT_EQ(next, model.end());
            EXPECT_EQ(result.same_root(seen), all == model);
            auto const filtered = seen.filter_transform([&](int key, int value) {
                return is_left_out(seed, key) ? std::nullopt : std::optional(other(key, value));
            });
            EXPECT_TRUE(holds(filtered, some));
            auto const named = seen.transform_values([](int value) { return std::to_string(value); });
            static_assert(std::same_as<typename decltype(named)::mapped_type, std::string>);
            EXPECT_TRUE(validate(named)) << validate(named);
            EXPECT_TRUE(std::ranges::equal(named, texts, [](auto const& one, auto const& wanted) {
                return one.first == wanted.first && one.second == wanted.second;
            }));
        },
        500);
}

TEST_F(tree_transform, what_stays_equal_is_shared)
{
    still::set<int, std::less<>, test_policy> numbers;
    still::map<int, int, std::less<>, test_policy> entries;
    for (int number = 0; number < 50'000; ++number) {
        numbers = std::move(numbers).insert(2 * number);
        entries = std::move(entries).insert(number, number);
    }
    auto const before = allocations();
    EXPECT_TRUE(numbers.transform([](int number) { return number; }).same_root(numbers));
    EXPECT_TRUE(numbers.filter_transform([](int number) { return std::optional(number); }).same_root(numbers));
    EXPECT_TRUE(entries.transform_values([](int value) { return value; }).same_root(entries));
    EXPECT_TRUE(entries.transform([](int key, int) { return key; }).same_root(entries));
    EXPECT_TRUE(entries.filter_transform([](int, int value) { return std::optional(value); }).same_root(entries));
    EXPECT_TRUE(numbers.filter_transform([](int) { return std::optional<int>(); }).empty());
    EXPECT_EQ(allocations(), before);
    auto const changed = entries.transform_values([](int value) { return value == 30'000 ? -1 : value; });
    EXPECT_EQ(changed.at(30'000), -1);
    EXPECT_LE(allocations() - before, 30u) << "of some 1 000 nodes";
    auto const after = allocations();
    auto const nudged = numbers.transform([](int number) { return number == 60'000 ? 60'001 : number; });
    EXPECT_TRUE(nudged.contains(60'001) && !nudged.contains(60'000));
    EXPECT_LE(allocations() - after, 30u);
}

/// Equal to the order, told apart by `==`.
struct tagged {
    int key = 0;
    int tag = 0;
    friend bool operator==(tagged, tagged) = default;
    friend bool operator<(tagged one, tagged other) { return one.key < other.key; }
};

TEST_F(tree_transform, the_first_of_equivalent_results_stays)
{
    still::set<tagged, std::less<>, tiny_policy> seen;
    for (int key = 0; key < 40; ++key)
        seen = seen.insert({ key, key });
    auto const halved = seen.transform([](tagged one) { return tagged{ one.key / 2, one.tag }; });
    for (auto const& one : halved)
        EXPECT_EQ(one.tag, 2 * one.key);
    auto const folded = seen.transform([](tagged one) { return tagged{ one.key % 20, one.tag }; });
    EXPECT_EQ(folded.size(), 20u);
    for (auto const& one : folded)
        EXPECT_EQ(one.tag, one.key) << "of those that come again later too";
    auto const mixed = seen.transform([](tagged one) { return tagged{ one.key * 27 % 40 / 2, one.tag }; });
    std::map<int, int> first;
    for (auto const& one : seen)
        first.emplace(one.key * 27 % 40 / 2, one.tag);
    for (auto const& one : mixed)
        EXPECT_EQ(one.tag, first.at(one.key));
    auto const marked = seen.transform([](tagged one) { return tagged{ one.key, one.tag + 1 }; });
    EXPECT_EQ(marked.at(tagged{ 7, 0 }).tag, 8) << "equivalent, but not equal: the result stays";
}

TEST_F(tree_transform, comparators_follow_the_results)
{
    still::set<int, std::greater<int>> const numbers{ 3, 1, 2 };
    auto const texts = numbers.transform([](int number) { return std::to_string(number); });
    static_assert(std::same_as<typename decltype(texts)::key_compare, std::greater<std::string>>);
    EXPECT_EQ(texts.front(), "3");
    auto const by_size = [](std::string const& one, std::string const& other) { return one.size() < other.size(); };
    still::set<std::string, decltype(by_size)> const words{ "a", "bb", "ccc" };
    auto const doubled = words.transform([](std::string const& word) { return word + word; });
    EXPECT_EQ(doubled.back(), "cccccc");
    auto const lengths = words.transform([](std::string const& word) { return word.size(); }, std::less<>());
    EXPECT_EQ(lengths, (still::set<std::size_t>{ 1, 2, 3 }));
}

template <class Faulty>
class tree_transform_faults : public live_count_test { };
using kinds = ::testing::Types<faulty_by_copy, faulty_by_move>;
TYPED_TEST_SUITE(tree_transform_faults, kinds);

TYPED_TEST(tree_transform_faults, leave_the_map_as_it_was)
{
    using value = typename TypeParam::map::mapped_type;
    auto const whole = TypeParam::make_map(40);
    auto const check = [&] { ASSERT_TRUE(TypeParam::intact(whole, 40)); };
    auto const some = [](auto const& key, value const& seen) {
        count_callback();
        return key.key() / 8 == 2 ? value(seen.key() + 1) : seen;
    };
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(whole.transform(some).size(), 40u); }, check), 80);
    auto const number = [](auto const& key, auto const&) {
        count_callback();
        return key.key();
    };
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(whole.transform(number).size(), 40u); }, check), 80);
}

TYPED_TEST(tree_transform_faults, leave_the_set_as_it_was)
{
    using value = typename TypeParam::set::value_type;
    auto const whole = TypeParam::make_set(40);
    auto const check = [&] { ASSERT_TRUE(TypeParam::intact(whole, 40)); };
    auto const some = [](value const& seen) {
        count_callback();
        return seen.key() / 8 == 2 ? std::optional<value>() : std::optional<value>(seen.key());
    };
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(whole.filter_transform(some).size(), 32u); }, check), 80);
    auto const mixed = [](value const& seen) {
        count_callback();
        return value(seen.key() * 7 % 30);
    };
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(whole.transform(mixed).size(), 30u); }, check), 100);
}

} // namespace
