// SPDX-License-Identifier: BSL-1.0
//
// Batches against a model: many elements in or out at once, in any order, and ranges made into containers.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <vector>

#include "operands.hpp"

namespace {

using namespace still_test;

template <class Policy>
using map_of = still::map<int, int, std::less<>, Policy>;
template <class Policy>
using set_of = still::set<int, std::less<>, Policy>;

/// Up to 200 entries in any order, or sorted, with equivalent keys among them.
std::vector<std::pair<int, int>> any_batch(std::mt19937& random, bool has_values)
{
    std::vector<std::pair<int, int>> batch;
    auto const most = random() % 3 == 0 ? 8u : 200u;
    auto const keys = random() % 2 == 0 ? 150u : 1'000u;
    for (auto wanted = random() % most; wanted > 0; --wanted)
        batch.emplace_back(static_cast<int>(random() % keys), has_values ? static_cast<int>(random() % 3) : 0);
    if (random() % 3 == 0)
        std::ranges::sort(batch, std::less<>(), &std::pair<int, int>::first);
    return batch;
}

template <class Container>
void check(Container const& before, tree_model const& model, Container const& after, tree_model const& expected,
    std::uint64_t allocated)
{
    auto const sound = validate(after);
    RC_ASSERT(sound.sound());
    RC_ASSERT(same_elements(after, expected));
    RC_ASSERT(same_elements(before, model));
    if (expected == model) {
        RC_ASSERT(after.same_root(before));
        RC_ASSERT(allocated == 0u);
    }
}

template <class Container>
void any_batches()
{
    live_count const seen;
    std::mt19937 random(*rc::gen::arbitrary<unsigned>());
    for (int round = 0; round < 6; ++round) {
        auto const base = any_operand<Container>(random, random() % 2 == 0 ? 130 : 1'000);
        auto const entries = any_batch(random, is_map<Container>);
        std::vector<int> keys;
        for (auto const& entry : entries)
            keys.push_back(entry.first);
        auto const events = [] { return heap_ledger::allocations.events(); };
        auto const elements = [&] {
            if constexpr (is_map<Container>)
                return entries;
            else
                return keys;
        }();

        auto united = base.model;
        united.insert(entries.begin(), entries.end());
        auto before = events();
        auto const inserted = base.version.insert_range(elements);
        check(base.version, base.model, inserted, united, events() - before);

        auto rest = base.model;
        for (auto const key : keys)
            rest.erase(key);
        before = events();
        auto const erased = base.version.erase_keys(keys);
        check(base.version, base.model, erased, rest, events() - before);
        RC_ASSERT(base.version.erase_keys(std::vector<long>(keys.begin(), keys.end())) == erased);

        if constexpr (is_map<Container>) {
            auto assigned = base.model;
            for (auto const& [key, value] : entries)
                assigned[key] = value;
            before = events();
            auto const result = base.version.insert_or_assign_range(elements);
            check(base.version, base.model, result, assigned, events() - before);
        }

        auto const made = Container(elements.begin(), elements.end());
        auto const made_sound = validate(made);
        RC_ASSERT(made_sound.sound());
        RC_ASSERT(same_elements(made, tree_model(entries.begin(), entries.end())));
    }
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(tree_batches, are_sorted_stably, (std::vector<unsigned char> const& keys, unsigned seed))
{
    std::mt19937 random(seed);
    std::vector<std::pair<int, std::size_t>> items;
    for (std::size_t round = random() % 5 + 1; round > 0; --round) {
        for (auto const key : keys)
            items.emplace_back(key % (random() % 20 + 1), items.size());
    }
    still::tree::sort_stably(items, [](auto const& one, auto const& other) { return one.first < other.first; });
    RC_ASSERT(std::ranges::is_sorted(items));
}
RC_GTEST_PROP(tree_batches, of_maps_agree_with_a_model, ())
{
    any_batches<map_of<tiny_policy>>();
}
RC_GTEST_PROP(tree_batches, of_maps_in_nodes_of_full_size_agree_with_a_model, ())
{
    any_batches<map_of<test_policy>>();
}
RC_GTEST_PROP(tree_batches, of_sets_agree_with_a_model, ())
{
    any_batches<set_of<tiny_local_policy>>();
}

} // namespace
