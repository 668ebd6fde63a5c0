// SPDX-License-Identifier: BSL-1.0
//
// What a region and one snapshot of it occupy, by the kernel's own account.

#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

#include <sys/types.h>

#include <unistd.h>

#include "snapshots/scene.hpp"

namespace benchmarks {

/// Bytes of memory that a process has mapped, shared ones by their share.
[[nodiscard]] inline std::size_t memory_of(std::string const& process)
{
    std::ifstream account("/proc/" + process + "/smaps_rollup");
    std::string word;
    while (account >> word)
        if (word == "Pss:") {
            std::size_t kibibytes = 0;
            account >> kibibytes;
            return kibibytes * 1024;
        }
    std::abort();
}
/// Bytes of memory that the machine has.
[[nodiscard]] inline std::size_t memory_of_machine()
{
    return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Of the region with one snapshot, after as many of its pages were written as the load says.
template <class Subject>
void memory_with_one_snapshot(benchmark::State& state, load wanted)
{
    auto const before = memory_of("self");
    scene<Subject> seen(wanted);
    if (refused(state, seen))
        return;
    for (auto _ : state) {
        seen.write();
        // What both processes have of the program itself adds up to what was there before.
        auto bytes = memory_of("self");
        if (seen.subject().child() > 0)
            bytes += memory_of(std::to_string(seen.subject().child()));
        bytes -= before;
        state.counters["bytes"] = static_cast<double>(bytes);
    }
}

} // namespace benchmarks
