// SPDX-License-Identifier: BSL-1.0
//
// What a tree is made of: its key, its value, its policy, and the sizes of its nodes.
// See Note: node sizes.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <string>
#include <type_traits>

#include "still/core/policy.hpp"
#include "still/tree/box.hpp"
#include "still/tree/measure.hpp"

namespace still::tree {

/// The value of a set's element: nothing. A set is a map without values.
struct no_value {
    [[nodiscard]] friend constexpr bool operator==(no_value, no_value) noexcept { return true; }
};

/// True for elements that are costly to copy into another node, or can't be: they lie in boxes that nodes
/// share. See Note: costly elements.
template <class Object>
inline constexpr bool is_costly = !std::is_copy_constructible_v<Object> || sizeof(Object) > 64;

/// Strings whose letters are equal by `==` where their order finds them so, which a program's own kind of letter
/// needn't be, and that are built anew from a part of one as a copy is built: by the same allocator.
template <class Key>
inline constexpr bool is_string = false;
template <class Char>
inline constexpr bool is_letter = std::is_same_v<Char, char> || std::is_same_v<Char, wchar_t>
    || std::is_same_v<Char, char8_t> || std::is_same_v<Char, char16_t> || std::is_same_v<Char, char32_t>;
template <class Char>
inline constexpr bool is_string<std::basic_string<Char>> = is_letter<Char>;
template <class Char>
inline constexpr bool is_string<std::pmr::basic_string<Char>> = is_letter<Char>;

/// True where keys are strings in the order of their letters, so that the beginning of one may tell it from all keys
/// before it. See Note: costly elements.
template <class Key, class Compare>
inline constexpr bool is_ordered_by_letters = is_string<Key>
    && (std::is_same_v<Compare const, std::less<> const> || std::is_same_v<Compare const, std::less<Key> const>);

/// All of it is worked out when a node is first made, not when a container is named: until then keys and
/// values may be incomplete types.
/// Invariants: leaf_minimum ≤ ⌈leaf_capacity / 2⌉ and branch_minimum ≤ ⌈branch_capacity / 2⌉, so that
/// both halves of a split node, and of two neighbours shared out anew, are full enough.
template <class Key, class Value, container_policy Policy, bool OrderedByLetters = false>
struct schema {
    using key_type = Key;
    using value_type = Value;
    using policy = Policy;
    using heap = typename Policy::heap;
    using count = typename Policy::count;
    template <class Node>
    using link = typename Policy::template link<Node>;

    using measure = typename measure_of_policy<Policy>::type;

    static constexpr bool has_values = !std::is_same_v<Value, no_value>;
    static constexpr bool has_measure = !std::is_same_v<measure, no_measure>;

    /// Which elements lie in boxes: the costly ones, unless the policy says otherwise.
    static constexpr bool boxes_keys = [] {
        if constexpr (requires { Policy::boxes_keys; })
            return bool{ Policy::boxes_keys };
        else
            return is_costly<Key>;
    }();
    static constexpr bool boxes_values = has_values && [] {
        if constexpr (requires { Policy::boxes_values; })
            return bool{ Policy::boxes_values };
        else
            return is_costly<Value>;
    }();

    /// A new separator is no longer than it must be. One in a box is shared instead.
    static constexpr bool cuts_separators = !boxes_keys && OrderedByLetters;

    /// Elements are moved about inside a node only where that can't throw half way.
    static constexpr bool edits_in_place = (boxes_keys || std::is_nothrow_move_constructible_v<Key>)
        && (boxes_values || std::is_nothrow_move_constructible_v<Value>);

