// SPDX-License-Identifier: BSL-1.0
//
// The live, mutable bytes of a heap: address space reserved once at a fixed place, in which memory is
// committed from the start onwards as the heap grows.

#pragma once

#include <algorithm>
#include <cstddef>

#include "heap/page_set.hpp"
#include "heap/region_place.hpp"
#include "os/memory.hpp"
#include "still/core/frame.hpp"
#include "still/heap/threshold.hpp"

namespace still::heaps {

/// A number that no heap's generation had before. Thread contract: any thread.
[[nodiscard]] std::uint64_t next_generation() noexcept;

/// Invariants: used ≤ capacity; both are multiples of the page size; [base, base + used) can be read
/// and written, the rest of [base, base + capacity) can't be touched.
/// Thread contract: as a standard container; the caller excludes growth from everything else.
class region {
public:
    static constexpr std::size_t huge_page_bytes = std::size_t{ 2 } << 20;

    /// Effect: reserves `capacity` bytes, rounded up to pages; nothing is in use yet. Where huge pages are wanted, the
    /// kernel is asked for them.
    /// Throws std::bad_alloc when no address space is free, std::system_error for other failures.
    region(std::size_t capacity, void* keeper, bool huge_pages = false);

    [[nodiscard]] std::byte* base() const noexcept { return base_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t used() const noexcept { return used_; }

    [[nodiscard]] bool has_huge_pages() const noexcept { return huge_pages_; }
    /// The least that is worth committing to have so many bytes: whole huge pages, where they are wanted.
    [[nodiscard]] std::size_t rounded(std::size_t bytes) const noexcept
    {
        auto const unit = huge_pages_ ? huge_page_bytes : page_bytes;
        return std::min(capacity_, (bytes + unit - 1) / unit * unit);
    }

    /// Effect: commits [used, bytes), which reads as zeros. It isn't in use before `use` says so.
    /// Precondition: used < bytes ≤ capacity. Throws std::system_error, and then nothing changed.
    void commit(std::size_t bytes);
    /// Effect: puts a private mapping of a file over pages, at its home: page p shows the file's page p until it is
    /// written. They aren't tracked any longer. Precondition: in use; the file has these pages. Throws
    /// std::system_error, and then nothing changed.
    void map_homes(page_span pages, int file);
    /// Effect: puts zeros over pages; otherwise as map_homes.
    void map_zeros(page_span pages);

    /// Precondition: used ≤ bytes, and committed.
    void use(std::size_t bytes) noexcept { used_ = bytes; }

    /// Whose region this is. Precondition: base is the base of a live region.
    [[nodiscard]] static void* keeper_of(void const* base) noexcept
    {
        return heaps::threshold::of(static_cast<region_start const*>(base)).keeper;
    }
    [[nodiscard]] heaps::threshold& threshold() const noexcept
    {
        return heaps::threshold::of(reinterpret_cast<region_start const*>(base_));
    }

private:
    os::address_range reserved_;
    std::byte* base_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
    bool huge_pages_ = false;
    region_place place_; // last, so that nobody is told of what is going
};

} // namespace still::heaps
