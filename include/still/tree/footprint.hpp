// SPDX-License-Identifier: BSL-1.0
//
// What a version costs in memory, and how much of that it shares.

#pragma once

#include <cstddef>
#include <cstdint>

#include "still/tree/node.hpp"

namespace still::tree {

/// Bytes of nodes; what elements allocate elsewhere is not counted.
struct footprint {
    std::size_t nodes = 0; ///< nodes that the version reaches
    std::size_t alone_bytes = 0; ///< bytes that go when this version alone is dropped
    std::size_t shared_bytes = 0; ///< bytes that other versions reach too
};

/// Effect: counts the nodes below `seen`. O(nodes). Exact while nobody else copies or drops versions.
template <class Schema>
void count_footprint(node<Schema> const& seen, bool alone, footprint& sum) noexcept
{
    alone = alone && seen.references.unique();
    ++sum.nodes;
    (alone ? sum.alone_bytes : sum.shared_bytes) += node_bytes<Schema>(seen.level);
    if (seen.level > 0) {
        for (std::size_t slot = 0; slot < seen.length; ++slot)
            count_footprint(*as_branch(seen).child(slot), alone, sum);
    }
}

template <class Schema>
[[nodiscard]] footprint footprint_of(borrowed<node<Schema>> root) noexcept
{
    footprint sum;
    if (root)
        count_footprint(*root, true, sum);
    return sum;
}

} // namespace still::tree
