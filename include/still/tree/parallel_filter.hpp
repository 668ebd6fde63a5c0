// SPDX-License-Identifier: BSL-1.0
//
// Filters on several threads.

#pragma once

#include <utility>

#include "still/tree/filter.hpp"
#include "still/tree/parallel.hpp"

namespace still::tree {

/// Effect: the elements for which `holds(place)` is true: one call each, on any thread. O(n); the root itself where
/// all stay. Of nodes without a loss below them those are shared that lie below the cuts.
template <class Schema, class Less, class Executor, class Holds>
[[nodiscard]] owned<node<Schema>> filter_tree(forks<Executor> const& to, typename Schema::heap const& heap,
    borrowed<node<Schema>> root, Less const& less, Holds const& holds)
{
    auto here = heap;
    if (size_of(root) <= to.grain || root->level == 0)
        return filter_tree(here, root, less, [&](place<Schema> at) { return holds(at); });
    auto const& whole = as_branch(*root);
    auto const slot = middle_slot(whole);
    auto const low = part_of(here, whole, 0, slot);
    auto const high = part_of(here, whole, slot, whole.length);
    auto made = fork<Schema>(
        to, [&] { return filter_tree(to, heap, low.borrow(), less, holds); },
        [&] { return filter_tree(to, heap, high.borrow(), less, holds); });
    if (made.low.get() == low.get() && made.high.get() == high.get())
        return owned<node<Schema>>::share(root);
    return concat(here, std::move(made.low), std::move(made.high));
}

} // namespace still::tree
