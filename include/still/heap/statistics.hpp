// SPDX-License-Identifier: BSL-1.0
//
// What a heap and its versions cost.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "still/heap/options.hpp"

namespace still {

/// Numbers of one moment; when other threads work on the heap, each is right for a moment of its own.
struct heap_statistics {
    /// The tracker in use, and why a better one was passed over (empty if none was).
    tracker_kind tracker = tracker_kind::automatic;
    std::string passed_over{};

    /// Bytes of address space reserved, and of those the bytes in use: committed, tracked, scanned.
    std::size_t capacity_bytes = 0;
    std::size_t mapped_bytes = 0;
    /// Bytes free inside what is in use, for the allocator to hand out before the heap grows.
    std::size_t free_bytes = 0;
    /// Bytes of pages written since the last cut, as far as the tracker knows without reading them:
    /// `compare` knows nothing and counts all that are in use.
    std::size_t dirty_bytes = 0;
    /// Bytes of frames that versions hold, the heap's own last cut among them.
    std::size_t retained_bytes = 0;
    /// Bytes of memory that frames occupy: retained bytes, and freed slots kept for the next cut.
    std::size_t occupied_bytes = 0;

    /// Cuts taken so far, and versions of them that somebody still holds.
    std::uint64_t cuts = 0;
    std::size_t versions_alive = 0;

    /// How long writers were kept out by the last cut and by the longest one, waiting for guards
    /// included.
    std::chrono::nanoseconds last_pause{};
    std::chrono::nanoseconds longest_pause{};
};

/// What one version costs.
struct footprint {
    /// Bytes of frames that would go with this version: no other version has them, nor has the live
    /// heap's last cut.
    std::size_t alone_bytes = 0;
    /// Bytes of frames that it has in common with others.
    std::size_t shared_bytes = 0;

    [[nodiscard]] friend bool operator==(footprint const&, footprint const&) noexcept = default;
};

} // namespace still
