// SPDX-License-Identifier: BSL-1.0
//
// Entries of the process's memory map, which are few: what mappings, resting heaps and trackers take of them together
// is at most half of what the kernel allows, since malloc fails when there are none left.

#pragma once

#include <cstddef>
#include <utility>

namespace still::heaps {

/// Entries that somebody has taken, and gives back at its end. Moves only. Thread contract: distinct objects from any
/// threads.
class map_entries {
public:
    map_entries() noexcept = default;
    map_entries(map_entries&& other) noexcept
        : count_(std::exchange(other.count_, 0))
    {
    }
    map_entries& operator=(map_entries&& other) noexcept
    {
        map_entries taken(std::move(other));
        std::swap(count_, taken.count_);
        return *this;
    }
    ~map_entries() { static_cast<void>(hold(0)); }

    /// Effect: has `count` entries from now on. Returns false, and changes nothing, when that is more than before
    /// and more than are left.
    [[nodiscard]] bool hold(std::size_t count) noexcept;
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    /// Effect: takes so many, for who counts them by himself. Returns false, and changes nothing, when so many aren't
    /// left. From any threads; async-signal-safe once `most` was called.
    [[nodiscard]] static bool take(std::size_t count) noexcept;
    /// Precondition: they were taken.
    static void give_back(std::size_t count) noexcept;

    /// How many this process may take together.
    [[nodiscard]] static std::size_t most() noexcept;
    /// Effect: sets that limit, for tests. Returns the one before.
    static std::size_t limit(std::size_t most) noexcept;

private:
    std::size_t count_ = 0;
};

} // namespace still::heaps
