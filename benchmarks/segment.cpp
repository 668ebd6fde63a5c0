// SPDX-License-Identifier: BSL-1.0
//
// Segments: snapshots, the first writes after one beside copying the same pages, differences of sparse versions,
// what watching and tracking cost, and how often transactions meld.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "common/plan.hpp"
#include "rivals/fresh_memory.hpp"
#include "segment/accesses.hpp"
#include "segment/versions.hpp"

namespace benchmarks {
namespace {

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

    for (std::size_t const stride : { std::size_t{ 1 }, sparseness }) {
        all.add({ "memory", "still", stride == 1 ? "dense" : "one_page_in_256",
            [=](auto& state) { memory(state, stride * dense_bytes() / 4, stride); } });
    }
    all.add({ "memory_version", "still", std::to_string(dense_bytes() / mebibyte) + "_MiB",
        [](auto& state) { memory_version(state, filled(dense_bytes())); } });

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
