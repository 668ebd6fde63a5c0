// SPDX-License-Identifier: BSL-1.0
//
// A region full of data, and what writes to it: the scene that Still and fork take snapshots of.

#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "common/keys.hpp"
#include "still/heap.hpp"

namespace benchmarks {

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
    /// Writers and snapshot together: what `cut` took in all, of which the pause is a part.
    [[nodiscard]] std::chrono::nanoseconds last_total() const { return newest_.total(); }
    [[nodiscard]] still::heap& heap() noexcept { return heap_; }
    [[nodiscard]] still::snapshot const& newest() const noexcept { return newest_; }
    [[nodiscard]] pid_t child() const noexcept { return -1; }

private:
    still::heap heap_;
    std::byte* data_;
    still::snapshot newest_;
};

/// The same, whose pages come to rest after each cut, all that can.
class still_at_rest : public still_snapshot {
public:
    static constexpr char const* name = "still_at_rest";

    using still_snapshot::still_snapshot;

    [[nodiscard]] std::chrono::nanoseconds cut()
    {
        auto const pause = still_snapshot::cut();
        heap().rest();
        return pause;
    }
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
    std::chrono::nanoseconds write() { return write(load_.dirtied()); }
    std::chrono::nanoseconds write(std::size_t count)
    {
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

[[nodiscard]] inline double seconds(std::chrono::nanoseconds time)
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

} // namespace benchmarks
