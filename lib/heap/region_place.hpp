// SPDX-License-Identifier: BSL-1.0
//
// A region's entry in the register of places, by which anybody finds whose region an address is in.

#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "still/heap/threshold.hpp"

namespace still::heaps {

/// As long as it lives, `region_around` finds a threshold for all addresses of a reservation. Moves only.
class region_place {
public:
    region_place() noexcept = default;
    /// Precondition: `reserved` is in one zone, and shares no stretch with another region's.
    region_place(threshold& of, std::span<std::byte const> reserved);
    region_place(region_place&& other) noexcept
        : reserved_(std::exchange(other.reserved_, {}))
    {
    }
    region_place& operator=(region_place&& other) noexcept
    {
        std::swap(reserved_, other.reserved_);
        return *this;
    }
    ~region_place();

private:
    std::span<std::byte const> reserved_;
};

} // namespace still::heaps
