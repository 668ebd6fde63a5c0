// SPDX-License-Identifier: BSL-1.0
//
// Patches: patch(before, diff(before, after)) == after, for every edit of one key, for any two versions,
// and what other bases make of the same changes.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <stdexcept>
#include <vector>

#include "operands.hpp"
#include "still/bank.hpp"

namespace {

using namespace still_test;

template <class Policy>
using map_of = still::map<int, int, std::less<>, Policy>;
template <class Policy>
using set_of = still::set<int, std::less<>, Policy>;

class tree_patch : public live_count_test { };

template <class Container>
void any_patches()
{
    live_count const seen;
    std::mt19937 random(*rc::gen::arbitrary<unsigned>());
    for (int round = 0; round < 6; ++round) {
        auto const [before, after] = any_operands<Container>(random);
        auto const patched = patch(before.version, diff(before.version, after.version));
        auto const sound = validate(patched);
        RC_ASSERT(sound.sound());
        RC_ASSERT(same_elements(patched, after.model));
        RC_ASSERT(patched == after.version);

        // Any other base takes the changes too.
        auto const other = random() % 2 == 0 ? derived(before, random, 7) : any_operand<Container>(random, 200);
        auto expected = other.model;
        for (auto const& [key, old, now] : model_diff(before.model, after.model)) {
            if (now == -1)
                expected.erase(key);
            else
                expected[key] = now;
        }
        auto const allocations = heap_ledger::allocations.events();
        auto const result = patch(other.version, diff(before.version, after.version));
        auto const allocated = heap_ledger::allocations.events() - allocations;
        auto const result_sound = validate(result);
        RC_ASSERT(result_sound.sound());
        RC_ASSERT(same_elements(result, expected));
        RC_ASSERT(same_elements(other.version, other.model));
        if (expected == other.model) {
            RC_ASSERT(result.same_root(other.version));
            RC_ASSERT(allocated == 0u);
        }
        auto const again = heap_ledger::allocations.events();
        RC_ASSERT(patch(after.version, diff(before.version, after.version)).same_root(after.version));
        RC_ASSERT(patch(before.version, diff(after.version, after.version)).same_root(before.version));
        RC_ASSERT(heap_ledger::allocations.events() == again);
    }
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(tree_patches, of_maps_make_the_later_version, ())
{
    any_patches<map_of<tiny_policy>>();
}
RC_GTEST_PROP(tree_patches, of_maps_in_nodes_of_full_size_make_the_later_version, ())
{
    any_patches<map_of<test_policy>>();
}
RC_GTEST_PROP(tree_patches, of_sets_make_the_later_version, ())
{
    any_patches<set_of<tiny_local_policy>>();
}

TEST_F(tree_patch, edits_of_one_key_at_every_size_to_300)
{
    using map = map_of<tiny_policy>;
    map before;
    for (int size = 0; size <= 300; ++size) {
        auto const check = [&](map const& after) {
            auto const there = patch(before, diff(before, after));
            auto const back = patch(after, diff(after, before));
            ASSERT_TRUE(there == after && back == before) << size;
            if (size % 20 == 0) {
                ASSERT_TRUE(validate(there) && validate(back)) << size;
            }
        };
        for (int key = size % 3; key < size; key += 1 + size / 50) {
            check(before.erase(2 * key));
            check(before.insert_or_assign(2 * key, -1));
            check(before.insert(2 * key - 1, 0));
        }
        check(before.insert(2 * size, 0));
        before = std::move(before).insert(2 * size, size);
    }
}

TEST_F(tree_patch, one_change_copies_one_path)
{
    map_of<test_policy> before;
    for (int key = 0; key < 50'000; ++key)
        before = std::move(before).insert(key, key);
    auto const after = before.insert_or_assign(25'000, -1).erase(49'000).insert(-1, 0);
    auto const patched = patch(before, diff(before, after));
    EXPECT_LE(nodes_beside(patched, before), 12u);
    EXPECT_EQ(patched, after);
}

TEST_F(tree_patch, changes_out_of_order_are_refused)
{
    using map = map_of<test_policy>;
    using change = still::change<still::entry_pointer<int, int>>;
    auto const base = map().insert(1, 1).insert(2, 2).insert(3, 3);
    auto const other = map().insert(2, 20).insert(4, 40);
    auto const entry
        = [&](int key) { return still::entry_pointer<int, int>(&other.lower_bound(key)->first, other.find(key)); };
    EXPECT_EQ(
        patch(base, std::vector{ change::added(entry(2)), change::removed(entry(4)) }), base.insert_or_assign(2, 20));
    EXPECT_THROW(static_cast<void>(patch(base, std::vector{ change::added(entry(4)), change::added(entry(2)) })),
        std::invalid_argument);
    EXPECT_THROW(static_cast<void>(patch(base, std::vector{ change::added(entry(4)), change::removed(entry(4)) })),
        std::invalid_argument);
    EXPECT_EQ(base.size(), 3u);
}

TEST_F(tree_patch, present_keys_stay_and_new_ones_are_copied)
{
    using map = still::map<tagged, int, std::less<>, tiny_policy>;
    map base;
    map before;
    map after;
    for (int key = 0; key < 40; ++key) {
        base = std::move(base).insert(tagged{ key, 'b' }, 0);
        before = std::move(before).insert(tagged{ key, 'c' }, 0);
        after = std::move(after).insert(tagged{ key + 20, 'a' }, 1);
    }
    auto const patched = patch(base, diff(before, after));
    EXPECT_EQ(patched.size(), 40u);
    for (auto const& [key, value] : patched) {
        EXPECT_EQ(key.tag, key.key < 40 ? 'b' : 'a');
        EXPECT_EQ(value, 1);
    }
}

TEST_F(tree_patch, a_charged_patch_is_paid_by_the_banks_of_its_base)
{
    still::bank one(1 << 22);
    still::bank other(1 << 22);
    {
        using charged = still::set<int, std::less<>, still::charged_policy>;
        auto const base = charged(one).insert(1);
        auto after = charged(other);
        for (int key = 0; key < 1'000; ++key)
            after = std::move(after).insert(key);
        auto const used = other.usage();
        auto const none = charged(other);
        auto const patched = patch(base, diff(none, after));
        EXPECT_EQ(other.usage(), used);
        after = charged(other);
        EXPECT_EQ(patched.size(), 1'000u);
    }
    EXPECT_EQ(one.usage(), 0u);
}

TEST_F(tree_patch, whatever_throws_leaves_all_as_it_was)
{
    using map = still::map<faulty_value, faulty_value, std::less<>, tiny_policy>;
    map before;
    for (int key = 0; key < 30; ++key)
        before = std::move(before).insert(faulty_value(key), faulty_value(key));
    auto after = before;
    for (int key = 0; key < 30; key += 5) {
        after = std::move(after).erase(faulty_value(key));
        after = std::move(after).insert_or_assign(faulty_value(key + 1), faulty_value(100));
        after = std::move(after).insert(faulty_value(key + 100), faulty_value(1));
    }
    auto const size = after.size();
    auto const faults = at_faults_of_every_kind([&] { EXPECT_EQ(patch(before, diff(before, after)).size(), size); },
        [&] { return before.size() == 30 && after.size() == size && validate(before) && validate(after); });
    EXPECT_GT(faults, 100);
}

} // namespace
