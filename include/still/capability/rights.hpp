// SPDX-License-Identifier: BSL-1.0
//
// What a capability lets its holder do.

#pragma once

#include <cstdint>

#include "still/capability/slots.hpp"

namespace still {

/// Rights, one or several. Nobody gains any: they are lost by attenuating, and what is behind a forwarder has those
/// that its source had.
enum class rights : std::uint8_t {
    none = 0,
    read = slots::losses::read, ///< open it
    adopt = slots::losses::adopt, ///< buy a version of one's own of it
    write = slots::losses::write, ///< store in the cell that it names; of anything else nobody has it
    all = read | adopt | write,
};

[[nodiscard]] constexpr rights operator|(rights one, rights other) noexcept
{
    return static_cast<rights>(static_cast<std::uint8_t>(one) | static_cast<std::uint8_t>(other));
}
[[nodiscard]] constexpr rights operator&(rights one, rights other) noexcept
{
    return static_cast<rights>(static_cast<std::uint8_t>(one) & static_cast<std::uint8_t>(other));
}
/// The others.
[[nodiscard]] constexpr rights operator~(rights of) noexcept
{
    return static_cast<rights>(~static_cast<std::uint8_t>(of)) & rights::all;
}

/// True for the kinds of things that can be weakened: Still's versions, lists of capabilities, and cells over these.
/// A closed list, as nobody could tell what may be reached through a type of one's own.
template <class T>
inline constexpr bool can_be_weakened = slots::weakens<T>;

} // namespace still
