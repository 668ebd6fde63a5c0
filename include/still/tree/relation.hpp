// SPDX-License-Identifier: BSL-1.0
//
// How two versions relate: which comes first, whether they have keys in common, whether one has all keys of
// the other. Nothing here allocates, and each stops as soon as it knows.

#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "still/tree/bisect.hpp"
#include "still/tree/compare.hpp"
#include "still/tree/cursor.hpp"
#include "still/tree/reader.hpp"

namespace still::tree {

/// What has an order: by `<=>`, or else by `<`.
template <class Object>
concept orderable = std::three_way_comparable<Object> || requires(Object const& one) {
    { one < one } -> std::convertible_to<bool>;
};

/// The order of two objects: by `<=>` where they have it, else made from `<`.
template <orderable Object>
[[nodiscard]] auto order_of(Object const& one, Object const& other)
{
    if constexpr (std::three_way_comparable<Object>)
        return one <=> other;
    else
        return one < other ? std::weak_ordering::less
            : other < one  ? std::weak_ordering::greater
                           : std::weak_ordering::equivalent;
}

/// The order of two elements: of their keys first, then of their values.
template <class Schema>
[[nodiscard]] auto order_of(place<Schema> one, place<Schema> other)
{
    if constexpr (Schema::has_values) {
        using order = std::common_comparison_category_t<decltype(order_of(*one.key(), *one.key())),
            decltype(order_of(*one.value(), *one.value()))>;
        if (order const by_key = order_of(*one.key(), *other.key()); by_key != 0)
            return by_key;
        return order(order_of(*one.value(), *other.value()));
    } else {
        return order_of(*one.key(), *other.key());
    }
}

/// The lexicographic order of the elements from a number on.
template <class Schema>
[[nodiscard]] auto order_from(borrowed<node<Schema>> one, borrowed<node<Schema>> other, std::uint64_t number)
    -> decltype(order_of(place<Schema>(), place<Schema>()))
{
    position<Schema> along(one, number);
    position<Schema> beside(other, number);
    for (; along.left_in_leaf() > 0 && beside.left_in_leaf() > 0; along.step_forward(), beside.step_forward()) {
        if (auto const order = order_of(along.at(), beside.at()); order != 0)
            return order;
    }
    return along.left_in_leaf() <=> beside.left_in_leaf();
}

/// The lexicographic order of two trees' elements. What both share counts as equal and is not looked at:
/// O(changes · log n) at most where one descends from the other, and the first difference ends it.
template <class Schema, class Less>
[[nodiscard]] auto order_of(borrowed<node<Schema>> one, borrowed<node<Schema>> other, Less const& less)
    -> decltype(order_of(place<Schema>(), place<Schema>()))
{
    comparison<Schema, Less> walk(one, other, less);
    while (one != other && walk.next()) {
        // Up to a key that only one has, all elements had partners: its number is the same in both.
        if (!walk.after())
            return order_from(one, other, rank(one, *walk.before().key(), less));
        if (!walk.before())
            return order_from(one, other, rank(other, *walk.after().key(), less));
        if (auto const order = order_of(walk.before(), walk.after()); order != 0)
            return order;
    }
    return std::strong_ordering::equal;
}

/// Two trees side by side, by their keys alone: pieces that only one has are passed whole, shared subtrees
/// aren't opened. O(m log(n/m + 1)) in all.
template <class Schema, class Less>
class overlap {
public:
    enum class piece { only_one, only_other, both, none };

    overlap(borrowed<node<Schema>> one, borrowed<node<Schema>> other, Less const& less) noexcept
        : one_(one)
        , other_(other)
        , less_(less)
    {
    }

    /// True when all of the other tree has been told.
    [[nodiscard]] bool other_done() const noexcept { return other_.at_end(); }

    /// Effect: goes past the next elements that one tree has or both have. None are told once one tree is at
    /// its end. Throws what the comparison throws.
    [[nodiscard]] piece next()
    {
        while (!one_.at_end() && !other_.at_end()) {
            auto passed = piece::none;
            if (auto const level = shared_level(one_, other_); level >= 0) {
                one_.skip(static_cast<unsigned>(level));
                other_.skip(static_cast<unsigned>(level));
                return piece::both;
            }
            if (one_.in_leaf() && other_.in_leaf())
                passed = elements();
            else if (one_.in_leaf())
                passed = element_and_subtree(one_, other_, piece::only_one, piece::only_other);
            else if (other_.in_leaf())
                passed = element_and_subtree(other_, one_, piece::only_other, piece::only_one);
            else
                passed = subtrees();
            if (passed != piece::none)
                return passed;
        }
        return piece::none;
    }

private:
    using reader = cursor<Schema>;
    using key = typename Schema::key_type;

