// SPDX-License-Identifier: BSL-1.0
//
// The validator: every invariant of tree/node.hpp, checked on every node.

#pragma once

#include <concepts>
#include <cstdint>
#include <string>

#include "still/core/report.hpp"
#include "still/tree/node.hpp"

namespace still::tree {

/// Effect: checks a subtree whose keys must lie in [low, high), where null means no bound.
/// O(n). Allocates only the report of a broken rule.
template <class Schema, class Less>
[[nodiscard]] report validate_below(node<Schema> const& seen, typename Schema::key_type const* low,
    typename Schema::key_type const* high, bool is_root, Less const& less, std::string const& place)
{
    auto const least = is_root ? (seen.level == 0 ? 1u : 2u) : minimum_length<Schema>(seen.level);
    if (seen.length < least)
        return { "minimum ≤ length", place };
    if (seen.length > maximum_length<Schema>(seen.level))
        return { "length ≤ capacity", place };
    if (seen.references.owners() == 0)
        return { "1 ≤ owners", place };
    auto const ascending = [&](auto const& keys, std::size_t count, bool from_low) -> report {
        for (std::size_t index = 0; index < count; ++index) {
            auto const& key = *keys.at(index);
            auto const& spot = place + "[" + std::to_string(index) + "]";
            if (index > 0 && !less(*keys.at(index - 1), key))
                return { "keys ascend strictly", spot };
            if (low != nullptr && (from_low ? less(key, *low) : !less(*low, key)))
                return { "low bound ≤ key", spot };
            if (high != nullptr && !less(key, *high))
                return { "key < high bound", spot };
        }
        return {};
    };
    if (seen.level == 0)
        return ascending(as_leaf(seen).keys, seen.length, true);
    auto const& passed = as_branch(seen);
    if (auto order = ascending(passed.separators, seen.length - 1u, false); !order)
        return order;
    for (std::size_t slot = 0; slot < seen.length; ++slot) {
        auto const spot = place + "/" + std::to_string(slot);
        auto const* const child = passed.child(slot);
        if (child == nullptr)
            return { "every child is there", spot };
        if (child->level + 1 != seen.level)
            return { "level(child) = level - 1", spot };
        if (passed.child_size(slot) != size_of(*child))
            return { "child_size = elements below the child", spot };
        if constexpr (Schema::has_measure && std::equality_comparable<typename Schema::measure::value_type>) {
            if (!(passed.child_measure(slot) == measure_of(*child)))
                return { "child_measure = measure of the elements below the child", spot };
        }
        auto const* const from = slot == 0 ? low : passed.separators.at(slot - 1);
        auto const* const to = slot + 1u == seen.length ? high : passed.separators.at(slot);
        if (auto below = validate_below(*child, from, to, false, less, spot); !below)
            return below;
    }
    return {};
}

/// Effect: checks a whole tree. O(n).
template <class Schema, class Less>
[[nodiscard]] report validate(borrowed<node<Schema>> root, Less const& less)
{
    if (!root)
        return {};
    if (root->level >= Schema::max_height)
        return { "level < max_height", "root" };
    return validate_below(*root, static_cast<typename Schema::key_type const*>(nullptr),
        static_cast<typename Schema::key_type const*>(nullptr), true, less, "root");
}

} // namespace still::tree
