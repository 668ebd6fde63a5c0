// SPDX-License-Identifier: BSL-1.0
//
// Snapshots of a region beside fork: how long writers stand still at a cut, and what the first write to
// a page costs after one. Same region size, same writes, one run. Times of writes are for one page.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/keys.hpp"
#include "common/plan.hpp"
#include "rivals/fork_snapshot.hpp"
#include "snapshots/memory.hpp"
#include "snapshots/paced.hpp"
#include "snapshots/scene.hpp"
#include "still/heap.hpp"

namespace benchmarks {
namespace {

/// How long a cut keeps writers out.
template <class Subject>
void pause(benchmark::State& state, load wanted)
{
    scene<Subject> seen(wanted);
    if (refused(state, seen))
        return;
    for (auto _ : state) {
        seen.write();
        state.SetIterationTime(seconds(seen.subject().cut()));
    }
}

/// What the first write to a page costs after a cut.
template <class Subject>
void first_write(benchmark::State& state, load wanted)
{
    scene<Subject> seen(wanted);
    if (refused(state, seen))
        return;
    for (auto _ : state) {
        state.SetIterationTime(seconds(seen.write()) / static_cast<double>(wanted.dirtied()));
        static_cast<void>(seen.subject().cut());
    }
}

/// Writes and cut together, for each page. Of fork, that the old child goes isn't counted.
template <class Subject>
void all_in(benchmark::State& state, load wanted)
{
    scene<Subject> seen(wanted);
    if (refused(state, seen))
        return;
    for (auto _ : state) {
        auto const written = seen.write();
        static_cast<void>(seen.subject().cut());
        auto const time = written + seen.subject().last_total();
        state.SetIterationTime(seconds(time) / static_cast<double>(wanted.dirtied()));
    }
}

/// Rolling back what was written.
void restore(benchmark::State& state, load wanted)
{
    scene<still_snapshot> seen(wanted);
    if (refused(state, seen))
        return;
    for (auto _ : state) {
        seen.write();
        auto const before = std::chrono::steady_clock::now();
        seen.subject().roll_back();
        state.SetIterationTime(seconds(std::chrono::steady_clock::now() - before));
    }
}

/// The least that rolling back could cost: finding as many scattered pages by one scan, and copying them.
void scan_and_copy(benchmark::State& state, load wanted)
{
    scene<still_snapshot> seen(wanted);
    if (refused(state, seen))
        return;
    std::vector<std::byte> const frames(wanted.dirtied() * page_bytes, std::byte{ 2 });
    std::vector<std::byte> region(wanted.bytes, std::byte{ 1 });
    random_numbers random(seed());
    std::vector<std::size_t> places(wanted.dirtied());
    for (auto _ : state) {
        for (auto& place : places)
            place = random.below(wanted.pages()) * page_bytes;
        seen.write();
        auto const before = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(seen.subject().heap().statistics().dirty_bytes);
        for (std::size_t i = 0; i < places.size(); ++i)
            std::memcpy(region.data() + places[i], frames.data() + i * page_bytes, page_bytes);
        benchmark::ClobberMemory();
        state.SetIterationTime(seconds(std::chrono::steady_clock::now() - before));
        static_cast<void>(seen.subject().cut());
    }
}

/// The difference of two snapshots with a thousand changed pages between them, asked for ten times in a row.
void diff_1000_pages(benchmark::State& state, load wanted)
{
    constexpr int times = 10;
    scene<still_snapshot> seen(wanted);
    if (refused(state, seen))
        return;
    for (auto _ : state) {
        auto const before = seen.subject().newest();
        seen.write(1000);
        static_cast<void>(seen.subject().cut());
        auto const& after = seen.subject().newest();
        std::uint64_t pages = 0;
        auto const start = std::chrono::steady_clock::now();
        for (int i = 0; i < times; ++i)
            for (auto const run : still::diff(before, after))
                pages += run.page_count;
        state.SetIterationTime(seconds(std::chrono::steady_clock::now() - start) / times);
        if (pages != 1000 * times)
            state.SkipWithError("the difference isn't what was written");
    }
}

/// Small cuts one after the other: ten pages written, and a snapshot, which replaces the last one.
void snapshot_of_10_pages(benchmark::State& state, load wanted)
{
    constexpr int cuts = 500;
    scene<still_snapshot> seen(wanted);
    if (refused(state, seen))
        return;
    for (auto _ : state) {
        std::chrono::nanoseconds time{};
        for (int i = 0; i < cuts; ++i) {
            auto const before = std::chrono::steady_clock::now();
            seen.write(10);
            static_cast<void>(seen.subject().cut());
            time += std::chrono::steady_clock::now() - before;
        }
        state.SetIterationTime(seconds(time) / cuts);
    }
}

/// Random words of memory that is written already, and hasn't been part of a snapshot since: what a live heap
/// costs beside memory of the system's.
template <class Memory, bool Writes>
void live(benchmark::State& state, load wanted)
{
    Memory memory(wanted.bytes);
    auto* const words = reinterpret_cast<std::uint64_t*>(memory.data());
    auto const count = wanted.bytes / sizeof(std::uint64_t);
    std::fill_n(words, count, 1);
    constexpr std::size_t steps = 1 << 20;
    random_numbers random(seed());
    std::uint64_t sum = 0;
    for (auto _ : state) {
        auto const before = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < steps; ++i) {
            auto& word = words[random.below(count)];
            if constexpr (Writes)
                word = i;
            else
                sum += word;
        }
        benchmark::ClobberMemory();
        state.SetIterationTime(seconds(std::chrono::steady_clock::now() - before) / steps);
    }
    benchmark::DoNotOptimize(sum);
}

/// Random words of memory that has been read through once, so that no page is met for the first time.
void read_at_random(benchmark::State& state, std::span<std::byte const> bytes)
{
    auto const* const words = reinterpret_cast<std::uint64_t const*>(bytes.data());
    auto const count = bytes.size() / sizeof(std::uint64_t);
    constexpr std::size_t steps = 1 << 20;
    random_numbers random(seed());
    auto sum = std::accumulate(words, words + count, std::uint64_t{ 0 });
    for (auto _ : state) {
        auto const before = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < steps; ++i)
            sum += words[random.below(count)];
        benchmark::ClobberMemory();
        state.SetIterationTime(seconds(std::chrono::steady_clock::now() - before) / steps);
    }
    benchmark::DoNotOptimize(sum);
}

