// SPDX-License-Identifier: BSL-1.0
//
// Loads and stores: watched elsewhere, tracked, and what becomes of transactions.

#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "segment/fixture.hpp"

namespace benchmarks {

/// Loads and stores of words where nobody watches, in a segment that is watched elsewhere or nowhere.
inline void accesses(benchmark::State& state, bool watched, bool stores)
{
    struct silent : still::observer {
        void before_load(still::access const&) override { }
        bool before_store(still::access const&) override { return true; }
    };
    auto const bytes = 64 * mebibyte;
    auto seen = dense(bytes);
    if (watched)
        seen = std::move(seen).watch(0, 1, std::make_shared<silent>());
    random_numbers random(seed());
    std::vector<std::uint64_t> offsets(100'000);
    for (auto& offset : offsets)
        offset = page_bytes + 8 * random.below((bytes - page_bytes) / 8);
    std::uint64_t round = 0;
    for (auto _ : state) {
        ++round;
        timed(state, offsets.size(), [&] {
            std::uint64_t sum = 0;
            for (auto const offset : offsets) {
                if (stores)
                    seen = std::move(seen).store(offset, round);
                else
                    sum += seen.load<std::uint64_t>(offset);
            }
            benchmark::DoNotOptimize(sum);
        });
    }
}

/// Loads and stores of words, three to one, without and with tracking.
template <class Begin>
void tracked(benchmark::State& state, Begin begin)
{
    auto const& base = filled(64 * mebibyte);
    random_numbers random(seed());
    std::vector<std::uint64_t> offsets(100'000);
    for (auto& offset : offsets)
        offset = 8 * random.below(64 * mebibyte / 8);
    for (auto _ : state) {
        auto run = begin(base);
        timed(state, offsets.size(), [&] {
            std::uint64_t sum = 0;
            for (auto const offset : offsets) {
                if (offset % 32 == 0)
                    run.store(offset, sum);
                else
                    sum += run.template load<std::uint64_t>(offset);
            }
            benchmark::DoNotOptimize(sum);
        });
    }
}

/// What a transaction does, and nothing written down.
class untracked {
public:
    explicit untracked(segment base) noexcept
        : current_(std::move(base))
    {
    }
    template <class T>
    [[nodiscard]] T load(std::uint64_t offset) const
    {
        return current_.load<T>(offset);
    }
    template <class T>
    void store(std::uint64_t offset, T const& value)
    {
        current_ = std::move(current_).store(offset, value);
    }

private:
    segment current_;
};

/// Pairs of transactions of 64 accesses to records of 64 bytes, a quarter of them stores. An access goes, with the
/// chance that is called overlap, to one of the 4 096 records that both use, else to one of its own. The counter
/// `melded` is the share of pairs that meld.
inline void melding(benchmark::State& state, unsigned percent, still::tracking grain)
{
    constexpr std::size_t record = 64;
    constexpr std::size_t records = 4'096;
    constexpr std::size_t pairs = 200;
    auto const& base = filled(64 * mebibyte);
    random_numbers random(seed());
    std::size_t melded = 0;
    std::size_t tried = 0;
    for (auto _ : state) {
        std::vector<std::pair<still::transaction, still::transaction>> all;
        for (std::size_t pair = 0; pair < pairs; ++pair) {
            auto const run = [&](std::size_t side) {
                still::transaction made(base, grain);
                for (int i = 0; i < 64; ++i) {
                    auto const area = random.below(100) < percent ? 0 : side;
                    auto const offset = area * 16 * mebibyte + record * random.below(records);
                    if (random.below(4) == 0)
                        made.store<std::uint64_t>(offset, random.next());
                    else
                        benchmark::DoNotOptimize(made.load<std::uint64_t>(offset));
                }
                return made;
            };
            auto one = run(1);
            all.emplace_back(std::move(one), run(2));
        }
        timed(state, pairs, [&] {
            for (auto const& [one, other] : all)
                melded += meld(base, one, other) ? 1 : 0;
        });
        tried += pairs;
    }
    state.counters["melded"] = static_cast<double>(melded) / static_cast<double>(tried);
}

} // namespace benchmarks
