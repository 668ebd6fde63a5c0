// SPDX-License-Identifier: BSL-1.0
//
// std::hash of ordered containers and their views.

#pragma once

#include <cstddef>

#include "still/core/hash.hpp"
#include "still/tree/reader.hpp"

namespace still::tree {

/// What std::hash of a container does. Containers that are equal by `==` hash alike, whatever the shapes
/// of their trees, and a view as what it reads.
/// O(n), in order; allocates nothing; throws what the elements' hashes do. Thread contract: as reading.
template <class Container>
struct container_hash {
    [[nodiscard]] std::size_t operator()(Container const& seen) const
    {
        core::hash_sum sum(seen.size());
        for (auto const& element : seen) {
            if constexpr (requires { typename Container::mapped_type; }) {
                sum.add_hash(element.first);
                sum.add_hash(element.second);
            } else {
                sum.add_hash(element);
            }
        }
        return sum.value();
    }
};

} // namespace still::tree
