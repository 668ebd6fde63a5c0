// SPDX-License-Identifier: BSL-1.0

#include "heap/resting_pages.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "still/heap/options.hpp"

namespace still::heaps {

namespace {

bool is_at_home(segment const& last, frame_store const& store, std::size_t page) noexcept
{
    auto const* const held = last.pages().find(page);
    return held != nullptr && store.is_at_home(held->frame(), page);
}

} // namespace

void resting_pages::make_room(std::size_t pages)
{
    for (auto* const set : { &at_home_, &backed_, &resting_, &lately_, &before_, &found_ })
        set->make_room(pages);
}

void resting_pages::note_frames(page_set const& changed, segment const& last, frame_store const& store) noexcept
{
    changed.for_each([&](std::size_t page) {
        if (is_at_home(last, store, page))
            at_home_.insert({ page, 1 });
        else
            at_home_.erase({ page, 1 });
    });
}

void resting_pages::note_cut(
    page_set const& written, page_set const& changed, segment const& last, frame_store const& store) noexcept
{
    resting_.erase(written);
    note_frames(changed, last, store);
    if (rest_after_ == heap_options::never)
        return;
    if (rest_after_ == 0) {
        due_ = true;
        return;
    }
    lately_.insert(written);
    if (++cuts_ < rest_after_)
        return;
    // From now on both sets together go back for as many cuts at least, and twice as many at most.
    cuts_ = 0;
    std::swap(before_, lately_);
    lately_.clear();
    due_ = turned_ = true;
}

void resting_pages::note_rollback(page_set const& changed, segment const& last, frame_store const& store) noexcept
{
    resting_.erase(changed);
    note_frames(changed, last, store);
    lately_.insert(changed);
}

void resting_pages::note_resting(page_span pages) noexcept
{
    if (!is_backed(pages.first))
        runs_ = runs_with(pages);
    resting_.insert(pages);
    backed_.insert(pages);
}

void resting_pages::note_anonymous(page_span pages) noexcept
{
    resting_.erase(pages);
    backed_.erase(pages);
    runs_ = backed_.run_count();
}

void resting_pages::begin(page_set const& pending, bool all) noexcept
{
    from_ = 0;
    found_.become(at_home_);
    found_.erase(resting_);
    found_.erase(pending);
    if (!all) {
        if (!turned_ && rest_after_ > 0)
            found_.clear();
        found_.erase(lately_);
        found_.erase(before_);
    }
}

std::span<page_span const> resting_pages::next() noexcept
{
    std::size_t pages = 0;
    std::size_t count = 0;
    while (count < window_.size()) {
        auto run = found_.next_run(from_);
        if (run.count == 0) {
            due_ = due_ && count > 0;
            break;
        }
        auto const backed = is_backed(run.first);
        std::size_t alike = 1;
        while (alike < std::min(run.count, most_pages) && is_backed(run.first + alike) == backed)
            ++alike;
        run.count = alike;
        if (!backed && !is_worth_mapping(run)) {
            from_ = run.first + run.count;
            continue;
        }
        // A run that doesn't fit is the next slice's, whole.
        if (count > 0 && (pages + run.count > most_pages || run.first + run.count - window_[0].first > widest))
            break;
        window_[count++] = run;
        pages += run.count;
        from_ = run.first + run.count;
    }
    return { window_.data(), count };
}

std::size_t resting_pages::backed_neighbours(page_span pages) const noexcept
{
    auto const before = pages.first > 0 && is_backed(pages.first - 1);
    auto const after = is_backed(pages.first + pages.count);
    return (before ? 1U : 0U) + (after ? 1U : 0U);
}

std::size_t resting_pages::runs_with(page_span pages) const noexcept
{
    return runs_ + 1 - backed_neighbours(pages);
}

bool resting_pages::is_any_backed(page_span pages) const noexcept
{
    auto const run = backed_.next_run(pages.first);
    return run.count > 0 && run.first < pages.first + pages.count;
}

bool resting_pages::is_worth_mapping(page_span pages) const noexcept
{
    return pages.count >= least_pages || backed_neighbours(pages) > 0;
}

report resting_pages::validate(segment const& last, frame_store const& store) const
{
    if (backed_.run_count() != runs_)
        return { "runs = runs of backed pages", std::to_string(runs_) };
    for (std::size_t page = 0; page < at_home_.room(); ++page) {
        if (at_home_.contains(page) != is_at_home(last, store, page))
            return { "at home = the last cut's frame is in its home", "page " + std::to_string(page) };
        if (resting_.contains(page) && !(backed_.contains(page) && at_home_.contains(page)))
            return { "resting ⊆ backed ∩ at home", "page " + std::to_string(page) };
    }
    return {};
}

} // namespace still::heaps
