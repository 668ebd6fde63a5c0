// SPDX-License-Identifier: BSL-1.0
//
// What the user asked for.

#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <variant>

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

/// What the command line asks for. Or, when it asks for help or is wrong, that or a complaint is printed,
/// and this is the status to end with: 0 or `misuse`.
[[nodiscard]] std::variant<options, int> read_options(int count, char** arguments);

/// The status when the program is called wrongly, or there is no text to read.
inline constexpr int misuse = 2;

} // namespace still_life
