// SPDX-License-Identifier: BSL-1.0
//
// Changing one value by a function of it.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tree_cases.hpp"

namespace {

using namespace still_test;

class tree_alter : public live_count_test { };

TEST_F(tree_alter, agrees_with_the_model)
{
    for_any_shape<shaped_map>(
        [](auto const& seen, auto const& model, auto& random) {
            auto ours = seen;
            auto after = model;
            for (int tries = 0; tries < 60; ++tries) {
                auto const key = static_cast<int>(random() % 125) - 2;
                auto const wanted = random() % 2 == 0 ? std::nullopt : std::optional(static_cast<int>(random() % 5));
                auto const present = after.contains(key) ? std::optional(after[key]) : std::nullopt;
                int calls = 0;
                auto const altered = [&](std::optional<int> value) {
                    EXPECT_EQ(value, present);
                    ++calls;
                    return wanted;
                };
                auto const next = ours.alter(key, altered);
                EXPECT_EQ(next.same_root(ours), wanted == present);
                EXPECT_TRUE(holds(ours, after)) << "the operand changed";
                ours = std::move(ours).alter(key, altered);
                EXPECT_EQ(calls, 2);
                if (wanted)
                    after[key] = *wanted;
                else
                    after.erase(key);
                EXPECT_TRUE(holds(ours, after));
                EXPECT_EQ(next, ours);

                auto const raised = [&](int value) { return value / 2; };
                auto const other = static_cast<int>(random() % 125) - 2;
                auto const updated = ours.update(other, raised);
                auto const changes = after.contains(other) && after[other] / 2 != after[other];
                EXPECT_EQ(updated.same_root(ours), !changes);
                if (changes)
                    after[other] /= 2;
                ours = std::move(ours).update(other, raised);
                EXPECT_TRUE(holds(ours, after));
                EXPECT_EQ(updated, ours);
            }
        },
        60);
}

TEST_F(tree_alter, what_changes_nothing_keeps_the_root_and_allocates_nothing)
{
    using tree = still::map<int, int, std::less<>, test_policy>;
    tree entries;
    for (int key = 0; key < 5'000; ++key)
        entries = std::move(entries).insert(key, key);
    auto const same = [](auto value) { return value; };
    tree const none;
    auto const before = allocations();
    EXPECT_TRUE(entries.alter(17, same).same_root(entries));
    EXPECT_TRUE(entries.alter(-1, same).same_root(entries));
    EXPECT_TRUE(none.alter(1, same).same_root(none));
    EXPECT_TRUE(entries.update(17, same).same_root(entries));
    EXPECT_TRUE(entries.update(-1, [](int) { return 3; }).same_root(entries));
    auto copy = entries;
    copy = std::move(copy).alter(17, same);
    EXPECT_TRUE(copy.same_root(entries));
    auto ours = std::move(copy).insert(-5, 5);
    copy = {};
    auto const in_place = allocations();
    ours = std::move(ours).update(-5, [](int) { return 3; });
    ours = std::move(ours).alter(-5, [](std::optional<int> value) { return *value + 1; });
    EXPECT_EQ(ours.at(-5), 4);
    EXPECT_EQ(allocations(), in_place);
    EXPECT_GT(in_place, before);
}

TEST_F(tree_alter, the_value_of_our_own_is_moved)
{
    using tree = still::map<std::string, std::vector<int>>;
    tree lists{ { "odd", { 1, 3, 5 } } };
    auto const add = [](int number) {
        return [number](std::optional<std::vector<int>> list) {
            if (!list)
                list.emplace();
            list->push_back(number);
            return list;
        };
    };
    lists = std::move(lists).alter("odd", add(7)).alter("even", add(2));
    lists = std::move(lists).alter("even", [](std::optional<std::vector<int>> list) {
        list->reserve(100);
        return list;
    });
    auto const* const numbers = lists.at("even").data();
    lists = std::move(lists).alter("even", add(4));
    EXPECT_EQ(lists.at("even").data(), numbers) << "not copied";
    auto const kept = lists;
    lists = std::move(lists).alter("even", add(6));
    EXPECT_EQ(kept.at("even"), (std::vector{ 2, 4 })) << "another version's is copied";
    EXPECT_EQ(lists.at("even"), (std::vector{ 2, 4, 6 }));
    EXPECT_EQ(lists.at("odd"), (std::vector{ 1, 3, 5, 7 }));
    lists = std::move(lists).alter("odd", [](auto const&) { return std::nullopt; });
    EXPECT_FALSE(lists.contains("odd"));
}

TEST_F(tree_alter, keys_are_built_only_to_be_kept)
{
    still::map<std::string, int> counts;
    auto const count = [](std::optional<int> seen) { return seen.value_or(0) + 1; };
    for (auto const word : { std::string_view("a"), std::string_view("b"), std::string_view("a") })
        counts = std::move(counts).alter(word, count);
    EXPECT_EQ(counts.at("a"), 2);
    EXPECT_EQ(counts.update(std::string_view("b"), [](int seen) { return seen + 10; }).at("b"), 11);
    still::map<int, int> numbers;
    numbers = numbers.alter(3u, count).alter(short{ 3 }, count);
    EXPECT_EQ(numbers.at(3), 2);
}

template <class Faulty>
class tree_alter_faults : public live_count_test { };
using kinds = ::testing::Types<faulty_by_copy, faulty_by_move>;
TYPED_TEST_SUITE(tree_alter_faults, kinds);

TYPED_TEST(tree_alter_faults, leave_the_version_as_it_was)
{
    using key = typename TypeParam::map::key_type;
    using value = typename TypeParam::map::mapped_type;
    auto const whole = TypeParam::make_map(40);
    auto const check = [&] { ASSERT_TRUE(TypeParam::intact(whole, 40)); };
    for (int at : { -1, 0, 17, 39, 40 }) {
        EXPECT_GT(at_every_fault(
                      [&] {
                          static_cast<void>(whole.alter(key(at), [](auto const& seen) {
                              count_callback();
                              return seen ? std::optional<value>() : std::optional<value>(7);
                          }));
                          static_cast<void>(whole.alter(key(at), [](auto const&) {
                              count_callback();
                              return std::optional<value>(-1);
                          }));
                          static_cast<void>(whole.update(key(at), [](auto const& seen) {
                              count_callback();
                              return value(seen.key() + 1);
                          }));
                      },
                      check),
            10);
    }
}

TYPED_TEST(tree_alter_faults, leave_our_own_version_as_it_was)
{
    using key = typename TypeParam::map::key_type;
    using value = typename TypeParam::map::mapped_type;
    for (int at : { 0, 17, 39 }) {
        auto ours = TypeParam::make_map(40);
        auto const check = [&] { ASSERT_TRUE(TypeParam::intact(ours, 40)) << at; };
        // Each call undoes the one before, unless that threw; what is seen is looked at, not taken.
        EXPECT_GT(at_every_fault(
                      [&] {
                          ours = std::move(ours).alter(key(at), [&](std::optional<value>&& seen) {
                              count_callback();
                              EXPECT_EQ(seen->key(), at);
                              return std::move(seen);
                          });
                          ours = std::move(ours).update(key(at), [&](value const& seen) {
                              count_callback();
                              return value(seen.key());
                          });
                      },
                      check),
            3);
    }
}

} // namespace
