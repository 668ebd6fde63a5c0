// SPDX-License-Identifier: BSL-1.0
//
// Set algebra in place: a version that nobody else sees takes in, or gives up, the elements of a smaller one, one by
// one. See Note: merging.

#pragma once

#include <cstdint>

#include "still/tree/find.hpp"
#include "still/tree/iterator.hpp"
#include "still/tree/version.hpp"

namespace still::tree {

/// Elements that are copied anyway. Those in boxes are better shared, which a walk over both trees does.
template <class Schema>
inline constexpr bool edits_elements
    = Schema::edits_in_place && !Schema::boxes_keys && !Schema::boxes_values && shares_elements<Schema>;

/// True where as many edits as `right` has elements cost less than a walk that copies each touched node: the left
/// version owns its root alone, and so may own most of its nodes, and the elements are few and scattered. Where they
/// lie side by side, a walk may take them, or pass them, in whole subtrees. O(log n).
template <class Schema, class Less>
[[nodiscard]] bool is_cheaper_to_edit(version<Schema, Less> const& left, version<Schema, Less> const& right)
{
    constexpr std::uint64_t most = 1024;
    constexpr std::uint64_t apart = 16;
    auto const count = size_of(right.root());
    if (!left.root() || !left.root()->references.unique() || count == 0 || count > most)
        return false;
    auto const below_first = rank(left.root(), *first(right.root()).key(), left.less());
    auto const below_last = rank(left.root(), *last(right.root()).key(), left.less());
    return below_first + apart * count <= below_last;
}

/// Effect: visits each element where it lies, in ascending order.
template <class Schema, class Visit>
void for_each_place(borrowed<node<Schema>> root, Visit visit)
{
    for (position<Schema> along(root, 0); along.left_in_leaf() > 0; along.step_forward())
        visit(along.at());
}

/// Effect, of each: what becomes of a version that meets an element of the other one.
struct absorbing {
    template <class Schema, class Less>
    void operator()(version<Schema, Less>& into, place<Schema> at) const
    {
        into.insert(*at.key(), *at.value());
    }
};
struct expelling {
    template <class Schema, class Less>
    void operator()(version<Schema, Less>& from, place<Schema> at) const
    {
        from.erase(*at.key());
    }
};
struct toggling {
    template <class Schema, class Less>
    void operator()(version<Schema, Less>& in, place<Schema> at) const
    {
        if (!in.erase(*at.key()))
            in.insert(*at.key(), *at.value());
    }
};

} // namespace still::tree
