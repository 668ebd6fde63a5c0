// SPDX-License-Identifier: BSL-1.0
//
// Updating ordered containers, one element at a time. Dropping what was made isn't timed.

#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "ordered/fixture.hpp"

namespace benchmarks {

template <class Subject>
void insert_in_place(benchmark::State& state, std::size_t size)
{
    auto const& wanted = keys<typename Subject::kind>(size);
    for (auto _ : state) {
        std::vector<typename Subject::container> made(copies(size));
        for (auto& one : made) {
            for (auto const& key : wanted)
                Subject::insert(one, key);
        }
        benchmark::DoNotOptimize(made);
        state.PauseTiming();
        made = {};
        state.ResumeTiming();
    }
    count_operations(state, size * copies(size));
}

/// The version before each insertion stays valid until the next one, as a reader would hold it.
template <class Subject>
void insert_persistent(benchmark::State& state, std::size_t size)
{
    auto const& wanted = keys<typename Subject::kind>(size);
    for (auto _ : state) {
        std::vector<typename Subject::container> made(copies(size));
        typename Subject::container held;
        for (auto& one : made) {
            for (auto const& key : wanted) {
                held = one;
                one = Subject::inserted(one, key);
            }
        }
        benchmark::DoNotOptimize(held);
        state.PauseTiming();
        held = {};
        made = {};
        state.ResumeTiming();
    }
    count_operations(state, size * copies(size));
}

/// Every element, in another order than that of insertion. Each container was filled by itself: no two share.
template <class Subject>
void erase_in_place(benchmark::State& state, std::size_t size)
{
    auto const& present = keys<typename Subject::kind>(size);
    auto leaving = present;
    random_numbers random(~seed());
    for (auto left = leaving.size(); left > 1; --left)
        std::swap(leaving[left - 1], leaving[random.below(left)]);
    for (auto _ : state) {
        state.PauseTiming();
        std::vector<typename Subject::container> made;
        for (std::size_t copy = 0; copy < copies(size); ++copy)
            made.push_back(fill<Subject>(present));
        state.ResumeTiming();
        for (auto& one : made) {
            for (auto const& key : leaving)
                Subject::erase(one, key);
        }
        state.PauseTiming();
        for (auto const& one : made) {
            if (!one.empty())
                state.SkipWithError("an element stayed");
        }
        made = {};
        state.ResumeTiming();
    }
    count_operations(state, size * copies(size));
}

} // namespace benchmarks
