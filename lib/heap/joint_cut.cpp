// SPDX-License-Identifier: BSL-1.0
//
// Versions of several heaps at one instant.

#include "still/heap/joint_cut.hpp"

#include <algorithm>
#include <functional>
#include <list>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "heap/heap_core.hpp"
#include "heap/taking.hpp"
#include "still/heap.hpp"

namespace still::heaps {

struct heap_access {
    [[nodiscard]] static heap_core* core(heap const& of) noexcept { return of.core_.get(); }
};

namespace {

using std::chrono::steady_clock;

/// How long writers of the heaps that are closed wait for one that isn't yet, at first and at most.
constexpr std::chrono::nanoseconds first_patience = std::chrono::microseconds(200);
constexpr std::chrono::nanoseconds most_patience = std::chrono::milliseconds(5);

} // namespace

std::vector<snapshot> heap_core::take_together(
    std::span<heap_core* const> heaps, deadline until, std::function<void()> const& meanwhile)
{
    for (auto const* const one : heaps)
        one->tell_of_old_versions();
    // Whoever takes several locks of cuts takes them in ascending order.
    std::list<taking> all;
    for (auto* const one : heaps)
        all.emplace_back(*one, snapshot_options{ .label = {}, .deadline = until });
    for (auto& one : all)
        one.copy_ahead();

    // The first is waited for as long as may be, since nobody whom it lets out waits for this thread.
    auto first = all.begin();
    for (auto patience = first_patience; first != all.end(); patience = std::min(2 * patience, most_patience)) {
        first->close();
        auto const soon = steady_clock::now() + patience;
        auto late = std::find_if(all.begin(), all.end(),
            [&](taking& one) { return &one != &*first && !one.try_close(until ? std::min(soon, *until) : soon); });
        if (late == all.end())
            break;
        for (auto one = all.begin(); one != late; ++one)
            one->open();
        first->open();
        if (until && steady_clock::now() >= *until)
            boost::throw_exception(std::system_error(std::make_error_code(std::errc::timed_out),
                "still: writers of several heaps held their guards until the deadline (shorten the guards, or wait "
                "longer)"));
        first = late;
    }

    meanwhile();
    for (auto& one : all)
        one.copy_residue();
    for (auto& one : all)
        one.open();
    std::vector<snapshot> versions;
    versions.reserve(all.size());
    for (auto& one : all)
        versions.push_back(one.finish());
    return versions;
}

std::vector<snapshot> snapshots_at_once(
    std::span<heap* const> of, deadline until, std::function<void()> const& meanwhile)
{
    std::vector<heap_core*> ascending;
    ascending.reserve(of.size());
    for (auto const* const one : of)
        ascending.push_back(heap_access::core(*one));
    std::ranges::sort(ascending, std::less<>());
    if (std::ranges::adjacent_find(ascending) != ascending.end())
        boost::throw_exception(
            std::invalid_argument("still: one heap is there twice in a cut (name each that is to be shown once)"));
    auto taken = heap_core::take_together(ascending, until, meanwhile);
    std::vector<snapshot> versions;
    versions.reserve(of.size());
    for (auto const* const one : of) {
        auto const found = std::ranges::lower_bound(ascending, heap_access::core(*one), std::less<>());
        versions.push_back(std::move(taken[static_cast<std::size_t>(found - ascending.begin())]));
    }
    return versions;
}

} // namespace still::heaps
