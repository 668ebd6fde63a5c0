// SPDX-License-Identifier: BSL-1.0
//
// Segments: snapshots, the first writes after one beside copying the same pages, differences of sparse versions,
// what watching and tracking cost, and how often transactions meld.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/keys.hpp"
#include "common/plan.hpp"
#include "common/processor_time.hpp"
#include "rivals/fresh_memory.hpp"
#include "still/segment.hpp"

namespace benchmarks {
namespace {

using still::page_bytes;
using still::segment;

constexpr std::size_t mebibyte = std::size_t{ 1 } << 20;
constexpr std::size_t gibibyte = std::size_t{ 1 } << 30;
constexpr std::size_t written_pages = 1'000;

[[nodiscard]] std::size_t dense_bytes()
{
    return quick() ? gibibyte / 8 : gibibyte;
}

/// A segment all of whose pages hold data.
[[nodiscard]] segment dense(std::size_t bytes)
{
    segment made(bytes);
    std::vector<std::byte> page(page_bytes);
    for (std::size_t number = 0; number < bytes / page_bytes; ++number) {
        std::memset(page.data(), static_cast<int>(number % 255 + 1), page.size());
        made = std::move(made).write(number * page_bytes, page);
    }
    return made;
}
/// The same for all benchmarks of a program.
[[nodiscard]] segment const& filled(std::size_t bytes)
{
    static std::list<segment> made;
    auto const found = std::find_if(made.begin(), made.end(), [&](auto const& one) { return one.size() == bytes; });
    return found == made.end() ? made.emplace_back(dense(bytes)) : *found;
}

/// One page in 256 of an address space holds data.
constexpr std::size_t sparseness = 256;
[[nodiscard]] segment const& sparse(std::uint64_t bytes)
{
    static std::list<segment> made;
    auto const found = std::find_if(made.begin(), made.end(), [&](auto const& one) { return one.size() == bytes; });
    if (found != made.end())
        return *found;
    random_numbers random(seed());
    segment fresh(bytes);
    for (std::uint64_t page = 0; page < bytes / page_bytes; page += sparseness)
        fresh = std::move(fresh).store((page + random.below(sparseness)) * page_bytes, page + 1);
    return made.emplace_back(std::move(fresh));
}

/// Different pages, in random order; a word in each.
class places {
public:
    explicit places(std::uint64_t bytes)
        : pages_(bytes / page_bytes)
    {
    }
    [[nodiscard]] std::vector<std::uint64_t> draw(std::size_t count)
    {
        std::vector<std::uint64_t> drawn;
        while (drawn.size() < count) {
            while (drawn.size() < count)
                drawn.push_back(random_.below(pages_));
            std::sort(drawn.begin(), drawn.end());
            drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
        }
        for (auto left = drawn.size(); left > 1; --left)
            std::swap(drawn[left - 1], drawn[random_.below(left)]);
        for (auto& place : drawn)
            place = place * page_bytes + 8 * random_.below(page_bytes / 8);
        return drawn;
    }

private:
    std::size_t pages_;
    random_numbers random_{ seed() };
};

/// Effect: runs `work`, and counts the processor time that this thread took for it, the system's part included: other
/// programs' doings would drown what is measured here.
template <class Work>
void timed(benchmark::State& state, std::size_t operations, Work work)
{
    auto const before = processor_time();
    work();
    state.SetIterationTime((processor_time() - before) / static_cast<double>(operations));
}

/// A copy of a version, and letting it go.
void snapshot(benchmark::State& state, segment const& seen)
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
void page_writes(benchmark::State& state)
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
void sparse_diff(benchmark::State& state, std::uint64_t bytes)
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

/// Loads and stores of words where nobody watches, in a segment that is watched elsewhere or nowhere.
void accesses(benchmark::State& state, bool watched, bool stores)
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
void melding(benchmark::State& state, unsigned percent, still::tracking grain)
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

void add(plan& all, char const* operation, char const* subject, std::string detail,
    std::function<void(benchmark::State&)> body)
{
    all.add({ operation, subject, std::move(detail), std::move(body),
        [](auto& made) { made.UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(5); } });
}

[[nodiscard]] std::string in_gibibytes(std::uint64_t bytes)
{
    return std::to_string(bytes / gibibyte) + "_GiB";
}

void add_all(plan& all)
{
    auto const largest = (quick() ? 64 : 640) * gibibyte;
    add(all, "snapshot", "still", "1_MiB", [](auto& state) { snapshot(state, filled(mebibyte)); });
    add(all, "snapshot", "still", "1_GiB", [](auto& state) { snapshot(state, filled(dense_bytes())); });
    add(all, "snapshot", "still", in_gibibytes(largest), [=](auto& state) { snapshot(state, sparse(largest)); });

    auto const written = "1000_of_" + std::to_string(dense_bytes() / mebibyte) + "_MiB";
    add(all, "page_writes", "still", written, page_writes);
    add(all, "page_writes", "memcpy", written, page_copies<fresh_memory>);
    add(all, "page_writes", "memcpy_recycled", written, page_copies<recycled_memory>);

    add(all, "diff", "still", in_gibibytes(largest / 10), [=](auto& state) { sparse_diff(state, largest / 10); });
    add(all, "diff", "still", in_gibibytes(largest), [=](auto& state) { sparse_diff(state, largest); });

    for (bool const stores : { false, true }) {
        auto const* const operation = stores ? "store" : "load";
        add(all, operation, "still", "", [=](auto& state) { accesses(state, false, stores); });
        add(all, operation, "still_watched_elsewhere", "", [=](auto& state) { accesses(state, true, stores); });
    }

    add(all, "transaction", "still", "",
        [](auto& state) { tracked(state, [](segment const& base) { return still::transaction(base); }); });
    add(all, "transaction", "still_bytes", "", [](auto& state) {
        tracked(state, [](segment const& base) { return still::transaction(base, still::tracking::bytes); });
    });
    add(all, "transaction", "still_untracked", "",
        [](auto& state) { tracked(state, [](segment const& base) { return untracked(base); }); });

    for (unsigned const percent : { 1U, 10U, 50U }) {
        auto const detail = std::to_string(percent) + "%_overlap";
        add(all, "meld", "still", detail, [=](auto& state) { melding(state, percent, still::tracking::pages); });
        add(all, "meld", "still_bytes", detail, [=](auto& state) { melding(state, percent, still::tracking::bytes); });
    }
}

} // namespace
} // namespace benchmarks

int main(int count, char** arguments)
{
    benchmarks::plan all;
    benchmarks::add_all(all);
    return all.run(count, arguments);
}