/// A version's mapping, whose pages are the file's of frames.
void read_mapping(benchmark::State& state, load wanted)
{
    scene<still_snapshot> seen(wanted);
    if (refused(state, seen))
        return;
    auto const mapped = seen.subject().newest().map();
    if (mapped.materialised()) {
        state.SkipWithError("the mapping is a copy");
        return;
    }
    auto const offset = static_cast<std::size_t>(seen.subject().data() - seen.subject().heap().bytes().data());
    read_at_random(state, mapped.bytes().subspan(offset, wanted.bytes));
}
void read_memory(benchmark::State& state, load wanted)
{
    scene<fork_snapshot> seen(wanted);
    read_at_random(state, { seen.subject().data(), wanted.bytes });
}

/// One guard, taken and let go.
void guard_still(benchmark::State& state)
{
    static still::heap heap;
    for (auto _ : state) [[maybe_unused]]
        auto const guard = heap.mutate();
}
void guard_mutex(benchmark::State& state)
{
    static std::mutex mutex;
    for (auto _ : state)
        std::scoped_lock const guard(mutex);
}

/// A large region takes seconds to fill.
entry within_reason(entry one, load wanted)
{
    if (wanted.bytes >= std::size_t{ 1 } << 30)
        one.rounds = 7;
    return one;
}

void add(plan& all, char const* operation, char const* subject, load wanted, void (*body)(benchmark::State&, load))
{
    entry one{ operation, subject, wanted.text(), [body, wanted](benchmark::State& state) { body(state, wanted); },
        [](auto& made) { made.UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20); } };
    all.add(within_reason(std::move(one), wanted));
}

template <class Subject>
void add_all(plan& all, load wanted)
{
    add(all, "snapshot_pause", Subject::name, wanted, pause<Subject>);
    add(all, "first_write", Subject::name, wanted, first_write<Subject>);
    add(all, "write_and_snapshot", Subject::name, wanted, all_in<Subject>);
}

/// Pauses under a steady load. All in one group, since they are held against each other.
template <class Subject>
void add_paced(plan& all, load wanted, double percent, std::size_t cuts)
{
    auto const operation = percent == 50 ? std::string("paced_pause_median") : "paced_pause_99.9";
    entry one{ operation, Subject::name, std::to_string(wanted.bytes >> 20) + "_MiB",
        [=](benchmark::State& state) { paced_pause<Subject>(state, wanted, percent, cuts); },
        [](auto& made) { made.UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(1); },
        "paced_pause/" + std::to_string(wanted.bytes >> 20) };
    all.add(within_reason(std::move(one), wanted));
}

