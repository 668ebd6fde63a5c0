// SPDX-License-Identifier: BSL-1.0
//
// How a face shows the elements of its tree: a set shows keys, a map shows entries.

#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "still/tree/find.hpp"

namespace still {

/// What iterating a map gives: references to a key and its value, where they lie in the version. Named
/// and unpacked as a pair is: `for (auto [word, count] : counts)`.
template <class Key, class Value>
struct map_entry {
    Key const& first;
    Value const& second;

    map_entry(Key const& key, Value const& value) noexcept
        : first(key)
        , second(value)
    {
    }
    map_entry(std::pair<Key, Value> const& pair) noexcept
        : first(pair.first)
        , second(pair.second)
    {
    }
    /// A copy, as any pair that can be made of the key and the value: `std::map`'s entries too.
    template <class First, class Second>
        requires std::constructible_from<First, Key const&> && std::constructible_from<Second, Value const&>
    [[nodiscard]] operator std::pair<First, Second>() const
    {
        return { First(first), Second(second) };
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

    template <class Visitor>
    static void chunk(leaf<Schema> const& in, std::size_t first, std::size_t count, Visitor& visitor)
    {
        visitor(std::span<value_type const>(in.keys.at(first), count));
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

    template <class Visitor>
    static void chunk(leaf<Schema> const& in, std::size_t first, std::size_t count, Visitor& visitor)
    {
        visitor(std::span<key_type const>(in.keys.at(first), count),
            std::span<mapped_type const>(in.values.at(first), count));
    }
};

} // namespace still::tree
