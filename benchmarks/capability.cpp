// SPDX-License-Identifier: BSL-1.0
//
// Capabilities beside shared_ptr, weak_ptr, and a plain table with generations: copying, opening and closing on one
// thread and two, opening through forwarders, revoking, and what a bank costs those who allocate.

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "banks/destruction.hpp"
#include "common/plan.hpp"
#include "still/capability.hpp"
#include "still/set.hpp"

namespace {

using namespace benchmarks;

struct shown_number {
    std::uint64_t value;
};

} // namespace

template <>
struct still::grantable<shown_number> : still::shown_by_reference<shown_number> { };

namespace {

constexpr std::size_t batch = 10'000;

/// Effect: times are divided by this many operations in the report.
void per_operation(benchmark::State& state, std::size_t operations)
{
    state.counters["operations"] = benchmark::Counter(static_cast<double>(operations), benchmark::Counter::kAvgThreads);
}

/// One of each, which all threads use at the same time.
struct subjects {
    still::bank bank{ std::size_t{ 1 } << 30U };
    still::granted<shown_number> grant = still::grant(shown_number{ 7 }, bank);
    std::vector<still::forwarder<shown_number>> chain;
    std::shared_ptr<shown_number const> shared = std::make_shared<shown_number const>(shown_number{ 7 });
    std::weak_ptr<shown_number const> weak = shared;
    struct slot {
        std::uint32_t generation;
        shown_number value;
    };
    std::vector<slot> table = std::vector<slot>(1024, slot{ 3, { 7 } });

    subjects()
    {
        auto last = grant.capability();
        for (int depth = 0; depth < 64; ++depth) {
            chain.push_back(last.forward(bank));
            last = chain.back().capability;
        }
    }
};
subjects& all_subjects()
{
    static subjects only;
    return only;
}

template <class Handle>
void copy(benchmark::State& state, Handle const& original)
{
    std::array<Handle, 16> copies{};
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch; ++i) {
            copies[i % copies.size()] = original;
            benchmark::ClobberMemory();
        }
    }
    per_operation(state, batch);
}

void open_capability(benchmark::State& state, still::capability<shown_number> const& shown)
{
    std::uint64_t sum = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch; ++i)
            if (auto const lease = shown.open())
                sum += (*lease)->value;
    }
    if (sum != 7 * batch * static_cast<std::uint64_t>(state.iterations()))
        state.SkipWithError("a capability didn't open");
    per_operation(state, batch);
}

void lock_weak_ptr(benchmark::State& state)
{
    auto const& weak = all_subjects().weak;
    std::uint64_t sum = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch; ++i)
            if (auto const held = weak.lock())
                sum += held->value;
    }
    benchmark::DoNotOptimize(sum);
    per_operation(state, batch);
}

/// What a table does that keeps nothing alive: the generation is compared, and the value read.
void look_up_generation(benchmark::State& state)
{
    auto const& table = all_subjects().table;
    std::uint64_t sum = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch; ++i) {
            auto index = std::size_t{ 77 };
            benchmark::DoNotOptimize(index);
            if (table[index].generation == 3)
                sum += table[index].value.value;
            benchmark::ClobberMemory();
        }
    }
    benchmark::DoNotOptimize(sum);
    per_operation(state, batch);
}

/// Forwarders are made outside of the time that is measured.
void revoke_forwarders(benchmark::State& state)
{
    auto const& all = all_subjects();
    std::vector<still::forwarder<shown_number>> lent;
    lent.reserve(batch);
    for (auto _ : state) {
        state.PauseTiming();
        lent.clear();
        for (std::size_t i = 0; i < batch; ++i)
            lent.push_back(all.grant.capability().forward(all.bank));
        state.ResumeTiming();
        for (auto& one : lent)
            one.revoker.revoke();
    }
    per_operation(state, batch);
}

void charge(benchmark::State& state, still::bank const& bank)
{
    for (auto _ : state) {
        for (std::size_t i = 0; i < batch; ++i)
            bank.charge(512);
        bank.refund(512 * batch);
    }
    per_operation(state, batch);
}

template <class Set>
void insert(benchmark::State& state, Set const& empty)
{
    random_numbers random(seed());
    std::vector<std::uint64_t> keys;
    for (std::size_t i = 0; i < batch; ++i)
        keys.push_back(random.next());
    for (auto _ : state) {
        auto made = empty;
        for (auto const key : keys)
            made = std::move(made).insert(key);
        benchmark::DoNotOptimize(made);
    }
    per_operation(state, batch);
}

void add(plan& all, char const* operation, char const* subject, int threads, auto body, std::string group = {})
{
    all.add({ operation, subject, threads == 1 ? "1_thread" : "2_threads", [body](auto& state) { body(state); },
        [threads](auto& made) { made.Iterations(20)->Threads(threads)->UseRealTime(); }, std::move(group) });
}

} // namespace

int main(int count, char** arguments)
{
    plan all;
    for (int const threads : { 1, 2 }) {
        add(all, "copy", "still", threads, [](auto& state) { copy(state, all_subjects().grant.capability()); });
        add(all, "copy", "shared_ptr", threads, [](auto& state) { copy(state, all_subjects().shared); });
        auto const group = "open_close/" + std::to_string(threads);
        add(
            all, "open_close", "still", threads,
            [](auto& state) { open_capability(state, all_subjects().grant.capability()); }, group);
        add(all, "open_close", "weak_ptr", threads, lock_weak_ptr, group);
        add(all, "open_close", "generations", threads, look_up_generation, group);
        add(
            all, "open_close", "still_1_forwarder", threads,
            [](auto& state) { open_capability(state, all_subjects().chain.front().capability); }, group);
        add(
            all, "open_close", "still_64_forwarders", threads,
            [](auto& state) { open_capability(state, all_subjects().chain.back().capability); }, group);
    }
    add(all, "revoke", "still", 1, revoke_forwarders);
    add(all, "charge", "still", 1, [](auto& state) { charge(state, all_subjects().bank); });
    add(all, "charge", "still_child", 1, [](auto& state) {
        static auto const child = all_subjects().bank.child(std::size_t{ 1 } << 29U);
        charge(state, child);
    });
    add(all, "insert", "still", 1, [](auto& state) { insert(state, still::set<std::uint64_t>()); });
    add(all, "insert", "still_charged", 1, [](auto& state) {
        insert(state, still::set<std::uint64_t, std::less<>, still::charged_policy>(all_subjects().bank));
    });
    add_destruction_of_banks(all);
    return all.run(count, arguments);
}
