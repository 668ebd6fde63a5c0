// SPDX-License-Identifier: BSL-1.0
//
// Union, intersection and the differences of two trees: one walk, told by a value what to do with keys
// that only the left tree has, only the right, or both. O(m log(n/m + 1)), less where they share.
// See Note: two cursors.

#pragma once

#include <cstddef>
#include <utility>

#include "still/tree/assemble.hpp"
#include "still/tree/cursor.hpp"
#include "still/tree/search.hpp"

namespace still::tree {

enum class fate : bool { drop, keep };

/// What becomes of keys that only one tree has.
struct tactics {
    fate left_only;
    fate right_only;
};

/// Keys of both trees stay, with the left element. Shared subtrees stay whole.
struct keep_left {
    static constexpr bool is_idempotent = true;
    template <class Schema, class Less>
    void operator()(assembler<Schema, Less>& into, leaf<Schema> const& left, std::size_t index, leaf<Schema> const&,
        std::size_t) const
    {
        into.keep(left, index, index + 1);
    }
    template <class Schema, class Less>
    void operator()(assembler<Schema, Less>& into, subtree<Schema> const& shared) const
    {
        into.keep(shared);
    }
};

/// Keys of both trees go. Shared subtrees go whole.
struct drop_both {
    static constexpr bool is_idempotent = true;
    template <class Schema, class Less>
    void operator()(
        assembler<Schema, Less>& into, leaf<Schema> const&, std::size_t, leaf<Schema> const&, std::size_t) const
    {
        into.drop();
    }
    template <class Schema, class Less>
    void operator()(assembler<Schema, Less>& into, subtree<Schema> const&) const
    {
        into.drop();
    }
};

/// Keys of both trees stay with the left key and the value `combine(key, left value, right value)`.
/// Shared subtrees are combined with themselves, unless Combine says by a member type `idempotent` that
/// combining a value with itself gives that value. A value that equals the left one keeps the left
/// element.
template <class Combine>
struct combine_values {
    static constexpr bool is_idempotent = requires { typename Combine::idempotent; };
    Combine& combine;

    template <class Schema, class Less>
    void operator()(assembler<Schema, Less>& into, leaf<Schema> const& left, std::size_t index,
        leaf<Schema> const& right, std::size_t other) const
    {
        auto const& key = *left.keys.at(index);
        auto const& before = *left.values.at(index);
        typename Schema::value_type after(combine(key, before, *right.values.at(other)));
        if constexpr (requires {
                          { before == after } -> std::convertible_to<bool>;
                      }) {
            if (before == after) {
                into.keep(left, index, index + 1);
                return;
            }
        }
        into.drop();
        into.add(incoming{ key, std::move(after) });
    }
    template <class Schema, class Less>
    void operator()(assembler<Schema, Less>& into, subtree<Schema> const& shared) const
    {
        into.keep(shared);
    }
};

/// The walk. Both trees outlive it; it owns nothing but what it builds.
template <class Schema, class Less, class Both>
class combination {
public:
    combination(typename Schema::heap& heap, borrowed<node<Schema>> left, borrowed<node<Schema>> right,
        Less const& less, tactics chosen, Both both) noexcept
        : left_(left)
        , right_(right)
        , less_(less)
        , chosen_(chosen)
        , both_(both)
        , into_(heap, left, less)
    {
    }

    [[nodiscard]] owned<node<Schema>> run()
    {
        while (!left_.at_end() && !right_.at_end()) {
            if (skip_shared())
                continue;
            if (left_.in_leaf() && right_.in_leaf())
                merge_leaves();
            else if (left_.in_leaf())
                element_and_subtree<side::left>(left_, right_);
            else if (right_.in_leaf())
                element_and_subtree<side::right>(right_, left_);
            else
                subtrees();
        }
        while (!left_.at_end())
            rest<side::left>(left_);
        while (chosen_.right_only == fate::keep && !right_.at_end())
            rest<side::right>(right_);
        return into_.finish();
    }

private:
    using reader = cursor<Schema>;
    using key = typename Schema::key_type;

    enum class side : bool { left, right };
    static constexpr side other_than(side one) noexcept { return one == side::left ? side::right : side::left; }

