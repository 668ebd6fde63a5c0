// SPDX-License-Identifier: BSL-1.0
//
// Banks whose memory is an arena of jemalloc's, which goes back at once when the bank is destroyed.

#pragma once

#include <boost/throw_exception.hpp>
#include <jemalloc/jemalloc.h>

#include <cstddef>
#include <memory>
#include <new>

#include "arena_caches.hpp"
#include "still/bank.hpp"

namespace still {

/// An arena of jemalloc's for one bank. What jemalloc rounds up, and what it keeps to hand out again, isn't charged.
/// Thread contract: as bank_memory's. Each thread that allocates has a cache of the arena's until it ends.
class jemalloc_memory final : public bank_memory {
public:
    /// Effect: makes an arena, or takes one that another bank had. Throws std::bad_alloc.
    jemalloc_memory()
        : hold_(number_, arenas::hold::arena_is::used_again)
    {
    }
    ~jemalloc_memory() override { hold_.end_for_others(); }

    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) override
    {
        void* const block = ::mallocx(bytes == 0 ? 1 : bytes, hold_.flags(alignment));
        if (block == nullptr)
            boost::throw_exception(std::bad_alloc());
        return block;
    }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept override
    {
        ::sdallocx(block, bytes == 0 ? 1 : bytes, hold_.flags(alignment));
    }
    void give_back_all() noexcept override { hold_.end_for_others(); }

    /// What jemalloc calls it, for statistics by mallctl.
    [[nodiscard]] unsigned number() const noexcept { return number_; }

private:
    unsigned number_ = 0;
    arenas::hold hold_;
};

/// Effect: opens a bank that may pay for `limit` bytes, in an arena of its own. Throws std::bad_alloc.
[[nodiscard]] inline bank arena_bank(std::size_t limit)
{
    return bank(limit, std::make_unique<jemalloc_memory>());
}
/// Effect: the same below another, where what it pays for counts as well. As bank::child.
[[nodiscard]] inline bank arena_bank(bank const& above, std::size_t limit)
{
    return above.child(limit, std::make_unique<jemalloc_memory>());
}

} // namespace still
