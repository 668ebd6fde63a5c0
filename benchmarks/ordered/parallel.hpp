// SPDX-License-Identifier: BSL-1.0
//
// What works on whole containers with an executor, by the wall. `On` says which: a type with a name and, but for the
// one that works without, a function `executor()`.

#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "ordered/still.hpp"
#include "ordered/suite.hpp"
#include "still/parallel.hpp"

namespace benchmarks {

/// Effect: calls a function with the executor, where there is one, and then these arguments.
template <class On, class Function, class... Arguments>
decltype(auto) on(Function function, Arguments&&... arguments)
{
    if constexpr (requires { On::executor(); })
        return function(On::executor(), std::forward<Arguments>(arguments)...);
    else
        return function(std::forward<Arguments>(arguments)...);
}

/// Effect: times `make()`; dropping what it made isn't timed.
template <class Make>
void time_one(benchmark::State& state, Make make)
{
    for (auto _ : state) {
        auto made = make();
        benchmark::DoNotOptimize(made);
        state.PauseTiming();
        {
            auto const dropped = std::move(made);
        }
        state.ResumeTiming();
    }
    count_operations(state, 1);
}

struct uniting {
    template <class... Operands>
    [[nodiscard]] auto operator()(Operands const&... all) const
    {
        return set_union(all...);
    }
};
struct intersecting {
    template <class... Operands>
    [[nodiscard]] auto operator()(Operands const&... all) const
    {
        return set_intersection(all...);
    }
};
struct subtracting {
    template <class... Operands>
    [[nodiscard]] auto operator()(Operands const&... all) const
    {
        return set_difference(all...);
    }
};
template <class On, class Subject, class Operation>
void parallel_algebra(benchmark::State& state, std::size_t size)
{
    auto const& left = filled<Subject>(size);
    auto const& right = half_other<Subject>(size);
    time_one(state, [&] { return on<On>(Operation(), left, right); });
}

/// A tenth as many keys as there are, in random order: new ones in, and present ones out.
template <class On, class Subject>
void parallel_insert_range(benchmark::State& state, std::size_t size)
{
    auto const& whole = filled<Subject>(size);
    auto const batch = make_keys<typename Subject::kind>(size / 10, 1);
    time_one(state, [&] {
        if constexpr (requires { On::executor(); })
            return still::insert_range(On::executor(), whole, batch);
        else
            return whole.insert_range(batch);
    });
}
template <class On, class Subject>
void parallel_erase_keys(benchmark::State& state, std::size_t size)
{
    auto const& whole = filled<Subject>(size);
    auto const& present = keys<typename Subject::kind>(size);
    std::vector<typename Subject::key> const batch(
        present.begin(), present.begin() + static_cast<std::ptrdiff_t>(size / 10));
    time_one(state, [&] {
        if constexpr (requires { On::executor(); })
            return still::erase_keys(On::executor(), whole, batch);
        else
            return whole.erase_keys(batch);
    });
}

template <class On, class Subject>
void parallel_build(benchmark::State& state, std::size_t size)
{
    using container = typename Subject::container;
    auto const& elements = ascending<Subject>(size);
    time_one(state, [&] {
        if constexpr (requires { On::executor(); })
            return still::from_sorted<container>(On::executor(), elements);
        else
            return container::from_sorted(elements);
    });
}

/// Half of the elements stay, scattered.
template <class On, class Subject>
void parallel_filter(benchmark::State& state, std::size_t size)
{
    auto const& whole = filled<Subject>(size);
    auto const holds = [](auto const& element) { return Subject::weight(element) % 2 == 0; };
    time_one(state, [&] {
        if constexpr (requires { On::executor(); })
            return still::filter(On::executor(), whole, holds);
        else
            return whole.filter(holds);
    });
}

/// The last owner of all nodes lets go.
template <class On, class Subject>
void parallel_release(benchmark::State& state, std::size_t size)
{
    for (auto _ : state) {
        state.PauseTiming();
        auto whole = fill<Subject>(keys<typename Subject::kind>(size));
        state.ResumeTiming();
        if constexpr (requires { On::executor(); }) {
            still::release(On::executor(), std::move(whole));
        } else {
            auto const dropped = std::move(whole);
        }
    }
    count_operations(state, 1);
}

} // namespace benchmarks
