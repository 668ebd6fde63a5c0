// SPDX-License-Identifier: BSL-1.0
//
// One entry of a difference between two versions.

#pragma once

#include <cstdint>
#include <functional>
#include <type_traits>
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

    /// The three kinds, each from the pointers it has.
    [[nodiscard]] static change added(Pointer after) noexcept { return { change_kind::added, Pointer{}, after }; }
    [[nodiscard]] static change removed(Pointer before) noexcept { return { change_kind::removed, before, Pointer{} }; }
    [[nodiscard]] static change changed(Pointer before, Pointer after) noexcept
    {
        return { change_kind::changed, before, after };
    }
};

/// Effect: calls `visitor` with one change. Returns false where it asked to stop; a visitor that returns
/// nothing never does.
template <class Change, class Visitor>
bool visit_change(Change const& one, Visitor& visitor)
{
    if constexpr (std::is_void_v<std::invoke_result_t<Visitor&, Change const&>>) {
        std::invoke(visitor, one);
        return true;
    } else {
        return static_cast<bool>(std::invoke(visitor, one));
    }
}

/// Effect: calls `visitor` with each element of a range, in order, until it returns false; a visitor that
/// returns nothing sees them all. Returns whether all were seen.
template <class Range, class Visitor>
bool visit_changes(Range&& changes, Visitor&& visitor)
{
    for (auto const& one : changes) {
        if (!visit_change(one, visitor))
            return false;
    }
    return true;
}

} // namespace still
