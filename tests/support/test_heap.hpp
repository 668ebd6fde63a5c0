// SPDX-License-Identifier: BSL-1.0
//
// A node heap for tests: it counts what is live, fails on schedule, and checks that each block comes
// back whole, with the size and alignment it was asked with.
//
//   fail_at faults(3);                       the third allocation from here throws std::bad_alloc
//   at_each_allocation([&](auto n) { ... })  the same for every n, until none is left to fail

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "schedule.hpp"
#include "still/core/config.hpp"
#include "still/core/policy.hpp"

namespace still_test {

/// What all test heaps together have out.
struct heap_ledger {
    static inline std::atomic<std::int64_t> live_blocks{ 0 };
    /// As asked for, without the heap's own prefix and canaries.
    static inline std::atomic<std::int64_t> live_bytes{ 0 };
    /// Attempts, refused ones included: events() is the total.
    static inline schedule allocations;
};

/// While it lives, the n-th allocation from its birth throws std::bad_alloc, once.
class fail_at {
public:
    explicit fail_at(std::int64_t n) noexcept
        : scope_(heap_ledger::allocations, n)
    {
    }
    [[nodiscard]] bool fired() const noexcept { return scope_.fired(); }

private:
    schedule::scope scope_;
};

/// Runs `attempt(n)` with the n-th allocation failing, for every n; see at_each_fault.
template <class Attempt>
std::int64_t at_each_allocation(Attempt&& attempt)
{
    return at_each_fault(heap_ledger::allocations, std::forward<Attempt>(attempt));
}

class test_heap {
public:
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment)
    {
        if (heap_ledger::allocations.step())
            boost::throw_exception(std::bad_alloc());
        auto const prefix = prefix_bytes(alignment);
        auto* const start = static_cast<std::byte*>(
            ::operator new(prefix + bytes + sizeof(std::uint64_t), std::align_val_t{ prefix }));
        ::new (static_cast<void*>(start)) header{ bytes, alignment, seal(bytes, alignment) };
        std::memcpy(start + prefix + bytes, &tail, sizeof tail);
        // What nobody has written must not look like something.
        std::memset(start + prefix, 0xa5, bytes);
        heap_ledger::live_blocks.fetch_add(1, std::memory_order_relaxed);
        heap_ledger::live_bytes.fetch_add(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
        return start + prefix;
    }

    static void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept
    {
        auto const prefix = prefix_bytes(alignment);
        auto* const start = static_cast<std::byte*>(block) - prefix;
        auto const* const seen = std::launder(reinterpret_cast<header const*>(start));
        STILL_CHECK(seen->seal == seal(seen->bytes, seen->alignment)); // else freed twice, or overwritten
        STILL_CHECK(seen->bytes == bytes && seen->alignment == alignment);
        std::uint64_t after = 0;
        std::memcpy(&after, start + prefix + bytes, sizeof after);
        STILL_CHECK(after == tail);
        std::memset(start, 0xdd, prefix + bytes);
        heap_ledger::live_blocks.fetch_sub(1, std::memory_order_relaxed);
        heap_ledger::live_bytes.fetch_sub(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
        ::operator delete(start, prefix + bytes + sizeof(std::uint64_t), std::align_val_t{ prefix });
    }

    [[nodiscard]] std::allocator<std::byte> elements() const noexcept { return {}; }
    [[nodiscard]] friend bool operator==(test_heap, test_heap) noexcept { return true; }

private:
    struct header {
        std::uint64_t bytes;
        std::uint64_t alignment;
        std::uint64_t seal;
    };
    static constexpr std::uint64_t tail = 0x6c696174'5f707473;

    [[nodiscard]] static constexpr std::uint64_t seal(std::uint64_t bytes, std::uint64_t alignment) noexcept
    {
        return (bytes * 0x9e3779b97f4a7c15) ^ (alignment << 32U) ^ 0x5354494c'4c202121;
    }
    [[nodiscard]] static constexpr std::size_t prefix_bytes(std::size_t alignment) noexcept
    {
        return std::max<std::size_t>(alignment, 32);
    }
    static_assert(sizeof(header) <= 32);
};

/// The default choices on a test heap.
struct test_policy {
    using heap = test_heap;
    using count = still::atomic_count;
    template <class Node>
    using link = still::raw_link<Node>;
};

/// Versions that stay on one thread.
struct local_test_policy {
    using heap = test_heap;
    using count = still::plain_count;
    template <class Node>
    using link = still::raw_link<Node>;
};

/// Links as distances.
struct offset_test_policy {
    using heap = test_heap;
    using count = still::atomic_count;
    template <class Node>
    using link = still::offset_link<Node>;
};

static_assert(still::container_policy<test_policy>);
static_assert(still::container_policy<local_test_policy>);
static_assert(still::container_policy<offset_test_policy>);

} // namespace still_test
