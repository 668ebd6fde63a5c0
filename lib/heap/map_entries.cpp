// SPDX-License-Identifier: BSL-1.0

#include "heap/map_entries.hpp"

#include <atomic>

#include "os/process.hpp"

namespace still::heaps {

namespace {

std::atomic<std::size_t> taken{ 0 };

constexpr std::size_t unknown = ~std::size_t{ 0 };

/// Asked for at first use, by whoever comes: a guard might stay closed in a child of fork.
std::atomic<std::size_t>& allowed() noexcept
{
    static constinit std::atomic<std::size_t> most{ unknown };
    if (most.load(std::memory_order_relaxed) == unknown) {
        auto expected = unknown;
        most.compare_exchange_strong(expected, os::most_map_entries() / 2, std::memory_order_relaxed);
    }
    return most;
}

} // namespace

bool map_entries::hold(std::size_t count) noexcept
{
    if (count <= count_)
        give_back(count_ - count);
    else if (!take(count - count_))
        return false;
    count_ = count;
    return true;
}

bool map_entries::take(std::size_t count) noexcept
{
    if (taken.fetch_add(count, std::memory_order_relaxed) + count <= most())
        return true;
    give_back(count);
    return false;
}

void map_entries::give_back(std::size_t count) noexcept
{
    taken.fetch_sub(count, std::memory_order_relaxed);
}

std::size_t map_entries::most() noexcept
{
    return allowed().load(std::memory_order_relaxed);
}

std::size_t map_entries::limit(std::size_t most) noexcept
{
    return allowed().exchange(most, std::memory_order_relaxed);
}

} // namespace still::heaps
