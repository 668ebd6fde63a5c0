// SPDX-License-Identifier: BSL-1.0
//
// Two trees side by side: which keys only one has, and which both. Subtrees that both share are never
// opened, so that two descendants are compared at the cost of their differences, whatever their heights.
// See Note: two cursors.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "still/tree/comparator.hpp"
#include "still/tree/cursor.hpp"
#include "still/tree/find.hpp"
#include "still/tree/same_run.hpp"

namespace still::tree {

/// Elements of both trees in ascending order, one at a time, without those in shared subtrees, and without
/// numbers that are the same in both. Owns nothing: both trees outlive it. O(changes · log n) in all, when one tree
/// descends from the other or both from a third by that many changes; O(n + m) for trees without common history.
template <class Schema, class Less>
class comparison {
public:
    comparison(borrowed<node<Schema>> before, borrowed<node<Schema>> after, Less const& less)
        : before_(before)
        , after_(after)
        , less_(less)
    {
    }

    /// Effect: goes to the next element. Returns false when there is none. Allocates nothing; throws
    /// what the comparison throws.
    [[nodiscard]] bool next()
    {
        while (!before_.at_end() || !after_.at_end()) {
            if (before_.at_end()) {
                if (reach(after_))
                    return only_after();
            } else if (after_.at_end()) {
                if (reach(before_))
                    return only_before();
            } else if (auto const level = shared_level(before_, after_); level >= 0) {
                before_.skip(static_cast<unsigned>(level));
                after_.skip(static_cast<unsigned>(level));
            } else if (before_.in_leaf() && after_.in_leaf()) {
                if (pass_same())
                    continue;
                if (less_(before_.here(), after_.here()))
                    return only_before();
                if (less_(after_.here(), before_.here()))
                    return only_after();
                return in_both();
            } else if (before_.in_leaf()) {
                if (stands_below(before_, after_))
                    return only_before();
                after_.open();
            } else if (after_.in_leaf()) {
                if (stands_below(after_, before_))
                    return only_after();
                before_.open();
            } else {
                auto const difference = static_cast<int>(before_.level()) - static_cast<int>(after_.level());
                if (difference >= 0)
                    before_.open();
                if (difference <= 0)
                    after_.open();
            }
        }
        left_ = right_ = {};
        return false;
    }

    /// The element in the tree before and after: null where that one doesn't have it.
    [[nodiscard]] place<Schema> before() const noexcept { return left_; }
    [[nodiscard]] place<Schema> after() const noexcept { return right_; }

private:
    using reader = cursor<Schema>;

    /// True when the cursor is at an element; else opens the subtree at hand.
    [[nodiscard]] static bool reach(reader& of) noexcept
    {
        if (of.in_leaf())
            return true;
        of.open();
        return false;
    }

    /// Effect: goes past numbers that are the same in both leaves. Returns whether there were any.
    [[nodiscard]] bool pass_same() noexcept
    {
        if constexpr (matches_cheaply<Schema, Less>) {
            auto const same = same_run(before_.in(), before_.index(), after_.in(), after_.index());
            if (same == 0)
                return false;
            before_.advance(same);
            after_.advance(same);
            return true;
        } else {
            return false;
        }
    }

    [[nodiscard]] bool stands_below(reader const& at, reader const& before) const
    {
        return before.low() != nullptr && less_(at.here(), *before.low());
    }

    [[nodiscard]] bool only_before() noexcept
    {
        left_ = take(before_);
        right_ = {};
        return true;
    }
    [[nodiscard]] bool only_after() noexcept
    {
        left_ = {};
        right_ = take(after_);
        return true;
    }
    [[nodiscard]] bool in_both() noexcept
    {
        left_ = take(before_);
        right_ = take(after_);
        return true;
    }

    [[nodiscard]] static place<Schema> take(reader& from) noexcept
    {
        place<Schema> const taken{ &from.in(), from.index() };
        from.advance(1);
        return taken;
    }

    reader before_;
    reader after_;
    [[no_unique_address]] kept_comparator<Less> less_;
    place<Schema> left_;
    place<Schema> right_;
};

/// Values are told apart by `==`. Those without it count as different unless their nodes are shared.
template <class Value>
[[nodiscard]] bool same_value(Value const& one, Value const& other)
{
    if constexpr (std::equality_comparable<Value>)
        return one == other;
    else
        return &one == &other;
}

/// True when both trees hold equal elements: equivalent keys, equal by `==` where they have it, with
/// equal values. O(1) for one root or different sizes, else as comparison, and stops at the first
/// difference. Allocates nothing.
template <class Schema, class Less>
[[nodiscard]] bool equal(borrowed<node<Schema>> one, borrowed<node<Schema>> other, Less const& less)
{
    if (one == other || (one && other && same_content<typename Schema::heap>(one.get(), other.get())))
        return true;
    if (size_of(one) != size_of(other))
        return false;
    comparison<Schema, Less> walk(one, other, less);
    while (walk.next()) {
        if (!walk.before() || !walk.after())
            return false;
        if constexpr (std::equality_comparable<typename Schema::key_type>) {
            if (!(*walk.before().key() == *walk.after().key()))
                return false;
        }
        if (!same_value(*walk.before().value(), *walk.after().value()))
            return false;
    }
    return true;
}

} // namespace still::tree
