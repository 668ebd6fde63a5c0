// SPDX-License-Identifier: BSL-1.0
//
// Building a tree of elements that are sorted already.

#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

#include <boost/throw_exception.hpp>

#include "still/tree/builder.hpp"
#include "still/tree/comparator.hpp"
#include "still/tree/search.hpp"

namespace still::tree {

/// Throws std::invalid_argument where elements that should be sorted aren't.
inline void require_ascending(bool ascends)
{
    if (!ascends)
        boost::throw_exception(std::invalid_argument(
            "still: from_sorted wants strictly ascending keys (sort them, or use the constructor)"));
}

/// True where a key may come next: behind the one before it, or first and with a place in the order, which one that
/// comes later has shown by being greater.
template <class Less, class Key, class Sought>
[[nodiscard]] bool follows(Key const* before, Sought const& key, Less const& less)
{
    return before != nullptr ? static_cast<bool>(less(*before, key)) : has_place<Less>(key);
}

/// The key to compare and to build from. Numbers are what they will be in the tree already: two that differ may become
/// one by that.
template <class Key, class Source>
[[nodiscard]] constexpr decltype(auto) to_compare(Source&& source)
{
    if constexpr (std::is_arithmetic_v<Key> || std::is_arithmetic_v<std::remove_cvref_t<Source>>)
        return static_cast<Key>(std::forward<Source>(source));
    else
        return std::forward<Source>(source);
}

/// True for what has a key and a value of a schema's as they are.
template <class Schema, class Element>
inline constexpr bool is_pair_of = [] {
    if constexpr (requires { std::integral_constant<std::size_t, std::tuple_size<Element>::value>(); }) {
        if constexpr (std::tuple_size_v<Element> == 2)
            return std::is_same_v<std::remove_cv_t<std::tuple_element_t<0, Element>>, typename Schema::key_type>
                && std::is_same_v<std::remove_cv_t<std::tuple_element_t<1, Element>>, typename Schema::value_type>;
        else
            return false;
    } else {
        return false;
    }
}();

/// True where a leaf can be filled from such an iterator in one loop, and looked over afterwards: keys are numbers,
/// values are copied as bytes, and reading an element costs no more than that.
template <class Schema, class Less, class Iterator>
inline constexpr bool fills_cheaply = [] {
    using element = std::remove_cvref_t<std::iter_reference_t<Iterator>>;
    using value = typename Schema::value_type;
    if constexpr (!std::random_access_iterator<Iterator> || !std::is_reference_v<std::iter_reference_t<Iterator>>
        || !holds_numbers<Schema, Less>)
        return false;
    else if constexpr (Schema::has_values)
        return is_pair_of<Schema, element> && std::is_trivially_copyable_v<value> && std::is_copy_constructible_v<value>
            && !std::uses_allocator_v<value, decltype(std::declval<typename Schema::heap const&>().elements())>;
    else
        return std::is_same_v<element, typename Schema::key_type>;
}();

/// Effect: appends `count` elements from an iterator on, so many as the open leaf takes at a time, without a branch on
/// any of them. What came before an exception stays.
/// Throws std::invalid_argument unless their keys ascend, from the last one added on.
template <class Schema, class Less, class Iterator>
void fill_ascending(builder<Schema, Less>& to, Less const& less, Iterator from, std::size_t count)
{
    while (count > 0) {
        auto const* const before = to.last_key();
        auto& open = to.room_in_leaf();
        auto const some = std::min<std::size_t>(count, Schema::leaf_capacity - open.length);
        auto* const keys = open.keys.cell(open.length);
        for (std::size_t index = 0; index < some; ++index, ++from) {
            if constexpr (Schema::has_values) {
                auto const& [key, value] = *from;
                keys[index] = key;
                std::construct_at(open.values.cell(open.length + index), value);
            } else {
                keys[index] = *from;
            }
        }
        auto ascends = follows(before, keys[0], less);
        for (std::size_t index = 1; index < some; ++index)
            ascends &= less(keys[index - 1], keys[index]);
        require_ascending(ascends);
        open.length = static_cast<std::uint8_t>(open.length + some);
        count -= some;
    }
}

/// Effect: appends an element. Throws std::invalid_argument unless its key is greater than the last.
template <class Schema, class Less, class KeySource, class ValueSource>
void add_ascending(builder<Schema, Less>& to, Less const& less, KeySource&& key, ValueSource&& value)
{
    auto&& compared = to_compare<typename Schema::key_type>(std::forward<KeySource>(key));
    require_ascending(follows(to.last_key(), compared, less));
    to.add(incoming{ std::forward<decltype(compared)>(compared), std::forward<ValueSource>(value) });
}

/// Effect: appends elements [begin, end); rvalues are moved. What came before an exception stays.
/// Throws std::invalid_argument unless their keys ascend, from the last one added on.
template <class Schema, class Less, class Iterator, class Sentinel>
void add_ascending_elements(builder<Schema, Less>& to, Less const& less, Iterator begin, Sentinel end)
{
    if constexpr (fills_cheaply<Schema, Less, Iterator> && std::sized_sentinel_for<Sentinel, Iterator>) {
        fill_ascending(to, less, begin, static_cast<std::size_t>(end - begin));
    } else {
        for (; begin != end; ++begin) {
            auto&& element = *begin;
            if constexpr (Schema::has_values) {
                auto&& [key, value] = element;
                add_ascending(to, less, given_part<decltype(element), decltype(key)>(key),
                    given_part<decltype(element), decltype(value)>(value));
            } else {
                add_ascending(to, less, std::forward<decltype(element)>(element), no_value());
            }
        }
    }
}

} // namespace still::tree
