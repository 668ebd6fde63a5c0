// SPDX-License-Identifier: BSL-1.0
//
// Pages that nobody writes give up their memory and rest on their frames. See Note: resting.

#include <algorithm>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "heap/cut.hpp"
#include "heap/heap_core.hpp"
#include "os/memory.hpp"

namespace still::heaps {

namespace {

/// How long a slice waits for guards in progress.
constexpr std::chrono::microseconds patience{ 500 };
/// Between two slices, so that writers get on: about three times what a slice takes.
constexpr std::chrono::microseconds breath{ 500 };
/// What a slice takes, seldom more: waiting for guards, mapping, and entering what was mapped.
constexpr std::chrono::microseconds slice_time = patience + std::chrono::microseconds(500);
/// After a cut so much of the time since the one before, but no more than a while, goes into resting.
constexpr int share_of_time = 16;
constexpr std::chrono::milliseconds a_while{ 10 };
/// Slices in a row that may find writers in guards that don't end.
constexpr int most_refusals = 10;

} // namespace

/// Effect: lets all rest that can. Returns how many bytes rest then.
std::size_t heap_core::rest()
{
    cut now(*this, std::nullopt);
    {
        std::scoped_lock const lock(tracking_mutex_);
        resting_.begin(pending_, true);
    }
    auto refusals = 0;
    for (auto found = rest_slice(now); found != slice::nothing_left; found = rest_slice(now)) {
        refusals = found == slice::refused ? refusals + 1 : 0;
        if (refusals == most_refusals)
            break;
        std::this_thread::sleep_for(breath);
    }
    versions_->store->give_back_memory();
    std::scoped_lock const lock(tracking_mutex_);
    return resting_.resting().count() * page_bytes;
}

/// Effect: after a cut, lets some of what stayed unwritten for long enough rest: at least one slice, and as many
/// as the time allows; none that might not be done by the caller's deadline.
void heap_core::rest_for_a_while(cut& now, deadline until)
{
    auto const began = std::chrono::steady_clock::now();
    if (until && *until < began + slice_time)
        return; // the next cut has the time
    auto const since = began - std::exchange(rested_, began);
    {
        std::scoped_lock const lock(tracking_mutex_);
        if (!resting_.is_due() || tracker_->has_own_mapping())
            return;
        resting_.begin(pending_, false);
    }
    auto end = began + std::min<std::chrono::steady_clock::duration>(since / share_of_time, a_while);
    if (until)
        end = std::min(end, *until - slice_time);
    while (rest_slice(now) == slice::done && std::chrono::steady_clock::now() + breath < end)
        std::this_thread::sleep_for(breath);
    note_total(now); // who called waited for this as well
}

/// Effect: keeps writers out for a moment, and lets some pages rest that resting_ has found.
heap_core::slice heap_core::rest_slice(cut& now)
{
    if (tracker_->has_own_mapping())
        return slice::nothing_left;
    std::span<page_span const> runs;
    {
        std::scoped_lock const lock(tracking_mutex_);
        runs = resting_.next();
    }
    if (runs.empty())
        return slice::nothing_left;
    if (!now.try_close(std::chrono::steady_clock::now() + patience))
        return slice::refused;
    auto done = slice::done;
    try {
        rest_runs(runs);
    } catch (std::system_error const&) {
        done = slice::refused;
    }
    now.open();
    {
        std::scoped_lock const lock(record_mutex_);
        ++record_.rests;
    }
    // What was mapped isn't in the page tables yet: its first reader would pay for that.
    for (auto const run : runs)
        os::prepare_reading(page(run.first), run.count * page_bytes);
    return done;
}

/// Effect: lets the pages rest, but for those written since the last cut. Precondition: writers are kept out.
/// Throws std::system_error; some of the pages rest then.
void heap_core::rest_runs(std::span<page_span const> runs)
{
    std::scoped_lock const lock(tracking_mutex_);
    if (unarmed_.count > 0)
        return; // the next cut tries again
    round_.clear();
    note_written_or_different(runs, round_);
    for (auto const run : runs) {
        auto const end = run.first + run.count;
        for (auto first = run.first; first < end;) {
            auto const written = round_.next_run(first);
            auto const stop = written.count == 0 ? end : std::min(end, written.first);
            if (stop > first && !rest_run({ first, stop - first }))
                return;
            first = written.count == 0 ? end : written.first + written.count;
        }
    }
}

/// Effect: asks the tracker what was written among the runs; where it can't tell, finds what isn't as its frame is.
void heap_core::note_written_or_different(std::span<page_span const> runs, page_set& found) const
{
    if (tracker_->kind() != tracker_kind::compare) {
        auto const first = runs.front().first;
        tracker_->look({ first, runs.back().first + runs.back().count - first }, found);
        return;
    }
    for (auto const run : runs)
        for (auto index = run.first; index < run.first + run.count; ++index)
            if (std::memcmp(page(index), page_content(last_.pages().find(index)).data(), page_bytes) != 0)
                found.insert({ index, 1 });
}

/// Effect: lets one run rest, if that is worth it. Returns false when nothing more can rest now.
/// Precondition: as rest_runs; none of the pages was written since the last cut, whose frames are at home; all
/// of them are backed, or none.
bool heap_core::rest_run(page_span pages)
{
    if (resting_.is_backed(pages.first)) {
        if (os::discard(page(pages.first), pages.count * page_bytes))
            resting_.note_resting(pages);
        return true;
    }
    if (!resting_.is_worth_mapping(pages))
        return true;
    auto const held = entries_.count();
    if (!entries_.hold(2 * resting_.runs_with(pages)))
        return false;
    try {
        region_.map_homes(pages, versions_->store->file());
    } catch (std::system_error const&) {
        static_cast<void>(entries_.hold(held));
        throw;
    }
    resting_.note_resting(pages);
    unarmed_ = pages;
    arm_anew();
    return true;
}

/// Effect: arms what was mapped anew. Throws std::system_error, and the next cut tries again. Precondition:
/// tracking_mutex_ is held.
void heap_core::arm_anew()
{
    if (unarmed_.count == 0)
        return;
    tracker_->arm(unarmed_);
    unarmed_.count = 0;
}

} // namespace still::heaps
