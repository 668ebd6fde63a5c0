// SPDX-License-Identifier: BSL-1.0
//
// A page table's nodes as one who takes it apart sees them (see core/dismantle.hpp).

#pragma once

#include "still/core/dismantle.hpp"
#include "still/radix/node.hpp"

namespace still::radix {

template <class Slot, class Policy, unsigned DigitBits>
[[nodiscard]] unsigned child_count(node<Slot, Policy, DigitBits> const& of) noexcept
{
    return of.is_branch() ? of.entries() : 0;
}

/// Precondition: position < child_count(of).
template <class Slot, class Policy, unsigned DigitBits>
[[nodiscard]] node<Slot, Policy, DigitBits>* child_at(
    node<Slot, Policy, DigitBits> const& of, unsigned position) noexcept
{
    return of.child_at(position);
}

template <class Slot, class Policy, unsigned DigitBits>
void destroy_alone(node<Slot, Policy, DigitBits>* gone) noexcept
{
    static_assert(node<Slot, Policy, DigitBits>::levels <= core::most_levels);
    node<Slot, Policy, DigitBits>::destroy_alone(gone);
}

} // namespace still::radix
