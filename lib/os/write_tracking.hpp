// SPDX-License-Identifier: BSL-1.0
//
// Asynchronous write-protection: the kernel notes which pages are written, and no writer waits for
// the program (userfaultfd with WP_ASYNC, read with PAGEMAP_SCAN).
//
// Tracking belongs to one mapping of one process: a child of `fork` has none, and a page reached
// through a second mapping isn't noticed here.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "os/descriptor.hpp"
#include "os/kernel_interface.hpp"

namespace still::os {

class write_tracking {
public:
    /// Effect: opens both kernel interfaces. Throws std::system_error naming the call that this
    /// machine refuses: userfaultfd (forbidden), ioctl(UFFDIO_API) (too old), open (no /proc).
    write_tracking();

    /// Effect: from now on the range is tracked, and none of its pages counts as written.
    /// Precondition: private anonymous memory, committed, not yet tracked. Costs page tables for the
    /// whole range (2 MiB a GiB), so arm only what is in use.
    void arm(void* start, std::size_t bytes);

    /// Effect: from now on the range is tracked, and its pages count as written until they are taken. A huge page stays
    /// whole until it is written to after that. Precondition: as for `arm`.
    void watch(void* start, std::size_t bytes);

    /// Effect: calls found(start, bytes) for each run of pages written since it was last armed, in
    /// order of address; each run is armed again before it is reported, so that what is copied
    /// afterwards is complete: protect first, copy after.
    /// Precondition: the whole range is tracked. If `found` throws, the runs it wasn't told of are
    /// lost; so it must not.
    template <class Found>
    void take_written(void* start, std::size_t bytes, Found&& found)
    {
        walk(start, bytes, kernel::scan_protects_matching | kernel::scan_checks_async, found);
    }

    /// Effect: as take_written, but changes nothing.
    template <class Found>
    void look_written(void* start, std::size_t bytes, Found&& found)
    {
        walk(start, bytes, kernel::scan_checks_async, found);
    }

private:
    template <class Found>
    void walk(void* start, std::size_t bytes, std::uint64_t flags, Found& found)
    {
        auto from = reinterpret_cast<std::uintptr_t>(start);
        auto const end = from + bytes;
        // A full result vector stops the walk early: go on from there.
        while (from < end) {
            std::size_t count = 0;
            from = scan(from, end, flags, count);
            for (std::size_t i = 0; i < count; ++i)
                found(reinterpret_cast<void*>(runs_[i].start), static_cast<std::size_t>(runs_[i].end - runs_[i].start));
        }
    }

    /// Effect: one call; fills `runs_` and sets `count`. Returns where the walk stopped.
    [[nodiscard]] std::uintptr_t scan(
        std::uintptr_t start, std::uintptr_t end, std::uint64_t flags, std::size_t& count);

    descriptor faults_;
    descriptor page_map_;
    std::array<kernel::scanned_run, 512> runs_;
};

} // namespace still::os
