// SPDX-License-Identifier: BSL-1.0
//
// One entry of a difference between two versions.

#pragma once

#include <cstdint>
#include <utility>

namespace still {

enum class change_kind : std::uint8_t {
    added, ///< absent before, present after
    removed, ///< present before, absent after
    changed, ///< present in both, with different values
};

/// What happened to one key. `before` and `after` are pointers, or pointer-like: null where the
/// element is absent, else valid as long as the version they point into.
template <class Pointer>
struct change {
    change_kind kind;
    Pointer before;
    Pointer after;

    [[nodiscard]] static change added(Pointer after) noexcept { return { change_kind::added, Pointer{}, after }; }
    [[nodiscard]] static change removed(Pointer before) noexcept { return { change_kind::removed, before, Pointer{} }; }
    [[nodiscard]] static change changed(Pointer before, Pointer after) noexcept
    {
        return { change_kind::changed, before, after };
    }
};

} // namespace still
