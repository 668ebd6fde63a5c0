// SPDX-License-Identifier: BSL-1.0
//
// Memory of ordered containers, as the allocator hands it out: rounded up to its size classes. Bytes are a counter of
// the benchmark, and what the report compares instead of time.

#pragma once

#include <benchmark/benchmark.h>

#include <jemalloc/jemalloc.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "ordered/fixture.hpp"

namespace benchmarks {

/// What this thread has allocated and not freed, in bytes.
[[nodiscard]] inline std::int64_t bytes_in_use()
{
    std::uint64_t taken = 0;
    std::uint64_t given = 0;
    auto bytes = sizeof taken;
    if (::mallctl("thread.allocated", &taken, &bytes, nullptr, 0) != 0
        || ::mallctl("thread.deallocated", &given, &bytes, nullptr, 0) != 0)
        throw std::runtime_error("jemalloc keeps no statistics");
    return static_cast<std::int64_t>(taken - given);
}

/// Effect: reports the bytes that `make()` keeps, divided by `among`.
template <class Make>
void report_bytes(benchmark::State& state, std::size_t among, Make make)
{
    for (auto _ : state) {
        auto const before = bytes_in_use();
        auto const kept = make();
        state.counters["bytes"] = static_cast<double>(bytes_in_use() - before) / static_cast<double>(among);
        benchmark::DoNotOptimize(kept);
    }
}

/// An element's, of a container filled in random order.
template <class Subject>
void memory_random(benchmark::State& state, std::size_t size)
{
    auto const& wanted = keys<typename Subject::kind>(size);
    report_bytes(state, size, [&] { return fill<Subject>(wanted); });
}

/// An element's, of a container built at once.
template <class Subject>
void memory_bulk(benchmark::State& state, std::size_t size)
{
    auto const& elements = ascending<Subject>(size);
    report_bytes(state, size, [&] { return Subject::from_sorted(elements); });
}

/// A version's that is a thousand scattered insertions after one that is kept too.
template <class Subject>
void memory_version_1k(benchmark::State& state, std::size_t size)
{
    auto const& before = filled<Subject>(size);
    auto const wanted = make_keys<typename Subject::kind>(1000, 1);
    report_bytes(state, 1, [&] {
        auto after = before;
        for (auto const& key : wanted)
            Subject::insert(after, key);
        return after;
    });
}

} // namespace benchmarks
