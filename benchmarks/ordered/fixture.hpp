// SPDX-License-Identifier: BSL-1.0
//
// What the benchmarks of ordered containers work on: filled containers, made once, and how much work one run is.

#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <vector>

#include "ordered/elements.hpp"

namespace benchmarks {

/// One run works through at least this many elements: small containers are taken several times.
inline constexpr std::size_t least_work = 100'000;
/// One run looks up at most this many keys: large containers are sampled.
inline constexpr std::size_t most_lookups = 1'000'000;

/// How many containers of a size one run works through.
[[nodiscard]] inline std::size_t copies(std::size_t size)
{
    return std::max<std::size_t>(1, least_work / size);
}

/// Effect: times are divided by this many operations in the report.
inline void count_operations(benchmark::State& state, std::size_t operations)
{
    state.counters["operations"] = static_cast<double>(operations);
}

/// A container of keys, inserted in random order, so that nodes lie in memory as they do in long use.
template <class Subject, class Keys>
[[nodiscard]] typename Subject::container fill(Keys const& wanted)
{
    auto made = Subject::make();
    for (auto const& key : wanted)
        Subject::insert(made, key);
    return made;
}

/// Keys in ascending order, as elements.
template <class Subject>
[[nodiscard]] std::vector<typename Subject::element> const& ascending(std::size_t size)
{
    static std::map<std::size_t, std::vector<typename Subject::element>> made;
    auto& elements = made[size];
    if (elements.empty()) {
        auto sorted = keys<typename Subject::kind>(size);
        std::sort(sorted.begin(), sorted.end());
        elements.reserve(size);
        for (auto const& key : sorted)
            elements.push_back(Subject::element_of(key));
    }
    return elements;
}

/// True where filling one by one isn't quadratic.
template <class Subject>
concept fills_fast = !requires { typename Subject::container::sequence_type; };

/// The container of the first `size` keys, made once.
template <class Subject>
[[nodiscard]] typename Subject::container const& filled(std::size_t size)
{
    static std::map<std::size_t, typename Subject::container> made;
    auto found = made.find(size);
    if (found == made.end()) {
        if constexpr (fills_fast<Subject>)
            found = made.emplace(size, fill<Subject>(keys<typename Subject::kind>(size))).first;
        else
            found = made.emplace(size, Subject::from_sorted(ascending<Subject>(size))).first;
    }
    return found->second;
}

/// Half of the same keys and as many others, filled apart, made once: the other operand of set algebra.
template <class Subject>
[[nodiscard]] typename Subject::container const& half_other(std::size_t size)
{
    static std::map<std::size_t, typename Subject::container> made;
    auto found = made.find(size);
    if (found == made.end()) {
        auto wanted = make_keys<typename Subject::kind>(size + size / 2);
        wanted.erase(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(size / 2));
        found = made.emplace(size, fill<Subject>(wanted)).first;
    }
    return found->second;
}

} // namespace benchmarks
