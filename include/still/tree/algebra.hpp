// SPDX-License-Identifier: BSL-1.0
//
// Merging two trees: one walk, told by values what to do with keys that only the left tree has, only the
// right, or both. O(m log(n/m + 1)) where the tactics needn't look at each element, less where the trees
// share. See Note: two cursors, and Note: merging.

#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "still/tree/assemble.hpp"
#include "still/tree/cursor.hpp"
#include "still/tree/mixture.hpp"
#include "still/tree/search.hpp"
#include "still/tree/tactics.hpp"

namespace still::tree {

/// The walk. Both trees outlive it; it owns nothing but what it builds.
template <class Schema, class Less, tactic_for_one LeftOnly, tactic_for_one RightOnly, tactic_for_both Both>
class combination {
public:
    combination(typename Schema::heap& heap, borrowed<node<Schema>> left, borrowed<node<Schema>> right,
        Less const& less, LeftOnly& left_only, RightOnly& right_only, Both& both) noexcept
        : left_(left)
        , right_(right)
        , less_(less)
        , left_only_(left_only)
        , right_only_(right_only)
        , both_(both)
        , into_(heap, left, less)
    {
    }

    /// Effect: the result of the whole walk, or of what is left of it.
    [[nodiscard]] owned<node<Schema>> run()
    {
        while (!left_.at_end() && !right_.at_end())
            step();
        while (!drops<LeftOnly> && !left_.at_end())
            rest<side::left>(left_);
        while (!drops<RightOnly> && !right_.at_end())
            rest<side::right>(right_);
        return into_.finish();
    }

    /// Effect: goes on for at most `steps`, each O(one leaf) where the tactics needn't look at each element.
    /// Returns false where neither side is at its end by then: all elements passed so far are less than all
    /// others.
    [[nodiscard]] bool go_on(std::size_t steps)
    {
        for (; !left_.at_end() && !right_.at_end(); --steps) {
            if (steps == 0)
                return false;
            step();
        }
        return true;
    }

    /// How many elements of each side were passed. Precondition: neither is at its end.
    [[nodiscard]] std::uint64_t passed_left() const noexcept { return left_.position(); }
    [[nodiscard]] std::uint64_t passed_right() const noexcept { return right_.position(); }
    /// True while the result of what was passed is what was passed on the left.
    [[nodiscard]] bool is_left_so_far() const noexcept { return into_.is_beginning(); }
    /// Effect: the result of what was passed; then only dropping is left.
    [[nodiscard]] owned<node<Schema>> break_off() { return into_.finish(); }

private:
    using reader = cursor<Schema>;
    using key = typename Schema::key_type;

    enum class side : bool { left, right };
    static constexpr side other_than(side one) noexcept { return one == side::left ? side::right : side::left; }

    template <class Tactic>
    static constexpr bool keeps = std::is_same_v<Tactic, keeping>;
    template <class Tactic>
    static constexpr bool drops = std::is_same_v<Tactic, dropping>;

    template <side Side>
    [[nodiscard]] auto& tactic() noexcept
    {
        if constexpr (Side == side::left)
            return left_only_;
        else
            return right_only_;
    }

    /// Tells the result of the subtree at hand, which only one side has, and goes past it.
    template <side Side>
    void only(reader& of)
    {
        using tactic_type = std::remove_cvref_t<decltype(tactic<Side>())>;
        if constexpr (!keeps<tactic_type> && !drops<tactic_type>)
            each_below<Side>(*of.item().root);
        else if constexpr (Side == side::right && keeps<tactic_type>)
            into_.add(of.item());
        else if constexpr (Side == side::left)
            keeps<tactic_type> ? into_.keep(of.size_at(of.level())) : into_.drop(of.size_at(of.level()));
        of.skip(of.level());
    }

    /// The same of elements [first, last) of a leaf.
    template <side Side>
    void only(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        using tactic_type = std::remove_cvref_t<decltype(tactic<Side>())>;
        if (first == last)
            return;
        if constexpr (keeps<tactic_type>)
            stay<Side>(from, first, last);
        else if constexpr (drops<tactic_type>)
            go<Side>(last - first);
        else
            each<Side>(from, first, last);
    }

