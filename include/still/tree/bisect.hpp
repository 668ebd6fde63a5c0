// SPDX-License-Identifier: BSL-1.0
//
// Where a condition on keys turns: it holds for a prefix of them.

#pragma once

#include <cstddef>
#include <cstdint>

#include "still/tree/find.hpp"

namespace still::tree {

/// The first number of [first, last] for which `holds` is false, or `last`. O(log(last - first)) calls.
template <class Holds>
[[nodiscard]] std::size_t bisect(std::size_t first, std::size_t last, Holds holds)
{
    while (first < last) {
        auto const middle = first + (last - first) / 2;
        if (holds(middle))
            first = middle + 1;
        else
            last = middle;
    }
    return first;
}

/// The number of elements for whose keys `holds`. Separators may name no present key, so it is asked of the
/// first keys below them. O(log n) calls, each O(height).
template <class Schema, class Holds>
[[nodiscard]] std::uint64_t prefix_size(borrowed<node<Schema>> root, Holds holds)
{
    if (!root)
        return 0;
    std::uint64_t before = 0;
    auto const* passed = root.get();
    while (passed->level > 0) {
        auto const& from = as_branch(*passed);
        auto const past = bisect(1, from.length,
            [&](std::size_t slot) { return holds(*first(borrowed<node<Schema>>(from.child(slot))).key()); });
        before += size_before(from, past - 1);
        passed = from.child(past - 1);
    }
    auto const& in = as_leaf(*passed);
    return before + bisect(0, in.length, [&](std::size_t index) { return holds(*in.keys.at(index)); });
}

} // namespace still::tree
