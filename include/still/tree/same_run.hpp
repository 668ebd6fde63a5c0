// SPDX-License-Identifier: BSL-1.0
//
// How far two leaves have the same elements.

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include "still/tree/node.hpp"
#include "still/tree/search.hpp"

namespace still::tree {

/// True where elements are numbers, ordered as `<` or `>` has them: equivalent keys are equal then, and comparing
/// several elements at once costs less than asking about each.
template <class Schema, class Less>
inline constexpr bool matches_cheaply
    = holds_numbers<Schema, Less> && (!Schema::has_values || std::is_arithmetic_v<typename Schema::value_type>);

/// The length of the longest run at the beginnings of both that is the same, at most `most`.
template <class Number>
[[nodiscard]] std::size_t same_run(Number const* one, Number const* other, std::size_t most) noexcept
{
    constexpr std::size_t block = 8;
    std::size_t same = 0;
    for (; same + block <= most; same += block) {
        // Without branches, so that compilers compare them side by side.
        if constexpr (std::integral<Number>) {
            Number different{};
            for (std::size_t index = 0; index < block; ++index)
                different = static_cast<Number>(different | (one[same + index] ^ other[same + index]));
            if (different != Number{})
                break;
        } else {
            auto different = false;
            for (std::size_t index = 0; index < block; ++index)
                different |= one[same + index] != other[same + index];
            if (different)
                break;
        }
    }
    while (same < most && one[same] == other[same])
        ++same;
    return same;
}

/// The number of elements that are the same in both leaves, from an index in each on, side by side.
/// Precondition: both indices are in range.
template <class Schema>
[[nodiscard]] std::size_t same_run(
    leaf<Schema> const& one, std::size_t index, leaf<Schema> const& other, std::size_t along) noexcept
{
    auto const most = std::min<std::size_t>(one.length - index, other.length - along);
    auto const same = same_run(one.keys.at(index), other.keys.at(along), most);
    if constexpr (Schema::has_values)
        return same_run(one.values.at(index), other.values.at(along), same);
    else
        return same;
}

} // namespace still::tree
