// SPDX-License-Identifier: BSL-1.0
//
// The order in which benchmarks run: in rounds, so that what is compared runs one right after the other.
//
// Each round runs every group once, groups in random order. Within a group, which is one operation of all subjects,
// the subjects run in the order they were added, and in the opposite order every other round. So the i-th result
// of one subject and the i-th of another are neighbours in time: a pair that the same noise befell.

#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "common/keys.hpp"
#include "common/options.hpp"

namespace benchmarks {

/// One benchmark: `operation/subject/detail`.
struct entry {
    std::string operation;
    std::string subject;
    std::string detail;
    std::function<void(benchmark::State&)> body;
    /// Sets time units, threads and iterations; one iteration unless it says otherwise.
    std::function<void(benchmark::internal::Benchmark&)> arrange = [](auto& made) { made.Iterations(1); };
    /// What it is compared with; of its operation and detail, where empty.
    std::string group = {};
    /// The most rounds that it takes part in.
    std::size_t rounds = std::numeric_limits<std::size_t>::max();
};

class plan {
public:
    void add(entry one)
    {
        if (one.group.empty())
            one.group = one.operation + "/" + one.detail;
        auto const found = std::find_if(
            groups_.begin(), groups_.end(), [&](auto const& group) { return group[0].group == one.group; });
        if (found == groups_.end())
            groups_.push_back({ std::move(one) });
        else
            found->push_back(std::move(one));
    }

    /// Effect: runs everything, as the command line and the environment ask. Returns main's result.
    [[nodiscard]] int run(int count, char** arguments)
    {
        random_numbers random(seed());
        for (std::size_t round = 0; round < repetitions(); ++round) {
            for (auto left = groups_.size(); left > 1; --left)
                std::swap(groups_[left - 1], groups_[random.below(left)]);
            for (auto& group : groups_) {
                for (auto const& one : group) {
                    if (round < one.rounds)
                        enter(one);
                }
                std::reverse(group.begin(), group.end());
            }
        }
        benchmark::Initialize(&count, arguments);
        if (benchmark::ReportUnrecognizedArguments(count, arguments))
            return 2;
        benchmark::RunSpecifiedBenchmarks();
        benchmark::Shutdown();
        return 0;
    }

private:
    static void enter(entry const& one)
    {
        auto const name = one.operation + "/" + one.subject + (one.detail.empty() ? "" : "/" + one.detail);
        one.arrange(*benchmark::RegisterBenchmark(name.c_str(), one.body)->Unit(benchmark::kMillisecond));
    }

    std::vector<std::vector<entry>> groups_;
};

} // namespace benchmarks
