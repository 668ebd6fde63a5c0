// SPDX-License-Identifier: BSL-1.0
//
// Identity is a promise: what changes nothing gives the same root and allocates nothing; what changes
// little shares the rest; and the documented operand's element survives.

#include <gtest/gtest.h>

#include <map>
#include <memory_resource>
#include <random>
#include <string>

#include "live_count.hpp"
#include "still/bank.hpp"
#include "tree_model.hpp"

namespace {

using namespace still_test;

using tree = still::map<int, int, std::less<>, test_policy>;
using plain_set = still::set<int, std::less<>, test_policy>;

/// Says that a value combined with itself is that value.
struct greater {
    using idempotent = void;
    int operator()(int, int left, int right) const { return std::max(left, right); }
};

class tree_identity : public live_count_test { };

std::uint64_t allocations()
{
    return heap_ledger::allocations.events();
}

plain_set make_set(int count, int stride = 1)
{
    plain_set made;
    for (int index = 0; index < count; ++index)
        made = std::move(made).insert(index * stride);
    return made;
}
tree make_map(int count)
{
    tree made;
    for (int index = 0; index < count; ++index)
        made = std::move(made).insert(index, index);
    return made;
}

TEST_F(tree_identity, updates_that_change_nothing_keep_the_root_and_allocate_nothing)
{
    auto const numbers = make_set(5'000);
    auto const entries = make_map(5'000);
    plain_set const none;
    auto const before = allocations();
    EXPECT_TRUE(numbers.insert(17).same_root(numbers));
    EXPECT_TRUE(numbers.erase(-1).same_root(numbers));
    EXPECT_TRUE(none.erase(1).same_root(none));
    EXPECT_TRUE(entries.insert(17, 18).same_root(entries));
    EXPECT_TRUE(entries.insert_or_assign(17, 17).same_root(entries));
    EXPECT_TRUE(entries.erase(-1).same_root(entries));
    EXPECT_TRUE(numbers.split(-1).above.same_root(numbers));
    EXPECT_TRUE(numbers.split(5'000).below.same_root(numbers));
    EXPECT_TRUE(join(numbers, none).same_root(numbers));
    EXPECT_TRUE(join(none, numbers).same_root(numbers));
    EXPECT_EQ(allocations(), before);
    auto copy = numbers;
    copy = std::move(copy).insert(17);
    EXPECT_TRUE(copy.same_root(numbers));
    EXPECT_EQ(allocations(), before);
}

TEST_F(tree_identity, algebra_that_changes_nothing_keeps_the_left_root_and_allocates_nothing)
{
    auto const all = make_set(5'000);
    auto const some = make_set(700, 7);
    auto const others = plain_set::from_sorted(std::vector{ -5, -3, 5'000, 6'000 });
    plain_set const none;
    auto const before = allocations();
    EXPECT_TRUE(set_union(all, some).same_root(all));
    EXPECT_TRUE(set_union(all, none).same_root(all));
    EXPECT_TRUE(set_union(all, all).same_root(all));
    EXPECT_TRUE(set_intersection(some, all).same_root(some));
    EXPECT_TRUE(set_intersection(all, all).same_root(all));
    EXPECT_TRUE(set_difference(all, others).same_root(all));
    EXPECT_TRUE(set_difference(all, none).same_root(all));
    EXPECT_TRUE(set_symmetric_difference(all, none).same_root(all));
    EXPECT_TRUE(set_union(none, all).same_root(all));
    EXPECT_TRUE(set_symmetric_difference(none, all).same_root(all));
    EXPECT_TRUE(set_union(plain_set(none), plain_set(all)).same_root(all));
    EXPECT_TRUE(set_difference(all, all).empty());
    EXPECT_TRUE(set_intersection(all, others).empty());
    EXPECT_EQ(allocations(), before);
    auto const entries = make_map(3'000);
    auto const after = allocations();
    EXPECT_TRUE(set_union(entries, entries, greater()).same_root(entries));
    EXPECT_EQ(allocations(), after);
    auto const sum = [](int, int left, int right) { return left + right; };
    EXPECT_EQ(set_union(entries, entries, sum).at(7), 14); // not idempotent: shared nodes are walked too
}

TEST_F(tree_identity, one_insert_copies_one_path)
{
    auto const before = make_set(50'000);
    auto const blocks = heap_ledger::live_blocks.load();
    auto const after = before.insert(-1);
    auto const path = heap_ledger::live_blocks.load() - blocks;
    EXPECT_GE(path, 3);
    EXPECT_LE(path, 6); // four levels, and a leaf may split
    auto const footprint = after.footprint();
    EXPECT_LT(footprint.alone_bytes, footprint.shared_bytes / 50);
}

TEST_F(tree_identity, a_version_of_our_own_is_edited_in_place)
{
    auto ours = make_set(50'000);
    auto const before = allocations();
    for (int key = 0; key < 40; ++key)
        ours = std::move(ours).erase(key * 1'000);
    EXPECT_LE(allocations() - before, 4u); // a leaf at its least length is shared out anew
    for (int key = 0; key < 40; ++key)
        ours = std::move(ours).insert(key * 1'000);
    EXPECT_TRUE(validate(ours)) << validate(ours);
}

TEST_F(tree_identity, union_with_few_shares_the_rest)
{
    auto const all = make_set(50'000, 2);
    auto const few = plain_set::from_sorted(std::vector{ 1'001, 30'001, 77'777 });
    auto const blocks = heap_ledger::live_blocks.load();
    auto const both = set_union(all, few);
    EXPECT_EQ(both.size(), 50'003u);
    auto const made = heap_ledger::live_blocks.load() - blocks;
    EXPECT_LE(made, 40); // of some 1 600 nodes
    EXPECT_TRUE(validate(both)) << validate(both);
}

/// Compares by key alone, so that a test can see whose element survived.
struct tagged {
    int key = 0;
    char tag = ' ';
    friend bool operator<(tagged one, tagged other) noexcept { return one.key < other.key; }
};

TEST_F(tree_identity, the_documented_operands_element_survives)
{
    using tags = still::set<tagged, std::less<>, tiny_policy>;
    tags left;
    tags right;
    for (int key = 0; key < 60; ++key) {
        left = std::move(left).insert({ key, 'l' });
        right = std::move(right).insert({ key + 30, 'r' });
    }
    EXPECT_EQ(left.insert({ 3, 'n' }).at(tagged{ 3 }).tag, 'l') << "insert keeps the element there is";
    auto const either = set_union(left, right);
    for (auto const& element : either)
        EXPECT_EQ(element.tag, element.key < 60 ? 'l' : 'r');
    auto const both = set_intersection(left, right);
    for (auto const& element : both)
        EXPECT_EQ(element.tag, 'l');

    still::map<tagged, int, std::less<>, tiny_policy> entries;
    entries = entries.insert({ 1, 'a' }, 1).insert_or_assign({ 1, 'b' }, 2);
    EXPECT_EQ(entries.front().first.tag, 'a') << "insert_or_assign keeps the key there is";
    EXPECT_EQ(entries.front().second, 2);
}

TEST_F(tree_identity, a_charged_tree_holds_one_banks_nodes)
{
    still::bank one(1 << 22);
    still::bank other(1 << 22);
    {
        using charged = still::set<std::pmr::string, std::less<>, still::charged_policy>;
        charged left(one);
        charged right(other);
        for (int index = 0; index < 500; ++index) {
            left = std::move(left).insert(std::pmr::string("a long enough key, left " + std::to_string(index)));
            right = std::move(right).insert(std::pmr::string("a long enough key, right " + std::to_string(index)));
        }
        auto const others = other.usage();
        auto const both = set_union(left, right);
        auto const joined = join(left, right);
        EXPECT_EQ(other.usage(), others) << "the right operand is copied, on the left one's bank";
        right = charged(other);
        EXPECT_EQ(other.usage(), 0u);
        EXPECT_EQ(both.size(), 1'000u);
        EXPECT_EQ(joined, both);
        for (auto const& element : both)
            EXPECT_EQ(element.get_allocator().resource(), one.memory_resource());
    }
    EXPECT_EQ(one.usage(), 0u);
}

TEST_F(tree_identity, what_keeps_nothing_of_the_right_operand_pays_nothing_for_it)
{
    using charged = still::set<int, std::less<>, still::charged_policy>;
    still::bank const small(4'096);
    still::bank const large(1 << 20);
    auto const left = charged(small).insert(5).insert(6);
    auto right = charged(large);
    for (int number = 6; number < 2'000; ++number)
        right = std::move(right).insert(number);
    EXPECT_EQ(set_intersection(left, right).size(), 1u);
    EXPECT_EQ(set_difference(left, right).size(), 1u);
    EXPECT_THROW(static_cast<void>(set_union(left, right)), still::quota_exceeded);
}

TEST_F(tree_identity, a_full_bank_refuses_and_changes_nothing)
{
    still::bank small(20'000);
    {
        still::set<int, std::less<>, still::charged_policy> numbers(small);
        int key = 0;
        try {
            for (;; ++key)
                numbers = std::move(numbers).insert(key);
        } catch (still::quota_exceeded const& refusal) {
            EXPECT_EQ(refusal.limit(), 20'000u);
            EXPECT_LE(small.usage(), small.limit());
        }
        EXPECT_EQ(numbers.size(), static_cast<std::size_t>(key));
        EXPECT_TRUE(validate(numbers)) << validate(numbers);
        numbers = std::move(numbers).erase(0); // in place: needs no room
        EXPECT_EQ(numbers.size(), static_cast<std::size_t>(key) - 1);
    }
    EXPECT_EQ(small.usage(), 0u);
}

} // namespace
