// SPDX-License-Identifier: BSL-1.0

#include "heap/region.hpp"

#include <atomic>
#include <cstdint>
#include <iterator>
#include <limits>
#include <new>
#include <system_error>

#include <boost/throw_exception.hpp>

#include "os/process.hpp"
#include "still/core/config.hpp"
#include "still/core/frame.hpp"
#include "still/heap/region_places.hpp"

namespace still::heaps {

namespace {

/// A region's base is a multiple of this, which a huge page would need; the threshold is before it.
constexpr std::uintptr_t alignment = region::huge_page_bytes;

std::uintptr_t round_up(std::uintptr_t bytes, std::uintptr_t unit) noexcept
{
    return (bytes + unit - 1) / unit * unit;
}

/// Reserves the page before `base` and `capacity` bytes from there on, in the first free place of a
/// zone. The search goes on from where the last one ended, once round.
os::address_range reserve_in_zone(zone here, std::atomic<std::uintptr_t>& cursor, std::size_t capacity)
{
    auto const length = round_up(alignment + capacity, region_stride);
    if (length > here.end - here.start)
        return {};
    auto const places = (here.end - here.start) / region_stride;
    auto at = cursor.load(std::memory_order_relaxed);
    for (std::uintptr_t tried = 0; tried < places; ++tried, at += region_stride) {
        if (at < here.start || at + length > here.end)
            at = here.start;
        auto* const door = reinterpret_cast<void*>(at + alignment - page_bytes);
        if (auto reserved = os::reserve_at(door, page_bytes + capacity)) {
            cursor.store(at + length, std::memory_order_relaxed);
            return reserved;
        }
    }
    return {};
}

os::address_range reserve_somewhere(std::size_t capacity)
{
    static std::atomic<std::uintptr_t> cursors[std::size(region_zones)] = {};
    // The thread sanitizer aborts the program for a mapping outside its own zones, the first is one.
    auto const allowed = os::under_thread_sanitizer() ? 1 : std::size(region_zones);
    for (std::size_t i = 0; i < allowed; ++i)
        if (auto reserved = reserve_in_zone(region_zones[i], cursors[i], capacity))
            return reserved;
    boost::throw_exception(std::bad_alloc());
}

/// Effect: as refuse_huge_pages; where the system can't, more counts as written than was.
void prefer_small_pages(void* start, std::size_t bytes) noexcept
{
    try {
        os::refuse_huge_pages(start, bytes);
    } catch (std::system_error const&) {
    }
}

} // namespace

std::uint64_t next_generation() noexcept
{
    static std::atomic<std::uint64_t> last{ 0 };
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

region::region(std::size_t capacity, void* keeper, bool huge_pages)
    : huge_pages_(huge_pages)
{
    if (capacity > std::numeric_limits<std::size_t>::max() / 4)
        boost::throw_exception(std::bad_alloc());
    capacity_ = round_up(capacity == 0 ? 1 : capacity, page_bytes);
    reserved_ = reserve_somewhere(capacity_);
    base_ = reserved_.start() + page_bytes;
    if (huge_pages)
        os::ask_for_huge_pages(base_, capacity_);
    else
        os::refuse_huge_pages(reserved_.start(), reserved_.bytes());
    os::commit(reserved_.start(), page_bytes);
    ::new (static_cast<void*>(reserved_.start())) heaps::threshold(keeper, capacity_, next_generation());
    place_ = region_place(threshold(), { reserved_.start(), reserved_.bytes() });
}

void region::commit(std::size_t bytes)
{
    STILL_CHECK(used_ < bytes && bytes <= capacity_);
    os::commit(base_ + used_, bytes - used_);
    // Before a tracker takes notes for small pages: the kernel gives no huge page where there are such.
    if (huge_pages_)
        os::populate(base_ + used_, bytes - used_);
}

void region::map_homes(page_span pages, int file)
{
    auto const offset = pages.first * page_bytes;
    auto const bytes = pages.count * page_bytes;
    STILL_CHECK(offset + bytes <= used_);
    os::map_file_privately(base_ + offset, file, offset, bytes);
    prefer_small_pages(base_ + offset, bytes);
}

void region::map_zeros(page_span pages)
{
    auto const offset = pages.first * page_bytes;
    auto const bytes = pages.count * page_bytes;
    STILL_CHECK(offset + bytes <= used_);
    os::map_zeros_at(base_ + offset, bytes);
    prefer_small_pages(base_ + offset, bytes);
}

} // namespace still::heaps
