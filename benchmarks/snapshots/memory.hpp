// SPDX-License-Identifier: BSL-1.0
//
// What a region and one snapshot of it occupy, by the kernel's own account.

#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <fstream>
#include <string>
#include <thread>

#include <sys/types.h>

#include <unistd.h>

#include "snapshots/scene.hpp"

namespace benchmarks {

/// Bytes of memory that a process has mapped, shared ones by their share; 0 where it is gone.
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
    return 0;
}
/// The same of this process and its children.
[[nodiscard]] inline std::size_t memory_of_all()
{
    auto sum = memory_of("self");
    std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    for (std::string child; children >> child;)
        sum += memory_of(child);
    return sum;
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

/// The most that the region and its snapshots occupy from the first write after a cut to the end of the next, as
/// somebody sees it who looks all the time.
template <class Subject>
void peak_memory(benchmark::State& state, load wanted)
{
    auto const before = memory_of_all();
    scene<Subject> seen(wanted);
    if (refused(state, seen))
        return;
    for (auto _ : state) {
        std::atomic<bool> stop{ false };
        std::size_t most = 0;
        std::thread looking([&] {
            while (!stop)
                most = std::max(most, memory_of_all());
        });
        seen.write();
        static_cast<void>(seen.subject().cut());
        stop = true;
        looking.join();
        state.counters["bytes"] = static_cast<double>(std::max(most, memory_of_all()) - before);
    }
}

} // namespace benchmarks
