// SPDX-License-Identifier: BSL-1.0
//
// Elements and comparators of every kind that containers take.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstdlib>

namespace still_test {

/// Ordered, and nothing else: no `==`, no default constructor.
struct only_ordered {
    explicit only_ordered(int of) noexcept
        : number(of)
    {
    }
    int number;
    friend bool operator<(only_ordered const& one, only_ordered const& other) { return one.number < other.number; }
};

/// Aligned more than `operator new` aligns.
struct alignas(64) over_aligned {
    int number = 0;
    friend auto operator<=>(over_aligned const&, over_aligned const&) = default;
};

/// One byte, and a page.
struct one_byte {
    std::uint8_t number = 0;
    friend auto operator<=>(one_byte const&, one_byte const&) = default;
};
struct one_page {
    std::array<int, 1'024> numbers{};
    friend auto operator<=>(one_page const&, one_page const&) = default;
};

/// Compares by a state of its own, and can't be default constructed.
struct by_distance {
    explicit by_distance(int from) noexcept
        : origin(from)
    {
    }
    int origin;
    bool operator()(int one, int other) const noexcept { return std::abs(one - origin) < std::abs(other - origin); }
};

/// A value that can be moved and copied, and no more: no `==`.
struct opaque {
    int number = 0;
};

} // namespace still_test
