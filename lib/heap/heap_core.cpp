// SPDX-License-Identifier: BSL-1.0

#include "heap/heap_core.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace still::heaps {

namespace {

/// What a heap begins with, and the least that it can be made with.
constexpr std::size_t first_bytes = 64 * 1024;

/// How many pages a region of this capacity has; more than enough where no region is that large.
constexpr std::size_t pages_of(std::size_t capacity) noexcept
{
    return capacity / page_bytes + 1;
}

} // namespace

heap_core::heap_core(heap_options options)
    : heap_core(std::move(options), first_bytes)
{
    image_ = &image::create(region_.base(), first_bytes);
}

namespace {

/// What a branch differs in from what was asked for: it must hold the version, and go on allocating as that did.
heap_options fit_for(heap_options options, segment const& content, bool has_pools)
{
    options.capacity = std::max(options.capacity, static_cast<std::size_t>(content.size()));
    options.pools = has_pools;
    return options;
}

} // namespace

heap_core::heap_core(heap_options options, snapshot const& from)
    : heap_core(std::move(options), *from.version_)
{
}

heap_core::heap_core(heap_options options, version const& from)
    : heap_core(fit_for(std::move(options), from.content(), from.home().has_pools),
          static_cast<std::size_t>(from.content().size()))
{
    {
        // So that no page costs a fault.
        std::scoped_lock const lock(tracking_mutex_);
        tracker_->prepare({ 0, region_.used() / page_bytes });
    }
    from.content().read(0, { region_.base(), static_cast<std::size_t>(from.content().size()) });
    image_ = &image::at(region_.base());
}

heap_core::heap_core(heap_options options, std::size_t bytes)
    : home_(os::process_generation())
    , has_pools_(options.pools)
    , versions_(
          std::make_shared<version_register>(frame_store::make(std::move(options.bank), pages_of(options.capacity)),
              std::move(options.label), options.pools))
    , region_(options.capacity, this, options.huge_pages)
    , resting_(options.huge_pages ? heap_options::never : options.rest_after)
    , when_outrun_(options.when_outrun)
    , on_old_version_(std::move(options.on_old_version))
    , version_age_limit_(options.version_age_limit)
{
    if (options.capacity < first_bytes)
        boost::throw_exception(std::bad_alloc());
    auto choice
        = choose_tracker(options.tracker, { region_.base(), region_.capacity() / page_bytes, options.huge_pages });
    tracker_ = std::move(choice.chosen);
    passed_over_ = std::move(choice.passed_over);
    use_until(region_.rounded(bytes));
}

heap_core::~heap_core()
{
    versions_->rest_on({});
}

void heap_core::leave(heap_core* gone) noexcept
{
    if (!gone->region_.threshold().leave_to_owners())
        delete gone;
}

void let_region_go(threshold& of) noexcept
{
    delete static_cast<heap_core*>(of.keeper);
}

std::byte* heap_core::page(page_index index) const noexcept
{
    return region_.base() + static_cast<std::size_t>(index) * page_bytes;
}

heap_statistics heap_core::statistics() const
{
    heap_statistics seen;
    seen.tracker = tracker_->kind();
    seen.passed_over = passed_over_;
    seen.capacity_bytes = region_.capacity();
    {
        auto const lock = lock_image();
        seen.free_bytes = image_->free_bytes() + image_->pools().free_bytes(region_.base());
    }
    {
        std::scoped_lock const lock(tracking_mutex_);
        seen.mapped_bytes = region_.used();
        auto written = pending_;
        if (is_inherited())
            written.insert({ 0, region_.used() / page_bytes }); // nobody knows
        else
            tracker_->look({ 0, region_.used() / page_bytes }, written);
        seen.dirty_bytes = written.count() * page_bytes;
        auto resting = resting_.resting();
        if (tracker_->kind() != tracker_kind::compare && !is_inherited())
            resting.erase(written);
        seen.resting_bytes = resting.count() * page_bytes;
    }
    seen.retained_bytes = versions_->store->live() * page_bytes;
    seen.occupied_bytes = versions_->store->occupied();
    seen.cuts = cuts_.load(std::memory_order_relaxed);
    seen.versions_alive = versions_->alive();
    seen.longest_delay = gate_.longest_delay();
    std::scoped_lock const lock(record_mutex_);
    seen.last_pause = record_.last_pause;
    seen.longest_pause = record_.pauses.longest();
    seen.pauses = record_.pauses;
    seen.last_total = record_.last_total;
    seen.longest_total = record_.longest_total;
    seen.pages_copied_ahead = record_.copied_ahead;
    seen.pages_copied_in_pause = record_.copied_in_pause;
    seen.cuts_outrun = record_.outrun;
    seen.rests = record_.rests;
    return seen;
}

void heap_core::tell_of_old_versions() const
{
    if (version_age_limit_ <= std::chrono::nanoseconds::zero() || !on_old_version_)
        return;
    auto const too_old = std::chrono::steady_clock::now() - version_age_limit_;
    while (auto const told = versions_->next_older_than(too_old))
        on_old_version_(*told);
}

std::span<std::byte const> heap_core::bytes() const
{
    auto const lock = lock_image();
    return { region_.base(), image_->bytes() };
}

report heap_core::validate() const
{
    {
        auto const lock = lock_image();
        if (image_->bytes() > region_.used())
            return { "image ≤ used", std::to_string(image_->bytes()) };
        if (auto memory = image_->validate(); !memory)
            return memory;
    }
    if (auto frames = versions_->store->validate(); !frames)
        return frames;
    std::scoped_lock const lock(tracking_mutex_);
    if (auto books = resting_.validate(last_, *versions_->store); !books)
        return books;
    report shown;
    if (tracker_->kind() == tracker_kind::compare || is_inherited())
        return shown; // nobody knows what was written
    auto written = pending_;
    tracker_->look({ 0, region_.used() / page_bytes }, written);
    resting_.resting().for_each([&](std::size_t index) {
        auto const* const frame = page_content(last_.pages().find(index)).data();
        if (shown && !written.contains(index) && std::memcmp(page(index), frame, page_bytes) != 0)
            shown = { "a resting page shows its frame", "page " + std::to_string(index) };
    });
    return shown;
}

} // namespace still::heaps
