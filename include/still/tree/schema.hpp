// SPDX-License-Identifier: BSL-1.0
//
// What a tree is made of: its key, its value, its policy, and the sizes of its nodes.
// See Note: node sizes.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "still/core/policy.hpp"

namespace still::tree {

/// The value of a set's element: nothing. A set is a map without values.
struct no_value {
    [[nodiscard]] friend constexpr bool operator==(no_value, no_value) noexcept { return true; }
};

/// Invariants: leaf_minimum ≤ ⌈leaf_capacity / 2⌉ and branch_minimum ≤ ⌈branch_capacity / 2⌉, so that
/// both halves of a split node, and of two neighbours shared out anew, are full enough.
template <class Key, class Value, container_policy Policy>
struct schema {
    using key_type = Key;
    using value_type = Value;
    using policy = Policy;
    using heap = typename Policy::heap;
    using count = typename Policy::count;
    template <class Node>
    using link = typename Policy::template link<Node>;

    static constexpr bool has_values = !std::is_same_v<Value, no_value>;

    /// Elements are moved about inside a node only where that can't throw half way.
    static constexpr bool edits_in_place
        = std::is_nothrow_move_constructible_v<Key> && std::is_nothrow_move_constructible_v<Value>;

    /// Most elements in a leaf: keys of about 512 bytes, entries of about 1 KiB, never less than 8.
    static constexpr std::size_t leaf_capacity = [] {
        if constexpr (requires { Policy::leaf_capacity; }) {
            return std::size_t{ Policy::leaf_capacity };
        } else {
            constexpr std::size_t by_key = 504 / sizeof(Key);
            constexpr std::size_t by_entry = 1008 / (sizeof(Key) + (has_values ? sizeof(Value) : 0));
            return std::clamp<std::size_t>(std::min(by_key, by_entry), 8, 127);
        }
    }();
    /// Most children of a branch: 15, fewer where separators are large.
    static constexpr std::size_t branch_capacity = [] {
        if constexpr (requires { Policy::branch_capacity; })
            return std::size_t{ Policy::branch_capacity };
        else
            return std::clamp<std::size_t>(1 + 512 / sizeof(Key), 8, 15);
    }();

    /// Least occupancy, 3/8, of every node but the root.
    static constexpr std::size_t leaf_minimum = std::max<std::size_t>(1, leaf_capacity * 3 / 8);
    static constexpr std::size_t branch_minimum = std::max<std::size_t>(2, branch_capacity * 3 / 8);

    static_assert(leaf_capacity >= 3 && leaf_capacity <= 255, "a leaf holds 3 to 255 elements");
    static_assert(branch_capacity >= 4 && branch_capacity <= 255, "a branch holds 4 to 255 children");

    /// Levels that a tree of 2^56 elements can need, the root's included.
    static constexpr unsigned max_height = [] {
        unsigned levels = 1;
        for (std::uint64_t least = leaf_minimum * 2; least < (std::uint64_t{ 1 } << 56); least *= branch_minimum)
            ++levels;
        return levels + 1;
    }();

    static_assert(std::is_object_v<Key> && !std::is_const_v<Key>, "keys are non-const objects");
    static_assert(std::is_copy_constructible_v<Key>, "keys are copied into separators, so they must be copyable");
    static_assert(std::is_copy_constructible_v<Value>, "versions share values, so values must be copyable");
    static_assert(std::is_nothrow_destructible_v<Key> && std::is_nothrow_destructible_v<Value>,
        "dropping a version must not throw");
};

} // namespace still::tree
