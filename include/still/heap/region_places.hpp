// SPDX-License-Identifier: BSL-1.0
//
// Which addresses regions have, and whose region an address is in.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace still::heaps {

struct threshold;

/// Addresses from `start` up to `end`.
struct zone {
    std::uintptr_t start;
    std::uintptr_t end;
};

/// Where regions are tried, and nowhere else. The first zone is free in ordinary processes and in ones run under the
/// address and thread sanitizers, which claim most other places; the second is for machines whose addresses are
/// shorter, and for regions that don't fit the first. See Note: regions.
inline constexpr zone region_zones[] = {
    { 0x7e9000000000, 0x7ef000000000 },
    { 0x200000000000, 0x500000000000 },
    { 0x2000000000, 0x4000000000 },
};
/// Two regions never lie in one stretch from a multiple of this to the next.
inline constexpr std::uintptr_t region_stride = std::uintptr_t{ 1 } << 30;

/// The least stretch of addresses that holds all regions that there have been. It only grows, and before a region is
/// used. See Note: shared objects.
struct region_extent {
    std::atomic<std::uintptr_t> start;
    std::atomic<std::uintptr_t> bytes;
};
[[gnu::visibility("default")]] inline constinit region_extent all_regions{};

/// False, as a rule, for addresses where no region is, on a stack, say. Two loads and a comparison.
[[nodiscard]] inline bool may_be_in_region(void const* address) noexcept
{
    auto const start = all_regions.start.load(std::memory_order_acquire);
    return reinterpret_cast<std::uintptr_t>(address) - start < all_regions.bytes.load(std::memory_order_relaxed);
}

/// The threshold of the live heap whose region an address is in, or null. O(1).
/// Thread contract: any thread; the answer holds as long as that heap lives.
[[nodiscard]] threshold* region_around(void const* address) noexcept;

/// Effect: an object owns so many more roots of another heap's trees: the heap whose region it is in counts them.
/// Nothing where it is in none.
void note_foreign(void const* owner, std::int64_t more) noexcept;

} // namespace still::heaps
