// SPDX-License-Identifier: BSL-1.0
//
// A slot and its generation in one word: a step of the way from a name to what was granted.

#pragma once

#include <cstdint>

namespace still::slots {

[[nodiscard]] constexpr std::uint64_t packed(std::uint32_t index, std::uint32_t generation) noexcept
{
    return (std::uint64_t{ generation } << 32U) | index;
}
[[nodiscard]] constexpr std::uint32_t index_in(std::uint64_t way) noexcept
{
    return static_cast<std::uint32_t>(way);
}
[[nodiscard]] constexpr std::uint32_t generation_in(std::uint64_t way) noexcept
{
    return static_cast<std::uint32_t>(way >> 32U);
}

} // namespace still::slots
