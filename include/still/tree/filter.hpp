// SPDX-License-Identifier: BSL-1.0
//
// Parts of a version by a condition on its elements.

#pragma once

#include <utility>

#include "still/tree/sieve.hpp"

namespace still::tree {

/// Effect: the elements for which `holds(place)` is true: one call each, in order. O(n); where all stay the
/// root itself, and nothing is allocated. Throws what `holds`, the heap, the comparison and a copy throw.
template <class Schema, class Less, class Holds>
[[nodiscard]] owned<node<Schema>> filter_tree(
    typename Schema::heap& heap, borrowed<node<Schema>> root, Less const& less, Holds holds)
{
    sieve<Schema, Less> matching(heap, root, less);
    while (!matching.at_end()) {
        if (holds(matching.at()))
            matching.keep();
        else
            matching.drop();
    }
    return matching.finish();
}

/// What a partition gives.
template <class Schema>
struct parting {
    owned<node<Schema>> matching;
    owned<node<Schema>> rest;
};

/// Effect: the elements for which `holds(place)` is true, and the others. Otherwise as filter.
template <class Schema, class Less, class Holds>
[[nodiscard]] parting<Schema> partition_tree(
    typename Schema::heap& heap, borrowed<node<Schema>> root, Less const& less, Holds holds)
{
    sieve<Schema, Less> matching(heap, root, less);
    sieve<Schema, Less> rest(heap, root, less);
    while (!matching.at_end()) {
        if (holds(matching.at())) {
            matching.keep();
            rest.drop();
        } else {
            matching.drop();
            rest.keep();
        }
    }
    auto first = matching.finish();
    return { std::move(first), rest.finish() };
}

} // namespace still::tree
