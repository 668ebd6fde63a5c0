// SPDX-License-Identifier: BSL-1.0
//
// Operands for functions of two and more versions: of any legal shape, or derived from each other, so that
// they share. And faults at every event of every kind while such a function runs.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <new>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "live_count.hpp"
#include "tree_model.hpp"

namespace still_test {

/// A version and what is in it.
template <class Container>
struct operand {
    Container version;
    tree_model model;
};

template <class Container>
[[nodiscard]] bool same_elements(Container const& seen, tree_model const& model)
{
    return std::ranges::equal(seen, model, [](auto const& element, auto const& entry) {
        if constexpr (is_map<Container>)
            return element.first == entry.first && element.second == entry.second;
        else
            return element == entry.first;
    });
}

/// A value for the model, which is 0 in a set.
template <class Container>
[[nodiscard]] int any_value(std::mt19937& random)
{
    return is_map<Container> ? static_cast<int>(random() % 3) : 0;
}

/// Up to 120 elements with keys below `most`, in a tree of any legal shape.
template <class Container>
[[nodiscard]] operand<Container> any_operand(std::mt19937& random, unsigned most)
{
    tree_model model;
    for (auto wanted = random() % 120; wanted > 0; --wanted)
        model.emplace(static_cast<int>(random() % most), any_value<Container>(random));
    return { any_shape<Container>(model, random), model };
}

/// The same after up to `most_edits` edits of one key each, so that it shares the rest.
template <class Container>
[[nodiscard]] operand<Container> derived(operand<Container> from, std::mt19937& random, unsigned most_edits)
{
    for (auto edits = random() % (most_edits + 1); edits > 0; --edits) {
        auto const key = static_cast<int>(random() % 150);
        auto const value = any_value<Container>(random);
        if (random() % 2 == 0) {
            from.version = from.version.erase(key);
            from.model.erase(key);
            continue;
        }
        if constexpr (is_map<Container>)
            from.version = from.version.insert_or_assign(key, value);
        else
            from.version = from.version.insert(key);
        from.model[key] = value;
    }
    return from;
}

/// Two operands, unrelated, or one derived from the other.
template <class Container>
[[nodiscard]] std::pair<operand<Container>, operand<Container>> any_operands(std::mt19937& random)
{
    auto left = any_operand<Container>(random, random() % 2 == 0 ? 130 : 1'000);
    if (random() % 2 == 0)
        return { left, any_operand<Container>(random, 200) };
    auto right = derived(left, random, 7);
    if (random() % 2 == 0)
        return { right, left };
    return { left, right };
}

/// The nodes of a version.
template <class Schema>
void collect_nodes(still::tree::node<Schema> const* root, std::set<void const*>& nodes)
{
    nodes.insert(root);
    if (root->level > 0) {
        for (std::size_t slot = 0; slot < root->length; ++slot)
            collect_nodes(still::tree::as_branch(*root).child(slot), nodes);
    }
}
/// How many nodes of one version another doesn't have.
template <class Container>
[[nodiscard]] std::size_t nodes_beside(Container const& seen, Container const& other)
{
    std::set<void const*> ours;
    std::set<void const*> theirs;
    if (auto const root = still::tree::internals::core(seen).root())
        collect_nodes(root.get(), ours);
    if (auto const root = still::tree::internals::core(other).root())
        collect_nodes(root.get(), theirs);
    return static_cast<std::size_t>(
        std::ranges::count_if(ours, [&](void const* node) { return !theirs.contains(node); }));
}

/// Runs `act` with the n-th event of each kind failing, for every n, and `intact(n)`, with nothing failing
/// any more, after each. `more` are kinds beside copies, moves, comparisons and allocations. Returns the
/// number of faults.
template <class Act, class Intact>
std::int64_t at_faults_of_every_kind(Act act, Intact intact, std::initializer_list<schedule*> more = {})
{
    std::int64_t faults = 0;
    auto const run = [&](schedule& kind) {
        auto fired = true;
        for (std::int64_t n = 1; fired; ++n) {
            auto thrown = false;
            {
                schedule::scope const plan(kind, n);
                try {
                    act();
                } catch (injected_fault const&) {
                    thrown = true;
                } catch (std::bad_alloc const&) {
                    thrown = true;
                }
                fired = plan.fired();
            }
            EXPECT_EQ(thrown, fired) << "a fault was swallowed";
            EXPECT_TRUE(intact()) << n;
            faults += fired ? 1 : 0;
        }
    };
    for (auto* const kind :
        { &value_ledger::copies, &value_ledger::moves, &value_ledger::comparisons, &heap_ledger::allocations })
        run(*kind);
    for (auto* const kind : more)
        run(*kind);
    return faults;
}

/// Compares by key alone, so that a test can see whose element survived.
struct tagged {
    int key = 0;
    char tag = ' ';
    friend bool operator<(tagged one, tagged other) noexcept { return one.key < other.key; }
};

} // namespace still_test
