// SPDX-License-Identifier: BSL-1.0
//
// Still's own versions can be granted.
//
// A version of a charged container was paid for as it was built; the grant adds its slot. One of
// another policy is paid for by nobody, and the grant charges the slot and the handle alone.

#pragma once

#include <concepts>
#include <memory>
#include <type_traits>

#include "still/capability/capability.hpp"
#include "still/capability/grant.hpp"
#include "still/capability/grantable.hpp"
#include "still/capability/views.hpp"
#include "still/core/count.hpp"
#include "still/core/frame.hpp"
#include "still/map.hpp"
#include "still/set.hpp"

namespace still {

/// True for counts that any thread may change: versions over others stay on their thread.
/// Specialise it for a count of your own.
template <class Count>
inline constexpr bool counts_across_threads = std::same_as<Count, atomic_count>;

/// True for elements that a lease may show: a copy that a reader makes shares nothing with the original.
/// Specialise it with false for a type of your own that shares on copy, as std::shared_ptr does.
template <class Element>
inline constexpr bool may_be_shown = !can_be_granted<Element>;
template <can_be_granted T>
inline constexpr bool may_be_shown<T> = std::same_as<typename grantable<T>::view, T const&>;
template <>
inline constexpr bool may_be_shown<frame> = false;
template <class T>
inline constexpr bool may_be_shown<std::shared_ptr<T>> = false;
template <class T>
inline constexpr bool may_be_shown<std::weak_ptr<T>> = false;
template <class T>
inline constexpr bool may_be_shown<capability<T>> = false;
template <class T>
inline constexpr bool may_be_shown<granted<T>> = false;
template <>
inline constexpr bool may_be_shown<revoker> = false;

template <class T, class Compare, class Policy>
    requires(counts_across_threads<typename Policy::count> && may_be_shown<T>)
struct grantable<set<T, Compare, Policy>> {
    using view = set_view<T, Compare, Policy>;
    [[nodiscard]] static view view_of(set<T, Compare, Policy> const& version) noexcept { return version.view(); }
};

template <class K, class V, class Compare, class Policy>
    requires(counts_across_threads<typename Policy::count> && may_be_shown<K> && may_be_shown<V>)
struct grantable<map<K, V, Compare, Policy>> {
    using view = map_view<K, V, Compare, Policy>;
    [[nodiscard]] static view view_of(map<K, V, Compare, Policy> const& version) noexcept { return version.view(); }
};

template <class Slot, class Policy>
    requires(counts_across_threads<typename Policy::count> && may_be_shown<Slot>)
struct grantable<page_table<Slot, Policy>> {
    using view = page_table_view<Slot, Policy>;
    [[nodiscard]] static view view_of(page_table<Slot, Policy> const& version) noexcept { return view(version); }
};

template <>
struct grantable<segment> {
    using view = segment_view;
    [[nodiscard]] static view view_of(segment const& version) noexcept { return view(version); }
};

template <>
struct grantable<snapshot> {
    using view = snapshot_view;
    [[nodiscard]] static view view_of(snapshot const& version) noexcept { return view(version); }
};

template <>
struct grantable<mapping> {
    using view = mapping_view;
    [[nodiscard]] static view view_of(mapping const& version) noexcept { return view(version); }
};

} // namespace still
