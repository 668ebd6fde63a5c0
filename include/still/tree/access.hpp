// SPDX-License-Identifier: BSL-1.0
//
// How a face shows the elements of its tree: a set shows keys, a map shows entries.

#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>

#include "still/tree/find.hpp"

namespace still {

/// What iterating a map gives: references `first` and `second` to a key and its value, where they lie in
/// the version. A pair of references, so that it is unpacked as a pair is, `for (auto [word, count] : counts)`,
/// suits `std::views::keys`, and converts to any pair that can be made of a key and a value.
template <class Key, class Value>
struct map_entry : std::pair<Key const&, Value const&> {
    map_entry(Key const& key, Value const& value) noexcept
        : std::pair<Key const&, Value const&>(key, value)
    {
    }
    map_entry(std::pair<Key, Value> const& pair) noexcept
        : map_entry(pair.first, pair.second)
    {
    }

    [[nodiscard]] friend bool operator==(map_entry const& one, map_entry const& other)
    {
        return one.first == other.first && one.second == other.second;
    }
    [[nodiscard]] friend bool operator==(map_entry const& one, std::pair<Key, Value> const& other)
    {
        return one.first == other.first && one.second == other.second;
    }
};

/// A pointer to a map's entry: null, or valid as long as the version it points into.
template <class Key, class Value>
class entry_pointer {
public:
    entry_pointer() noexcept = default;
    entry_pointer(Key const* key, Value const* value) noexcept
        : key_(key)
        , value_(value)
    {
    }

    [[nodiscard]] explicit operator bool() const noexcept { return key_ != nullptr; }
    [[nodiscard]] map_entry<Key, Value> operator*() const noexcept { return { *key_, *value_ }; }

    /// The entry, alive while the expression is.
    struct arrow {
        map_entry<Key, Value> entry;
        [[nodiscard]] map_entry<Key, Value> const* operator->() const noexcept { return &entry; }
    };
    [[nodiscard]] arrow operator->() const noexcept { return { **this }; }

    [[nodiscard]] friend bool operator==(entry_pointer, entry_pointer) noexcept = default;
    [[nodiscard]] friend bool operator==(entry_pointer seen, std::nullptr_t) noexcept { return !seen; }

private:
    Key const* key_ = nullptr;
    Value const* value_ = nullptr;
};

} // namespace still

template <class Key, class Value>
struct std::tuple_size<still::map_entry<Key, Value>> : std::integral_constant<std::size_t, 2> { };
template <std::size_t Index, class Key, class Value>
struct std::tuple_element<Index, still::map_entry<Key, Value>>
    : std::tuple_element<Index, std::pair<Key const&, Value const&>> { };

/// A map's iterator reads entries, and its values are pairs: what they have in common is the entry.
template <class Key, class Value, template <class> class EntryAs, template <class> class PairAs>
struct std::basic_common_reference<still::map_entry<Key, Value>, std::pair<Key, Value>, EntryAs, PairAs> {
    using type = still::map_entry<Key, Value>;
};
template <class Key, class Value, template <class> class PairAs, template <class> class EntryAs>
struct std::basic_common_reference<std::pair<Key, Value>, still::map_entry<Key, Value>, PairAs, EntryAs> {
    using type = still::map_entry<Key, Value>;
};

namespace still::tree {

/// Effect: tells of elements [first, first + count) of a leaf in pieces whose keys, and values, lie side by
/// side in memory.
template <class Schema, class Visitor>
void for_each_piece(std::size_t first, std::size_t count, Visitor visitor)
{
    constexpr bool apart = Schema::boxes_keys || Schema::boxes_values;
    for (auto const end = first + count; first < end; first += apart ? 1 : count)
        visitor(first, apart ? 1 : count);
}

/// A set's elements are its keys.
template <class Schema>
struct key_access {
    using schema = Schema;
    using value_type = typename Schema::key_type;
    using reference = value_type const&;
    using pointer = value_type const*;
    using arrow = pointer;
    using found_type = value_type;

    [[nodiscard]] static reference get(place<Schema> at) noexcept { return *at.key(); }
    [[nodiscard]] static pointer point(place<Schema> at) noexcept { return at.key(); }
    /// What `find` points to.
    [[nodiscard]] static found_type const* found(place<Schema> at) noexcept { return at.key(); }

    /// Effect: calls a function of an element.
    template <class Function>
    static decltype(auto) call(Function& function, place<Schema> at)
    {
        return std::invoke(function, *at.key());
    }

    /// Elements [first, first + count) of a leaf, in pieces that lie together: one by one where in boxes.
    template <class Visitor>
    static void chunk(leaf<Schema> const& in, std::size_t first, std::size_t count, Visitor& visitor)
    {
        for_each_piece<Schema>(first, count, [&](std::size_t from, std::size_t length) {
            visitor(std::span<value_type const>(in.keys.at(from), length));
        });
    }
};

/// A map's elements are entries; what a key is looked up for is the value.
template <class Schema>
struct entry_access {
    using schema = Schema;
    using key_type = typename Schema::key_type;
    using mapped_type = typename Schema::value_type;
    using value_type = std::pair<key_type, mapped_type>;
    using reference = map_entry<key_type, mapped_type>;
    using pointer = entry_pointer<key_type, mapped_type>;
    using arrow = typename pointer::arrow;
    using found_type = mapped_type;

    [[nodiscard]] static reference get(place<Schema> at) noexcept { return { *at.key(), *at.value() }; }
    [[nodiscard]] static pointer point(place<Schema> at) noexcept
    {
        return at ? pointer(at.key(), at.value()) : pointer();
    }
    [[nodiscard]] static found_type const* found(place<Schema> at) noexcept { return at.value(); }

    /// Effect: calls a function of a key and a value, or of an entry.
    template <class Function>
    static decltype(auto) call(Function& function, place<Schema> at)
    {
        if constexpr (std::invocable<Function&, key_type const&, mapped_type const&>)
            return std::invoke(function, *at.key(), *at.value());
        else
            return std::invoke(function, get(at));
    }

    /// Entries [first, first + count) of a leaf, in pieces that lie together: one by one where in boxes.
    template <class Visitor>
    static void chunk(leaf<Schema> const& in, std::size_t first, std::size_t count, Visitor& visitor)
    {
        for_each_piece<Schema>(first, count, [&](std::size_t from, std::size_t length) {
            visitor(std::span<key_type const>(in.keys.at(from), length),
                std::span<mapped_type const>(in.values.at(from), length));
        });
    }
};

} // namespace still::tree
