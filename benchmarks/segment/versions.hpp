// SPDX-License-Identifier: BSL-1.0
//
// Versions of segments: snapshots, first writes after one, differences, and what they take of memory.

#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "ordered/memory.hpp"
#include "segment/fixture.hpp"

namespace benchmarks {

/// A copy of a version, and letting it go.
inline void snapshot(benchmark::State& state, segment const& seen)
{
    for (auto _ : state) {
        timed(state, 10'000, [&] {
            for (int i = 0; i < 10'000; ++i) {
                auto const taken = seen.snapshot();
                benchmark::DoNotOptimize(&taken);
            }
        });
    }
}

/// A word in each of 1 000 pages after a snapshot: frames, nodes and all.
inline void page_writes(benchmark::State& state)
{
    auto live = filled(dense_bytes());
    places where(dense_bytes());
    std::uint64_t round = 0;
    for (auto _ : state) {
        auto const then = live.snapshot();
        auto const written = where.draw(written_pages);
        ++round;
        timed(state, 1, [&] {
            for (auto const place : written)
                live = std::move(live).store(place, round);
        });
    }
}

/// Copies of as many pages of the same segment, as it lies in memory.
template <class Target>
void page_copies(benchmark::State& state)
{
    auto const& seen = filled(dense_bytes());
    places where(dense_bytes());
    for (auto _ : state) {
        auto const written = where.draw(written_pages);
        std::vector<std::byte const*> pages;
        pages.reserve(written.size());
        for (auto const place : written)
            pages.push_back(seen.page_bytes_at(place / page_bytes * page_bytes).data());
        Target target(written_pages);
        timed(state, 1, [&] {
            for (std::size_t i = 0; i < pages.size(); ++i)
                std::memcpy(target.page(i), pages[i], page_bytes);
            benchmark::ClobberMemory();
        });
    }
}

/// Pages from the allocator, one by one: it has them from those that were freed.
class recycled_memory {
public:
    explicit recycled_memory(std::size_t pages)
        : pages_(pages)
    {
        for (auto& page : pages_)
            page = std::make_unique_for_overwrite<std::byte[]>(page_bytes);
    }
    [[nodiscard]] std::byte* page(std::size_t number) noexcept { return pages_[number].get(); }

private:
    std::vector<std::unique_ptr<std::byte[]>> pages_;
};

/// The difference of two versions of a sparse segment.
inline void sparse_diff(benchmark::State& state, std::uint64_t bytes)
{
    auto const& before = sparse(bytes);
    auto after = before;
    random_numbers random(seed() + 1);
    for (std::size_t i = 0; i < written_pages; ++i) {
        // One page of each of 1 000 stretches, which has data already or not.
        auto const stretch = bytes / page_bytes / written_pages;
        auto const page = i * stretch + random.below(stretch);
        after = std::move(after).store(page * page_bytes + 8 * random.below(page_bytes / 8), page + 2);
    }
    for (auto _ : state) {
        std::uint64_t pages = 0;
        timed(state, 1, [&] { diff(before, after, [&](still::page_run run) { pages += run.page_count; }); });
        if (pages != written_pages)
            state.SkipWithError("a difference of other pages");
    }
}

/// Bytes for each page that holds data, as the allocator hands them out: the page's own 4 096 are the least.
inline void memory(benchmark::State& state, std::size_t bytes, std::size_t stride)
{
    auto const pages = bytes / page_bytes / stride;
    report_bytes(state, pages, [&] {
        segment made(bytes);
        for (std::size_t page = 0; page < pages; ++page)
            made = std::move(made).store(page * stride * page_bytes, page + 1);
        return made;
    });
}

/// Bytes that a version takes beside the one before, where a word differs: a page and a node a level are the least.
inline void memory_version(benchmark::State& state, segment const& before)
{
    auto const offset = before.size() / 2;
    report_bytes(state, 1, [&] { return before.store(offset, ~before.load<std::uint64_t>(offset)); });
}

} // namespace benchmarks
