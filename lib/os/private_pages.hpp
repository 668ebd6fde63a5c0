// SPDX-License-Identifier: BSL-1.0
//
// Which pages of a private file mapping are the process's own, because they were written: those that are no longer
// the file's. Read from the page tables, by PAGEMAP_SCAN (Linux 6.7) or from /proc/self/pagemap.
//
// Tells of this process only: a child of `fork` that asks is told of its parent.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "os/descriptor.hpp"
#include "os/kernel_interface.hpp"

namespace still::os {

class private_pages {
public:
    enum class way : std::uint8_t { best, entries };

    /// Effect: opens the kernel's interface; with `entries` the one that every Linux has, although a better one may be
    /// there. Throws std::system_error: open (no /proc).
    explicit private_pages(way wanted = way::best);

    /// Effect: calls found(start, bytes) for runs of pages that were written since they were mapped or discarded, also
    /// those that are swapped out, in order of address. None of the pages is the file's; more may be written
    /// meanwhile. `found` may discard what it is told of.
    /// Precondition: the whole range is mapped privately from files. Throws std::system_error.
    template <class Found>
    void find(void* start, std::size_t bytes, Found&& found)
    {
        auto from = reinterpret_cast<std::uintptr_t>(start);
        auto const end = from + bytes;
        while (from < end) {
            std::size_t count = 0;
            from = scans_ ? scan(from, end, count) : read_entries(from, end, count);
            for (std::size_t i = 0; i < count; ++i)
                found(reinterpret_cast<void*>(runs_[i].start), static_cast<std::size_t>(runs_[i].end - runs_[i].start));
        }
    }

private:
    /// Effect: one call each; fill `runs_` and set `count`. Return where the walk stopped.
    [[nodiscard]] std::uintptr_t scan(std::uintptr_t start, std::uintptr_t end, std::size_t& count);
    [[nodiscard]] std::uintptr_t read_entries(std::uintptr_t start, std::uintptr_t end, std::size_t& count);

    descriptor page_map_;
    bool scans_;
    std::array<kernel::scanned_run, 512> runs_;
    std::array<std::uint64_t, 1024> entries_; // at most two for each run
};

} // namespace still::os
