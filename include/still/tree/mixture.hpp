// SPDX-License-Identifier: BSL-1.0
//
// Merging two leaves of numbers without branches. Which side's key comes next is a coin toss where trees are unrelated,
// and a branch on it is predicted wrongly half of the time. See Note: merging.

#pragma once

#include <cstddef>
#include <type_traits>

#include "still/tree/node.hpp"
#include "still/tree/search.hpp"
#include "still/tree/tactics.hpp"

namespace still::tree {

/// True where leaves can be merged so: keys are numbers, values are copied as bytes, and no tactic asks a function.
template <class Schema, class Less, class LeftOnly, class RightOnly, class Both>
inline constexpr bool mixes_cheaply
    = holds_numbers<Schema, Less> && std::is_trivially_copyable_v<typename Schema::value_type>
    && std::is_copy_assignable_v<typename Schema::value_type> && sizeof(typename Schema::value_type) <= 16
    && (std::is_same_v<LeftOnly, keeping> || std::is_same_v<LeftOnly, dropping>)
    && (std::is_same_v<RightOnly, keeping> || std::is_same_v<RightOnly, dropping>)
    && (std::is_same_v<Both, keeping> || std::is_same_v<Both, dropping>);

/// What the elements of two leaves become, and how many of them went into it.
template <class Schema>
struct mixture {
    storage<typename Schema::key_type, 2 * Schema::leaf_capacity> keys;
    [[no_unique_address]] storage<typename Schema::value_type, 2 * Schema::leaf_capacity> values;
    std::size_t length = 0;

    std::size_t of_left = 0; ///< elements taken from the left leaf, whether they stay or go,
    std::size_t of_right = 0; ///< and from the right one
    std::size_t in_both = 0; ///< pairs of those that had equal keys
};

/// Effect: merges elements of two leaves, from an index in each on, until one of them has no more.
template <class LeftOnly, class RightOnly, class Both, class Schema, class Less>
void mix(mixture<Schema>& into, leaf<Schema> const& left, std::size_t index, leaf<Schema> const& right,
    std::size_t along, Less const& less) noexcept
{
    constexpr auto stays = [](auto tactic) { return std::is_same_v<decltype(tactic), keeping> ? 1U : 0U; };
    constexpr auto keeps_left = stays(LeftOnly());
    constexpr auto keeps_right = stays(RightOnly());
    constexpr auto keeps_both = stays(Both());
    auto const* const left_keys = left.keys.at(index);
    auto const* const right_keys = right.keys.at(along);
    auto const left_length = left.length - index;
    auto const right_length = right.length - along;
    auto* const keys = into.keys.cell(0);
    std::size_t of_left = 0;
    std::size_t of_right = 0;
    std::size_t steps = 0;
    std::size_t length = 0;
    for (; of_left < left_length && of_right < right_length; ++steps) {
        auto const one = left_keys[of_left];
        auto const other = right_keys[of_right];
        auto const below = static_cast<unsigned>(less(one, other));
        auto const above = static_cast<unsigned>(less(other, one));
        keys[length] = above != 0 ? other : one;
        if constexpr (Schema::has_values)
            into.values.cell(0)[length]
                = *(above != 0 ? right.values.at(along + of_right) : left.values.at(index + of_left));
        if constexpr (keeps_left != 0 && keeps_right != 0 && keeps_both != 0)
            ++length;
        else
            length += (keeps_left & below) | (keeps_right & above) | (keeps_both & ~(below | above));
        of_left += 1U - above;
        of_right += 1U - below;
    }
    into.length = length;
    into.of_left = of_left;
    into.of_right = of_right;
    into.in_both = of_left + of_right - steps;
}

} // namespace still::tree
