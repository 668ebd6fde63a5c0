// SPDX-License-Identifier: BSL-1.0
//
// Where a key belongs among the sorted keys of one node.
// See Note: search in a node.

#pragma once

#include <algorithm>
#include <bit>
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

/// Keys of such a schema are numbers that lie in its nodes themselves, and values beside them.
template <class Schema, class Less>
inline constexpr bool holds_numbers = !Schema::boxes_keys && !Schema::boxes_values
    && compares_cheaply<Less, typename Schema::key_type, typename Schema::key_type>;

/// Halvings that leave at most `window` of `length`.
[[nodiscard]] constexpr unsigned halvings(std::size_t length, std::size_t window) noexcept
{
    unsigned steps = 0;
    for (; length > window; length -= length / 2)
        ++steps;
    return steps;
}

/// The number of those `length` keys of a node, one behind the other, for which `precedes` holds: it does for a
/// prefix of them. Without a branch that depends on a key, or on how full the node is.
template <std::size_t Capacity, class Key, class Precedes>
[[nodiscard, gnu::always_inline]] inline std::size_t prefix_length(
    Key const* start, std::size_t length, Precedes precedes)
{
    // A power of two that all nodes but the root reach, so that the window which is counted is always full: where
    // fewer keys are left, it is moved back over some that are known to precede.
    constexpr auto window = std::min<std::size_t>(16, std::bit_floor(std::max<std::size_t>(1, Capacity * 3 / 8)));
    constexpr auto steps = halvings(Capacity, window);
    std::size_t count = 0;
    if (length < std::max(window, std::size_t{ 1 } << steps)) [[unlikely]] {
        for (std::size_t index = 0; index < length; ++index)
            count += precedes(start[index]) ? 1 : 0;
        return count;
    }
    std::size_t from = 0;
    auto left = length;
#pragma GCC unroll 8
    for (unsigned step = 0; step < steps; ++step) {
        auto const half = left / 2;
        from += precedes(start[from + half - 1]) ? half : 0;
        left -= half;
    }
    from = std::min(from, length - window);
#pragma GCC unroll 16
    for (std::size_t index = 0; index < window; ++index)
        count += precedes(start[from + index]) ? 1 : 0;
    return from + count;
}

/// Where `precedes` ceases to hold among keys [first, last) of a node; it holds for a prefix of them.
/// Returns last where it holds for all. O(log(last - first)) evaluations.
template <bool Cheap, class Keys, class Precedes>
[[nodiscard]] std::size_t prefix_end(Keys const& keys, std::size_t first, std::size_t last, Precedes precedes)
{
    auto length = last - first;
    if constexpr (Cheap && Keys::is_contiguous) {
        auto const* const start = keys.at(first);
        return first + prefix_length<Keys::capacity>(start, length, precedes);
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
