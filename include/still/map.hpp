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
// as they were and nothing leaks; after a throw from an `&&` form too. Operations allocate O(log n) nodes
// unless they say otherwise, and nothing where nothing changes.

#pragma once

#include <functional>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <utility>

#include "still/tree/changes.hpp"
#include "still/tree/owner.hpp"
#include "still/tree/version.hpp"

namespace still {

template <class K, class V, class Compare = std::less<>, container_policy Policy = default_policy>
class map;

/// A non-owning reader of a map, passed by value. Touches no count; the map it reads must outlive it.
template <class K, class V, class Compare = std::less<>, container_policy Policy = default_policy>
class map_view : public tree::reader<tree::entry_access<tree::schema<K, V, Policy>>,
                     tree::borrowed_version<tree::schema<K, V, Policy>, Compare>> {
    using core = tree::borrowed_version<tree::schema<K, V, Policy>, Compare>;
    using base = tree::reader<tree::entry_access<tree::schema<K, V, Policy>>, core>;

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
class map : public tree::owner<tree::entry_access<tree::schema<K, V, Policy>>,
                tree::version<tree::schema<K, V, Policy>, Compare>> {
    using core = tree::version<tree::schema<K, V, Policy>, Compare>;
    using base = tree::owner<tree::entry_access<tree::schema<K, V, Policy>>, core>;

public:
    using mapped_type = V;
    using view_type = map_view<K, V, Compare, Policy>;
    using heap_type = typename Policy::heap;
    using policy_type = Policy;
    using typename base::schema;

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
    /// Of entries with equivalent keys the first stays. O(n log n).
    map(std::initializer_list<std::pair<K, V>> entries, Compare compare = Compare(), heap_type heap = heap_type())
        : map(entries.begin(), entries.end(), std::move(compare), std::move(heap))
    {
    }
    template <std::input_iterator First, std::sentinel_for<First> Last>
    map(First first, Last last, Compare compare = Compare(), heap_type heap = heap_type())
        : base(core(std::move(compare), std::move(heap)))
    {
        for (; first != last; ++first) {
            auto&& [key, value] = *first;
            insert_here(key, value);
        }
    }

    /// Effect: a map of entries with strictly ascending keys, packed densely. O(n).
    /// Throws std::invalid_argument where a key is not greater than the one before it.
    template <std::ranges::input_range Range>
    [[nodiscard]] static map from_sorted(Range&& entries, Compare compare = Compare(), heap_type heap = heap_type())
    {
        tree::builder<schema, Compare> built(heap, compare);
        for (auto&& [key, value] : entries) {
            if (auto const* const before = built.last_key(); before != nullptr && !compare(*before, key))
                boost::throw_exception(std::invalid_argument(
                    "still: from_sorted wants strictly ascending keys (sort them, or use the constructor)"));
            built.add(tree::incoming{ key, value });
        }
        map result(std::move(compare), heap);
        return result.with(built.finish());
    }

    /// A view of this version. O(1), touches no count.
    [[nodiscard]] view_type view() const& noexcept(std::is_nothrow_copy_constructible_v<Compare>) { return *this; }
    view_type view() const&& = delete;

    /// Where the nodes come from.
    [[nodiscard]] heap_type const& heap() const noexcept { return this->core_.heap(); }

    /// Effect: a map with the entry; the same root where an equivalent key is present, whose entry stays.
    /// O(log n). The `&&` forms edit in place what this map alone owns. Key and value are built from the
    /// arguments; with a transparent comparator the key is built only when it is inserted.
    template <class KeySource = K, class ValueSource = V>
    [[nodiscard]] map insert(KeySource&& key, ValueSource&& value) const&
    {
        return map(*this).insert(std::forward<KeySource>(key), std::forward<ValueSource>(value));
    }
    template <class KeySource = K, class ValueSource = V>
    [[nodiscard]] map insert(KeySource&& key, ValueSource&& value) &&
    {
        insert_here(std::forward<KeySource>(key), std::forward<ValueSource>(value));
        return std::move(*this);
    }

    /// Effect: a map in which the key has this value. A present key stays as it is, and where its value is
    /// equal by `==`, the result is the same root. O(log n).
    template <class KeySource = K, class ValueSource = V>
    [[nodiscard]] map insert_or_assign(KeySource&& key, ValueSource&& value) const&
    {
        return map(*this).insert_or_assign(std::forward<KeySource>(key), std::forward<ValueSource>(value));
    }
    template <class KeySource = K, class ValueSource = V>
    [[nodiscard]] map insert_or_assign(KeySource&& key, ValueSource&& value) &&
    {
        static_assert(becomes_value<ValueSource>, "still: what a value is made of converts to it implicitly");
        this->core_.insert_or_assign(keyed<KeySource>(std::forward<KeySource>(key)), std::forward<ValueSource>(value));
        return std::move(*this);
    }

    /// Effect: a map without the entry whose key is equivalent to `key`; the same root where there is none.
    /// O(log n).
    template <class Sought = K>
    [[nodiscard]] map erase(Sought const& key) const&
    {
        return map(*this).erase(key);
    }
    template <class Sought = K>
    [[nodiscard]] map erase(Sought const& key) &&
    {
        this->core_.erase(base::sought(key));
        return std::move(*this);
    }

    /// What `split` gives.
    struct halves {
        map below;
        std::optional<std::pair<K, V>> found;
        map above;
    };
    /// Effect: the entries whose keys are less than `key`, the one with an equivalent key, and those with
    /// greater keys. O(log n); shares all but the edges of the cut. Where one half is everything, it is
    /// this root.
    template <class Sought = K>
    [[nodiscard]] halves split(Sought const& key) const
    {
        auto parts = this->core_.split(base::sought(key));
        auto found = std::optional<std::pair<K, V>>();
        if (parts.found)
            found.emplace(*parts.found.key(), *parts.found.value());
        return { map(std::move(parts.below)), std::move(found), map(std::move(parts.above)) };
    }

    /// Effect: all entries of `low`, then those of `high`. O(log n); the other operand's root where one is
    /// empty. Where the heaps differ, `high` is copied into the heap of `low`, O(n).
    /// Throws std::invalid_argument unless each key of `low` is less than each of `high`.
    [[nodiscard]] friend map join(map const& low, map const& high) { return map(low.core_.join(high.core_)); }

    /// Effect: entries of either map; of equivalent keys the left operand's entry survives. The left root
    /// where that has all keys. O(m log(n/m + 1)), and subtrees that lie apart or are shared stay whole.
    /// Where the heaps differ, the right operand is copied first, O(n).
    /// Precondition, of all that takes two maps: both comparators order alike.
    [[nodiscard]] friend map set_union(map const& left, map const& right)
    {
        return left.combined(right, { tree::fate::keep, tree::fate::keep }, tree::keep_left());
    }
    /// Effect: the same, where keys of both get the value `combine(key, left value, right value)` beside
    /// the left key. Values that equal the left one by `==` keep its entry. Shared subtrees are walked too,
    /// O(n + m) then, unless the combiner has a member type `idempotent` to say that a value combined with
    /// itself is that value.
    template <class Combine>
    [[nodiscard]] friend map set_union(map const& left, map const& right, Combine combine)
    {
        return left.combined(right, { tree::fate::keep, tree::fate::keep }, tree::combine_values<Combine>{ combine });
    }
    /// Effect: entries of the left map whose keys the right one has too; with a combiner as for the union.
    /// The left root where that is all.
    [[nodiscard]] friend map set_intersection(map const& left, map const& right)
    {
        return left.combined(right, { tree::fate::drop, tree::fate::drop }, tree::keep_left());
    }
    template <class Combine>
    [[nodiscard]] friend map set_intersection(map const& left, map const& right, Combine combine)
    {
        return left.combined(right, { tree::fate::drop, tree::fate::drop }, tree::combine_values<Combine>{ combine });
    }
    /// Effect: entries of the left map whose keys the right one doesn't have. The left root where that is
    /// all.
    [[nodiscard]] friend map set_difference(map const& left, map const& right)
    {
        return left.combined(right, { tree::fate::keep, tree::fate::drop }, tree::drop_both());
    }
    /// Effect: entries whose keys exactly one map has. The left root where the right one is empty.
    [[nodiscard]] friend map set_symmetric_difference(map const& left, map const& right)
    {
        return left.combined(right, { tree::fate::keep, tree::fate::keep }, tree::drop_both());
    }

private:
    explicit map(core made) noexcept
        : base(std::move(made))
    {
    }
    [[nodiscard]] map with(typename core::root_type root) const { return map(this->core_.with(std::move(root))); }
    template <class Both>
    [[nodiscard]] map combined(map const& right, tree::tactics chosen, Both both) const
    {
        return map(this->core_.combine(right.core_, chosen, both));
    }

    /// As for std::map::insert_or_assign: no conversion that one would have to ask for.
    template <class ValueSource>
    static constexpr bool becomes_value
        = std::convertible_to<ValueSource&&, V> || std::is_assignable_v<V&, ValueSource&&>;

    /// The key to search for and to build from: the source itself where it compares as a key does.
    template <class KeySource>
    [[nodiscard]] static decltype(auto) keyed(std::remove_reference_t<KeySource>& key)
    {
        using source = std::remove_cvref_t<KeySource>;
        if constexpr (std::is_same_v<source, K> || (tree::transparent<Compare> && !std::is_arithmetic_v<source>)) {
            return static_cast<KeySource&&>(key);
        } else {
            static_assert(
                std::convertible_to<KeySource&&, K>, "still: what a key is made of converts to it implicitly");
            return static_cast<K>(static_cast<KeySource&&>(key));
        }
    }
    template <class KeySource>
    [[nodiscard]] static decltype(auto) keyed(std::remove_reference_t<KeySource>&& key)
    {
        return keyed<KeySource>(key);
    }
    template <class KeySource, class ValueSource>
    void insert_here(KeySource&& key, ValueSource&& value)
    {
        static_assert(becomes_value<ValueSource>, "still: what a value is made of converts to it implicitly");
        this->core_.insert(keyed<KeySource>(std::forward<KeySource>(key)), std::forward<ValueSource>(value));
    }
};

/// Effect: what changed between two maps: a lazy range of `change<entry_pointer<K, V>>` in ascending order
/// of keys. Values that differ by `==`, or have no `==` and lie in nodes that aren't shared, are `changed`.
/// O(changes · log n) for versions with a recent common ancestor, correct for any two. Allocates nothing;
/// reads both as it goes, so both must outlive it.
template <class K, class V, class Compare, class Policy>
[[nodiscard]] auto diff(map_view<K, V, Compare, Policy> before, map_view<K, V, Compare, Policy> after)
{
    using access = tree::entry_access<tree::schema<K, V, Policy>>;
    return tree::changes<access, Compare>(
        tree::internals::core(before).root(), tree::internals::core(after).root(), before.key_comp());
}
template <class K, class V, class Compare, class Policy>
[[nodiscard]] auto diff(map<K, V, Compare, Policy> const& before, map<K, V, Compare, Policy> const& after)
{
    return diff(before.view(), after.view());
}
template <class K, class V, class Compare, class Policy>
void diff(map<K, V, Compare, Policy> const&& before, map<K, V, Compare, Policy> const& after) = delete;
template <class K, class V, class Compare, class Policy>
void diff(map<K, V, Compare, Policy> const& before, map<K, V, Compare, Policy> const&& after) = delete;
template <class K, class V, class Compare, class Policy>
void diff(map<K, V, Compare, Policy> const&& before, map<K, V, Compare, Policy> const&& after) = delete;

/// Effect: calls `visitor` with each change, and stops early where it returns false. Returns whether all
/// were seen. Otherwise as the range.
template <class K, class V, class Compare, class Policy, class Visitor>
bool diff(map<K, V, Compare, Policy> const& before, map<K, V, Compare, Policy> const& after, Visitor visitor)
{
    return visit_changes(diff(before.view(), after.view()), visitor);
}
template <class K, class V, class Compare, class Policy, class Visitor>
bool diff(map_view<K, V, Compare, Policy> before, map_view<K, V, Compare, Policy> after, Visitor visitor)
{
    return visit_changes(diff(before, after), visitor);
}

template <std::input_iterator First, std::sentinel_for<First> Last>
map(First, Last) -> map<std::remove_cvref_t<decltype(std::declval<std::iter_value_t<First>>().first)>,
    std::remove_cvref_t<decltype(std::declval<std::iter_value_t<First>>().second)>>;

} // namespace still

// What a view's iterators point into outlives the view.
template <class K, class V, class Compare, still::container_policy Policy>
inline constexpr bool std::ranges::enable_borrowed_range<still::map_view<K, V, Compare, Policy>> = true;
template <class K, class V, class Compare, still::container_policy Policy>
inline constexpr bool std::ranges::enable_view<still::map_view<K, V, Compare, Policy>> = true;
