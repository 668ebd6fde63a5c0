// SPDX-License-Identifier: BSL-1.0
//
// Set algebra on several threads. See Note: parallel.

#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "still/tree/algebra.hpp"
#include "still/tree/parallel.hpp"

namespace still::tree {

/// Walks as `combination` does. When the walk has taken so many steps that a fork is paid for, and much is left,
/// it is broken off: the rest of both trees is cut in two at one key, both halves are combined in the same way, and
/// the results are put end to end. So forks are no more than the work there is, wherever in the trees it lies.
template <class Schema, class Less, class Executor, class LeftOnly, class RightOnly, class Both>
class parallel_combination {
    static_assert(!is_tactic<LeftOnly, filtering> && !is_tactic<LeftOnly, transforming>
            && !is_tactic<RightOnly, filtering> && !is_tactic<RightOnly, transforming>
            && (std::is_same_v<Both, keeping> || std::is_same_v<Both, keeping_right> || std::is_same_v<Both, dropping>),
        "still: functions in tactics are called in ascending order, on one thread");

public:
    parallel_combination(forks<Executor> const& to, typename Schema::heap const& heap, Less const& less) noexcept
        : to_(to)
        , heap_(heap)
        , less_(less)
    {
    }

    [[nodiscard]] owned<node<Schema>> run(borrowed<node<Schema>> left, borrowed<node<Schema>> right) const
    {
        auto heap = heap_;
        auto begun = begin(heap, left, right);
        if (begun.is_all)
            return std::move(begun.result);

        auto const [left_low, left_high, right_low, right_high]
            = cut(heap, rest_of(heap, left, begun.left), rest_of(heap, right, begun.right));
        auto made = fork<Schema>(
            to_, [&] { return run(left_low.borrow(), right_low.borrow()); },
            [&] { return run(left_high.borrow(), right_high.borrow()); });
        if (begun.is_left && made.low.get() == left_low.get() && made.high.get() == left_high.get())
            return owned<node<Schema>>::share(left);
        if (begun.is_left)
            begun.result = first_of(heap, left, begun.left);
        return concat(heap, concat(heap, std::move(begun.result), std::move(made.low)), std::move(made.high));
    }

private:
    using root = owned<node<Schema>>;

    /// What one thread did before the fork.
    struct beginning {
        bool is_all;
        bool is_left; ///< and the result, not made, is the beginning of the left tree
        std::uint64_t left; ///< elements that were passed
        std::uint64_t right;
        root result;
    };
    [[nodiscard]] beginning begin(
        typename Schema::heap& heap, borrowed<node<Schema>> left, borrowed<node<Schema>> right) const
    {
        LeftOnly left_only{};
        RightOnly right_only{};
        Both both{};
        combination<Schema, Less, LeftOnly, RightOnly, Both> walk(
            heap, left, right, less_, left_only, right_only, both);
        if (size_of(left) + size_of(right) <= to_.grain || walk.go_on(to_.steps))
            return { true, false, 0, 0, walk.run() };
        auto const passed_left = walk.passed_left();
        auto const passed_right = walk.passed_right();
        auto const left_over = size_of(left) - passed_left + (size_of(right) - passed_right);
        if (left_over <= std::max<std::uint64_t>(to_.grain, 2 * std::uint64_t{ Schema::leaf_capacity }))
            return { true, false, 0, 0, walk.run() };
        auto const is_left = walk.is_left_so_far();
        return { false, is_left, passed_left, passed_right, is_left ? root() : walk.break_off() };
    }

    struct quarters {
        root left_low;
        root left_high;
        root right_low;
        root right_high;
    };
    /// Effect: both trees cut at the separator that parts the larger one best. Precondition: that is no leaf.
    [[nodiscard]] quarters cut(typename Schema::heap& heap, root left, root right) const
    {
        auto const left_is_larger = size_of(left.borrow()) >= size_of(right.borrow());
        auto const& larger = as_branch(left_is_larger ? *left : *right);
        auto const slot = middle_slot(larger);
        auto const& key = *larger.separators.at(slot - 1);
        auto const before = [&](borrowed<node<Schema>> of, bool is_larger) {
            return is_larger ? size_before(larger, slot) : rank(of, key, less_);
        };
        auto const in_left = before(left.borrow(), left_is_larger);
        auto const in_right = before(right.borrow(), !left_is_larger);
        return { first_of(heap, left.borrow(), in_left), rest_of(heap, left.borrow(), in_left),
            first_of(heap, right.borrow(), in_right), rest_of(heap, right.borrow(), in_right) };
    }

    forks<Executor> const& to_;
    typename Schema::heap const& heap_;
    Less const& less_;
};

/// Effect: as combine_trees, for keep, keep_right and drop; each node of the left tree without a change below it is
/// shared, but for O(log n) at each place where the trees were cut.
template <class Schema, class Less, class Executor, class LeftOnly, class RightOnly, class Both>
[[nodiscard]] owned<node<Schema>> combine_trees(forks<Executor> const& to, typename Schema::heap& heap,
    borrowed<node<Schema>> left, borrowed<node<Schema>> right, Less const& less, LeftOnly const&, RightOnly const&,
    Both const&)
{
    return parallel_combination<Schema, Less, Executor, LeftOnly, RightOnly, Both>(to, heap, less).run(left, right);
}

} // namespace still::tree
