// SPDX-License-Identifier: BSL-1.0
//
// A node heap whose blocks a bank pays for where the handle names one, and nobody else. Blocks of
// several payers may be in one version: each is refunded to its own.

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <new>
#include <utility>

#include "still/core/bank.hpp"
#include "still/core/policy.hpp"

namespace still {

/// Allocation: each block costs its size and a prefix, which is charged too: a pointer, or as much as the
/// block's alignment where that is more. Throws quota_exceeded when the bank or one above it is full,
/// std::bad_alloc when memory is.
class metered_heap {
public:
    /// The prefix of a block without large alignment.
    static constexpr std::size_t block_overhead = sizeof(std::pmr::memory_resource*);

    /// Blocks that nobody pays for.
    metered_heap() noexcept = default;
    /// Blocks that this bank pays for; nobody, where the handle names none.
    explicit metered_heap(bank payer) noexcept
        : payer_(std::move(payer))
    {
    }

    /// Effect: a block, paid for by the bank. Throws quota_exceeded where that has no more, else std::bad_alloc.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment)
    {
        auto const prefix = prefix_bytes(alignment);
        auto* const payer = resource();
        auto* const start = static_cast<std::byte*>(payer == nullptr ? standard_heap().allocate(prefix + bytes, prefix)
                                                                     : payer->allocate(prefix + bytes, prefix));
        ::new (static_cast<void*>(start)) std::pmr::memory_resource*(payer);
        return start + prefix;
    }

    /// Effect: gives a block back, and its bytes to the bank that paid for it.
    static void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept
    {
        auto const prefix = prefix_bytes(alignment);
        auto* const start = static_cast<std::byte*>(block) - prefix;
        auto* const payer = *std::launder(reinterpret_cast<std::pmr::memory_resource**>(start));
        if (payer == nullptr)
            standard_heap::deallocate(start, prefix + bytes, prefix);
        else
            payer->deallocate(start, prefix + bytes, prefix);
    }

    /// Elements that take an allocator are built from the same bank.
    [[nodiscard]] std::pmr::polymorphic_allocator<std::byte> elements() const noexcept
    {
        auto* const payer = resource();
        return payer == nullptr ? std::pmr::polymorphic_allocator<std::byte>()
                                : std::pmr::polymorphic_allocator<std::byte>(payer);
    }

    /// The bank that pays, or none.
    [[nodiscard]] bank const& payer() const noexcept { return payer_; }
    /// The resource that charges it, or null.
    [[nodiscard]] std::pmr::memory_resource* resource() const noexcept
    {
        return payer_ ? payer_.memory_resource() : nullptr;
    }
    [[nodiscard]] friend bool operator==(metered_heap const&, metered_heap const&) noexcept = default;

private:
    [[nodiscard]] static constexpr std::size_t prefix_bytes(std::size_t alignment) noexcept
    {
        return std::max(alignment, block_overhead);
    }

    bank payer_;
};

/// Nodes are charged to the bank that the heap names, if it names one; versions may be read and dropped on any
/// thread.
struct metered_policy {
    using heap = metered_heap;
    using count = atomic_count;
    template <class Node>
    using link = raw_link<Node>;
};

static_assert(container_policy<metered_policy>);

} // namespace still
