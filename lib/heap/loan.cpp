// SPDX-License-Identifier: BSL-1.0
//
// Memory lent to allocators whose records no rollback reaches.

#include "still/heap/loan.hpp"

#include <stdexcept>

#include "heap/heap_core.hpp"

namespace still {

void* loan::allocate(std::size_t bytes, std::size_t alignment) const
{
    auto const guard = mutate();
    return from_->allocate(bytes, alignment);
}

void loan::deallocate(void* block) const noexcept
{
    from_->deallocate(block);
}

void loan::require_whole() const
{
    from_->require_whole();
}

mutation loan::mutate() const
{
    return mutation(from_->entrance(), from_.get());
}

namespace heaps {

void heap_core::note_loan(std::string to)
{
    // A rollback in progress is done with before, and the next one sees it.
    mutation const guard(gate_, this);
    auto const lock = lock_image();
    if (lent_to_.empty())
        lent_to_ = std::move(to);
    is_lent_.store(true);
}

void heap_core::require_no_loan() const
{
    auto const lock = lock_image();
    if (!lent_to_.empty())
        boost::throw_exception(
            std::logic_error("still: heap \"" + label() + "\" can't be restored: it has lent memory to " + lent_to_
                + ", whose records are elsewhere, where no rollback reaches (read versions through map or "
                  "branch, or let the heap's own allocator give the memory)"));
}

} // namespace heaps

} // namespace still
