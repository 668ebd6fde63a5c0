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

/// The process may take so many together while it lives, and as many as before at its end.
class entry_limit {
public:
    explicit entry_limit(std::size_t most)
        : before_(still::heaps::map_entries::limit(most))
    {
    }
    entry_limit(entry_limit const&) = delete;
    entry_limit& operator=(entry_limit const&) = delete;
    ~entry_limit() { still::heaps::map_entries::limit(before_); }

private:
    std::size_t const before_;
};

/// So many are left at its beginning.
class few_entries : entry_limit {
public:
    explicit few_entries(std::size_t spare)
        : entry_limit(still::heaps::map_entries::most() - entries_left() + spare)
    {
    }
};

} // namespace still_test
