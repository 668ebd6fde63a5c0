// SPDX-License-Identifier: BSL-1.0
//
// The sizes that small blocks come in: every 16 bytes up to 128, then four to a doubling.

#pragma once

#include <bit>
#include <cstddef>

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

/// The smallest class that holds so many bytes. Precondition: bytes ≤ largest_small. None are taken for one.
[[nodiscard]] constexpr unsigned class_of(std::size_t bytes) noexcept
{
    auto const last = static_cast<unsigned>(bytes == 0 ? 0 : bytes - 1);
    if (last < 128)
        return last / 16;
    auto const doubling = static_cast<unsigned>(std::bit_width(last)) - 8; // 128 to 255 is the first
    return 8 + doubling * 4 + ((last >> (doubling + 5)) & 3U);
}

/// The bytes of a class's blocks. Precondition: of < size_classes.
[[nodiscard]] constexpr std::size_t class_bytes(unsigned of) noexcept
{
    return of < 8 ? (of + std::size_t{ 1 }) * 16 : ((of - 8) % 4 + std::size_t{ 5 }) << ((of - 8) / 4 + 5);
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
