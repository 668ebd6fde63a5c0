// SPDX-License-Identifier: BSL-1.0

#include "heap/heap_core.hpp"

#include <new>

#include "os/process.hpp"

namespace still::heaps {

namespace {

/// What a heap begins with, and the least that it can be made with.
constexpr std::size_t first_bytes = 64 * 1024;

} // namespace

heap_core::heap_core(heap_options options)
    : home_(os::process_generation())
    , has_pools_(options.pools)
    , versions_(
          std::make_shared<version_register>(frame_store::make(std::move(options.bank)), std::move(options.label)))
    , region_(options.capacity, this)
{
    if (options.capacity < first_bytes)
        boost::throw_exception(std::bad_alloc());
    auto choice = choose_tracker(options.tracker, { region_.base(), region_.capacity() / page_bytes });
    tracker_ = std::move(choice.chosen);
    passed_over_ = std::move(choice.passed_over);
    use_until(first_bytes);
    image_ = &image::create(region_.base(), first_bytes);
}

heap_core::~heap_core()
{
    versions_->rest_on({});
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
        std::scoped_lock const lock(allocation_mutex_);
        seen.free_bytes = image_->free_bytes() + image_->pools().free_bytes(region_.base());
    }
    {
        std::scoped_lock const lock(tracking_mutex_);
        seen.mapped_bytes = region_.used();
        auto written = pending_;
        tracker_->look(region_.used() / page_bytes, written);
        seen.dirty_bytes = written.count() * page_bytes;
    }
    seen.retained_bytes = versions_->store->live() * page_bytes;
    seen.occupied_bytes = versions_->store->occupied();
    seen.cuts = cuts_.load(std::memory_order_relaxed);
    seen.versions_alive = versions_->alive();
    seen.last_pause = std::chrono::nanoseconds(last_pause_.load(std::memory_order_relaxed));
    seen.longest_pause = std::chrono::nanoseconds(longest_pause_.load(std::memory_order_relaxed));
    return seen;
}

std::span<std::byte const> heap_core::bytes() const
{
    std::scoped_lock const lock(allocation_mutex_);
    return { region_.base(), image_->bytes() };
}

report heap_core::validate() const
{
    {
        std::scoped_lock const lock(allocation_mutex_);
        if (!image_->sound())
            return { "each byte of the region is free or owned, never both", "the allocator" };
        if (image_->bytes() > region_.used())
            return { "image ≤ used", std::to_string(image_->bytes()) };
        if (auto pools = image_->pools().validate(region_.base(), image_->bytes()); !pools)
            return pools;
    }
    if (auto frames = versions_->store->validate(); !frames)
        return frames;
    return {};
}

} // namespace still::heaps
