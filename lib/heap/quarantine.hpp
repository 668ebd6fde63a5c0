// SPDX-License-Identifier: BSL-1.0
//
// Addresses of mappings that ended, which nobody else gets for a while. See Note: mappings.

#pragma once

#include <cstddef>
#include <memory>

#include "heap/map_entries.hpp"
#include "os/memory.hpp"
#include "still/heap/mapping.hpp"

namespace still::heaps {

/// A process-wide queue of ranges that are read too late. What is in it has no memory, and takes an entry of the
/// process's memory map each. A child of `fork` has a copy of it. Thread contract: every function from any thread.
class quarantine {
public:
    /// More is unmapped, the oldest first. As many ranges as one in 64 of the entries that a process has by default,
    /// and one in 2 048 of the addresses that it has on x86-64.
    static constexpr std::size_t most_ranges = 1024;
    static constexpr std::size_t most_bytes = std::size_t{ 1 } << 36U;

    /// A place in the queue, made beforehand, so that entering it needs nothing.
    struct place {
        map_entries entries; // given back after the range
        os::address_range range;
        bool is_private = true; // no page shows a file
        std::unique_ptr<place> next;
    };

    /// Effect: nobody finds the range's bytes any more, but a fault or zeros, as long as it is in the queue; the
    /// entries that it took are given back but for one. Where the system refuses that, it is unmapped at once; where it
    /// refuses that, too, since the memory map is full, its bytes become zeros.
    /// Allocates nothing. O(pages of the range that had memory).
    /// Preconditions: the range is mapped for reading, and has most_bytes at most; late ≠ late_reads::unmapped.
    static void enter(std::unique_ptr<place> ended, late_reads late) noexcept;

    /// Effect: unmaps all of it, for tests.
    static void clear() noexcept;

    /// What is in it.
    struct contents {
        std::size_t ranges = 0;
        std::size_t bytes = 0;
    };
    [[nodiscard]] static contents seen() noexcept;
};

} // namespace still::heaps
