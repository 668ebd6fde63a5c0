// SPDX-License-Identifier: BSL-1.0
//
// Two versions made into one, by tactics that are values.
//
//   still::merge(left, right, keep, keep, combine([](auto const& key, int one, int other) { return one + other; }))
//   still::merge(left, right, drop, keep, keep_right)                              // equal to right
//   still::merge(left, right, filter(is_ours), transform(imported), drop)

#pragma once

#include <utility>

#include "still/tree/container.hpp"
#include "still/tree/tactics.hpp"

namespace still {

/// A function object, so that std::merge, which takes as many arguments and is looked up for containers
/// with a comparator of `std`, stays out of it: call it as still::merge.
struct merge_function {
    /// Effect: what the tactics make of the elements of two versions: `left_only` and `right_only` of those
    /// whose keys only that one has (keep, drop, filter, transform), `both` of the others (keep, keep_right,
    /// drop, filter, combine). Where the result is the left version, it is its root, and nothing is allocated;
    /// otherwise each node of the left one without a change below it is shared. Of the right one, subtrees that
    /// lie apart from the left and are kept or pass a filter whole are shared, and all of it where the left
    /// version is empty and `right_only` is keep: then it is the right root. Where the heaps differ and the
    /// right side isn't dropped, it is copied first, O(m).
    /// O(m log(n/m + 1)) and less where the versions share, for keep, keep_right and drop; a filter, transform
    /// or combine adds O(1) for each element that it applies to, see still/tree/tactics.hpp.
    /// Throws what the heap, the comparison, a copy and the tactics' functions throw, which are called in
    /// ascending order of keys. Precondition: both comparators order alike.
    template <class Face, class Access, class Core, tree::tactic_for_one LeftOnly, tree::tactic_for_one RightOnly,
        tree::tactic_for_both Both>
        requires(Core::is_shared)
    [[nodiscard]] Face operator()(tree::container<Face, Access, Core> const& left,
        std::type_identity_t<tree::container<Face, Access, Core>> const& right, LeftOnly left_only,
        RightOnly right_only, Both both) const
    {
        return tree::internals::make<Face>(tree::internals::core(left).combine(
            tree::internals::core(right), std::move(left_only), std::move(right_only), std::move(both)));
    }
};
inline constexpr merge_function merge{};

} // namespace still
