// SPDX-License-Identifier: BSL-1.0
//
// Reading ordered containers: lookups of single keys, and iteration.

#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "ordered/fixture.hpp"

namespace benchmarks {

[[nodiscard]] inline std::size_t lookup_count(std::size_t size)
{
    return std::clamp(size, least_work, most_lookups);
}

/// Keys drawn at random from those of a container, so that no lookup follows the order of insertion and no
/// branch predictor learns a small container by heart.
template <class Kind>
[[nodiscard]] std::vector<key_of<Kind>> const& drawn(std::size_t size)
{
    static std::map<std::size_t, std::vector<key_of<Kind>>> made;
    auto& wanted = made[size];
    if (wanted.empty()) {
        random_numbers random(~seed());
        for (std::size_t i = 0; i < lookup_count(size); ++i)
            wanted.push_back(keys<Kind>(size)[random.below(size)]);
    }
    return wanted;
}

/// Keys that no container has.
template <class Kind>
[[nodiscard]] std::vector<key_of<Kind>> const& absent(std::size_t size)
{
    static std::map<std::size_t, std::vector<key_of<Kind>>> made;
    auto& wanted = made[size];
    if (wanted.empty())
        wanted = make_keys<Kind>(lookup_count(size), 1);
    return wanted;
}

template <class Subject>
void look_up(benchmark::State& state, std::size_t size, std::vector<typename Subject::key> const& wanted, bool present)
{
    auto const& seen = filled<Subject>(size);
    for (auto _ : state) {
        std::size_t found = 0;
        for (auto const& key : wanted)
            found += Subject::contains(seen, key) ? 1U : 0U;
        if (found != (present ? wanted.size() : 0))
            state.SkipWithError("a lookup went wrong");
    }
    count_operations(state, wanted.size());
}

template <class Subject>
void lookup(benchmark::State& state, std::size_t size)
{
    look_up<Subject>(state, size, drawn<typename Subject::kind>(size), true);
}

template <class Subject>
void lookup_absent(benchmark::State& state, std::size_t size)
{
    look_up<Subject>(state, size, absent<typename Subject::kind>(size), false);
}

/// Present keys in batches of 64, which no rival has: beside their single lookups.
template <class Subject>
void find_many(benchmark::State& state, std::size_t size)
{
    constexpr std::size_t batch = 64;
    auto const& seen = filled<Subject>(size);
    auto const& wanted = drawn<typename Subject::kind>(size);
    for (auto _ : state) {
        std::size_t found = 0;
        for (std::size_t first = 0; first < wanted.size(); first += batch) {
            auto const keys = std::span(wanted).subspan(first, std::min(batch, wanted.size() - first));
            std::array<decltype(seen.find(keys[0])), batch> results;
            seen.find_many(keys, results.begin());
            for (std::size_t index = 0; index < keys.size(); ++index)
                found += results[index] != nullptr ? 1U : 0U;
        }
        if (found != wanted.size())
            state.SkipWithError("a lookup went wrong");
    }
    count_operations(state, wanted.size());
}

template <class Subject>
void iterate(benchmark::State& state, std::size_t size)
{
    auto const& seen = filled<Subject>(size);
    for (auto _ : state) {
        std::uint64_t sum = 0;
        for (std::size_t pass = 0; pass < copies(size); ++pass) {
            for (auto const& element : seen)
                sum += Subject::weight(element);
            benchmark::DoNotOptimize(sum);
        }
    }
    count_operations(state, size * copies(size));
}

} // namespace benchmarks
