// SPDX-License-Identifier: BSL-1.0
//
// What works on whole containers: building from sorted elements, set algebra, differences of versions. Dropping
// what was made isn't timed.

#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "ordered/fixture.hpp"

namespace benchmarks {

template <class Subject>
void build_sorted(benchmark::State& state, std::size_t size)
{
    auto const& elements = ascending<Subject>(size);
    for (auto _ : state) {
        std::vector<typename Subject::container> made;
        made.reserve(copies(size));
        for (std::size_t copy = 0; copy < copies(size); ++copy)
            made.push_back(Subject::from_sorted(elements));
        benchmark::DoNotOptimize(made);
        state.PauseTiming();
        made = {};
        state.ResumeTiming();
    }
    count_operations(state, size * copies(size));
}

/// The time is that of one combination, of containers of a size that have half of their elements in common.
template <class Subject, class Combine>
void combine(benchmark::State& state, std::size_t size, Combine combined)
{
    auto const& left = filled<Subject>(size);
    auto const& right = half_other<Subject>(size);
    for (auto _ : state) {
        std::vector<typename Subject::container> made;
        made.reserve(copies(size));
        for (std::size_t copy = 0; copy < copies(size); ++copy)
            made.push_back(combined(left, right));
        benchmark::DoNotOptimize(made);
        state.PauseTiming();
        made = {};
        state.ResumeTiming();
    }
    count_operations(state, copies(size));
}

template <class Subject>
void union_of(benchmark::State& state, std::size_t size)
{
    combine<Subject>(state, size, Subject::unite);
}
template <class Subject>
void intersection_of(benchmark::State& state, std::size_t size)
{
    combine<Subject>(state, size, Subject::intersect);
}
template <class Subject>
void difference_of(benchmark::State& state, std::size_t size)
{
    combine<Subject>(state, size, Subject::subtract);
}

/// A large container with a thousand other keys; the mean of several. Here dropping the result is timed, because
/// a collector's time can't be left out either.
template <class Subject>
void union_1k(benchmark::State& state, std::size_t size)
{
    constexpr std::size_t count = 20;
    auto const& large = filled<Subject>(size);
    static std::vector<typename Subject::container> const small = [] {
        std::vector<typename Subject::container> made;
        for (std::size_t i = 0; i < count; ++i)
            made.push_back(fill<Subject>(make_keys<typename Subject::kind>(1000, 2 + i)));
        return made;
    }();
    for (auto _ : state) {
        for (auto const& one : small)
            benchmark::DoNotOptimize(Subject::unite(large, one));
    }
    count_operations(state, count);
}

/// A version that differs from the filled one by `changes` keys, scattered, each other one inserted or erased.
template <class Subject>
[[nodiscard]] typename Subject::container edited(std::size_t size, std::size_t changes, std::uint64_t stream)
{
    auto made = filled<Subject>(size);
    auto const& present = keys<typename Subject::kind>(size);
    auto const others = make_keys<typename Subject::kind>(changes, stream);
    for (std::size_t i = 0; i < changes; ++i) {
        if ((i + stream) % 2 == 0)
            Subject::insert(made, others[i]);
        else
            Subject::erase(made, present[(i + stream) * 7919 % size]);
    }
    return made;
}

/// The mean of several differences of a version and its descendant, `changes` changes later. Each is taken several
/// times in a row, because versions are compared when they were just read or made: what differs is in the caches.
template <class Subject>
void diff_of(benchmark::State& state, std::size_t size, std::size_t changes)
{
    constexpr std::size_t versions = 10;
    auto const passes = changes == 1 ? std::size_t{ 100 } : std::size_t{ 4 };
    static std::map<std::pair<std::size_t, std::size_t>, std::vector<typename Subject::container>> all;
    auto const& before = filled<Subject>(size);
    auto& after = all[{ size, changes }];
    while (after.size() < versions)
        after.push_back(edited<Subject>(size, changes, 100 + after.size()));
    for (auto _ : state) {
        for (auto const& one : after) {
            std::size_t found = 0;
            for (std::size_t pass = 0; pass < passes; ++pass) {
                for (auto const& change : diff(before, one)) {
                    benchmark::DoNotOptimize(change);
                    ++found;
                }
            }
            if (found != changes * passes)
                state.SkipWithError("a change was lost");
        }
    }
    count_operations(state, versions * passes);
}

template <class Subject>
void diff_1(benchmark::State& state, std::size_t size)
{
    diff_of<Subject>(state, size, 1);
}
template <class Subject>
void diff_1k(benchmark::State& state, std::size_t size)
{
    diff_of<Subject>(state, size, 1000);
}

} // namespace benchmarks
