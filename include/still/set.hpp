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

template <class T, class Compare = std::less<>, container_policy Policy = default_policy>
class set;

/// A non-owning reader of a set, passed by value. Touches no count; the set it reads must outlive it.
template <class T, class Compare = std::less<>, container_policy Policy = default_policy>
class set_view : public tree::reader<tree::key_access<tree::schema<T, tree::no_value, Policy>>,
                     tree::borrowed_version<tree::schema<T, tree::no_value, Policy>, Compare>> {
    using core = tree::borrowed_version<tree::schema<T, tree::no_value, Policy>, Compare>;
    using base = tree::reader<tree::key_access<tree::schema<T, tree::no_value, Policy>>, core>;

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
class set : public tree::owner<tree::key_access<tree::schema<T, tree::no_value, Policy>>,
                tree::version<tree::schema<T, tree::no_value, Policy>, Compare>> {
    using core = tree::version<tree::schema<T, tree::no_value, Policy>, Compare>;
    using base = tree::owner<tree::key_access<tree::schema<T, tree::no_value, Policy>>, core>;

public:
    using view_type = set_view<T, Compare, Policy>;
    using heap_type = typename Policy::heap;
    using policy_type = Policy;
    using typename base::schema;

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
    /// Of equivalent elements the first stays. O(n log n).
    set(std::initializer_list<T> elements, Compare compare = Compare(), heap_type heap = heap_type())
        : set(elements.begin(), elements.end(), std::move(compare), std::move(heap))
    {
    }
    template <std::input_iterator First, std::sentinel_for<First> Last>
    set(First first, Last last, Compare compare = Compare(), heap_type heap = heap_type())
        : base(core(std::move(compare), std::move(heap)))
    {
        for (; first != last; ++first)
            this->core_.insert(T(*first), tree::no_value());
    }

    /// Effect: a set of strictly ascending elements, packed densely. O(n).
    /// Throws std::invalid_argument where an element is not greater than the one before it.
    template <std::ranges::input_range Range>
    [[nodiscard]] static set from_sorted(Range&& elements, Compare compare = Compare(), heap_type heap = heap_type())
    {
        tree::builder<schema, Compare> built(heap, compare);
        for (auto&& element : elements) {
            if (auto const* const before = built.last_key(); before != nullptr && !compare(*before, element))
                boost::throw_exception(std::invalid_argument(
                    "still: from_sorted wants strictly ascending elements (sort them, or use the constructor)"));
            built.add(tree::incoming{ std::forward<decltype(element)>(element), tree::no_value() });
        }
        set result(std::move(compare), heap);
        return result.with(built.finish());
    }

    /// A view of this version. O(1), touches no count.
    [[nodiscard]] view_type view() const& noexcept(std::is_nothrow_copy_constructible_v<Compare>) { return *this; }
    view_type view() const&& = delete;

    /// Where the nodes come from.
    [[nodiscard]] heap_type const& heap() const noexcept { return this->core_.heap(); }

    /// Effect: a set with the element; the same root where an equivalent one is present, which stays.
    /// O(log n). The `&&` forms edit in place what this set alone owns.
    [[nodiscard]] set insert(T const& element) const& { return set(*this).insert(element); }
    [[nodiscard]] set insert(T&& element) const& { return set(*this).insert(std::move(element)); }
    [[nodiscard]] set insert(T const& element) &&
    {
        this->core_.insert(element, tree::no_value());
        return std::move(*this);
    }
    [[nodiscard]] set insert(T&& element) &&
    {
        this->core_.insert(std::move(element), tree::no_value());
        return std::move(*this);
    }

    /// Effect: a set without the element that is equivalent to `key`; the same root where there is none.
    /// O(log n).
    template <class Sought = T>
    [[nodiscard]] set erase(Sought const& key) const&
    {
        return set(*this).erase(key);
    }
    template <class Sought = T>
    [[nodiscard]] set erase(Sought const& key) &&
    {
        this->core_.erase(base::sought(key));
        return std::move(*this);
    }

    /// What `split` gives.
    struct halves {
        set below;
        std::optional<T> found;
        set above;
    };
    /// Effect: the elements less than `key`, the one equivalent to it, and those greater. O(log n); shares
    /// all but the edges of the cut. Where one half is everything, it is this root.
    template <class Sought = T>
    [[nodiscard]] halves split(Sought const& key) const
    {
        auto parts = this->core_.split(base::sought(key));
        auto found = parts.found ? std::optional<T>(*parts.found.key()) : std::nullopt;
        return { set(std::move(parts.below)), std::move(found), set(std::move(parts.above)) };
    }

    /// Effect: all elements of `low`, then those of `high`. O(log n); the other operand's root where one is
    /// empty. Where the heaps differ, `high` is copied into the heap of `low`, O(n).
    /// Throws std::invalid_argument unless each of `low` is less than each of `high`.
    [[nodiscard]] friend set join(set const& low, set const& high) { return set(low.core_.join(high.core_)); }

    /// Effect: elements of either set; of equivalent ones the left operand's survives. The left root where
    /// that has them all. O(m log(n/m + 1)), and subtrees that lie apart or are shared stay whole. Where
    /// the heaps differ, the right operand is copied first, O(n).
    /// Precondition, of all that takes two sets: both comparators order alike.
    [[nodiscard]] friend set set_union(set const& left, set const& right)
    {
        return left.combine(right, { tree::fate::keep, tree::fate::keep }, tree::keep_left());
    }
    /// Effect: elements of the left set that the right one has too. The left root where that is all.
    [[nodiscard]] friend set set_intersection(set const& left, set const& right)
    {
        return left.combine(right, { tree::fate::drop, tree::fate::drop }, tree::keep_left());
    }
    /// Effect: elements of the left set that the right one doesn't have. The left root where that is all.
    [[nodiscard]] friend set set_difference(set const& left, set const& right)
    {
        return left.combine(right, { tree::fate::keep, tree::fate::drop }, tree::drop_both());
    }
    /// Effect: elements that exactly one set has. The left root where the right one is empty.
    [[nodiscard]] friend set set_symmetric_difference(set const& left, set const& right)
    {
        return left.combine(right, { tree::fate::keep, tree::fate::keep }, tree::drop_both());
    }
    [[nodiscard]] friend set operator|(set const& left, set const& right) { return set_union(left, right); }
    [[nodiscard]] friend set operator&(set const& left, set const& right) { return set_intersection(left, right); }
    [[nodiscard]] friend set operator-(set const& left, set const& right) { return set_difference(left, right); }
    [[nodiscard]] friend set operator^(set const& left, set const& right)
    {
        return set_symmetric_difference(left, right);
    }

private:
    explicit set(core made) noexcept
        : base(std::move(made))
    {
    }
    [[nodiscard]] set with(typename core::root_type root) const { return set(this->core_.with(std::move(root))); }
    template <class Both>
    [[nodiscard]] set combine(set const& right, tree::tactics chosen, Both both) const
    {
        return set(this->core_.combine(right.core_, chosen, both));
    }
};

/// Effect: what changed between two sets: a lazy range of `change<T const*>` in ascending order, with
/// kinds `added` and `removed`. O(changes · log n) for versions with a recent common ancestor, correct for
/// any two. Allocates nothing; reads both as it goes, so both must outlive it.
template <class T, class Compare, class Policy>
[[nodiscard]] auto diff(set_view<T, Compare, Policy> before, set_view<T, Compare, Policy> after)
{
    using access = tree::key_access<tree::schema<T, tree::no_value, Policy>>;
    return tree::changes<access, Compare>(
        tree::internals::core(before).root(), tree::internals::core(after).root(), before.key_comp());
}
template <class T, class Compare, class Policy>
[[nodiscard]] auto diff(set<T, Compare, Policy> const& before, set<T, Compare, Policy> const& after)
{
    return diff(before.view(), after.view());
}
template <class T, class Compare, class Policy>
void diff(set<T, Compare, Policy> const&& before, set<T, Compare, Policy> const& after) = delete;
template <class T, class Compare, class Policy>
void diff(set<T, Compare, Policy> const& before, set<T, Compare, Policy> const&& after) = delete;
template <class T, class Compare, class Policy>
void diff(set<T, Compare, Policy> const&& before, set<T, Compare, Policy> const&& after) = delete;

/// Effect: calls `visitor` with each change, and stops early where it returns false. Returns whether all
/// were seen. Otherwise as the range.
template <class T, class Compare, class Policy, class Visitor>
bool diff(set<T, Compare, Policy> const& before, set<T, Compare, Policy> const& after, Visitor visitor)
{
    return visit_changes(diff(before.view(), after.view()), visitor);
}
template <class T, class Compare, class Policy, class Visitor>
bool diff(set_view<T, Compare, Policy> before, set_view<T, Compare, Policy> after, Visitor visitor)
{
    return visit_changes(diff(before, after), visitor);
}

template <std::input_iterator First, std::sentinel_for<First> Last>
set(First, Last) -> set<std::iter_value_t<First>>;

} // namespace still

// What a view's iterators point into outlives the view.
template <class T, class Compare, still::container_policy Policy>
inline constexpr bool std::ranges::enable_borrowed_range<still::set_view<T, Compare, Policy>> = true;
template <class T, class Compare, still::container_policy Policy>
inline constexpr bool std::ranges::enable_view<still::set_view<T, Compare, Policy>> = true;
