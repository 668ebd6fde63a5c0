// SPDX-License-Identifier: BSL-1.0
//
// An ordered set whose versions share what they have in common.
//
//   still::set<int> before {1, 2, 3};
//   auto after = before.insert(4);           // before stays as it is
//   after = std::move(after).erase(1);       // edits in place what only `after` owns
//   for (auto const& change : still::diff(before, after)) ...
//
// Versions are values: cheap to copy (one count), safe to read from any thread, equal at once when they
// have one root. n is the number of elements of the larger operand, m that of the smaller.
//
// Errors: the strong guarantee. Whatever an allocator, comparator or copy throws, operands are as they
// were and nothing leaks; after a throw from an `&&` form too. Operations allocate O(log n) nodes unless
// they say otherwise, and nothing where nothing changes.
//
// Precondition, of all that takes elements: they have a place in the comparator's order. NaN has none in that of
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

template <class T, class Compare = std::less<>, container_policy Policy = default_policy>
class set;

/// A non-owning reader of a set, passed by value. Touches no count; the set it reads must outlive it.
template <class T, class Compare = std::less<>, container_policy Policy = default_policy>
class set_view : public tree::reader<tree::key_access<tree::set_schema<T, Compare, Policy>>,
                     tree::borrowed_version<tree::set_schema<T, Compare, Policy>, Compare>> {
    using core = tree::borrowed_version<tree::set_schema<T, Compare, Policy>, Compare>;
    using base = tree::reader<tree::key_access<tree::set_schema<T, Compare, Policy>>, core>;

public:
    /// A view of the empty set.
    set_view() = default;
    /// A view of a version. O(1).
    set_view(set<T, Compare, Policy> const& seen)
        : base(core(tree::internals::core(seen).root(), seen.key_comp()))
    {
    }
};

