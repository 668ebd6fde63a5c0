// SPDX-License-Identifier: BSL-1.0
//
// Batches: which element survives, what is moved and what copied, what is shared, what it costs, and that
// nothing is left behind where something throws.

#include <gtest/gtest.h>

#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "operands.hpp"

namespace {

using namespace still_test;

using plain_set = still::set<int, std::less<>, test_policy>;

class tree_batch : public live_count_test { };

plain_set make_set(int count, int stride)
{
    std::vector<int> keys;
    for (int index = 0; index < count; ++index)
        keys.push_back(index * stride);
    return plain_set::from_sorted(keys);
}

TEST_F(tree_batch, nodes_without_a_change_are_shared)
{
    auto const before = make_set(50'000, 2);
    // New keys in three leaves, and present ones in all.
    std::vector<int> keys;
    for (int key = 99'998; key >= 0; key -= 10)
        keys.push_back(key);
    EXPECT_TRUE(before.insert_range(keys).same_root(before));
    for (int const key : { 501, 503, 505, 50'001, 99'999 })
        keys.push_back(key);
    auto const after = before.insert_range(keys);
    EXPECT_EQ(after.size(), 50'005u);
    EXPECT_TRUE(validate(after)) << validate(after);
    // Each touched leaf may split; the root, and the branches above the leaves.
    EXPECT_LE(nodes_beside(after, before), 3u * 2 + 4 * 2 + 2);

    std::vector<int> gone{ 99'998, 7, 9, 3, 0, 2, 50'000 };
    auto const less = before.erase_keys(gone);
    EXPECT_EQ(less.size(), 49'996u);
    EXPECT_TRUE(validate(less)) << validate(less);
    EXPECT_LE(nodes_beside(less, before), 3u * 2 + 4 * 2 + 2);
    EXPECT_TRUE(before.erase_keys(std::vector{ 7, 9, 3, -5, 200'000 }).same_root(before));
}

TEST_F(tree_batch, a_dense_batch_touches_each_node_once)
{
    auto const before = make_set(20'000, 2);
    std::vector<int> keys;
    for (int key = 39'999; key >= 0; key -= 2)
        keys.push_back(key);
    auto const allocations = heap_ledger::allocations.events();
    auto const after = before.insert_range(keys);
    auto const made = heap_ledger::allocations.events() - allocations;
    EXPECT_EQ(after.size(), 40'000u);
    EXPECT_LE(made, nodes_beside(after, before) * 11 / 10 + 4) << "hardly a node is made in vain";
}

/// Counts what a batch compares.
struct counting_less {
    static inline std::int64_t calls = 0;
    bool operator()(int one, int other) const noexcept
    {
        ++calls;
        return one < other;
    }
};

TEST_F(tree_batch, comparisons_follow_the_batch)
{
    using counted = still::set<int, counting_less, test_policy>;
    std::vector<int> keys;
    for (int key = 0; key < 100'000; ++key)
        keys.push_back(2 * key);
    auto const before = counted::from_sorted(keys);
    std::vector<int> few;
    for (int key = 0; key < 1'000; ++key)
        few.push_back(key * 199 + 1);
    auto const cost = [](auto act) {
        auto const calls = counting_less::calls;
        act();
        return counting_less::calls - calls;
    };
    auto const sorted = cost([&] { EXPECT_EQ(before.insert_range(few).size(), 100'500u); });
    std::ranges::reverse(few);
    auto const unsorted = cost([&] { EXPECT_EQ(before.insert_range(few).size(), 100'500u); });
    EXPECT_LE(sorted, 1'000 * 20);
    EXPECT_LE(unsorted, 1'000 * 32);
    EXPECT_LE(cost([&] { EXPECT_EQ(before.erase_keys(few).size(), 99'500u); }), 1'000 * 32);
    std::vector<int> last(1'000);
    for (int key = 0; key < 1'000; ++key)
        last[static_cast<std::size_t>(key)] = 300'000 + key;
    EXPECT_LE(cost([&] { EXPECT_EQ(before.insert_range(last).size(), 101'000u); }), 1'000 * 4)
        << "what lies beyond the last element isn't searched for";
}

/// Too large to be sorted but by address.
struct large {
    tagged key;
    std::byte rest[100]{};
    friend bool operator<(large const& one, large const& other) noexcept { return one.key < other.key; }
};

TEST_F(tree_batch, of_equivalent_elements_the_first_stays)
{
    auto const run = []<class Element>(std::type_identity<Element>, auto key) {
        using elements = still::set<Element, std::less<>, tiny_policy>;
        std::vector<Element> given;
        for (char tag = 'a'; tag < 'd'; ++tag) {
            for (int number = 30; number > 0; --number)
                given.push_back(Element{ tagged{ number, tag } });
        }
        elements const made(given.begin(), given.end());
        EXPECT_EQ(made.size(), 30u);
        for (auto const& element : made)
            EXPECT_EQ(key(element).tag, 'a');
        auto const before = elements().insert(Element{ tagged{ 7, 'p' } }).insert(Element{ tagged{ 99, 'p' } });
        for (auto const& element : before.insert_range(given))
            EXPECT_EQ(key(element).tag, key(element).key == 7 || key(element).key == 99 ? 'p' : 'a');
    };
    run(std::type_identity<tagged>(), [](tagged element) { return element; });
    run(std::type_identity<large>(), [](large const& element) { return element.key; });

    using map = still::map<tagged, int, std::less<>, tiny_policy>;
    std::vector<std::pair<tagged, int>> given;
    for (int value = 0; value < 3; ++value) {
        for (int key = 30; key > 0; --key)
            given.emplace_back(tagged{ key, static_cast<char>('a' + value) }, value);
    }
    map const made(given.begin(), given.end());
    for (auto const& [key, value] : made)
        EXPECT_TRUE(key.tag == 'a' && value == 0);
    auto const before = map().insert(tagged{ 7, 'p' }, 7).insert(tagged{ 99, 'p' }, 9);
    for (auto const& [key, value] : before.insert_or_assign_range(given)) {
        EXPECT_EQ(key.tag, key.key == 7 || key.key == 99 ? 'p' : 'a') << "the first key";
        EXPECT_EQ(value, key.key == 99 ? 9 : 2) << "the last value";
    }
    for (auto const& [key, value] : before.insert_range(given))
        EXPECT_EQ(value, key.key == 99 ? 9 : key.key == 7 ? 7 : 0);
}

TEST_F(tree_batch, rvalues_are_moved_and_looked_up_keys_are_not_copied)
{
    using values = still::set<faulty_value, std::less<>, test_policy>;
    std::vector<faulty_value> given;
    for (int key = 1'000; key > 0; --key)
        given.emplace_back(key);
    auto copies = value_ledger::copies.events();
    auto const made = values(std::make_move_iterator(given.begin()), std::make_move_iterator(given.end()));
    EXPECT_EQ(made.size(), 1'000u);
    EXPECT_LE(value_ledger::copies.events() - copies, 100u) << "only separators are copied";

    given.clear();
    for (int key = 2'000; key > 1'000; --key)
        given.emplace_back(key);
    copies = value_ledger::copies.events();
    auto const more = made.insert_range(
        std::ranges::subrange(std::make_move_iterator(given.begin()), std::make_move_iterator(given.end())));
    EXPECT_EQ(more.size(), 2'000u);
    EXPECT_LE(value_ledger::copies.events() - copies, 200u) << "separators, and the last leaf there was";

    std::vector<faulty_value> sought;
    for (int key = 30'000; key > 2'000; --key)
        sought.emplace_back(key);
    copies = value_ledger::copies.events();
    EXPECT_TRUE(more.erase_keys(sought).same_root(more));
    EXPECT_EQ(value_ledger::copies.events(), copies);
}

TEST_F(tree_batch, takes_what_the_single_forms_take)
{
    using words = still::map<std::string, int, std::less<>, test_policy>;
    auto const before = words{ { "b", 2 }, { "d", 4 }, { "a", 1 } };
    EXPECT_EQ(before.erase_keys(std::vector<std::string_view>{ "d", "x", "b" }).size(), 1u);
    EXPECT_EQ(before.erase_keys(std::vector<char const*>{ "d", "x", "b" }).size(), 1u)
        << "in the order of what they point to";
    EXPECT_EQ(before.erase_keys(std::list<std::string>{ "d", "x", "b" }).size(), 1u);
    auto const other = words{ { "e", 5 }, { "a", 7 } };
    EXPECT_EQ(before.insert_range(other).at("a"), 1) << "from another map";
    EXPECT_EQ(before.insert_or_assign_range(other).at("a"), 7);
    EXPECT_EQ(before.insert_range(std::map<std::string, int>{ { "q", 1 } }).size(), 4u);
    std::istringstream numbers("5 3 9 3 1");
    auto const read = plain_set().insert_range(std::ranges::istream_view<int>(numbers));
    EXPECT_EQ(read, (plain_set{ 1, 3, 5, 9 })) << "from a range that is read once";
    EXPECT_EQ(read.erase_keys(std::vector<std::int64_t>{ std::int64_t{ 1 } << 32 | 5, 9 }), (plain_set{ 1, 3, 5 }))
        << "integers are compared by value";
    auto const none = std::vector<int>();
    EXPECT_TRUE(plain_set().insert_range(none).empty());
    EXPECT_TRUE(plain_set().erase_keys(none).empty());
    EXPECT_TRUE(read.insert_range(none).same_root(read));
}

template <class Container, class Range>
concept makes_another = requires(Container const& seen, Range& range) { seen.insert_range(range); };

TEST_F(tree_batch, elements_that_cannot_be_copied_are_moved_in)
{
    using owners = still::map<int, std::unique_ptr<int>, std::less<>, tiny_policy>;
    auto const range = [](auto& from) {
        return std::ranges::subrange(std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    };
    std::vector<std::pair<int, std::unique_ptr<int>>> given;
    for (int key = 50; key > 0; --key)
        given.emplace_back(key, std::make_unique<int>(key));
    owners made(std::make_move_iterator(given.begin()), std::make_move_iterator(given.end()));
    given.clear();
    for (int key = 100; key > 30; --key)
        given.emplace_back(key, std::make_unique<int>(-key));
    made = std::move(made).insert_range(range(given));
    EXPECT_EQ(made.size(), 100u);
    EXPECT_EQ(**made.find(40), 40);
    EXPECT_EQ(**made.find(60), -60);
    given.clear();
    given.emplace_back(40, std::make_unique<int>(-40));
    made = std::move(made).insert_or_assign_range(range(given));
    EXPECT_EQ(**made.find(40), -40);
    made = std::move(made).erase_keys(std::vector{ 40, 41, 0 });
    EXPECT_EQ(made.size(), 98u);
    EXPECT_TRUE(validate(made)) << validate(made);
    static_assert(!makes_another<owners, decltype(given)>, "two versions would own one element");
    static_assert(makes_another<still::map<int, int>, std::vector<std::pair<int, int>>>);
}

TEST_F(tree_batch, an_rvalue_keeps_its_root_where_nothing_changes)
{
    auto ours = make_set(5'000, 2);
    auto const before = ours;
    auto const allocations = heap_ledger::allocations.events();
    ours = std::move(ours).insert_range(std::vector{ 0, 4'000, 2 }).erase_keys(std::vector{ 1, 3, -1 });
    EXPECT_TRUE(ours.same_root(before));
    EXPECT_EQ(heap_ledger::allocations.events(), allocations);
    ours = std::move(ours).insert_range(std::vector{ 1, 3 });
    EXPECT_EQ(ours.size(), 5'002u);
    EXPECT_EQ(before.size(), 5'000u);
}

template <class Value>
void whatever_throws()
{
    using map = still::map<Value, Value, std::less<>, tiny_policy>;
    map before;
    for (int key = 0; key < 20; ++key)
        before = std::move(before).insert(Value(3 * key), Value(0));
    std::vector<std::pair<Value, Value>> given;
    std::vector<Value> keys;
    for (int key = 20; key > 0; --key) {
        given.emplace_back(Value(5 * key), Value(1));
        keys.emplace_back(2 * key);
    }
    auto const intact = [&] { return before.size() == 20 && validate(before) && before.back().first.key() == 57; };
    EXPECT_GT(at_faults_of_every_kind([&] { EXPECT_GT(before.insert_range(given).size(), 20u); }, intact), 100);
    EXPECT_GT(
        at_faults_of_every_kind([&] { EXPECT_GT(before.insert_or_assign_range(given).size(), 20u); }, intact), 100);
    EXPECT_GT(at_faults_of_every_kind([&] { EXPECT_LT(before.erase_keys(keys).size(), 20u); }, intact), 50);
    EXPECT_GT(at_faults_of_every_kind([&] { EXPECT_EQ(map(given.begin(), given.end()).size(), 20u); }, intact), 50);
}

TEST_F(tree_batch, whatever_throws_leaves_the_version_as_it_was)
{
    whatever_throws<faulty_value>();
}
TEST_F(tree_batch, whatever_throws_of_elements_whose_moves_throw_leaves_the_version_as_it_was)
{
    whatever_throws<faulty_moving_value>();
}

} // namespace
