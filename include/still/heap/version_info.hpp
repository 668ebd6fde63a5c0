// SPDX-License-Identifier: BSL-1.0
//
// What is known of a heap's versions.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace still {

/// What one version costs.
struct footprint {
    /// Bytes of frames that would go with this version: no other version has them, nor has the live
    /// heap's last cut.
    std::size_t alone_bytes = 0;
    /// Bytes of frames that it has in common with others.
    std::size_t shared_bytes = 0;

    [[nodiscard]] friend bool operator==(footprint const&, footprint const&) noexcept = default;
};

/// One version of a heap that somebody still holds, as the heap's registry has it.
struct version_info {
    /// The number of its cut, and its label: its own, or the heap's where it was given none.
    std::uint64_t number = 0;
    std::string label{};
    /// When it was taken, and how long ago that was.
    std::chrono::steady_clock::time_point taken_at{};
    std::chrono::nanoseconds age{};
    footprint cost{};
};

} // namespace still
