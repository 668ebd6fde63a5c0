// SPDX-License-Identifier: BSL-1.0
//
// Memory of a heap for an allocator that keeps its records elsewhere.

#pragma once

#include <cstddef>
#include <memory>

#include "still/heap/allocator.hpp"
#include "still/heap/mutation.hpp"

namespace still {

namespace heaps {
class heap_core;
}

/// What `heap::lend` gives: an allocator's way to the memory of a heap. What it takes is part of each snapshot,
/// as all of the heap is; the records of what it does with it are not, so that no rollback could undo them.
/// A regular value: copies are one loan. Region and data stay until the heap and its last loan are gone, so that
/// either may go first; what was not given back goes with them. One that was moved from can be assigned to and
/// destroyed, nothing else.
/// Thread contract: distinct loans from any threads, `allocate` and `deallocate` of one loan too.
class loan {
public:
    /// Effect: takes memory, not cleared, under a guard. An allocator with locks of its own holds a guard before
    /// it takes them: else the one that waits here for a cut could hold what another needs to leave its guard.
    /// Precondition: alignment is a power of two. Throws std::bad_alloc, and nothing changed.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) const;
    /// Effect: gives back what `allocate` gave. Precondition: this thread holds a guard, or no cut is taken.
    void deallocate(void* block) const noexcept;

    /// Effect: throws std::logic_error, which says why, where this is a child of `fork` whose heap was being changed at
    /// that moment, so that it gives no memory any more. See heap::lend.
    void require_whole() const;

    /// As heap::mutate, also when the heap's object is gone.
    [[nodiscard]] mutation mutate() const;

private:
    friend class heap;
    explicit loan(std::shared_ptr<heaps::heap_core> from) noexcept
        : from_(std::move(from))
    {
    }

    std::shared_ptr<heaps::heap_core> from_;
};

} // namespace still
