// SPDX-License-Identifier: BSL-1.0
//
// Where a key belongs among the sorted keys of one node.
// See Note: search in a node.

#pragma once

#include <cstddef>
#include <functional>
#include <type_traits>

namespace still::tree {

/// Comparisons of such keys are cheap and without effect, so that comparing more of them than needed
/// costs less than a mispredicted branch.
template <class Less, class Key, class Sought>
inline constexpr bool compares_cheaply
    = std::is_arithmetic_v<Key> && (std::is_arithmetic_v<Sought> || requires { typename Sought::compares_as_number; })
    && (std::is_same_v<Less, std::less<>> || std::is_same_v<Less, std::less<Key>>
        || std::is_same_v<Less, std::greater<>> || std::is_same_v<Less, std::greater<Key>>);

/// The number of keys, among the first `length`, for which `precedes` holds; it holds for a prefix.
/// O(log length) evaluations.
template <bool Cheap, class Key, class Precedes>
[[nodiscard]] std::size_t prefix_length(Key const* keys, std::size_t length, Precedes precedes)
{
    if constexpr (Cheap) {
        // Halving without branches down to a window, which is then counted: the compiler turns both
        // into straight code.
        constexpr std::size_t window = 16;
        auto const* first = keys;
        while (length > window) {
            auto const half = length / 2;
            first = precedes(first[half - 1]) ? first + half : first;
            length -= half;
        }
        std::size_t count = 0;
        for (std::size_t index = 0; index < length; ++index)
            count += precedes(first[index]) ? 1 : 0;
        return static_cast<std::size_t>(first - keys) + count;
    } else {
        std::size_t first = 0;
        while (length > 0) {
            auto const half = length / 2;
            if (precedes(keys[first + half])) {
                first += half + 1;
                length -= half + 1;
            } else {
                length = half;
            }
        }
        return first;
    }
}

/// The number of keys less than `sought`.
template <class Less, class Key, class Sought>
[[nodiscard]] std::size_t count_below(Key const* keys, std::size_t length, Sought const& sought, Less const& less)
{
    return prefix_length<compares_cheaply<Less, Key, Sought>>(
        keys, length, [&](Key const& key) { return less(key, sought); });
}

/// The number of keys not greater than `sought`.
template <class Less, class Key, class Sought>
[[nodiscard]] std::size_t count_through(Key const* keys, std::size_t length, Sought const& sought, Less const& less)
{
    return prefix_length<compares_cheaply<Less, Key, Sought>>(
        keys, length, [&](Key const& key) { return !less(sought, key); });
}

} // namespace still::tree
