// SPDX-License-Identifier: BSL-1.0

#include "banks/destruction.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "common/keys.hpp"
#include "common/options.hpp"
#include "jemalloc_bank.hpp"
#include "still/capability.hpp"
#include "still/set.hpp"

namespace benchmarks {
namespace {

/// What it takes to destroy a bank that has granted a set of a million numbers, which came in any order. Building it
/// isn't counted.
void destroy_bank(benchmark::State& state, still::bank (*make)())
{
    using numbers = still::set<std::uint64_t, std::less<>, still::charged_policy>;
    random_numbers random(seed());
    std::vector<std::uint64_t> elements;
    for (std::size_t i = 0; i < 1'000'000; ++i)
        elements.push_back(random.next());
    for (auto _ : state) {
        state.PauseTiming();
        auto const bank = make();
        auto made = numbers(bank);
        for (auto const element : elements)
            made = std::move(made).insert(element);
        auto const mine = still::grant(std::move(made), bank);
        state.ResumeTiming();
        benchmark::DoNotOptimize(bank.destroy());
        if (bank.usage() != 0)
            state.SkipWithError("something was left");
    }
}
void add(plan& all, char const* subject, still::bank (*make)())
{
    all.add({ "destroy_bank", subject, "1000000_numbers", [make](auto& state) { destroy_bank(state, make); },
        [](auto& made) { made.Iterations(3)->UseRealTime()->Unit(benchmark::kMicrosecond); } });
}

} // namespace
} // namespace benchmarks

void benchmarks::add_destruction_of_banks(plan& all)
{
    add(all, "still", [] { return still::arena_bank(std::size_t{ 1 } << 30U); });
    add(all, "still_walk", [] { return still::bank(std::size_t{ 1 } << 30U); });
}
