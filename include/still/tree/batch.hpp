// SPDX-License-Identifier: BSL-1.0
//
// Elements on their way into a tree, or keys on their way out, brought into ascending order in scratch
// memory, and the tree that they make, or make of another.

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include "still/tree/editor.hpp"
#include "still/tree/reader.hpp"
#include "still/tree/sort.hpp"
#include "still/tree/tactics.hpp"

namespace still::tree {

/// What a vector keeps of an item: the item, but for bool, of which it would keep bits.
template <class Item>
struct item_slot {
    using type = Item;
};
template <>
struct item_slot<bool> {
    struct type {
        bool item;
        operator bool&() noexcept { return item; }
        operator bool const&() const noexcept { return item; }
    };
};

/// Keeps k items by their keys. O(k) where they come in order, else O(k log k). What is large, or moves
/// slowly or with a throw, is sorted by its address. Scratch memory comes from the standard allocator.
template <class Item, class Less, class KeyOf>
class batch {
public:
    batch(Less const& less, KeyOf key_of) noexcept
        : less_(less)
        , key_of_(key_of)
    {
    }

    void expect(std::size_t count) { items_.reserve(count); }

    template <class... Sources>
    void add(Sources&&... sources)
    {
        if constexpr (std::is_same_v<Item, bool>)
            items_.push_back({ bool(sources)... });
        else
            items_.emplace_back(std::forward<Sources>(sources)...);
        auto const count = items_.size();
        STILL_ASSERT(has_place<Less>(key_of_(item(count - 1)))); // NaN has none, see total_less
        if (in_order_ && count > 1)
            in_order_ = !less_(key_of_(item(count - 1)), key_of_(item(count - 2)));
    }

    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

    /// Effect: calls `visitor(first, last)` in ascending order with the first and the last item, in the
    /// order in which they came, of each run with equivalent keys.
    template <class Visitor>
    void visit(Visitor visitor)
    {
        arrange([](auto& items, auto before) { sort_stably(items, before); });
        visit(0, size(), visitor);
    }

    /// Effect: brings the items into order, by `sort(vector, before)`.
    template <class Sort>
    void arrange(Sort sort)
    {
        auto const before = [&](Item const& one, Item const& other) { return less_(key_of_(one), key_of_(other)); };
        if (in_order_)
            return;
        if constexpr (moves_fast) {
            sort(items_, before);
        } else {
            order_.resize(items_.size());
            std::ranges::transform(items_, order_.begin(), [](Item& item) { return std::addressof(item); });
            sort(order_, [&](Item const* one, Item const* other) { return before(*one, *other); });
        }
    }

    /// Effect: the same for items [first, last) of those arranged, which are whole runs.
    template <class Visitor>
    void visit(std::size_t first, std::size_t last, Visitor& visitor)
    {
        if (order_.empty())
            visit_runs(first, last, [&](std::size_t index) -> Item& { return item(index); }, visitor);
        else
            visit_runs(first, last, [&](std::size_t index) -> Item& { return *order_[index]; }, visitor);
    }

    /// An item of those arranged.
    [[nodiscard]] Item& at(std::size_t index) { return order_.empty() ? item(index) : *order_[index]; }
    /// The start of the run that an item of those arranged is in, or `first`, where it begins before that: items
    /// there may be somebody else's by now. O(length of the run).
    [[nodiscard]] std::size_t start_of_run(std::size_t first, std::size_t index)
    {
        while (index > first && !less_(key_of_(at(index - 1)), key_of_(at(index))))
            --index;
        return index;
    }

private:
    static constexpr bool moves_fast = std::is_nothrow_move_constructible_v<Item>
        && std::is_nothrow_move_assignable_v<Item> && sizeof(Item) <= 4 * sizeof(void*);

    [[nodiscard]] Item& item(std::size_t index) noexcept { return items_[index]; }

    template <class At, class Visitor>
    void visit_runs(std::size_t first, std::size_t last, At at, Visitor& visitor)
    {
        while (first < last) {
            auto next = first + 1;
            while (next < last && !less_(key_of_(at(first)), key_of_(at(next))))
                ++next;
            visitor(at(first), at(next - 1));
            first = next;
        }
    }

