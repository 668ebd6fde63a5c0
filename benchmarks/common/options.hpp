// SPDX-License-Identifier: BSL-1.0
//
// What a run of the benchmarks may be told, through the environment, so that it is known before main
// when benchmarks are registered. `./dev bench` sets these and writes them into its report.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace benchmarks {

[[nodiscard]] inline std::uint64_t option(char const* name, std::uint64_t otherwise)
{
    char const* const given = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing sets the environment here
    return given == nullptr || *given == '\0' ? otherwise : std::stoull(given);
}

/// True when the whole run should end in two minutes.
[[nodiscard]] inline bool quick()
{
    return option("STILL_BENCH_QUICK", 0) != 0;
}

/// Elements in a large container.
[[nodiscard]] inline std::size_t key_count()
{
    return option("STILL_BENCH_KEYS", 1'000'000);
}

/// Rounds: how often each benchmark is run.
[[nodiscard]] inline std::size_t repetitions()
{
    return option("STILL_BENCH_REPETITIONS", quick() ? 3 : 20);
}

/// The start of every random sequence.
[[nodiscard]] inline std::uint64_t seed()
{
    return option("STILL_BENCH_SEED", 20250101);
}

} // namespace benchmarks