    /// Tells the result of a subtree, or of elements [first, last) of a leaf, that only one side has.
    template <side Side>
    void only(subtree<Schema> const& whole)
    {
        if constexpr (Side == side::left)
            chosen_.left_only == fate::keep ? into_.keep(whole) : into_.drop();
        else if (chosen_.right_only == fate::keep)
            into_.add(whole);
    }
    template <side Side>
    void only(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        if (first == last)
            return;
        if constexpr (Side == side::left)
            chosen_.left_only == fate::keep ? into_.keep(from, first, last) : into_.drop();
        else if (chosen_.right_only == fate::keep)
            into_.add(from, first, last);
    }

    [[nodiscard]] bool skip_shared()
    {
        if constexpr (Both::is_idempotent) {
            auto const level = shared_level(left_, right_);
            if (level < 0)
                return false;
            both_(into_, left_.at(static_cast<unsigned>(level)));
            left_.skip(static_cast<unsigned>(level));
            right_.skip(static_cast<unsigned>(level));
            return true;
        } else {
            return false;
        }
    }

    /// Both stand in leaves: merge until one of them is done.
    void merge_leaves()
    {
        auto const& one = left_.in();
        auto const& other = right_.in();
        auto index = left_.index();
        auto along = right_.index();
        while (index < one.length && along < other.length) {
            auto const run = index;
            while (index < one.length && less_(*one.keys.at(index), *other.keys.at(along)))
                ++index;
            only<side::left>(one, run, index);
            if (index == one.length)
                break;
            auto const run_along = along;
            while (along < other.length && less_(*other.keys.at(along), *one.keys.at(index)))
                ++along;
            only<side::right>(other, run_along, along);
            if (along == other.length || run_along != along)
                continue;
            both_(into_, one, index, other, along); // neither is less
            ++index;
            ++along;
        }
        left_.advance(index - left_.index());
        right_.advance(along - right_.index());
    }

    /// One cursor is at an element, the other before a subtree.
    template <side At>
    void element_and_subtree(reader& at, reader& before)
    {
        if (auto const* const low = before.low()) {
            auto const left = at.in().length - at.index();
            auto const below = count_below(at.in().keys.at(at.index()), left, *low, less_);
            if (below > 0) {
                only<At>(at.in(), at.index(), at.index() + below);
                at.advance(below);
                return;
            }
        }
        auto const* const high = before.high();
        if (high != nullptr && !less_(at.here(), *high)) {
            only<other_than(At)>(before.item());
            before.skip(before.level());
            return;
        }
        before.open();
    }

    /// Both are before subtrees. Where these lie apart, the lower one is told whole; otherwise the one
    /// that reaches further is opened, since parts of it may lie apart from the other.
    void subtrees()
    {
        if (apart(left_, right_)) {
            only<side::left>(left_.item());
            left_.skip(left_.level());
        } else if (apart(right_, left_)) {
            only<side::right>(right_.item());
            right_.skip(right_.level());
        } else if (reaches_further(left_, right_)) {
            left_.open();
        } else if (reaches_further(right_, left_)) {
            right_.open();
        } else if (left_.level() > right_.level()) {
            left_.open();
        } else if (right_.level() > left_.level()) {
            right_.open();
        } else {
            left_.open();
            right_.open();
        }
    }

    [[nodiscard]] bool apart(reader const& low, reader const& high) const
    {
        return low.high() != nullptr && high.low() != nullptr && !less_(*high.low(), *low.high());
    }
    [[nodiscard]] bool reaches_further(reader const& one, reader const& other) const
    {
        return other.high() != nullptr && (one.high() == nullptr || less_(*other.high(), *one.high()));
    }

    template <side Side>
    void rest(reader& of)
    {
        if (of.in_leaf()) {
            auto const count = of.in().length - of.index();
            only<Side>(of.in(), of.index(), of.index() + count);
            of.advance(count);
        } else {
            only<Side>(of.item());
            of.skip(of.level());
        }
    }

    reader left_;
    reader right_;
    Less const& less_;
    tactics chosen_;
    Both both_;
    assembler<Schema, Less> into_;
};

/// Effect: the tree that `chosen` and `both` make of two. Where the result is the left tree, it is its
/// root, and nothing is allocated. Throws what the heap, the comparison, a copy and `both` throw; the
/// operands are as they were.
template <class Schema, class Less, class Both>
[[nodiscard]] owned<node<Schema>> combine_trees(typename Schema::heap& heap, borrowed<node<Schema>> left,
    borrowed<node<Schema>> right, Less const& less, tactics chosen, Both both)
{
    return combination<Schema, Less, Both>(heap, left, right, less, chosen, both).run();
}

} // namespace still::tree