    /// Asks a tactic of each element. Goes as deep as the tree is high.
    template <side Side>
    void each_below(node<Schema> const& of)
    {
        if (of.level == 0) {
            each<Side>(as_leaf(of), 0, of.length);
            return;
        }
        for (std::size_t slot = 0; slot < of.length; ++slot)
            each_below<Side>(*as_branch(of).child(slot));
    }
    template <side Side>
    void each(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        auto run = first;
        for (auto index = first; index < last; ++index) {
            auto said = judge(tactic<Side>(), from, index);
            if (said.stays)
                continue;
            stay<Side>(from, run, index);
            run = index + 1;
            go<Side>(1);
            if (said.instead)
                into_.add(incoming{ kept{ *from.keys.at(index) }, std::move(*said.instead) });
        }
        stay<Side>(from, run, last);
    }

    template <side Side>
    void stay(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        if constexpr (Side == side::left)
            into_.keep(last - first);
        else if (last - first == from.length)
            into_.add(subtree<Schema>{ &from, nullptr, nullptr });
        else if (first != last)
            into_.add(from, first, last);
    }
    template <side Side>
    void go(std::size_t count)
    {
        if constexpr (Side == side::left)
            into_.drop(count);
    }

    /// Tells the result of elements with equivalent keys.
    void meet(leaf<Schema> const& left, std::size_t index, leaf<Schema> const& right, std::size_t other)
    {
        if constexpr (keeps<Both>) {
            into_.keep(1);
        } else if constexpr (drops<Both>) {
            into_.drop(1);
        } else if constexpr (std::is_same_v<Both, keeping_right>) {
            if (known_equal(*left.keys.at(index), *right.keys.at(other))
                && known_equal(*left.values.at(index), *right.values.at(other))) {
                into_.keep(1);
                return;
            }
            into_.drop(1);
            into_.add(right, other, other + 1);
        } else {
            auto said = judge(both_, left, index, right, other);
            if (said.stays) {
                into_.keep(1);
                return;
            }
            into_.drop(1);
            if (said.instead)
                into_.add(incoming{ kept{ *left.keys.at(index) }, std::move(*said.instead) });
        }
    }

    void step()
    {
        if (skip_shared())
            return;
        if (left_.in_leaf() && right_.in_leaf())
            merge_leaves();
        else if (left_.in_leaf())
            element_and_subtree<side::left>(left_, right_);
        else if (right_.in_leaf())
            element_and_subtree<side::right>(right_, left_);
        else
            subtrees();
    }

    /// Opens a subtree that will be read to its end, or nearly.
    static void open(reader& of) noexcept
    {
        of.open();
        if (of.in_leaf())
            of.expect_next_leaf();
    }

