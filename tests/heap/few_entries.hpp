// SPDX-License-Identifier: BSL-1.0
//
// A process whose memory map has few entries to spare.

#pragma once

#include <cstddef>

#include "heap/map_entries.hpp"

namespace still_test {

/// How many entries of the memory map others may still take.
[[nodiscard]] inline std::size_t entries_left()
{
    auto left = still::heaps::map_entries::most();
    still::heaps::map_entries probe;
    while (left > 0 && !probe.hold(left))
        --left;
    return left;
}

/// So many are left at its beginning, and the limit is as before at its end.
class few_entries {
public:
    explicit few_entries(std::size_t spare)
        : before_(still::heaps::map_entries::limit(still::heaps::map_entries::most() - entries_left() + spare))
    {
    }
    few_entries(few_entries const&) = delete;
    few_entries& operator=(few_entries const&) = delete;
    ~few_entries() { still::heaps::map_entries::limit(before_); }

private:
    std::size_t const before_;
};

} // namespace still_test
