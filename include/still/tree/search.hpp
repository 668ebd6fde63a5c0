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

/// Where `precedes` ceases to hold among keys [first, last) of a node; it holds for a prefix of them.
/// Returns last where it holds for all. O(log(last - first)) evaluations.
template <bool Cheap, class Keys, class Precedes>
[[nodiscard]] std::size_t prefix_end(Keys const& keys, std::size_t first, std::size_t last, Precedes precedes)
{
    auto length = last - first;
    if constexpr (Cheap && Keys::is_contiguous) {
        // Halving without branches down to a window, which is then counted: the compiler turns both
        // into straight code.
        constexpr std::size_t window = 16;
        auto const* const start = keys.at(first);
        auto const* from = start;
        while (length > window) {
            auto const half = length / 2;
            from = precedes(from[half - 1]) ? from + half : from;
            length -= half;
        }
        std::size_t count = 0;
        for (std::size_t index = 0; index < length; ++index)
            count += precedes(from[index]) ? 1 : 0;
        return first + static_cast<std::size_t>(from - start) + count;
    } else {
        while (length > 0) {
            auto const half = length / 2;
            if (precedes(*keys.at(first + half))) {
                first += half + 1;
                length -= half + 1;
            } else {
                length = half;
            }
        }
        return first;
    }
}

/// The first of keys [first, last) of a node that is not less than `sought`, or last.
template <class Keys, class Less, class Sought>
[[nodiscard]] std::size_t end_below(
    Keys const& keys, std::size_t first, std::size_t last, Sought const& sought, Less const& less)
{
    using key = std::remove_cvref_t<decltype(*keys.at(0))>;
    return prefix_end<compares_cheaply<Less, key, Sought>>(
        keys, first, last, [&](key const& seen) { return less(seen, sought); });
}

/// The first of keys [first, last) of a node that is greater than `sought`, or last.
template <class Keys, class Less, class Sought>
[[nodiscard]] std::size_t end_through(
    Keys const& keys, std::size_t first, std::size_t last, Sought const& sought, Less const& less)
{
    using key = std::remove_cvref_t<decltype(*keys.at(0))>;
    return prefix_end<compares_cheaply<Less, key, Sought>>(
        keys, first, last, [&](key const& seen) { return !less(sought, seen); });
}

} // namespace still::tree
