// SPDX-License-Identifier: BSL-1.0
//
// Finding many keys at once. See Note: search in a node.

#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "still/tree/find.hpp"
#include "still/tree/sought.hpp"

namespace still::tree {

/// Searches that go down a tree together. All leaves are at one depth, so that they need not wait for each
/// other; with more of them, the lines that were asked for first are gone from the cache again.
inline constexpr std::size_t searches_together = 16;

/// Effect: calls `tell(place)` for each key in turn with the element that has an equivalent key, or null.
/// A search waits for memory at each level; here the others go on meanwhile. O(log n) comparisons each.
template <class Schema, class Keys, class Less, class Tell>
void find_many(borrowed<node<Schema>> root, Keys const& keys, Less const& less, Tell tell)
{
    auto next = std::ranges::begin(keys);
    auto left = static_cast<std::size_t>(std::ranges::size(keys));
    while (left > 0) {
        auto const count = std::min(left, searches_together);
        node<Schema> const* passed[searches_together];
        std::fill_n(passed, count, root.get());
        for (unsigned level = root ? root->level : 0u; level > 0; --level) {
            for (std::size_t index = 0; index < count; ++index) {
                auto const& from = as_branch(*passed[index]);
                auto const key = next + static_cast<std::ptrdiff_t>(index);
                passed[index] = from.child(slot_of(from, as_sought<Less, typename Schema::key_type>(*key), less));
                prefetch(passed[index], level - 1u);
            }
        }
        for (std::size_t index = 0; index < count; ++index, ++next)
            tell(root ? find_in(as_leaf(*passed[index]), as_sought<Less, typename Schema::key_type>(*next), less)
                      : place<Schema>{});
        left -= count;
    }
}

} // namespace still::tree
