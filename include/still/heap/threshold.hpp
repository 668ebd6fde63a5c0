// SPDX-License-Identifier: BSL-1.0
//
// The page before a region's first: what is known of a live heap without asking its library, and what no rollback
// may undo.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "still/core/frame.hpp"
#include "still/core/single_thread.hpp"

namespace still::heaps {

/// Where a heap's region starts: what an allocator inside it points to.
struct region_start;
struct threshold;

/// Effect: destroys what is behind a region whose heap is gone, and whose last owner outside is, too.
void let_region_go(threshold& of) noexcept;

/// It is outside the region: neither tracked nor rolled back nor stored, so it can't lie later. The page before a
/// mapping of a version is zeros: nobody keeps that.
struct threshold {
    threshold(void* of, std::size_t bytes, std::uint64_t first_generation) noexcept
        : keeper(of)
        , capacity(bytes)
        , serial(first_generation)
        , generation(first_generation)
    {
    }

    void* const keeper;
    /// The most bytes that the region may have.
    std::size_t const capacity;
    /// The heap's own number, which no other has, also none that comes to be at the same address; 0 before a mapping.
    std::uint64_t const serial;
    /// Ends with each cut and each rollback, while writers are kept out. No two heaps of a program ever have the same.
    std::atomic<std::uint64_t> generation;
    /// Roots of trees in the region that objects outside of it own, and updates that have a root in hand; with
    /// `heapless` added, once the heap is gone. On another line than what is read all the time.
    alignas(64) std::atomic<std::int64_t> owned_outside{ 0 };
    /// Roots of other heaps' trees that objects in this region own.
    std::atomic<std::int64_t> foreign{ 0 };

    /// Less than any number of owners makes up for.
    static constexpr std::int64_t heapless = -(std::int64_t{ 1 } << 62);

    /// Whose region starts here. Precondition: it is a live heap's.
    [[nodiscard]] static threshold& of(region_start const* start) noexcept
    {
        return *reinterpret_cast<threshold*>(reinterpret_cast<std::uintptr_t>(start) - page_bytes);
    }

    /// True for addresses in the region that starts here.
    [[nodiscard]] bool has(region_start const* start, void const* object) const noexcept
    {
        return reinterpret_cast<std::uintptr_t>(object) - reinterpret_cast<std::uintptr_t>(start) < capacity;
    }

    /// Effect: one root more is owned outside, or one less. With the last, the region goes where its heap has gone.
    void count_outside() noexcept { static_cast<void>(add(owned_outside, 1)); }
    void discount_outside() noexcept
    {
        if (add(owned_outside, -1) == heapless) [[unlikely]]
            let_region_go(*this);
    }
    /// Effect: so many more roots of other heaps' trees are owned inside.
    void count_foreign(std::int64_t more) noexcept { static_cast<void>(add(foreign, more)); }

    /// Effect: the heap is gone. Returns true where owners outside keep the region: the last of them lets it go.
    [[nodiscard]] bool leave_to_owners() noexcept { return add(owned_outside, heapless) != heapless; }

private:
    /// Effect: adds, and returns the sum. What was done before under a count is seen by who counts last.
    static std::int64_t add(std::atomic<std::int64_t>& count, std::int64_t more) noexcept
    {
        if (!core::single_threaded())
            return count.fetch_add(more, std::memory_order_acq_rel) + more;
        auto const sum = count.load(std::memory_order_relaxed) + more;
        count.store(sum, std::memory_order_relaxed);
        return sum;
    }
};

} // namespace still::heaps
