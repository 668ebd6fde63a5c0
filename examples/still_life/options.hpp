// SPDX-License-Identifier: BSL-1.0
//
// What the user asked for.

#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>

#include "still/heap.hpp"

namespace still_life {

struct options {
    std::filesystem::path directory = "/usr/include";
    /// Bytes that the heap may grow to.
    std::size_t capacity = std::size_t{ 8 } << 30;
    still::tracker_kind tracker = still::tracker_kind::automatic;
    /// Entries of the directory that are read, in the order of their names.
    std::size_t most_entries = std::numeric_limits<std::size_t>::max();
    bool json = false;
};

} // namespace still_life
