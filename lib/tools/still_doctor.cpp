// SPDX-License-Identifier: BSL-1.0
//
// still-doctor: what this machine offers to heaps, found by trying. Its exit code is 0 when heaps have the best
// tracker here, 1 when a lower one serves, 2 when there are no heaps.

#include <chrono>
#include <cstddef>
#include <cstring>
#include <exception>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

#include "heap/tracker.hpp"
#include "os/process.hpp"
#include "still/core/frame.hpp"
#include "still/heap.hpp"

namespace {

using clock = std::chrono::steady_clock;
using still::heaps::tracker_ladder;

void tell(std::string const& what, std::string const& found)
{
    std::cout << std::left << std::setw(28) << what << found << '\n';
}

std::string microseconds(clock::duration time)
{
    std::ostringstream text;
    text << std::fixed << std::setprecision(1) << std::chrono::duration<double, std::micro>(time).count() << " us";
    return text.str();
}

/// What a tracker costs here: 64 MiB, of which every hundredth page is written.
std::string trial(still::tracker_kind kind)
{
    constexpr std::size_t bytes = std::size_t{ 64 } << 20;
    constexpr std::size_t step = 100 * still::page_bytes;
    still::heap heap{ { .capacity = bytes + bytes / 4, .tracker = kind } };
    auto* const block = static_cast<std::byte*>(heap.memory_resource()->allocate(bytes, still::page_bytes));
    std::memset(block, 1, bytes);
    auto const first = heap.snapshot();
    auto const before = clock::now();
    std::size_t written = 0;
    for (std::size_t at = 0; at < bytes; at += step, ++written)
        block[at] = std::byte{ 2 };
    auto const time = clock::now() - before;
    auto const second = heap.snapshot();
    std::size_t found = 0;
    for (auto const run : still::diff(first, second))
        found += static_cast<std::size_t>(run.page_count);
    if (found < written)
        return "WRONG: it lost writes";
    return "works: a first write to a page " + microseconds(time / static_cast<clock::rep>(written))
        + ", a cut of 64 MiB with 1 % written keeps writers out for " + microseconds(second.pause());
}

} // namespace

int main()
try {
    auto result = 2;
    tell("entries of a memory map", std::to_string(still::os::most_map_entries()) + " (vm.max_map_count)");
    for (auto const kind : tracker_ladder) {
        auto const what = std::string("tracker ") + still::name(kind);
        try {
            tell(what, trial(kind));
            if (result == 2)
                result = kind == tracker_ladder[0] ? 0 : 1;
        } catch (std::exception const& refusal) {
            tell(what, std::string("doesn't work: ") + refusal.what());
        }
    }
    if (result == 2)
        return result;
    still::heap const heap;
    auto const seen = heap.statistics();
    tell("heaps here take", still::name(seen.tracker));
    if (!seen.passed_over.empty())
        tell("because", seen.passed_over);
    std::ostringstream address;
    address << static_cast<void const*>(heap.bytes().data());
    tell("regions start at", address.str());
    return result;
} catch (std::exception const& failure) {
    std::cerr << "still-doctor: " << failure.what() << '\n';
    return 2;
}