    /// Most elements in a leaf: keys of about 512 bytes, entries of about 768, what the heap adds to a node
    /// included, never less than 8; fewer where elements lie in boxes, since a copy of the node has to count
    /// up each.
    static constexpr std::size_t leaf_capacity = [] {
        if constexpr (requires { Policy::leaf_capacity; }) {
            return std::size_t{ Policy::leaf_capacity };
        } else {
            constexpr std::size_t key_bytes = boxes_keys ? sizeof(void*) : sizeof(Key);
            constexpr std::size_t value_bytes = !has_values ? 0 : boxes_values ? sizeof(void*) : sizeof(Value);
            constexpr std::size_t added = std::min<std::size_t>(block_overhead<heap>, 504);
            constexpr std::size_t by_key = (504 - added) / key_bytes;
            constexpr std::size_t by_entry = (760 - added) / (key_bytes + value_bytes);
            constexpr std::size_t most = boxes_keys || boxes_values ? 16 : 127;
            return std::clamp<std::size_t>(std::min(by_key, by_entry), 8, most);
        }
    }();
    /// Most children of a branch: 15, fewer where separators are large; one less makes room for what the heap
    /// adds.
    static constexpr std::size_t branch_capacity = [] {
        if constexpr (requires { Policy::branch_capacity; })
            return std::size_t{ Policy::branch_capacity };
        else
            return std::clamp<std::size_t>(
                boxes_keys ? 15 : 1 + 512 / sizeof(Key), 8, block_overhead<heap> == 0 ? 15 : 14);
    }();

    /// Least occupancy, 3/8, of every node but the root.
    static constexpr std::size_t leaf_minimum = std::max<std::size_t>(1, leaf_capacity * 3 / 8);
    static constexpr std::size_t branch_minimum = std::max<std::size_t>(2, branch_capacity * 3 / 8);

    /// Levels that a tree of 2^56 elements can need, the root's included.
    static constexpr unsigned max_height = [] {
        unsigned levels = 1;
        for (std::uint64_t least = leaf_minimum * 2; least < (std::uint64_t{ 1 } << 56); least *= branch_minimum)
            ++levels;
        return levels + 1;
    }();
};

/// The schemas of the faces.
template <class Key, class Value, class Compare, container_policy Policy>
using map_schema = schema<Key, Value, Policy, is_ordered_by_letters<Key, Compare>>;
template <class Key, class Compare, container_policy Policy>
using set_schema = map_schema<Key, no_value, Compare, Policy>;

/// What a node keeps of a key and of a value.
template <class Schema>
using key_cell = std::conditional_t<Schema::boxes_keys, boxed<typename Schema::key_type, typename Schema::policy>,
    typename Schema::key_type>;
template <class Schema>
using value_cell = std::conditional_t<Schema::boxes_values, boxed<typename Schema::value_type, typename Schema::policy>,
    typename Schema::value_type>;

/// True where versions may share elements. Elements that can't be copied have one owner, and so has the
/// container they are in. Asked when a container is named: an incomplete value, of a type that holds
/// itself, counts as one that can be copied, as in the standard library's containers.
template <class Schema>
inline constexpr bool shares_elements = [] {
    if constexpr (requires { sizeof(typename Schema::value_type); })
        return std::is_copy_constructible_v<typename Schema::key_type>
            && std::is_copy_constructible_v<typename Schema::value_type>;
    else
        return std::is_copy_constructible_v<typename Schema::key_type>;
}();

/// What the engine wants of a schema; whoever makes nodes asks.
template <class Schema>
struct requirements {
    using key = typename Schema::key_type;
    using value = typename Schema::value_type;

    static_assert(std::is_object_v<key> && !std::is_const_v<key>, "still: keys are non-const objects");
    static_assert(Schema::boxes_keys || std::is_copy_constructible_v<key>,
        "still: keys that can't be copied lie in boxes (leave boxes_keys out of the policy)");
    static_assert(Schema::boxes_values || std::is_copy_constructible_v<value>,
        "still: values that can't be copied lie in boxes (leave boxes_values out of the policy)");
    static_assert(std::is_nothrow_destructible_v<key> && std::is_nothrow_destructible_v<value>,
        "still: dropping a version must not throw");
    static_assert(3 <= Schema::leaf_capacity && Schema::leaf_capacity <= 255, "still: a leaf holds 3 to 255 elements");
    static_assert(
        4 <= Schema::branch_capacity && Schema::branch_capacity <= 255, "still: a branch holds 4 to 255 children");
    static_assert(!Schema::has_measure || still::measure<typename Schema::measure>,
        "still: the policy's measure is no measure (see still::measure)");

    static constexpr bool are_met = true;
};

} // namespace still::tree
