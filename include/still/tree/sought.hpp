// SPDX-License-Identifier: BSL-1.0
//
// What may be looked up: a key, or what the comparator takes for one.

#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace still::tree {

template <class Less>
concept transparent = requires { typename Less::is_transparent; };

/// Any integer but bool and the characters: what std::cmp_less compares by value.
template <class Number>
concept whole_number = std::integral<Number>
    && !(std::same_as<Number, bool> || std::same_as<Number, char> || std::same_as<Number, wchar_t>
        || std::same_as<Number, char8_t> || std::same_as<Number, char16_t> || std::same_as<Number, char32_t>);

/// Comparators that compare integers as `<` and `>` do.
template <class Less>
inline constexpr bool by_value = std::is_same_v<Less, std::less<>> || std::is_same_v<Less, std::greater<>>;

/// An integer of another type than the keys. Compared by value, so that none is taken for another because
/// it is wider, or negative.
template <whole_number Number, whole_number Key>
struct other_integer {
    using compares_as_number = void;
    Number value;

    [[nodiscard]] friend constexpr bool operator<(Key key, other_integer sought) noexcept
    {
        return std::cmp_less(key, sought.value);
    }
    [[nodiscard]] friend constexpr bool operator<(other_integer sought, Key key) noexcept
    {
        return std::cmp_less(sought.value, key);
    }
    [[nodiscard]] friend constexpr bool operator>(Key key, other_integer sought) noexcept { return sought < key; }
    [[nodiscard]] friend constexpr bool operator>(other_integer sought, Key key) noexcept { return key < sought; }
};

/// Effect: the key to search for. What a transparent comparator takes is passed through, integers by their
/// values; anything else is converted to a key, once, where it converts implicitly.
template <class Less, class Key, class Sought>
[[nodiscard]] decltype(auto) as_sought(Sought const& sought)
{
    if constexpr (std::is_same_v<Sought, Key>) {
        return (sought);
    } else if constexpr (transparent<Less>) {
        if constexpr (whole_number<Sought> && whole_number<Key> && by_value<Less>)
            return other_integer<Sought, Key>{ sought };
        else
            return (sought);
    } else {
        static_assert(std::convertible_to<Sought const&, Key>,
            "still: what is looked up is a key, or converts to one implicitly (or the comparator is transparent)");
        return static_cast<Key>(sought);
    }
}

/// What a transparent comparator compares with keys, and keys are built from: it is looked up as it is.
/// Numbers are converted first, so that none is taken for another.
template <class Source, class Key, class Less>
concept stands_for = transparent<Less> && !std::same_as<std::remove_cvref_t<Source>, Key>
    && !std::is_arithmetic_v<std::remove_cvref_t<Source>> && std::constructible_from<Key, Source>
    && std::predicate<Less const&, Key const&, std::remove_cvref_t<Source> const&>
    && std::predicate<Less const&, std::remove_cvref_t<Source> const&, Key const&>;

} // namespace still::tree
