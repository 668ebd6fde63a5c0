// SPDX-License-Identifier: BSL-1.0
//
// still::set beside mutable ordered sets: lookup, insertion, iteration, with random 64-bit keys.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/keys.hpp"
#include "rivals/absl_btree_set.hpp"
#include "rivals/std_set.hpp"
#include "still/set.hpp"

namespace benchmarks {
namespace {

struct still_set {
    static constexpr char const* name = "still";
    using container = still::set<std::uint64_t>;

    static void insert(container& set, std::uint64_t key) { set = std::move(set).insert(key); }
    [[nodiscard]] static bool contains(container const& set, std::uint64_t key) { return set.contains(key); }
};

std::vector<std::uint64_t> const& keys()
{
    static auto const made = random_keys(key_count());
    return made;
}

std::vector<std::uint64_t> const& lookups()
{
    static auto const made = shuffled(keys());
    return made;
}

/// The set of all keys, inserted in random order, so that nodes lie in memory as they do in long use.
template <class Subject>
typename Subject::container const& filled()
{
    static auto const made = [] {
        typename Subject::container set;
        for (auto const key : keys())
            Subject::insert(set, key);
        return set;
    }();
    return made;
}

void count_items(benchmark::State& state)
{
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(key_count()));
}

template <class Subject>
void lookup(benchmark::State& state)
{
    auto const& set = filled<Subject>();
    auto const& wanted = lookups();
    for (auto _ : state) {
        std::size_t found = 0;
        for (auto const key : wanted)
            found += Subject::contains(set, key) ? 1U : 0U;
        if (found != wanted.size())
            state.SkipWithError("a key was lost");
    }
    count_items(state);
}

template <class Subject>
void lookup_absent(benchmark::State& state)
{
    auto const& set = filled<Subject>();
    random_numbers others(seed() + 1);
    std::vector<std::uint64_t> wanted(key_count());
    for (auto& key : wanted)
        key = others.next();
    for (auto _ : state) {
        std::size_t found = 0;
        for (auto const key : wanted)
            found += Subject::contains(set, key) ? 1U : 0U;
        benchmark::DoNotOptimize(found);
    }
    count_items(state);
}

/// Dropping the set isn't timed.
template <class Subject>
void insert_in_place(benchmark::State& state)
{
    auto const& wanted = keys();
    for (auto _ : state) {
        typename Subject::container set;
        for (auto const key : wanted)
            Subject::insert(set, key);
        benchmark::DoNotOptimize(set);
        state.PauseTiming();
        set = {};
        state.ResumeTiming();
    }
    count_items(state);
}

/// The version before each insertion stays valid until the next one, as a reader would hold it.
void insert_persistent(benchmark::State& state)
{
    auto const& wanted = keys();
    for (auto _ : state) {
        still_set::container set;
        still_set::container held;
        for (auto const key : wanted) {
            held = set;
            set = set.insert(key);
        }
        benchmark::DoNotOptimize(held);
        state.PauseTiming();
        held = {};
        set = {};
        state.ResumeTiming();
    }
    count_items(state);
}

template <class Subject>
void iterate(benchmark::State& state)
{
    auto const& set = filled<Subject>();
    for (auto _ : state) {
        std::uint64_t sum = 0;
        for (auto const key : set)
            sum += key;
        benchmark::DoNotOptimize(sum);
    }
    count_items(state);
}

/// One iteration is one pass over all keys.
void add(std::string const& operation, std::string const& subject, void (*body)(benchmark::State&))
{
    benchmark::RegisterBenchmark((operation + "/" + subject + "/" + std::to_string(key_count())).c_str(), body)
        ->Unit(benchmark::kMillisecond);
}

template <class Subject>
void add_all()
{
    add("lookup", Subject::name, lookup<Subject>);
    add("lookup_absent", Subject::name, lookup_absent<Subject>);
    add("insert_in_place", Subject::name, insert_in_place<Subject>);
    add("iterate", Subject::name, iterate<Subject>);
}

} // namespace
} // namespace benchmarks

int main(int count, char** arguments)
{
    benchmarks::add_all<benchmarks::still_set>();
    benchmarks::add_all<benchmarks::std_set>();
    benchmarks::add_all<benchmarks::absl_btree_set>();
    benchmarks::add("insert_persistent", benchmarks::still_set::name, benchmarks::insert_persistent);
    benchmark::Initialize(&count, arguments);
    if (benchmark::ReportUnrecognizedArguments(count, arguments))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