template <class Subject>
void add_memory(plan& all, load wanted)
{
    entry one{ "memory_with_one_snapshot", Subject::name, wanted.text(),
        [wanted](benchmark::State& state) { memory_with_one_snapshot<Subject>(state, wanted); },
        [](auto& made) { made.Iterations(1); } };
    all.add(within_reason(std::move(one), wanted));
    entry peak{ "peak_memory", Subject::name, wanted.text(),
        [wanted](benchmark::State& state) { peak_memory<Subject>(state, wanted); },
        [](auto& made) { made.Iterations(1); } };
    all.add(within_reason(std::move(peak), wanted));
}

void add_guards(plan& all, int threads)
{
    auto const detail = std::to_string(threads) + (threads == 1 ? "_thread" : "_threads");
    auto const arrange = [threads](auto& made) { made.Threads(threads)->UseRealTime()->Iterations(2'000'000); };
    all.add({ "guard", "still", detail, guard_still, arrange });
    all.add({ "guard", "std_mutex", detail, guard_mutex, arrange });
}

} // namespace
} // namespace benchmarks

int main(int count, char** arguments)
{
    using namespace benchmarks;
    constexpr std::size_t mebibyte = std::size_t{ 1 } << 20;
    load const small{ 64 * mebibyte, 1 };
    load const large{ 1024 * mebibyte, 1 };
    std::vector<load> loads{ small, { 64 * mebibyte, 10 } };
    if (!quick()) {
        loads.push_back(large);
        loads.push_back({ 1024 * mebibyte, 10 });
    }
    plan all;
    for (auto const wanted : loads) {
        add_all<still_snapshot>(all, wanted);
        add_all<fork_snapshot>(all, wanted);
        add(all, "first_write", still_at_rest::name, wanted, first_write<still_at_rest>);
        add(all, "restore", still_snapshot::name, wanted, restore);
        add(all, "restore", "scan_and_memcpy", wanted, scan_and_copy);
    }
    for (auto const wanted : quick() ? std::vector{ small } : std::vector{ small, large }) {
        add(all, "diff_1000_pages", still_snapshot::name, wanted, diff_1000_pages);
        add_paced<still_snapshot>(all, wanted, 99.9, quick() ? 100 : 1000);
        add_paced<still_snapshot>(all, wanted, 50, 50);
        add_paced<fork_snapshot>(all, wanted, 50, 50);
        for (auto const percent : { 1U, 10U, 50U }) {
            add_memory<still_snapshot>(all, { wanted.bytes, percent });
            add_memory<still_at_rest>(all, { wanted.bytes, percent });
            add_memory<fork_snapshot>(all, { wanted.bytes, percent });
        }
    }
    // Still needs the live bytes and their frames.
    load const huge{ 4096 * mebibyte, 1 };
    if (!quick() && memory_of_machine() > 3 * huge.bytes) {
        add_paced<still_snapshot>(all, huge, 50, 50);
        add_paced<fork_snapshot>(all, huge, 50, 50);
        add(all, "snapshot_pause", still_snapshot::name, huge, pause<still_snapshot>);
        add(all, "snapshot_pause", fork_snapshot::name, huge, pause<fork_snapshot>);
    }
    // What the plot of pauses has besides.
    if (!quick())
        for (auto const wanted : { load{ 256 * mebibyte, 1 }, load{ 1024 * mebibyte, 3 }, load{ 1024 * mebibyte, 30 },
                 load{ 1024 * mebibyte, 50 } }) {
            add(all, "snapshot_pause", still_snapshot::name, wanted, pause<still_snapshot>);
            add(all, "snapshot_pause", fork_snapshot::name, wanted, pause<fork_snapshot>);
        }
    add(all, "write_and_snapshot_10_pages", still_snapshot::name, small, snapshot_of_10_pages);
    add(all, "live_read", still_snapshot::name, small, live<still_snapshot, false>);
    add(all, "live_read", "memory", small, live<fork_snapshot, false>);
    add(all, "live_write", still_snapshot::name, small, live<still_snapshot, true>);
    add(all, "live_write", "memory", small, live<fork_snapshot, true>);
    add(all, "mapped_read", still_snapshot::name, small, read_mapping);
    add(all, "mapped_read", "memory", small, read_memory);
    add_guards(all, 1);
    add_guards(all, 2);
    return all.run(count, arguments);
}
