// SPDX-License-Identifier: BSL-1.0
//
// Page tables beside a flat array, still::map, and the same engine with other fan-outs and forms of nodes. Slots are
// 64-bit numbers; indices are 0 up to the detail's number, in random order.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/plan.hpp"
#include "ordered/memory.hpp"
#include "page_table/subjects.hpp"

namespace benchmarks {
namespace {

template <class Subject>
void lookup(benchmark::State& state, std::size_t size)
{
    auto const& seen = filled<Subject>(size);
    auto const& order = shuffled(size);
    auto const rounds = std::max<std::size_t>(1, 1'000'000 / size);
    for (auto _ : state) {
        slot sum = 0;
        for (std::size_t round = 0; round < rounds; ++round) {
            for (auto const next : order)
                sum += *Subject::find(seen, next);
        }
        benchmark::DoNotOptimize(sum);
    }
    count_operations(state, rounds * size);
}

constexpr std::size_t updates = 100'000;

/// One slot changes, the version before is kept until the next is there.
template <class Subject>
void update(benchmark::State& state, std::size_t size)
{
    auto const& start = filled<Subject>(size);
    auto const& order = shuffled(size);
    for (auto _ : state) {
        auto now = start;
        for (std::size_t i = 0; i < updates; ++i) {
            auto next = now;
            Subject::assign(next, order[i % size], size + i);
            now = std::move(next);
        }
        benchmark::DoNotOptimize(now);
    }
    count_operations(state, updates);
}

/// The same, in place. What others still have was copied before.
template <class Subject>
void update_in_place(benchmark::State& state, std::size_t size)
{
    auto const& order = shuffled(size);
    auto now = filled<Subject>(size);
    for (auto const next : order)
        Subject::assign(now, next, next + 1);
    slot given = 0;
    for (auto _ : state) {
        ++given;
        for (std::size_t i = 0; i < updates; ++i)
            Subject::assign(now, order[i % size], size + given);
    }
    benchmark::DoNotOptimize(now);
    count_operations(state, updates);
}

/// 1 000 ascending updates, far apart, on a copy.
template <class Subject>
void batch(benchmark::State& state, std::size_t size)
{
    auto const& start = filled<Subject>(size);
    auto const stride = size / 1000;
    for (auto _ : state) {
        auto now = start;
        for (std::size_t i = 0; i < 1000; ++i)
            Subject::assign(now, i * stride, size + i);
        benchmark::DoNotOptimize(now);
    }
    count_operations(state, 1000);
}

/// Bytes for each slot.
template <class Subject>
void memory(benchmark::State& state, std::size_t size)
{
    auto const& order = shuffled(size);
    report_bytes(state, size, [&] {
        typename Subject::table made;
        for (auto const next : order)
            Subject::assign(made, next, next);
        return made;
    });
}

/// Bytes that a version with one other slot takes, beside the one before.
template <class Subject>
void memory_version(benchmark::State& state, std::size_t size)
{
    auto const& start = filled<Subject>(size);
    report_bytes(state, 1, [&] {
        auto changed = start;
        Subject::assign(changed, size / 2, size);
        return changed;
    });
}

/// Bytes for 10 slots anywhere below 2^52.
template <class Subject>
void memory_sparse(benchmark::State& state, std::size_t)
{
    report_bytes(state, 1, [] {
        typename Subject::table made;
        random_numbers random(seed());
        for (int i = 0; i < 10; ++i)
            Subject::assign(made, random.next() >> 12, 1);
        return made;
    });
}

/// Half of all indices given one slot, and taken away again.
void run(benchmark::State& state, std::size_t size)
{
    auto const& start = filled<own_table>(size);
    for (auto _ : state) {
        for (int i = 0; i < 1000; ++i) {
            auto now = start.assign(size / 4 + 1, size / 2, size);
            now = std::move(now).erase(size / 4 + 1, size / 2);
            benchmark::DoNotOptimize(now);
        }
    }
    count_operations(state, 2000);
}

/// 1 000 changes on each side, none of them in conflict.
struct sides {
    still::page_table<slot> base;
    still::page_table<slot> ours;
    still::page_table<slot> theirs;
};
[[nodiscard]] sides const& three(std::size_t size)
{
    static std::map<std::size_t, sides> made;
    auto const [at, is_new] = made.try_emplace(size);
    if (is_new) {
        auto& [base, ours, theirs] = at->second;
        base = ours = theirs = filled<own_table>(size);
        auto const& order = shuffled(size);
        for (std::size_t i = 0; i < 1000; ++i) {
            ours = std::move(ours).assign(order[i], size);
            theirs = std::move(theirs).assign(order[1000 + i], size);
        }
    }
    return at->second;
}
void merge3_1k(benchmark::State& state, std::size_t size)
{
    auto const& [base, ours, theirs] = three(size);
    for (auto _ : state)
        benchmark::DoNotOptimize(merge3(base, ours, theirs,
            [](still::index_run, slot const*, slot const*, slot const*) { return std::optional<slot>(0); }));
    count_operations(state, 1);
}
void diff_1k(benchmark::State& state, std::size_t size)
{
    auto const& [base, ours, theirs] = three(size);
    for (auto _ : state) {
        std::uint64_t changes = 0;
        diff(base, ours, [&](auto const& seen) { changes += seen.count; });
        benchmark::DoNotOptimize(changes);
    }
    count_operations(state, 1);
}

using body = void (*)(benchmark::State&, std::size_t);

void add(plan& all, char const* operation, char const* subject, std::size_t size, body measured)
{
    all.add({ operation, subject, std::to_string(size),
        [measured, size](benchmark::State& state) { measured(state, size); } });
}

template <class Subject>
void add_table(plan& all, std::vector<std::size_t> const& sizes)
{
    for (auto const size : sizes) {
        add(all, "lookup", Subject::name, size, lookup<Subject>);
        add(all, "update", Subject::name, size, update<Subject>);
        add(all, "update_in_place", Subject::name, size, update_in_place<Subject>);
        if (size >= 1000)
            add(all, "update_1k_ascending", Subject::name, size, batch<Subject>);
    }
    add(all, "memory", Subject::name, sizes.back(), memory<Subject>);
    add(all, "memory_version", Subject::name, sizes.back(), memory_version<Subject>);
}

} // namespace
} // namespace benchmarks

