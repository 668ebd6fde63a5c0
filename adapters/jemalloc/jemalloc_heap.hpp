// SPDX-License-Identifier: BSL-1.0
//
// Nodes from jemalloc, by its own interface and not by way of `operator new`.

#pragma once

#include <boost/throw_exception.hpp>
#include <jemalloc/jemalloc.h>

#include <cstddef>
#include <memory>
#include <new>

#include "still/core/policy.hpp"

namespace still {

/// A node heap over jemalloc. Blocks are freed with their size, which spares jemalloc a look-up.
/// Thread contract: any thread. Allocation: one block each. Throws std::bad_alloc.
///
/// jemalloc keeps its records outside the blocks, so it serves trees and banks; the memory of a
/// `still::heap` that is to be restored can't come from it.
struct jemalloc_heap {
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment)
    {
        void* const block = ::mallocx(bytes, flags(alignment));
        if (block == nullptr)
            boost::throw_exception(std::bad_alloc());
        return block;
    }
    static void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept
    {
        ::sdallocx(block, bytes, flags(alignment));
    }
    [[nodiscard]] std::allocator<std::byte> elements() const noexcept { return {}; }
    [[nodiscard]] friend bool operator==(jemalloc_heap, jemalloc_heap) noexcept { return true; }

private:
    /// What every block has isn't asked for: jemalloc would work it out anew.
    [[nodiscard]] static int flags(std::size_t alignment) noexcept
    {
        return alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? 0 : MALLOCX_ALIGN(alignment);
    }
};

/// The default choices, with nodes from jemalloc.
struct jemalloc_policy : default_policy {
    using heap = jemalloc_heap;
};

static_assert(container_policy<jemalloc_policy>);

} // namespace still
