// SPDX-License-Identifier: BSL-1.0
//
// An ordered map whose versions share what they have in common.
//
//   still::map<std::string, int> before {{"one", 1}, {"two", 2}};
//   auto after = before.insert_or_assign("two", 22);   // before stays as it is
//   after = std::move(after).erase("one");             // edits in place what only `after` owns
//   for (auto const& [key, value] : after) ...
//   for (auto const& change : still::diff(before, after)) ...
//
// Iterating gives `map_entry<K, V>`: references named `first` and `second` to where the key and the value
// lie. Versions are values: cheap to copy (one count), safe to read from any thread, equal at once when
// they have one root. n is the number of elements of the larger operand, m that of the smaller.
//
// Errors: the strong guarantee. Whatever an allocator, comparator, copy or combiner throws, operands are
// as they were and nothing leaks; after a throw from an `&&` form too, but for what `alter` says. Functions
// that are called by an `&&` form must not use the map it is called on. Operations allocate O(log n) nodes
// unless they say otherwise, and nothing where nothing changes.
//
// Precondition, of all that takes keys: they have a place in the comparator's order. NaN has none in that of
// std::less, which debug builds check; where there may be some, still::total_less is a comparator.

#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <ranges>
#include <utility>

#include "still/tree/changes.hpp"
#include "still/tree/container.hpp"
#include "still/tree/hash.hpp"
#include "still/tree/merge.hpp"
#include "still/tree/merge3.hpp"
#include "still/tree/patch.hpp"
#include "still/tree/relation.hpp"
#include "still/tree/transform.hpp"

