// SPDX-License-Identifier: BSL-1.0
//
// A node heap whose blocks are paid for by a bank. A prefix beside each block names the payer, so
// that whoever drops the last version refunds the right bank without knowing it.

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <new>

#include "still/core/bank.hpp"
#include "still/core/policy.hpp"

namespace still {

/// Allocation: each block costs its size and a prefix, which is charged too: a pointer, or as much as the
/// block's alignment where that is more. Throws quota_exceeded when the bank or one above it is full, std::bad_alloc
/// when memory is, std::logic_error when the handle names no bank.
class charged_heap {
public:
    /// The prefix of a block without large alignment.
    static constexpr std::size_t block_overhead = sizeof(core::bank_record*);

    charged_heap() noexcept = default;
    /// Nodes that this bank pays for. Implicit, so that a container is made with a bank as it is with an allocator.
    charged_heap(bank payer) noexcept
        : payer_(std::move(payer))
    {
        enter();
    }
    charged_heap(charged_heap const& other) noexcept
        : payer_(other.payer_)
    {
        enter();
    }
    charged_heap(charged_heap&& other) noexcept = default;
    charged_heap& operator=(charged_heap other) noexcept
    {
        std::swap(payer_, other.payer_);
        return *this;
    }
    ~charged_heap()
    {
        if (payer_)
            payer_.record_->leave();
    }

    /// Effect: a block, paid for by the bank. Throws quota_exceeded where that has no more, else std::bad_alloc.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment)
    {
        auto const prefix = prefix_bytes(alignment);
        auto& record = payer_.record();
        auto* const start = static_cast<std::byte*>(record.allocate_for_owner(prefix + bytes, prefix));
        ::new (static_cast<void*>(start)) core::bank_record*(&record);
        return start + prefix;
    }

    /// Effect: gives a block back, and its bytes to the bank that paid for it.
    static void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept
    {
        auto const prefix = prefix_bytes(alignment);
        auto* const start = static_cast<std::byte*>(block) - prefix;
        auto* const record = *std::launder(reinterpret_cast<core::bank_record**>(start));
        record->deallocate_for_owner(start, prefix + bytes, prefix);
    }

    /// Elements that take an allocator are built from the same bank.
    [[nodiscard]] std::pmr::polymorphic_allocator<std::byte> elements() const noexcept
    {
        return payer_ ? std::pmr::polymorphic_allocator<std::byte>(payer_.memory_resource())
                      : std::pmr::polymorphic_allocator<std::byte>();
    }

    /// Effect: says that nodes will go home later than all handles do, by themselves. The bank's own memory, where it
    /// has some, isn't given back at once from then on.
    void note_strays() const noexcept { enter(); }

    /// The bank that pays.
    [[nodiscard]] bank const& payer() const noexcept { return payer_; }
    [[nodiscard]] friend bool operator==(charged_heap const&, charged_heap const&) noexcept = default;

private:
    void enter() const noexcept
    {
        if (payer_)
            payer_.record_->enter();
    }
    [[nodiscard]] static constexpr std::size_t prefix_bytes(std::size_t alignment) noexcept
    {
        return std::max(alignment, block_overhead);
    }

    bank payer_;
};

/// Nodes and what their elements allocate are charged to the container's bank.
struct charged_policy {
    using heap = charged_heap;
    using count = atomic_count;
    template <class Node>
    using link = raw_link<Node>;
};

static_assert(container_policy<charged_policy>);

} // namespace still