    /// Goes past the leaf's elements less than `bound`. Returns whether there are any. O(log count) comparisons:
    /// where both trees have the same elements, one each.
    [[nodiscard]] bool pass_below(reader& at, key const& bound)
    {
        auto const& in = at.in();
        auto const below = [&](std::size_t index) { return less_(*in.keys.at(index), bound); };
        auto known = at.index(); // all before are below
        auto next = known;
        for (std::size_t stride = 1; next < in.length && below(next); stride *= 2) {
            known = next + 1;
            next += stride;
        }
        auto const past = bisect(known, next < in.length ? next : in.length, below);
        auto const count = past - at.index();
        if (count > 0)
            at.advance(count);
        return count > 0;
    }

    [[nodiscard]] piece elements()
    {
        if (pass_below(one_, other_.here()))
            return piece::only_one;
        if (pass_below(other_, one_.here()))
            return piece::only_other;
        one_.advance(1);
        other_.advance(1);
        return piece::both;
    }

    /// One cursor is at an element, the other before a subtree.
    [[nodiscard]] piece element_and_subtree(reader& at, reader& before, piece only_at, piece only_before)
    {
        if (before.low() != nullptr && pass_below(at, *before.low()))
            return only_at;
        if (before.high() != nullptr && !less_(at.here(), *before.high())) {
            before.skip(before.level());
            return only_before;
        }
        before.open();
        return piece::none;
    }

    /// Both are before subtrees. Where these lie apart, the lower one is passed whole; otherwise the one
    /// that reaches further is opened, since parts of it may lie apart from the other.
    [[nodiscard]] piece subtrees()
    {
        if (apart(one_, other_)) {
            one_.skip(one_.level());
            return piece::only_one;
        }
        if (apart(other_, one_)) {
            other_.skip(other_.level());
            return piece::only_other;
        }
        auto const one_reaches = reaches_further(one_, other_);
        auto const other_reaches = !one_reaches && reaches_further(other_, one_);
        if (one_reaches || (!other_reaches && one_.level() >= other_.level())) {
            one_.open();
        } else {
            other_.open();
        }
        return piece::none;
    }

    [[nodiscard]] bool apart(reader const& low, reader const& high) const
    {
        return low.high() != nullptr && high.low() != nullptr && !less_(*high.low(), *low.high());
    }
    [[nodiscard]] bool reaches_further(reader const& one, reader const& other) const
    {
        return other.high() != nullptr && (one.high() == nullptr || less_(*other.high(), *one.high()));
    }

    reader one_;
    reader other_;
    Less const& less_;
};

/// The order of two versions, lexicographic over their elements in the order of the container: keys and
/// values are compared by `<=>`, or else by `<`, as the standard library's containers are. Elements that both
/// share count as equal. O(1) for one root; otherwise as `diff`, up to the first difference. Allocates
/// nothing. Works between containers and views of one type alike.
template <class Access, class Core, class OtherCore>
    requires same_order<Core, OtherCore> && orderable<typename Access::schema::key_type>
    && (!Access::schema::has_values || orderable<typename Access::schema::value_type>)
[[nodiscard]] auto operator<=>(reader<Access, Core> const& one, reader<Access, OtherCore> const& other)
{
    auto const& core = internals::core(one);
    return order_of(core.root(), internals::core(other).root(), core.less());
}

} // namespace still::tree

namespace still {

/// True when no key of one is equivalent to a key of the other. O(m log(n/m + 1)); any subtree that both share
/// ends it, as does the first key they have in common. Allocates nothing; throws what the comparison throws.
/// Takes containers and views of one type in any mixture.
template <class Access, class Core, class OtherCore>
    requires tree::same_order<Core, OtherCore>
[[nodiscard]] bool disjoint(tree::reader<Access, Core> const& one, tree::reader<Access, OtherCore> const& other)
{
    using schema = typename Access::schema;
    auto const& core = tree::internals::core(one);
    using walk_type = tree::overlap<schema, typename tree::reader<Access, Core>::key_compare>;
    walk_type walk(core.root(), tree::internals::core(other).root(), core.less());
    for (;;) {
        switch (walk.next()) {
        case walk_type::piece::both:
            return false;
        case walk_type::piece::none:
            return true;
        default:
            break;
        }
    }
}

/// True when `whole` has an equivalent key for each key of `part`, as std::includes has it (OCaml's `subset`,
/// operands the other way round). O(m log(n/m + 1)), O(1) where `part` has more elements; subtrees that both
/// share aren't opened, and the first key that is missing ends it. Otherwise as disjoint.
template <class Access, class Core, class OtherCore>
    requires tree::same_order<Core, OtherCore>
[[nodiscard]] bool includes(tree::reader<Access, Core> const& whole, tree::reader<Access, OtherCore> const& part)
{
    using schema = typename Access::schema;
    if (part.size() > whole.size())
        return false;
    auto const& core = tree::internals::core(whole);
    using walk_type = tree::overlap<schema, typename tree::reader<Access, Core>::key_compare>;
    walk_type walk(core.root(), tree::internals::core(part).root(), core.less());
    for (;;) {
        switch (walk.next()) {
        case walk_type::piece::only_other:
            return false;
        case walk_type::piece::none:
            return walk.other_done();
        default:
            break;
        }
    }
}

} // namespace still