template <class T, class Compare, container_policy Policy>
class set : public tree::container<set<T, Compare, Policy>, tree::key_access<tree::set_schema<T, Compare, Policy>>,
                tree::version<tree::set_schema<T, Compare, Policy>, Compare>> {
    using core = tree::version<tree::set_schema<T, Compare, Policy>, Compare>;
    using base = tree::container<set, tree::key_access<tree::set_schema<T, Compare, Policy>>, core>;
    friend base;

public:
    using view_type = set_view<T, Compare, Policy>;
    using typename base::heap_type;

    /// The empty set: a null root; allocates nothing.
    set() = default;
    /// The empty set over a heap: nodes come from there, as do those of sets made from this one.
    explicit set(heap_type heap, Compare compare = Compare())
        : base(core(std::move(compare), std::move(heap)))
    {
    }
    explicit set(Compare compare, heap_type heap = heap_type())
        requires(!std::same_as<Compare, heap_type>)
        : base(core(std::move(compare), std::move(heap)))
    {
    }
    /// The same elements in a heap's place: shared where they are there, else copied, O(n). So they are brought from
    /// another heap, or out of a mapping. The second form leaves `other` empty.
    set(set const& other, heap_type heap)
        requires(core::is_shared && placing_heap<heap_type>)
        : base(core(tree::internals::core(other), heap))
    {
    }
    set(set&& other, heap_type heap)
        requires placing_heap<heap_type>
        : base(core(std::move(tree::internals::core(other)), heap))
    {
    }
    /// Of equivalent elements the first stays. O(n log n).
    set(std::initializer_list<T> elements, Compare compare = Compare(), heap_type heap = heap_type())
        requires(core::is_shared)
        : set(elements.begin(), elements.end(), std::move(compare), std::move(heap))
    {
    }
    template <std::input_iterator First, std::sentinel_for<First> Last>
    set(First first, Last last, Compare compare = Compare(), heap_type heap = heap_type())
        : base(core(std::move(compare), std::move(heap)))
    {
        this->fill(std::ranges::subrange(std::move(first), std::move(last)));
    }

    /// Effect: a set of strictly ascending elements, packed densely. O(n). Rvalues are moved.
    /// Throws std::invalid_argument where an element is not greater than the one before it.
    template <std::ranges::input_range Range>
    [[nodiscard]] static set from_sorted(Range&& elements, Compare compare = Compare(), heap_type heap = heap_type())
    {
        return base::pack_sorted(elements, std::move(compare), std::move(heap));
    }

    /// A view of this version. O(1), touches no count.
    [[nodiscard]] view_type view() const& noexcept(std::is_nothrow_copy_constructible_v<Compare>) { return *this; }
    view_type view() const&& = delete;

    /// Effect: a set with the element; the same root where an equivalent one is present, which stays.
    /// O(log n). The `&&` forms edit in place what this set alone owns.
    [[nodiscard]] set insert(T const& element) const&
        requires(core::is_shared)
    {
        return set(*this).insert(element);
    }
    [[nodiscard]] set insert(T&& element) const&
        requires(core::is_shared)
    {
        return set(*this).insert(std::move(element));
    }
    [[nodiscard]] set insert(T const& element) && requires(core::is_shared) {
        this->core_.insert(element, tree::no_value());
        return std::move(*this);
    } [[nodiscard]] set insert(T&& element) &&
    {
        this->core_.insert(std::move(element), tree::no_value());
        return std::move(*this);
    }

    /// Effect: the same, where the comparator is transparent and takes the source as it takes an element, which
    /// is built from the source only when it is inserted.
    template <class Source>
        requires(tree::stands_for<Source, T, Compare>)
    [[nodiscard]] set insert(Source&& source) const&
        requires(core::is_shared)
    {
        return set(*this).insert(std::forward<Source>(source));
    }
    template <class Source>
        requires tree::stands_for<Source, T, Compare>
    [[nodiscard]] set insert(Source&& source) &&
    {
        this->core_.insert(std::forward<Source>(source), tree::no_value());
        return std::move(*this);
    }

    /// Effect: the set of what `made` gives for each element: called once each, in order. O(n) while the results
    /// don't descend; from the first that does on, O(n log n) and scratch room. Of equivalent results the first
    /// stays. Where results are of type T, those before the first that descends keep their element where they equal
    /// it by `==`, whole subtrees of such are shared, and where all do it is this root. Ordered as this set is, or by a
    /// comparator that is given, and then nothing is shared. Throws what `made` throws, too.
    template <class Made>
    [[nodiscard]] auto transform(Made made) const
    {
        using result = made_of<Made>;
        return transformed<result, true>(always<result>(made), reordered<result>());
    }
    template <class Made, class NewCompare>
    [[nodiscard]] auto transform(Made made, NewCompare compare) const
    {
        using result = made_of<Made>;
        return transformed<result, false>(always<result>(made), std::move(compare));
    }
    /// Effect: the same, where `made` gives an optional: without one, the element goes.
    template <class Made>
    [[nodiscard]] auto filter_transform(Made made) const
    {
        using result = typename made_of<Made>::value_type;
        return transformed<result, true>(std::ref(made), reordered<result>());
    }
    template <class Made, class NewCompare>
    [[nodiscard]] auto filter_transform(Made made, NewCompare compare) const
    {
        using result = typename made_of<Made>::value_type;
        return transformed<result, false>(std::ref(made), std::move(compare));
    }

    /// Effect: the algebra of tree/combinable.hpp, as operators, rvalues spent likewise.
    [[nodiscard]] friend set operator|(set const& left, set const& right)
        requires(core::is_shared)
    {
        return set_union(left, right);
    }
    [[nodiscard]] friend set operator|(set&& left, set const& right)
        requires(core::is_shared)
    {
        return set_union(std::move(left), right);
    }
    [[nodiscard]] friend set operator|(set&& left, set&& right) { return set_union(std::move(left), std::move(right)); }
    [[nodiscard]] friend set operator&(set const& left, set const& right)
        requires(core::is_shared)
    {
        return set_intersection(left, right);
    }
    [[nodiscard]] friend set operator&(set&& left, set&& right)
    {
        return set_intersection(std::move(left), std::move(right));
    }
    [[nodiscard]] friend set operator-(set const& left, set const& right)
        requires(core::is_shared)
    {
        return set_difference(left, right);
    }
    [[nodiscard]] friend set operator-(set&& left, set const& right)
        requires(core::is_shared)
    {
        return set_difference(std::move(left), right);
    }
    [[nodiscard]] friend set operator-(set&& left, set&& right)
    {
        return set_difference(std::move(left), std::move(right));
    }
    [[nodiscard]] friend set operator^(set const& left, set const& right)
        requires(core::is_shared)
    {
        return set_symmetric_difference(left, right);
    }
    [[nodiscard]] friend set operator^(set&& left, set const& right)
        requires(core::is_shared)
    {
        return set_symmetric_difference(std::move(left), right);
    }
    [[nodiscard]] friend set operator^(set&& left, set&& right)
    {
        return set_symmetric_difference(std::move(left), std::move(right));
    }

private:
    explicit set(core made) noexcept
        : base(std::move(made))
    {
    }
    template <class, class, container_policy>
    friend class set;

    template <class Made>
    using made_of = std::remove_cvref_t<std::invoke_result_t<Made&, T const&>>;
    template <class Result, class Made>
    [[nodiscard]] static auto always(Made& made)
    {
        return [&made](T const& element) { return std::optional<Result>(std::invoke(made, element)); };
    }

    /// This set's comparator for elements of another type.
    template <class Result>
    [[nodiscard]] auto reordered() const
    {
        if constexpr (std::same_as<Result, T> || tree::transparent<Compare>) {
            return this->core_.less();
        } else if constexpr (std::same_as<Compare, std::less<T>>) {
            return std::less<Result>();
        } else {
            static_assert(std::same_as<Compare, std::greater<T>>,
                "still: name the comparator of the results, as transform's second argument");
            return std::greater<Result>();
        }
    }
    template <class Result, bool SameOrder, class Made, class NewCompare>
    [[nodiscard]] set<Result, NewCompare, Policy> transformed(Made made, NewCompare compare) const
    {
        using from = typename base::schema;
        using to = tree::set_schema<Result, NewCompare, Policy>;
        using walk = std::conditional_t<SameOrder && core::is_shared && std::same_as<from, to>,
            tree::sieve<from, NewCompare>, tree::conversion<from, to, NewCompare>>;
        auto heap = this->core_.heap_to_share();
        auto root = tree::transform_keys<to>(heap, walk(heap, this->core_.root(), compare), compare,
            [&](tree::place<from> at) { return made(*at.key()); });
        return set<Result, NewCompare, Policy>(
            tree::version<to, NewCompare>(std::move(compare), heap).with(std::move(root)));
    }
};

/// Of a range: a set of its elements, ordered by the comparator that is given.
template <std::input_iterator First, std::sentinel_for<First> Last, class Compare = std::less<>>
set(First, Last, Compare = Compare()) -> set<std::iter_value_t<First>, Compare>;

} // namespace still

// What a view's iterators point into outlives the view.
template <class T, class Compare, still::container_policy Policy>
inline constexpr bool std::ranges::enable_borrowed_range<still::set_view<T, Compare, Policy>> = true;
template <class T, class Compare, still::container_policy Policy>
inline constexpr bool std::ranges::enable_view<still::set_view<T, Compare, Policy>> = true;

/// Of elements that have a hash. See tree/hash.hpp.
template <still::hashable T, class Compare, still::container_policy Policy>
struct std::hash<still::set<T, Compare, Policy>> : still::tree::container_hash<still::set<T, Compare, Policy>> { };
template <still::hashable T, class Compare, still::container_policy Policy>
struct std::hash<still::set_view<T, Compare, Policy>>
    : still::tree::container_hash<still::set_view<T, Compare, Policy>> { };