namespace still {

template <class K, class V, class Compare = std::less<>, container_policy Policy = default_policy>
class map;

/// A non-owning reader of a map, passed by value. Touches no count; the map it reads must outlive it.
template <class K, class V, class Compare = std::less<>, container_policy Policy = default_policy>
class map_view : public tree::reader<tree::entry_access<tree::map_schema<K, V, Compare, Policy>>,
                     tree::borrowed_version<tree::map_schema<K, V, Compare, Policy>, Compare>> {
    using core = tree::borrowed_version<tree::map_schema<K, V, Compare, Policy>, Compare>;
    using base = tree::reader<tree::entry_access<tree::map_schema<K, V, Compare, Policy>>, core>;

public:
    using mapped_type = V;

    /// A view of the empty map.
    map_view() = default;
    /// A view of a version. O(1).
    map_view(map<K, V, Compare, Policy> const& seen)
        : base(core(tree::internals::core(seen).root(), seen.key_comp()))
    {
    }
};

template <class K, class V, class Compare, container_policy Policy>
class map
    : public tree::container<map<K, V, Compare, Policy>, tree::entry_access<tree::map_schema<K, V, Compare, Policy>>,
          tree::version<tree::map_schema<K, V, Compare, Policy>, Compare>> {
    using core = tree::version<tree::map_schema<K, V, Compare, Policy>, Compare>;
    using base = tree::container<map, tree::entry_access<tree::map_schema<K, V, Compare, Policy>>, core>;
    friend base;

public:
    using mapped_type = V;
    using view_type = map_view<K, V, Compare, Policy>;
    using typename base::heap_type;

    /// The empty map: a null root; allocates nothing.
    map() = default;
    /// The empty map over a heap: nodes come from there, as do those of maps made from this one.
    explicit map(heap_type heap, Compare compare = Compare())
        : base(core(std::move(compare), std::move(heap)))
    {
    }
    explicit map(Compare compare, heap_type heap = heap_type())
        requires(!std::same_as<Compare, heap_type>)
        : base(core(std::move(compare), std::move(heap)))
    {
    }
    /// The same entries in a heap's place: shared where they are there, else copied, O(n). So they are brought from
    /// another heap, or out of a mapping. The second form leaves `other` empty.
    map(map const& other, heap_type heap)
        requires(core::is_shared && placing_heap<heap_type>)
        : base(core(tree::internals::core(other), heap))
    {
    }
    map(map&& other, heap_type heap)
        requires placing_heap<heap_type>
        : base(core(std::move(tree::internals::core(other)), heap))
    {
    }
    /// Of entries with equivalent keys the first stays. O(n log n).
    map(std::initializer_list<std::pair<K, V>> entries, Compare compare = Compare(), heap_type heap = heap_type())
        requires(core::is_shared)
        : map(entries.begin(), entries.end(), std::move(compare), std::move(heap))
    {
    }
    template <std::input_iterator First, std::sentinel_for<First> Last>
    map(First first, Last last, Compare compare = Compare(), heap_type heap = heap_type())
        : base(core(std::move(compare), std::move(heap)))
    {
        this->fill(std::ranges::subrange(std::move(first), std::move(last)));
    }

    /// Effect: a map of entries with strictly ascending keys, packed densely. O(n). Rvalues, as of
    /// std::make_move_iterator, are moved.
    /// Throws std::invalid_argument where a key is not greater than the one before it.
    template <std::ranges::input_range Range>
    [[nodiscard]] static map from_sorted(Range&& entries, Compare compare = Compare(), heap_type heap = heap_type())
    {
        return base::pack_sorted(entries, std::move(compare), std::move(heap));
    }

    /// A view of this version. O(1), touches no count.
    [[nodiscard]] view_type view() const& noexcept(std::is_nothrow_copy_constructible_v<Compare>) { return *this; }
    view_type view() const&& = delete;

    /// Effect: a map with the entry; the same root where an equivalent key is present, whose entry stays.
    /// O(log n). The `&&` forms edit in place what this map alone owns. Key and value are built from the
    /// arguments; with a transparent comparator the key is built only when it is inserted.
    template <class KeySource = K, class ValueSource = V>
    [[nodiscard]] map insert(KeySource&& key, ValueSource&& value) const&
        requires(core::is_shared)
    {
        return map(*this).insert(std::forward<KeySource>(key), std::forward<ValueSource>(value));
    }
    template <class KeySource = K, class ValueSource = V>
    [[nodiscard]] map insert(KeySource&& key, ValueSource&& value) &&
    {
        insert_here(std::forward<KeySource>(key), std::forward<ValueSource>(value));
        return std::move(*this);
    }

    /// Effect: the same with a pair's key and value.
    [[nodiscard]] map insert(std::pair<K, V> const& entry) const&
        requires(core::is_shared)
    {
        return insert(entry.first, entry.second);
    }
    [[nodiscard]] map insert(std::pair<K, V>&& entry) const&
        requires(core::is_shared)
    {
        return insert(std::move(entry.first), std::move(entry.second));
    }
    [[nodiscard]] map insert(std::pair<K, V> const& entry) && requires(core::is_shared) {
        return std::move(*this).insert(entry.first, entry.second);
    } [[nodiscard]] map insert(std::pair<K, V>&& entry) &&
    {
        return std::move(*this).insert(std::move(entry.first), std::move(entry.second));
    }

    /// Effect: a map in which the key has this value. A present key stays as it is, and where its value is
    /// equal by `==`, the result is the same root. O(log n).
    template <class KeySource = K, class ValueSource = V>
    [[nodiscard]] map insert_or_assign(KeySource&& key, ValueSource&& value) const&
        requires(core::is_shared)
    {
        return map(*this).insert_or_assign(std::forward<KeySource>(key), std::forward<ValueSource>(value));
    }
    template <class KeySource = K, class ValueSource = V>
    [[nodiscard]] map insert_or_assign(KeySource&& key, ValueSource&& value) &&
    {
        static_assert(becomes_value<ValueSource>, "still: what a value is made of converts to it implicitly");
        this->core_.insert_or_assign(
            base::template keyed<KeySource>(std::forward<KeySource>(key)), std::forward<ValueSource>(value));
        return std::move(*this);
    }

    /// Effect: a map in which the keys of a range have its values: of entries with equivalent keys the first
    /// one's key, unless it is present, and the last one's value. Otherwise as insert_range.
    template <std::ranges::input_range Range>
    [[nodiscard]] map insert_or_assign_range(Range&& entries) const&
        requires(core::is_shared)
    {
        return this->with(assigned(std::forward<Range>(entries)));
    }
    template <std::ranges::input_range Range>
    [[nodiscard]] map insert_or_assign_range(Range&& entries) &&
    {
        return this->become(assigned(std::forward<Range>(entries)));
    }

    /// Effect: a map with the same keys, and the values that `made(value)` gives: called once each, in order of
    /// the keys. O(n). Where values keep their type, one that is equal by `==` keeps its entry, whole subtrees
    /// of such are shared, and where all are it is this root. Throws what `made` throws, too.
    template <class Made>
    [[nodiscard]] auto transform_values(Made made) const
    {
        return transform([&](K const&, V const& value) { return std::invoke(made, value); });
    }
    /// Effect: the same with `made(key, value)`.
    template <class Made>
    [[nodiscard]] auto transform(Made made) const
    {
        using result = made_of<Made>;
        return transformed<result>(
            [&](K const& key, V const& value) { return std::optional<result>(std::invoke(made, key, value)); });
    }
    /// Effect: the same, where `made(key, value)` gives an optional: without one, the entry goes.
    template <class Made>
    [[nodiscard]] auto filter_transform(Made made) const
    {
        return transformed<typename made_of<Made>::value_type>(
            [&](K const& key, V const& value) { return std::invoke(made, key, value); });
    }

    /// Effect: a map in which the key has what `altered(optional<V>)` makes of its value, both being nothing
    /// where the key is absent. The same root where that is equal by `==`, or nothing of nothing. O(log n), and
    /// one call. It gets a copy of the value. The `&&` form edits in place what this map alone owns, and moves
    /// the value where it owns that alone: if `altered` then throws, the key's value is what that left of it.
    template <class KeySource = K, class Altered>
    [[nodiscard]] map alter(KeySource&& key, Altered altered) const&
        requires(core::is_shared)
    {
        return map(*this).alter(std::forward<KeySource>(key), std::ref(altered));
    }
    template <class KeySource = K, class Altered>
    [[nodiscard]] map alter(KeySource&& key, Altered altered) &&
    {
        this->core_.alter(base::template keyed<KeySource>(std::forward<KeySource>(key)),
            [&](std::optional<V>&& value) { return std::optional<V>(std::invoke(altered, std::move(value))); });
        return std::move(*this);
    }

    /// Effect: a map in which a present key has the value `updated(value)`; the same root where that is equal by
    /// `==`, or the key is absent. O(log n), and at most one call.
    template <class Sought = K, class Updated>
    [[nodiscard]] map update(Sought const& key, Updated updated) const&
        requires(core::is_shared)
    {
        return map(*this).update(key, std::ref(updated));
    }
    template <class Sought = K, class Updated>
    [[nodiscard]] map update(Sought const& key, Updated updated) &&
    {
        this->core_.update(base::sought(key), [&](V const& value) { return V(std::invoke(updated, value)); });
        return std::move(*this);
    }

    /// Effect: the union and the intersection of tree/container.hpp, where keys of both get the value
    /// `combine(key, left value, right value)` beside the left key. Values that equal the left one by `==`
    /// keep its entry. Shared subtrees are walked too, O(n + m) then, unless the combiner has a member type
    /// `idempotent` to say that a value combined with itself is that value.
    template <class Combine>
    [[nodiscard]] friend map set_union(map const& left, map const& right, Combine combine)
    {
        return still::merge(left, right, still::keep, still::keep, still::combine(std::move(combine)));
    }
    template <class Combine>
    [[nodiscard]] friend map set_intersection(map const& left, map const& right, Combine combine)
    {
        return still::merge(left, right, still::drop, still::drop, still::combine(std::move(combine)));
    }

private:
    explicit map(core made) noexcept
        : base(std::move(made))
    {
    }

    template <class, class, class, container_policy>
    friend class map;

    template <class Made>
    using made_of = std::remove_cvref_t<std::invoke_result_t<Made&, K const&, V const&>>;
    template <class Result, class Made>
    [[nodiscard]] map<K, Result, Compare, Policy> transformed(Made made) const
    {
        static_assert(std::is_copy_constructible_v<K>, "still: two maps don't share keys that can't be copied");
        using to = tree::map_schema<K, Result, Compare, Policy>;
        auto heap = this->core_.heap_to_share();
        auto root = tree::transform_values<to>(heap, this->core_.root(), this->core_.less(),
            [&](tree::place<typename base::schema> at) { return made(*at.key(), *at.value()); });
        return map<K, Result, Compare, Policy>(
            tree::version<to, Compare>(this->core_.less(), heap).with(std::move(root)));
    }

    template <class Range>
    [[nodiscard]] typename core::root_type assigned(Range&& entries) const
    {
        using elements = typename base::schema;
        auto heap = this->core_.heap_to_share();
        auto const& less = this->core_.less();
        return tree::insert_or_assign_all<elements, Compare>(
            heap, this->core_.root(), tree::gather<elements>(std::forward<Range>(entries), less), less);
    }

    /// As for std::map::insert_or_assign: no conversion that one would have to ask for.
    template <class ValueSource>
    static constexpr bool becomes_value
        = std::convertible_to<ValueSource&&, V> || std::is_assignable_v<V&, ValueSource&&>;

    template <class KeySource, class ValueSource>
    void insert_here(KeySource&& key, ValueSource&& value)
    {
        static_assert(becomes_value<ValueSource>, "still: what a value is made of converts to it implicitly");
        this->core_.insert(
            base::template keyed<KeySource>(std::forward<KeySource>(key)), std::forward<ValueSource>(value));
    }
};

/// Of a range of pairs: a map of their parts, ordered by the comparator that is given.
template <std::input_iterator First, std::sentinel_for<First> Last, class Compare = std::less<>>
map(First, Last, Compare = Compare())
    -> map<std::remove_cvref_t<decltype(std::declval<std::iter_value_t<First>>().first)>,
        std::remove_cvref_t<decltype(std::declval<std::iter_value_t<First>>().second)>, Compare>;

} // namespace still

// What a view's iterators point into outlives the view.
template <class K, class V, class Compare, still::container_policy Policy>
inline constexpr bool std::ranges::enable_borrowed_range<still::map_view<K, V, Compare, Policy>> = true;
template <class K, class V, class Compare, still::container_policy Policy>
inline constexpr bool std::ranges::enable_view<still::map_view<K, V, Compare, Policy>> = true;

/// Of keys and values that have a hash. See tree/hash.hpp.
template <still::hashable K, still::hashable V, class Compare, still::container_policy Policy>
struct std::hash<still::map<K, V, Compare, Policy>> : still::tree::container_hash<still::map<K, V, Compare, Policy>> {
};
template <still::hashable K, still::hashable V, class Compare, still::container_policy Policy>
struct std::hash<still::map_view<K, V, Compare, Policy>>
    : still::tree::container_hash<still::map_view<K, V, Compare, Policy>> { };
