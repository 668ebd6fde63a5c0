// SPDX-License-Identifier: BSL-1.0
//
// Heaps that are nearly full.

#pragma once

#include <cstddef>
#include <new>

#include "still/heap.hpp"

namespace still_test {

/// Effect: leaves about so many bytes of a heap to others.
inline void use_up(still::heap& heap, std::size_t but)
{
    constexpr std::size_t alignment = 64; // more than pools give, so all of it is the best fit's
    auto* const resource = heap.memory_resource();
    auto* const rest = resource->allocate(but, alignment);
    for (std::size_t block = 4'096; block >= 64; block /= 2) {
        try {
            for (;;)
                static_cast<void>(resource->allocate(block, alignment));
        } catch (std::bad_alloc const&) {
        }
    }
    resource->deallocate(rest, but, alignment);
}

} // namespace still_test
