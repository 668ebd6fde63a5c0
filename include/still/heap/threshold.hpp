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
    /// Roots of trees in the region that objects outside of it own.
    std::atomic<std::int64_t> owned_outside{ 0 };

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

    /// Effect: counts a root more, or less, that is owned outside.
    void count_outside(std::int64_t more) noexcept
    {
        if (core::single_threaded())
            owned_outside.store(owned_outside.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
        else
            owned_outside.fetch_add(more, std::memory_order_relaxed);
    }
};

} // namespace still::heaps
