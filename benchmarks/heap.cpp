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
#include <string>
#include <utility>
#include <vector>

#include "common/keys.hpp"
#include "common/plan.hpp"
#include "rivals/fork_snapshot.hpp"
#include "still/heap.hpp"

namespace benchmarks {
namespace {

using still::page_bytes;

/// A heap with one large block, and its newest version.
class still_snapshot {
public:
    static constexpr char const* name = "still";

    explicit still_snapshot(std::size_t bytes)
        : heap_({ .capacity = bytes + bytes / 8 + (std::size_t{ 1 } << 20) })
        , data_(static_cast<std::byte*>(heap_.memory_resource()->allocate(bytes, page_bytes)))
    {
    }

    [[nodiscard]] std::byte* data() noexcept { return data_; }
    /// Numbers of a tracker that isn't the best are no numbers.
    [[nodiscard]] char const* fault() const
    {
        return heap_.statistics().passed_over.empty() ? nullptr : "not the best tracker: see still::heap_statistics";
    }
    [[nodiscard]] still::mutation mutate() { return heap_.mutate(); }
    [[nodiscard]] std::chrono::nanoseconds cut()
    {
        newest_ = heap_.snapshot();
        return newest_.pause();
    }
    void roll_back() { heap_.restore(newest_); }

private:
    still::heap heap_;
    std::byte* data_;
    still::snapshot newest_;
};

struct load {
    std::size_t bytes;
    std::size_t percent;

    [[nodiscard]] std::size_t pages() const noexcept { return bytes / page_bytes; }
    [[nodiscard]] std::size_t dirtied() const noexcept { return std::max<std::size_t>(1, pages() * percent / 100); }
    [[nodiscard]] std::string text() const
    {
        return std::to_string(bytes >> 20) + "_MiB_" + std::to_string(percent) + "%_written";
    }
};

/// A region full of data, all of it in the first version, and the pages that a round writes.
template <class Subject>
class scene {
public:
    explicit scene(load wanted)
        : load_(wanted)
        , subject_(wanted.bytes)
        , order_(wanted.pages())
    {
        for (std::size_t page = 0; page < load_.pages(); ++page)
            std::memset(subject_.data() + page * page_bytes, static_cast<int>(page % 255 + 1), page_bytes);
        std::iota(order_.begin(), order_.end(), std::size_t{ 0 });
        static_cast<void>(subject_.cut());
    }

    [[nodiscard]] Subject& subject() noexcept { return subject_; }

    /// Writes one word to each of as many different pages as the load says, in random order, each under
    /// a guard. Returns the time for all of them.
    std::chrono::nanoseconds write()
    {
        auto const count = load_.dirtied();
        for (std::size_t i = 0; i < count; ++i)
            std::swap(order_[i], order_[i + random_.below(order_.size() - i)]);
        ++round_;
        auto const before = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < count; ++i) {
            [[maybe_unused]] auto const guard = subject_.mutate();
            std::memcpy(subject_.data() + order_[i] * page_bytes + 64, &round_, sizeof round_);
        }
        return std::chrono::steady_clock::now() - before;
    }

private:
    load load_;
    Subject subject_;
    std::vector<std::size_t> order_;
    random_numbers random_{ seed() };
    std::uint64_t round_ = 0;
};

[[nodiscard]] double seconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double>(time).count();
}

template <class Subject>
[[nodiscard]] bool refused(benchmark::State& state, scene<Subject>& seen)
{
    auto const* const fault = seen.subject().fault();
    if (fault != nullptr)
        state.SkipWithError(fault);
    return fault != nullptr;
}

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

/// Writes and cut together, for each page.
template <class Subject>
void all_in(benchmark::State& state, load wanted)
{
    scene<Subject> seen(wanted);
    if (refused(state, seen))
        return;
    for (auto _ : state) {
        auto const time = seen.write() + seen.subject().cut();
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

/// The least that rolling back could cost: copying as many scattered pages.
void copy_pages(benchmark::State& state, load wanted)
{
    std::vector<std::byte> region(wanted.bytes, std::byte{ 1 });
    std::vector<std::byte> const frames(wanted.dirtied() * page_bytes, std::byte{ 2 });
    random_numbers random(seed());
    std::vector<std::size_t> places(wanted.dirtied());
    for (auto _ : state) {
        for (auto& place : places)
            place = random.below(wanted.pages()) * page_bytes;
        auto const before = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < places.size(); ++i)
            std::memcpy(region.data() + places[i], frames.data() + i * page_bytes, page_bytes);
        benchmark::ClobberMemory();
        state.SetIterationTime(seconds(std::chrono::steady_clock::now() - before));
    }
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

void add(plan& all, char const* operation, char const* subject, load wanted, void (*body)(benchmark::State&, load))
{
    entry one{ operation, subject, wanted.text(), [body, wanted](benchmark::State& state) { body(state, wanted); },
        [](auto& made) { made.UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20); } };
    // A large region takes seconds to fill.
    if (wanted.bytes >= std::size_t{ 1 } << 30)
        one.rounds = 9;
    all.add(std::move(one));
}

template <class Subject>
void add_all(plan& all, load wanted)
{
    add(all, "snapshot_pause", Subject::name, wanted, pause<Subject>);
    add(all, "first_write", Subject::name, wanted, first_write<Subject>);
    add(all, "write_and_snapshot", Subject::name, wanted, all_in<Subject>);
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
    std::vector<load> loads{ { std::size_t{ 64 } << 20, 1 }, { std::size_t{ 64 } << 20, 10 } };
    if (!quick()) {
        loads.push_back({ std::size_t{ 1 } << 30, 1 });
        loads.push_back({ std::size_t{ 1 } << 30, 10 });
    }
    plan all;
    for (auto const wanted : loads) {
        add_all<still_snapshot>(all, wanted);
        add_all<fork_snapshot>(all, wanted);
        add(all, "restore", still_snapshot::name, wanted, restore);
        add(all, "restore", "memcpy", wanted, copy_pages);
    }
    add_guards(all, 1);
    add_guards(all, 2);
    return all.run(count, arguments);
}
