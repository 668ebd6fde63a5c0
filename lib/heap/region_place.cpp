// SPDX-License-Identifier: BSL-1.0

#include "heap/region_place.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "os/forks.hpp"
#include "still/heap/region_places.hpp"

namespace still::heaps {

namespace {

constexpr std::size_t stretches(zone const& in) noexcept
{
    return (in.end - in.start) / region_stride;
}

constexpr std::size_t all_stretches() noexcept
{
    std::size_t sum = 0;
    for (auto const& in : region_zones)
        sum += stretches(in);
    return sum;
}

/// For each stretch of the zones, in their order, the threshold of the region that is there. It takes memory only where
/// there are some.
constinit std::atomic<threshold*> thresholds[all_stretches()]{};

/// The entry of an address, or null where none is in a zone.
std::atomic<threshold*>* entry_of(void const* address) noexcept
{
    auto const at = reinterpret_cast<std::uintptr_t>(address);
    auto* entries = thresholds;
    for (auto const& in : region_zones) {
        if (at - in.start < in.end - in.start)
            return entries + (at - in.start) / region_stride;
        entries += stretches(in);
    }
    return nullptr;
}

constinit std::mutex extending;

/// A child of fork may make heaps too.
constinit struct : os::fork_part {
    void hold() noexcept override { extending.lock(); }
    void let_go() noexcept override { extending.unlock(); }
} places_in_forks;
[[gnu::init_priority(os::fork_registration::priority)]] os::fork_registration const whole_in_children(
    os::fork_registration::at_load{}, places_in_forks);

/// Effect: all_regions holds these addresses, too. Throws std::system_error, as a mutex does.
void extend_to(std::span<std::byte const> reserved)
{
    std::scoped_lock const lock(extending);
    auto const start = reinterpret_cast<std::uintptr_t>(reserved.data());
    auto const old_start = all_regions.start.load(std::memory_order_relaxed);
    auto const old_end = old_start + all_regions.bytes.load(std::memory_order_relaxed);
    auto const is_first = old_end == 0;
    auto const new_start = is_first ? start : std::min(old_start, start);
    auto const new_end = std::max(old_end, start + reserved.size());
    // Who sees the new start sees the new length; the old start with the new length reaches far enough, too.
    all_regions.bytes.store(new_end - new_start, std::memory_order_relaxed);
    all_regions.start.store(new_start, std::memory_order_release);
}

void enter(std::span<std::byte const> reserved, threshold* of) noexcept
{
    if (reserved.empty())
        return;
    auto* const last = entry_of(&reserved.back());
    for (auto* entry = entry_of(&reserved.front()); entry <= last; ++entry)
        entry->store(of, std::memory_order_release);
}

} // namespace

region_place::region_place(threshold& of, std::span<std::byte const> reserved)
    : reserved_(reserved)
{
    extend_to(reserved_);
    enter(reserved_, &of);
}

region_place::~region_place()
{
    enter(reserved_, nullptr);
}

threshold* region_around(void const* address) noexcept
{
    auto const* const entry = entry_of(address);
    auto* const found = entry == nullptr ? nullptr : entry->load(std::memory_order_acquire);
    if (found == nullptr)
        return nullptr;
    auto const* const start = reinterpret_cast<region_start const*>(reinterpret_cast<std::byte*>(found) + page_bytes);
    return found->has(start, address) ? found : nullptr;
}

void note_foreign(void const* owner, std::int64_t more) noexcept
{
    if (auto* const around = region_around(owner))
        around->count_foreign(more);
}

} // namespace still::heaps
