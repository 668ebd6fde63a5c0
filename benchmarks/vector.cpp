// SPDX-License-Identifier: BSL-1.0
//
// Vectors beside std::vector and std::deque, whose operations change the one object there is: numbers of 64 bits, read
// in order and at random, appended, assigned, compared, and the memory they take.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/plan.hpp"
#include "ordered/memory.hpp"
#include "still/vector.hpp"

namespace {

using namespace benchmarks;
using number = std::uint64_t;

/// What all subjects have; `assigned` and the like only those with versions.
template <class Container>
struct mutable_vector {
    using container = Container;

    static void push_back(container& to, number element) { to.push_back(element); }
    static void assign(container& to, std::size_t index, number element) { to[index] = element; }
};
struct std_vector : mutable_vector<std::vector<number>> {
    static constexpr char const* name = "std";

    static void for_each_chunk(container const& seen, auto visit) { visit(std::span(seen)); }
};
struct std_deque : mutable_vector<std::deque<number>> {
    static constexpr char const* name = "deque";
};
struct still_vector {
    static constexpr char const* name = "still";
    using container = still::vector<number>;

    static void push_back(container& to, number element) { to = std::move(to).push_back(element); }
    static void assign(container& to, std::size_t index, number element) { to = std::move(to).assign(index, element); }
    static void for_each_chunk(container const& seen, auto visit) { seen.for_each_chunk(visit); }
    [[nodiscard]] static container pushed_back(container const& to, number element) { return to.push_back(element); }
    [[nodiscard]] static container assigned(container const& to, std::size_t index, number element)
    {
        return to.assign(index, element);
    }
};

/// The number that an index has at first.
[[nodiscard]] number first_number(std::size_t index) noexcept
{
    return index * 0x9e3779b97f4a7c15;
}

template <class Subject>
[[nodiscard]] typename Subject::container filled_vector(std::size_t size)
{
    typename Subject::container made;
    for (std::size_t index = 0; index < size; ++index)
        Subject::push_back(made, first_number(index));
    return made;
}

/// The vector of a size, made once.
template <class Subject>
[[nodiscard]] typename Subject::container const& vector_of(std::size_t size)
{
    static std::map<std::size_t, typename Subject::container> made;
    auto found = made.find(size);
    if (found == made.end())
        found = made.emplace(size, filled_vector<Subject>(size)).first;
    return found->second;
}

/// Indices drawn at random, so that no branch predictor learns a small vector by heart.
[[nodiscard]] std::vector<std::uint32_t> const& drawn_indices(std::size_t size)
{
    static std::map<std::size_t, std::vector<std::uint32_t>> made;
    auto& indices = made[size];
    if (indices.empty()) {
        random_numbers random(~seed());
        for (std::size_t i = 0; i < most_lookups; ++i)
            indices.push_back(static_cast<std::uint32_t>(random.below(size)));
    }
    return indices;
}

template <class Subject>
void iterate(benchmark::State& state, std::size_t size)
{
    auto const& seen = vector_of<Subject>(size);
    auto const passes = 10 * copies(size);
    for (auto _ : state) {
        for (std::size_t pass = 0; pass < passes; ++pass) {
            number sum = 0;
            for (auto const element : seen)
                sum += element;
            benchmark::DoNotOptimize(sum);
        }
    }
    count_operations(state, size * passes);
}

template <class Subject>
void iterate_chunks(benchmark::State& state, std::size_t size)
{
    auto const& seen = vector_of<Subject>(size);
    auto const passes = 10 * copies(size);
    for (auto _ : state) {
        for (std::size_t pass = 0; pass < passes; ++pass) {
            number sum = 0;
            Subject::for_each_chunk(seen, [&](std::span<number const> chunk) {
                for (auto const element : chunk)
                    sum += element;
            });
            benchmark::DoNotOptimize(sum);
        }
    }
    count_operations(state, size * passes);
}

template <class Subject>
void read_random(benchmark::State& state, std::size_t size)
{
    auto const& seen = vector_of<Subject>(size);
    auto const& indices = drawn_indices(size);
    for (auto _ : state) {
        number sum = 0;
        for (auto const index : indices)
            sum += seen[index];
        benchmark::DoNotOptimize(sum);
    }
    count_operations(state, indices.size());
}

/// Each index depends on the element read before, so that nothing overlaps.
template <class Subject>
void read_dependent(benchmark::State& state, std::size_t size)
{
    auto const& seen = vector_of<Subject>(size);
    auto const& indices = drawn_indices(size);
    for (auto _ : state) {
        number last = 0;
        for (std::size_t i = 0; i < indices.size(); ++i)
            last = seen[(indices[i] ^ (last >> 63)) % size];
        benchmark::DoNotOptimize(last);
    }
    count_operations(state, indices.size());
}

template <class Subject>
void push_back(benchmark::State& state, std::size_t size)
{
    for (auto _ : state) {
        std::vector<typename Subject::container> made(copies(size));
        for (auto& one : made) {
            for (std::size_t index = 0; index < size; ++index)
                Subject::push_back(one, first_number(index));
        }
        benchmark::DoNotOptimize(made);
        state.PauseTiming();
        made = {};
        state.ResumeTiming();
    }
    count_operations(state, size * copies(size));
}

/// The version before each append stays valid until the next one, as a reader would hold it.
template <class Subject>
void push_back_persistent(benchmark::State& state, std::size_t size)
{
    for (auto _ : state) {
        std::vector<typename Subject::container> made(copies(size));
        typename Subject::container held;
        for (auto& one : made) {
            for (std::size_t index = 0; index < size; ++index) {
                held = one;
                one = Subject::pushed_back(one, first_number(index));
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

template <class Subject>
void assign(benchmark::State& state, std::size_t size)
{
    auto made = filled_vector<Subject>(size);
    auto const& indices = drawn_indices(size);
    number value = 0;
    for (auto _ : state) {
        for (auto const index : indices)
            Subject::assign(made, index, ++value);
        benchmark::DoNotOptimize(made);
    }
    count_operations(state, indices.size());
}

/// The version before each assignment stays valid until the next one.
template <class Subject>
void assign_persistent(benchmark::State& state, std::size_t size)
{
    auto made = vector_of<Subject>(size);
    auto const indices = std::span(drawn_indices(size)).first(most_lookups / 10);
    typename Subject::container held;
    number value = 0;
    for (auto _ : state) {
        for (auto const index : indices) {
            held = made;
            made = Subject::assigned(made, index, ++value);
        }
        benchmark::DoNotOptimize(made);
    }
    count_operations(state, indices.size());
}

/// Of a vector and one with a thousand other elements: what differs, visited in order.
template <class Subject>
void diff_1k(benchmark::State& state, std::size_t size)
{
    auto const& before = vector_of<Subject>(size);
    auto after = before;
    auto const wanted = std::span(drawn_indices(size)).first(std::min<std::size_t>(1000, size / 10));
    for (auto const index : wanted)
        Subject::assign(after, index, 1);
    for (auto _ : state) {
        std::size_t changes = 0;
        if constexpr (requires { &Subject::assigned; }) {
            diff(before, after, [&](auto const&) { ++changes; });
        } else {
            for (std::size_t index = 0; index < size; ++index)
                changes += before[index] != after[index] ? 1U : 0U;
        }
        if (changes == 0 || changes > wanted.size())
            state.SkipWithError("a difference went wrong");
        benchmark::DoNotOptimize(changes);
    }
}

/// An element's, of a vector that was appended to.
template <class Subject>
void memory(benchmark::State& state, std::size_t size)
{
    report_bytes(state, size, [&] { return filled_vector<Subject>(size); });
}

/// A version's that is a thousand scattered assignments after one that is kept too.
template <class Subject>
void memory_version_1k(benchmark::State& state, std::size_t size)
{
    auto const& before = vector_of<Subject>(size);
    auto const wanted = std::span(drawn_indices(size)).first(1000);
    report_bytes(state, 1, [&] {
        auto after = before;
        for (auto const index : wanted)
            Subject::assign(after, index, 1);
        return after;
    });
}

using sized_body = void (*)(benchmark::State&, std::size_t size);

template <class Subject>
void add(plan& all)
{
    auto sizes = std::vector<std::size_t>{ 1000 };
    if (key_count() > 1000)
        sizes.push_back(key_count());
    for (auto const size : sizes) {
        auto const entered = [&](char const* operation, sized_body body, char const* beside = nullptr) {
            auto const detail = std::to_string(size);
            entry one{ operation, Subject::name, detail, [body, size](auto& state) { body(state, size); } };
            if (beside != nullptr)
                one.group = beside + ("/" + detail);
            all.add(std::move(one));
        };
        entered("iterate", iterate<Subject>);
        entered("read_random", read_random<Subject>);
        entered("read_dependent", read_dependent<Subject>);
        entered("push_back", push_back<Subject>);
        entered("assign", assign<Subject>);
        entered("diff_1k", diff_1k<Subject>);
        entered("memory", memory<Subject>);
        if constexpr (requires { &Subject::template for_each_chunk<void (*)(std::span<number const>)>; })
            entered("iterate_chunks", iterate_chunks<Subject>, "iterate");
        if constexpr (requires { &Subject::assigned; }) {
            entered("push_back_persistent", push_back_persistent<Subject>, "push_back");
            entered("assign_persistent", assign_persistent<Subject>, "assign");
            entered("memory_version_1k", memory_version_1k<Subject>, "memory");
        }
    }
}

} // namespace

int main(int count, char** arguments)
{
    plan all;
    add<still_vector>(all);
    add<std_vector>(all);
    add<std_deque>(all);
    return all.run(count, arguments);
}