    [[nodiscard]] bool skip_shared()
    {
        if constexpr (is_idempotent<Both>) {
            auto const found = shared_level(left_, right_);
            if (found < 0)
                return false;
            auto const level = static_cast<unsigned>(found);
            drops<Both> ? into_.drop(left_.size_at(level)) : into_.keep(left_.size_at(level));
            left_.skip(level);
            right_.skip(level);
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
        if constexpr (mixes_cheaply<Schema, Less, LeftOnly, RightOnly, Both>) {
            if (alternate(one, index, other, along)) {
                mix_leaves();
                return;
            }
        }
        while (index < one.length && along < other.length) {
            auto const run = index;
            index = end_of_run(one, index, *other.keys.at(along));
            only<side::left>(one, run, index);
            if (index == one.length)
                break;
            auto const run_along = along;
            along = end_of_run(other, along, *one.keys.at(index));
            only<side::right>(other, run_along, along);
            if (along == other.length || run_along != along)
                continue;
            meet(one, index, other, along); // neither is less
            ++index;
            ++along;
        }
        left_.advance(index - left_.index());
        right_.advance(along - right_.index());
    }

    /// The first element of a leaf, from an index on, that isn't less than the bound. Where runs are short, asking each
    /// is fastest.
    [[nodiscard]] std::size_t end_of_run(leaf<Schema> const& in, std::size_t index, key const& bound) const
    {
        if constexpr (compares_cheaply<Less, key, key>)
            return end_below(in.keys, index, in.length, bound, less_);
        while (index < in.length && less_(*in.keys.at(index), bound))
            ++index;
        return index;
    }

    /// True when each leaf has several elements that the other's reach beyond.
    [[nodiscard]] bool alternate(
        leaf<Schema> const& one, std::size_t index, leaf<Schema> const& other, std::size_t along) const
    {
        constexpr std::size_t least = std::clamp<std::size_t>(Schema::leaf_capacity / 4, 1, 4);
        return index + least <= one.length && along + least <= other.length
            && less_(*one.keys.at(index + least - 1), *other.keys.at(other.length - 1u))
            && less_(*other.keys.at(along + least - 1), *one.keys.at(one.length - 1u));
    }

    /// The same for numbers.
    void mix_leaves()
    {
        auto const& left = left_.in();
        auto const& right = right_.in();
        mixture<Schema> mixed;
        mix<LeftOnly, RightOnly, Both>(mixed, left, left_.index(), right, right_.index(), less_);
        auto const added = keeps<RightOnly> ? mixed.of_right - mixed.in_both : 0;
        if (added == 0 && mixed.length == mixed.of_left)
            into_.keep(mixed.of_left);
        else if (mixed.length == 0)
            into_.drop(mixed.of_left);
        else
            into_.replace(mixed.of_left, mixed);
        left_.advance(mixed.of_left);
        right_.advance(mixed.of_right);
    }

    /// One cursor is at an element, the other before a subtree.
    template <side At>
    void element_and_subtree(reader& at, reader& before)
    {
        // Numbers are merged as fast as they are found to be below; before a leaf, that is all there is to gain.
        constexpr auto mixes = mixes_cheaply<Schema, Less, LeftOnly, RightOnly, Both>;
        if (auto const* const low = before.low(); low != nullptr && !(mixes && before.level() == 0)) {
            auto const below = at.count_here_below(*low, less_);
            if (below > 0) {
                only<At>(at.in(), at.index(), at.index() + below);
                at.advance(below);
                return;
            }
        }
        auto const* const high = before.high();
        if (high != nullptr && !less_(at.here(), *high)) {
            only<other_than(At)>(before);
            return;
        }
        open(before);
    }

    /// Both are before subtrees. Where these lie apart, the lower one is told whole; otherwise the one
    /// that reaches further is opened, since parts of it may lie apart from the other.
    void subtrees()
    {
        if (apart(left_, right_)) {
            only<side::left>(left_);
        } else if (apart(right_, left_)) {
            only<side::right>(right_);
        } else if (reaches_further(left_, right_)) {
            open(left_);
        } else if (reaches_further(right_, left_)) {
            open(right_);
        } else if (left_.level() > right_.level()) {
            open(left_);
        } else if (right_.level() > left_.level()) {
            open(right_);
        } else {
            open(left_);
            open(right_);
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
            only<Side>(of);
        }
    }

    reader left_;
    reader right_;
    Less const& less_;
    LeftOnly& left_only_;
    RightOnly& right_only_;
    Both& both_;
    assembler<Schema, Less> into_;
};

/// Effect: the tree that the tactics make of two. Where the result is the left tree, it is its root, and
/// nothing is allocated. Throws what the heap, the comparison, a copy and the tactics throw; the operands
/// are as they were. The functions in the tactics are called in ascending order of keys.
template <class Schema, class Less, class LeftOnly, class RightOnly, class Both>
[[nodiscard]] owned<node<Schema>> combine_trees(typename Schema::heap& heap, borrowed<node<Schema>> left,
    borrowed<node<Schema>> right, Less const& less, LeftOnly& left_only, RightOnly& right_only, Both& both)
{
    return combination<Schema, Less, LeftOnly, RightOnly, Both>(heap, left, right, less, left_only, right_only, both)
        .run();
}

} // namespace still::tree
