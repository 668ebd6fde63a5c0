// SPDX-License-Identifier: BSL-1.0
//
// What benchmarks of segments share: segments full and sparse, places in them, and a clock.

#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <utility>
#include <vector>

#include "common/keys.hpp"
#include "common/options.hpp"
#include "common/processor_time.hpp"
#include "still/segment.hpp"

namespace benchmarks {

using still::page_bytes;
using still::segment;

inline constexpr std::size_t mebibyte = std::size_t{ 1 } << 20;
inline constexpr std::size_t gibibyte = std::size_t{ 1 } << 30;
inline constexpr std::size_t written_pages = 1'000;

[[nodiscard]] inline std::size_t dense_bytes()
{
    return quick() ? gibibyte / 8 : gibibyte;
}

/// A segment all of whose pages hold data.
[[nodiscard]] inline segment dense(std::size_t bytes)
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
[[nodiscard]] inline segment const& filled(std::size_t bytes)
{
    static std::list<segment> made;
    auto const found = std::find_if(made.begin(), made.end(), [&](auto const& one) { return one.size() == bytes; });
    return found == made.end() ? made.emplace_back(dense(bytes)) : *found;
}

/// One page in 256 of an address space holds data.
inline constexpr std::size_t sparseness = 256;
[[nodiscard]] inline segment const& sparse(std::uint64_t bytes)
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

} // namespace benchmarks
