// SPDX-License-Identifier: BSL-1.0
//
// Three-way merges against a model, for versions that share and for any others; what they cost and share.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <tuple>
#include <vector>

#include "operands.hpp"
#include "still/bank.hpp"

namespace {

using namespace still_test;

template <class Policy>
using map_of = still::map<int, int, std::less<>, Policy>;
template <class Policy>
using set_of = still::set<int, std::less<>, Policy>;

class tree_merge3 : public live_count_test { };

using conflict = std::tuple<int, int, int, int>; ///< a key, and its values in the three, -1 where absent

int resolved(conflict const& of)
{
    auto const [key, base, ours, theirs] = of;
    switch (key % 4) {
    case 0:
        return ours;
    case 1:
        return theirs;
    case 2:
        return -1;
    default:
        return base + ours + theirs + 10;
    }
}

/// The merged model, and the conflicts in order.
std::pair<tree_model, std::vector<conflict>> merged(
    tree_model const& base, tree_model const& ours, tree_model const& theirs)
{
    tree_model result;
    std::vector<conflict> conflicts;
    tree_model all = base;
    all.insert(ours.begin(), ours.end());
    all.insert(theirs.begin(), theirs.end());
    for (auto const& entry : all) {
        auto const key = entry.first;
        auto const in = [&](tree_model const& model) { return model.contains(key) ? model.at(key) : -1; };
        auto value = in(ours);
        if (in(ours) == in(base)) {
            value = in(theirs);
        } else if (in(theirs) != in(base) && in(theirs) != in(ours)) {
            conflicts.emplace_back(key, in(base), in(ours), in(theirs));
            value = resolved(conflicts.back());
        }
        if (value != -1)
            result.emplace(key, value);
    }
    return { result, conflicts };
}

template <class Container>
Container merge_all(
    Container const& base, Container const& ours, Container const& theirs, std::vector<conflict>& conflicts)
{
    if constexpr (is_map<Container>) {
        return merge3(base, ours, theirs, [&](int key, int const* old, int const* our, int const* their) {
            auto const value = [](int const* pointer) { return pointer == nullptr ? -1 : *pointer; };
            conflicts.emplace_back(key, value(old), value(our), value(their));
            auto const result = resolved(conflicts.back());
            return result == -1 ? std::nullopt : std::optional(result);
        });
    } else {
        return merge3(base, ours, theirs);
    }
}

template <class Container>
void any_merges()
{
    live_count const seen;
    std::mt19937 random(*rc::gen::arbitrary<unsigned>());
    for (int round = 0; round < 6; ++round) {
        auto const base = any_operand<Container>(random, 130);
        auto const related = random() % 3 != 0;
        auto const ours = related ? derived(base, random, 12) : any_operand<Container>(random, 130);
        auto theirs = related ? derived(base, random, 12) : any_operand<Container>(random, 130);
        if (random() % 4 == 0)
            theirs = derived(ours, random, 4); // many changes are the same on both sides
        auto const [expected, expected_conflicts] = merged(base.model, ours.model, theirs.model);

        std::vector<conflict> conflicts;
        auto const before = heap_ledger::allocations.events();
        auto const result = merge_all(base.version, ours.version, theirs.version, conflicts);
        auto const allocated = heap_ledger::allocations.events() - before;
        auto const sound = validate(result);
        RC_ASSERT(sound.sound());
        RC_ASSERT(conflicts == expected_conflicts);
        RC_ASSERT(same_elements(result, expected));
        RC_ASSERT(same_elements(base.version, base.model));
        RC_ASSERT(same_elements(ours.version, ours.model));
        RC_ASSERT(same_elements(theirs.version, theirs.model));
        if (base.model != ours.model && expected == ours.model) {
            RC_ASSERT(result.same_root(ours.version));
            RC_ASSERT(allocated == 0u);
        }
        if (base.model == theirs.model)
            RC_ASSERT(result.same_root(ours.version));
        else if (base.model == ours.model)
            RC_ASSERT(result.same_root(theirs.version));
    }
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(tree_merges3, of_maps_agree_with_a_model, ())
{
    any_merges<map_of<tiny_policy>>();
}
RC_GTEST_PROP(tree_merges3, of_maps_in_nodes_of_full_size_agree_with_a_model, ())
{
    any_merges<map_of<test_policy>>();
}
RC_GTEST_PROP(tree_merges3, of_sets_agree_with_a_model, ())
{
    any_merges<set_of<tiny_offset_policy>>();
}

/// Counts what a merge compares.
struct counting_less {
    static inline std::int64_t calls = 0;
    bool operator()(int one, int other) const noexcept
    {
        ++calls;
        return one < other;
    }
};

TEST_F(tree_merge3, costs_what_both_sides_changed_and_shares_the_rest_with_ours)
{
    using map = still::map<int, int, counting_less, test_policy>;
    std::vector<std::pair<int, int>> entries;
    for (int key = 0; key < 100'000; ++key)
        entries.emplace_back(key, 0);
    auto const base = map::from_sorted(entries);
    auto ours = base;
    auto theirs = base;
    for (int change = 0; change < 20; ++change) {
        ours = std::move(ours).insert_or_assign(change * 5'000 + 1, 1);
        theirs = std::move(theirs).insert_or_assign(change * 5'000 + 2'500, 2);
    }
    theirs = std::move(theirs).insert_or_assign(1, 3);
    auto const calls = counting_less::calls;
    auto const both = merge3(base, ours, theirs, [](int key, int const* old, int const* our, int const* their) {
        EXPECT_EQ(key, 1);
        EXPECT_EQ(*old, 0);
        return *our + *their;
    });
    EXPECT_LE(counting_less::calls - calls, 41 * 600) << "leaves of changes are compared, others aren't opened";
    EXPECT_EQ(both.at(1), 4);
    EXPECT_EQ(both.at(5'001), 1);
    EXPECT_EQ(both.at(7'500), 2);
    // 95 entries a leaf and 15 children a branch: 1053 leaves, 71 branches, and above these 5 and the root.
    EXPECT_LE(nodes_beside(both, ours), 21u * 2 + 6) << "a leaf and a branch for each change of theirs, and all above";
    EXPECT_TRUE(validate(both)) << validate(both);
}

TEST_F(tree_merge3, without_changes_of_one_side_the_other_is_the_result)
{
    auto base = map_of<test_policy>();
    for (int key = 0; key < 3'000; ++key)
        base = std::move(base).insert(key, key);
    auto const changed = base.insert(-1, 0).erase(500);
    auto const same_again = base.insert(-5, 0).erase(-5); // another root, no change
    auto const never = [](int, auto...) -> int {
        ADD_FAILURE() << "there is no conflict";
        return 0;
    };
    EXPECT_FALSE(same_again.same_root(base));
    auto const before = heap_ledger::allocations.events();
    EXPECT_TRUE(merge3(base, changed, base, never).same_root(changed));
    EXPECT_TRUE(merge3(base, base, changed, never).same_root(changed));
    EXPECT_TRUE(merge3(base, changed, same_again, never).same_root(changed));
    EXPECT_TRUE(merge3(base, same_again, changed, never).same_root(changed));
    EXPECT_TRUE(merge3(base, changed, changed, never).same_root(changed));
    auto const none = decltype(base)();
    EXPECT_TRUE(merge3(none, none, none, never).empty());
    EXPECT_TRUE(merge3(none, none, changed, never).same_root(changed));
    EXPECT_TRUE(merge3(changed, none, changed, never).empty());
    EXPECT_EQ(heap_ledger::allocations.events(), before);
}

TEST_F(tree_merge3, our_keys_survive)
{
    using map = still::map<tagged, int, std::less<>, tiny_policy>;
    map base;
    map ours;
    map theirs;
    for (int key = 0; key < 40; ++key) {
        base = std::move(base).insert(tagged{ key, 'b' }, 0);
        ours = std::move(ours).insert(tagged{ key, 'o' }, key % 3 == 0 ? 1 : 0);
        theirs = std::move(theirs).insert(tagged{ key + 20, 't' }, 2);
    }
    auto const result = merge3(base, ours, theirs, [](tagged key, int const* old, int const* our, int const* their) {
        EXPECT_EQ(key.tag, 'o');
        EXPECT_EQ(*old, 0);
        EXPECT_EQ(*our, 1);
        return their == nullptr ? std::nullopt : std::optional(*our + *their);
    });
    EXPECT_EQ(result.size(), 40u);
    for (auto const& [key, value] : result) {
        EXPECT_EQ(key.tag, key.key < 40 ? 'o' : 't');
        EXPECT_EQ(value, key.key < 40 && key.key % 3 == 0 ? 3 : 2);
    }
}

TEST_F(tree_merge3, a_charged_merge_is_paid_by_our_bank)
{
    still::bank one(1 << 22);
    still::bank other(1 << 22);
    {
        using charged = still::set<int, std::less<>, still::charged_policy>;
        auto const base = charged(one).insert(1);
        auto theirs = charged(other);
        for (int key = 0; key < 500; ++key)
            theirs = std::move(theirs).insert(key);
        auto const result = merge3(base, base, theirs);
        theirs = charged(other);
        EXPECT_EQ(other.usage(), 0u);
        EXPECT_EQ(result.size(), 500u);
    }
    EXPECT_EQ(one.usage(), 0u);
}

TEST_F(tree_merge3, whatever_throws_leaves_all_as_it_was)
{
    using map = still::map<faulty_value, faulty_value, std::less<>, tiny_policy>;
    map base;
    for (int key = 0; key < 30; ++key)
        base = std::move(base).insert(faulty_value(key), faulty_value(0));
    auto ours = base.erase(faulty_value(3)).insert(faulty_value(50), faulty_value(1));
    auto theirs = base.erase(faulty_value(20)).insert(faulty_value(60), faulty_value(1));
    for (int key = 5; key < 15; ++key) {
        ours = std::move(ours).insert_or_assign(faulty_value(key), faulty_value(1));
        theirs = std::move(theirs).insert_or_assign(faulty_value(key), faulty_value(key % 3));
    }
    schedule calls;
    auto const resolve = [&](auto const&, auto const*, auto const*, faulty_value const* their) {
        if (calls.step())
            throw injected_fault();
        return their->key() == 0 ? std::optional<faulty_value>() : std::optional(faulty_value(7));
    };
    auto const expected = merge3(base, ours, theirs, resolve).size();
    auto const faults
        = at_faults_of_every_kind([&] { EXPECT_EQ(merge3(base, ours, theirs, resolve).size(), expected); },
            [&] {
                return base.size() == 30 && ours.size() == 30 && theirs.size() == 30 && validate(base) && validate(ours)
                    && validate(theirs);
            },
            { &calls });
    EXPECT_GT(faults, 100);
}

} // namespace
