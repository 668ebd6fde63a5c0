// SPDX-License-Identifier: BSL-1.0
//
// Pauses under a steady load: a thread writes 30 000 random pages a second, while cuts are taken.

#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <thread>
#include <vector>

#include "snapshots/scene.hpp"

namespace benchmarks {

/// Writes at a steady rate, in small bursts, as long as it lives.
template <class Subject>
class steady_writer {
public:
    explicit steady_writer(scene<Subject>& written)
        : thread_([this, &written] {
            auto const began = std::chrono::steady_clock::now();
            std::size_t done = 0;
            while (!stop_.load(std::memory_order_relaxed)) {
                std::this_thread::sleep_for(std::chrono::microseconds(500));
                auto const due = static_cast<std::size_t>(
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() * pages_a_second);
                // After a long stop not all that was missed.
                auto const burst = std::min<std::size_t>(due - done, 300);
                written.write(burst);
                done = due;
            }
        })
    {
    }
    steady_writer(steady_writer const&) = delete;
    steady_writer& operator=(steady_writer const&) = delete;
    ~steady_writer()
    {
        stop_ = true;
        thread_.join();
    }

private:
    static constexpr double pages_a_second = 30'000;

    std::atomic<bool> stop_{ false };
    std::thread thread_;
};

/// The pause that so many percent of the cuts don't exceed.
template <class Subject>
void paced_pause(benchmark::State& state, load wanted, double percent, std::size_t cuts)
{
    scene<Subject> seen(wanted);
    if (refused(state, seen))
        return;
    for (auto _ : state) {
        std::vector<std::chrono::nanoseconds> pauses;
        pauses.reserve(cuts);
        {
            steady_writer<Subject> const writer(seen);
            for (std::size_t i = 0; i < cuts; ++i) {
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
                pauses.push_back(seen.subject().cut());
            }
        }
        std::sort(pauses.begin(), pauses.end());
        auto const place = std::ceil(static_cast<double>(cuts) * percent / 100);
        state.SetIterationTime(seconds(pauses[static_cast<std::size_t>(place) - 1]));
    }
}

} // namespace benchmarks
