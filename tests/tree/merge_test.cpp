// SPDX-License-Identifier: BSL-1.0
//
// Merge with every choice of tactics, from trees of any legal shape and from versions that share; what it
// shares, and whose element survives.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>

#include "operands.hpp"

namespace {

using namespace still_test;

template <class Policy>
using map_of = still::map<int, int, std::less<>, Policy>;
template <class Policy>
using set_of = still::set<int, std::less<>, Policy>;

/// A tactic for both, and what it means for a model: a value, or none.
struct kept {
    auto tactic() const { return still::keep; }
    std::optional<int> one(int, int value) const { return value; }
    std::optional<int> both(int, int left, int) const { return left; }
};
struct dropped {
    auto tactic() const { return still::drop; }
    std::optional<int> one(int, int) const { return {}; }
    std::optional<int> both(int, int, int) const { return {}; }
};
struct right_kept {
    auto tactic() const { return still::keep_right; }
    std::optional<int> both(int, int, int right) const { return right; }
};
struct filtered {
    auto tactic() const
    {
        return still::filter([](int key, auto... values) { return (key + ... + values) % 3 != 0; });
    }
    std::optional<int> one(int key, int value) const
    {
        return (key + value) % 3 != 0 ? std::optional(value) : std::nullopt;
    }
    std::optional<int> both(int key, int left, int right) const
    {
        return (key + left + right) % 3 != 0 ? std::optional(left) : std::nullopt;
    }
};
/// Gives an optional, and often what is there.
struct transformed {
    static std::optional<int> change(int key, int value)
    {
        return key % 4 == 0 ? std::nullopt : std::optional(key % 4 == 1 ? value + 1 : value);
    }
    auto tactic() const { return still::transform(change); }
    std::optional<int> one(int key, int value) const { return change(key, value); }
};
/// Gives a value.
struct doubled {
    auto tactic() const
    {
        return still::transform([](int, int value) { return 2 * value; });
    }
    std::optional<int> one(int, int value) const { return 2 * value; }
};
struct combined {
    auto tactic() const
    {
        return still::combine([this](int key, int left, int right) { return both(key, left, right); });
    }
    std::optional<int> both(int key, int left, int right) const
    {
        return key % 5 == 0 ? std::nullopt : std::optional(left * right);
    }
};
struct greater {
    using idempotent = void;
    int operator()(int, int left, int right) const { return std::max(left, right); }
};
struct joined {
    auto tactic() const { return still::combine(greater()); }
    std::optional<int> both(int, int left, int right) const { return std::max(left, right); }
};

template <class LeftOnly, class RightOnly, class Both>
tree_model merged(
    tree_model const& left, tree_model const& right, LeftOnly left_only, RightOnly right_only, Both both, bool is_set)
{
    tree_model result;
    auto const put = [&](int key, std::optional<int> value) {
        if (value)
            result.emplace(key, is_set ? 0 : *value);
    };
    for (auto const& [key, value] : left) {
        auto const other = right.find(key);
        put(key,
            other == right.end() ? left_only.one(key, value)
                : is_set         ? both.both(key, key, 0)
                                 : both.both(key, value, other->second));
    }
    for (auto const& [key, value] : right) {
        if (!left.contains(key))
            put(key, right_only.one(key, value));
    }
    return result;
}

template <class Container, class LeftOnly, class RightOnly, class Both>
void check_merge(operand<Container> const& left, operand<Container> const& right, LeftOnly left_only,
    RightOnly right_only, Both both)
{
    auto const expected = merged(left.model, right.model, left_only, right_only, both, !is_map<Container>);
    auto const before = heap_ledger::allocations.events();
    auto const result
        = still::merge(left.version, right.version, left_only.tactic(), right_only.tactic(), both.tactic());
    auto const allocated = heap_ledger::allocations.events() - before;
    auto const sound = validate(result);
    RC_ASSERT(sound.sound());
    RC_ASSERT(same_elements(result, expected));
    if (expected == left.model) {
        RC_ASSERT(result.same_root(left.version));
        RC_ASSERT(allocated == 0u);
    }
}

template <class Container, class LeftOnly, class RightOnly>
void with_each_both(
    operand<Container> const& left, operand<Container> const& right, LeftOnly left_only, RightOnly right_only)
{
    check_merge(left, right, left_only, right_only, kept());
    check_merge(left, right, left_only, right_only, dropped());
    check_merge(left, right, left_only, right_only, right_kept());
    if constexpr (is_map<Container>) {
        check_merge(left, right, left_only, right_only, filtered());
        check_merge(left, right, left_only, right_only, combined());
        check_merge(left, right, left_only, right_only, joined());
    }
}
template <class Container, class LeftOnly>
void with_each_right(operand<Container> const& left, operand<Container> const& right, LeftOnly left_only)
{
    with_each_both(left, right, left_only, kept());
    with_each_both(left, right, left_only, dropped());
    if constexpr (is_map<Container>) {
        with_each_both(left, right, left_only, filtered());
        with_each_both(left, right, left_only, transformed());
    }
}
template <class Container>
void with_all_tactics()
{
    live_count const seen;
    {
        std::mt19937 random(*rc::gen::arbitrary<unsigned>());
        auto const [left, right] = any_operands<Container>(random);
        with_each_right(left, right, kept());
        with_each_both(left, right, dropped(), dropped());
        with_each_both(left, right, dropped(), kept());
        if constexpr (is_map<Container>) {
            with_each_both(left, right, transformed(), kept());
            with_each_both(left, right, transformed(), transformed());
            with_each_both(left, right, filtered(), doubled());
        }
        RC_ASSERT(same_elements(left.version, left.model));
        RC_ASSERT(same_elements(right.version, right.model));
    }
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(tree_merge, of_maps_agrees_with_a_model, ())
{
    with_all_tactics<map_of<tiny_policy>>();
}
RC_GTEST_PROP(tree_merge, of_maps_in_nodes_of_full_size_agrees_with_a_model, ())
{
    with_all_tactics<map_of<test_policy>>();
}
RC_GTEST_PROP(tree_merge, of_sets_agrees_with_a_model, ())
{
    with_all_tactics<set_of<tiny_offset_policy>>();
}

} // namespace
