// SPDX-License-Identifier: BSL-1.0
//
// The sizes that small blocks come in: every 16 bytes up to 128, then four to a doubling.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace still::heaps {

inline constexpr unsigned size_classes = 24;
/// A block of the largest class, in bytes.
inline constexpr std::size_t largest_small = 2048;
/// What all small blocks are aligned to.
inline constexpr std::size_t small_alignment = 16;

/// True when such a block comes from the pools.
[[nodiscard]] constexpr bool is_small(std::size_t bytes, std::size_t alignment) noexcept
{
    return bytes <= largest_small && alignment <= small_alignment;
}

inline constexpr auto bytes_of_classes = [] {
    std::array<std::uint16_t, size_classes> made{};
    for (unsigned of = 0; of < size_classes; ++of)
        made[of] = static_cast<std::uint16_t>(of < 8 ? (of + 1) * 16 : ((of - 8) % 4 + 5) << ((of - 8) / 4 + 5));
    return made;
}();

/// The bytes of a class's blocks. Precondition: of < size_classes.
[[nodiscard]] constexpr std::size_t class_bytes(unsigned of) noexcept
{
    return bytes_of_classes[of];
}

/// The class of each number of 16 bytes, so that a mixture of sizes is no mixture of branches.
inline constexpr auto classes_of_units = [] {
    std::array<std::uint8_t, largest_small / 16 + 1> made{};
    std::uint8_t of = 0;
    for (std::size_t units = 0; units < made.size(); ++units) {
        while (class_bytes(of) < units * 16)
            ++of;
        made[units] = of;
    }
    return made;
}();

/// The smallest class that holds so many bytes. Precondition: bytes ≤ largest_small. None are taken for one.
[[nodiscard]] constexpr unsigned class_of(std::size_t bytes) noexcept
{
    return classes_of_units[(bytes + 15) / 16];
}

/// Every size is in a class that holds it, and in no larger one than it must be.
[[nodiscard]] constexpr bool classes_fit() noexcept
{
    for (std::size_t bytes = 1; bytes <= largest_small; ++bytes) {
        auto const of = class_of(bytes);
        if (of >= size_classes || class_bytes(of) < bytes || class_bytes(of) % small_alignment != 0
            || (of > 0 && class_bytes(of - 1) >= bytes))
            return false;
    }
    return class_of(largest_small) + 1 == size_classes;
}
static_assert(classes_fit());

} // namespace still::heaps