int main(int count, char** arguments)
{
    using namespace benchmarks;
    // One that is always hot, one as large as 1 GiB of pages, and one that no cache holds.
    std::vector<std::size_t> sizes{ 4'096, std::size_t{ 1 } << 18 };
    if (!quick())
        sizes.push_back(key_count());
    plan all;
    add_table<own_table>(all, sizes);
    add_table<packed_16>(all, sizes);
    add_table<packed_32>(all, sizes);
    add_table<packed_64>(all, sizes);
    add_table<dense_16>(all, sizes);
    add_table<dense_32>(all, sizes);
    add_table<dense_64>(all, sizes);
    add_table<dense_512>(all, sizes);
    add_table<map_subject>(all, sizes);
    for (auto const size : sizes) {
        add(all, "lookup", flat_subject::name, size, lookup<flat_subject>);
        add(all, "update_in_place", flat_subject::name, size, update_in_place<flat_subject>);
        add(all, "assign_and_erase_run", own_table::name, size, run);
        add(all, "merge3_1k", own_table::name, size, merge3_1k);
        add(all, "diff_1k", own_table::name, size, diff_1k);
    }
    add(all, "memory_sparse", own_table::name, 10, memory_sparse<own_table>);
    add(all, "memory_sparse", packed_16::name, 10, memory_sparse<packed_16>);
    add(all, "memory_sparse", packed_64::name, 10, memory_sparse<packed_64>);
    add(all, "memory_sparse", map_subject::name, 10, memory_sparse<map_subject>);
    return all.run(count, arguments);
}