    Less const& less_;
    [[no_unique_address]] KeyOf key_of_;
    std::vector<typename item_slot<Item>::type> items_;
    std::vector<Item*> order_; ///< of items that aren't moved about; empty where they lie in order
    bool in_order_ = true;
};

/// The elements of a range that are to come into a tree: a set's are keys, a map's are pairs.
template <class Schema>
using batch_element = std::conditional_t<Schema::has_values,
    std::pair<typename Schema::key_type, typename Schema::value_type>, typename Schema::key_type>;

struct key_of_element {
    template <class Key, class Value>
    [[nodiscard]] Key const& operator()(std::pair<Key, Value> const& element) const noexcept
    {
        return element.first;
    }
};
struct key_itself {
    template <class Key>
    [[nodiscard]] Key const& operator()(Key const& key) const noexcept
    {
        return key;
    }
};
struct key_pointed_to {
    template <class Key>
    [[nodiscard]] Key const& operator()(Key const* key) const noexcept
    {
        return *key;
    }
};

template <class Schema, class Less>
using element_batch
    = batch<batch_element<Schema>, Less, std::conditional_t<Schema::has_values, key_of_element, key_itself>>;

/// What a key or a value is made of converts to it; no conversion that one would have to ask for, but for
/// keys that a transparent comparator takes as they are.
template <class Schema, class Less, class KeySource, class ValueSource>
inline constexpr bool becomes_element
    = (std::convertible_to<KeySource, typename Schema::key_type>
          || (transparent<Less> && !std::is_arithmetic_v<std::remove_cvref_t<KeySource>>
              && std::is_constructible_v<typename Schema::key_type, KeySource>))
    && std::convertible_to<ValueSource, typename Schema::value_type>;

template <class Schema, class Less, class KeySource, class ValueSource>
void add_pair(element_batch<Schema, Less>& to, KeySource&& key, ValueSource&& value, Less const&)
{
    static_assert(becomes_element<Schema, Less, KeySource&&, ValueSource&&>,
        "still: what keys and values are made of converts to them implicitly");
    to.add(std::forward<KeySource>(key), std::forward<ValueSource>(value));
}

/// Effect: the elements of a range in scratch memory, moved there where the range gives rvalues.
template <class Schema, class Less, class Range>
[[nodiscard]] element_batch<Schema, Less> gather(Range&& range, Less const& less)
{
    element_batch<Schema, Less> gathered(less, {});
    if constexpr (std::ranges::sized_range<Range>)
        gathered.expect(static_cast<std::size_t>(std::ranges::size(range)));
    for (auto&& element : range) {
        if constexpr (Schema::has_values) {
            auto&& [key, value] = element;
            add_pair<Schema>(gathered, given_part<decltype(element), decltype(key)>(key),
                given_part<decltype(element), decltype(value)>(value), less);
        } else {
            gathered.add(std::forward<decltype(element)>(element));
        }
    }
    return gathered;
}

/// Effect: the tree of these elements; of those with equivalent keys the first. O(k log k), O(k) where
/// they come in order. Allocates what it returns.
template <class Schema, class Less>
[[nodiscard]] owned<node<Schema>> build_tree(
    typename Schema::heap& heap, element_batch<Schema, Less>&& elements, Less const& less)
{
    builder<Schema, Less> built(heap, less);
    elements.visit([&](batch_element<Schema>& first, auto&) {
        if constexpr (Schema::has_values)
            built.add(incoming{ std::move(first.first), std::move(first.second) });
        else
            built.add(incoming{ std::move(first), no_value() });
    });
    return built.finish();
}

/// Effect: an element goes into the tree that is edited, unless its key is present.
template <class Schema, class Less>
void insert_new(editor<Schema, Less>& edits, batch_element<Schema>& element)
{
    if constexpr (Schema::has_values) {
        if (!edits.seek(element.first))
            edits.insert(std::move(element.first), std::move(element.second));
    } else {
        if (!edits.seek(element))
            edits.insert(std::move(element), no_value());
    }
}

/// Effect: the tree with the elements whose keys it doesn't have; of those with equivalent keys the first.
/// The root itself where there are none. O(k log k + k log(n/k + 1)).
template <class Schema, class Less>
[[nodiscard]] owned<node<Schema>> insert_all(
    typename Schema::heap& heap, borrowed<node<Schema>> root, element_batch<Schema, Less>&& elements, Less const& less)
{
    editor<Schema, Less> edits(heap, root, less);
    elements.visit([&](batch_element<Schema>& first, auto&) { insert_new(edits, first); });
    return edits.finish();
}

/// Effect: the tree in which these keys have these values; of equivalent keys the first with the last's
/// value. Present keys stay, and their values where they are equal. Otherwise as insert_all.
template <class Schema, class Less>
[[nodiscard]] owned<node<Schema>> insert_or_assign_all(
    typename Schema::heap& heap, borrowed<node<Schema>> root, element_batch<Schema, Less>&& elements, Less const& less)
{
    editor<Schema, Less> edits(heap, root, less);
    elements.visit([&](batch_element<Schema>& first, batch_element<Schema>& last) {
        if (auto const found = edits.seek(first.first); !found)
            edits.insert(std::move(first.first), std::move(last.second));
        else if (!known_equal(*found.value(), std::as_const(last.second)))
            edits.assign(std::move(last.second));
    });
    return edits.finish();
}

/// Keys of another type that lie in their own order as in the comparator's, and so can be sorted as they
/// are. Pointers would be sorted by their addresses.
template <class Sought, class Key, class Less>
inline constexpr bool sorts_as_it_is = std::is_same_v<Sought, Key>
    || (transparent<Less> && !std::is_pointer_v<Sought> && !std::is_array_v<Sought>
        && std::predicate<Less const&, Sought const&, Sought const&>);

/// Effect: calls `use(batch, sought)` with the keys of a range in scratch memory, or pointers to them where they
/// are large and stay where they are; `sought(item)` is what to look for.
template <class Key, class Less, class Range, class Use>
decltype(auto) with_keys(Range&& keys, Less const& less, Use use)
{
    using sought = std::ranges::range_value_t<Range>;
    auto const run = [&]<class Item, class KeyOf>(std::type_identity<Item>, KeyOf key_of, auto source) {
        batch<Item, Less, KeyOf> gathered(less, key_of);
        if constexpr (std::ranges::sized_range<Range>)
            gathered.expect(static_cast<std::size_t>(std::ranges::size(keys)));
        for (auto&& one : keys)
            gathered.add(source(std::forward<decltype(one)>(one)));
        return use(gathered, [key_of](auto& item) -> decltype(auto) { return as_sought<Less, Key>(key_of(item)); });
    };
    auto const as_given = [](auto&& one) -> decltype(auto) { return std::forward<decltype(one)>(one); };
    if constexpr (!sorts_as_it_is<sought, Key, Less>) {
        static_assert(std::is_constructible_v<Key, std::ranges::range_reference_t<Range>>,
            "still: what is erased is a key, or one can be made of it");
        return run(
            std::type_identity<Key>(), key_itself(), [](auto&& one) { return Key(std::forward<decltype(one)>(one)); });
    } else if constexpr (std::ranges::forward_range<Range>
        && std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>
        && std::is_same_v<std::remove_cvref_t<std::ranges::range_reference_t<Range>>, sought>
        && !(std::is_trivially_copyable_v<sought> && sizeof(sought) <= 2 * sizeof(void*))) {
        return run(std::type_identity<sought const*>(), key_pointed_to(),
            [](sought const& one) { return std::addressof(one); });
    } else {
        return run(std::type_identity<sought>(), key_itself(), as_given);
    }
}

/// Effect: the tree without the elements that have these keys; the root itself where there are none.
/// O(k log k + k log(n/k + 1)).
template <class Schema, class Less, class Range>
[[nodiscard]] owned<node<Schema>> erase_all(
    typename Schema::heap& heap, borrowed<node<Schema>> root, Range&& keys, Less const& less)
{
    return with_keys<typename Schema::key_type>(std::forward<Range>(keys), less, [&](auto& gathered, auto sought) {
        editor<Schema, Less> edits(heap, root, less);
        gathered.visit([&](auto& first, auto&) {
            if (edits.seek(sought(first)))
                edits.erase();
        });
        return edits.finish();
    });
}

} // namespace still::tree
