// SPDX-License-Identifier: BSL-1.0
//
// Still's own versions can be granted.
//
// A version of a charged container was paid for as it was built; the grant adds its slot. One of
// another policy is paid for by nobody, and the grant charges the slot and the handle alone.

#pragma once

#include <boost/throw_exception.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "still/capability/capability.hpp"
#include "still/capability/grant.hpp"
#include "still/capability/grantable.hpp"
#include "still/capability/views.hpp"
#include "still/core/charged_heap.hpp"
#include "still/core/count.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "still/vector.hpp"

namespace still {

/// True for counts that any thread may change: versions over others stay on their thread.
/// Specialise it for a count of your own.
template <class Count>
inline constexpr bool counts_across_threads = std::same_as<Count, atomic_count>;

/// True for elements that a lease may show, whatever the version's policy: a copy that a reader makes
/// shares nothing with the original, and they have no storage beside their own bytes. It holds for numbers
/// and enumerations (std::byte too), for arrays, pairs and optionals of such, and for types that are
/// granted by reference (shown_by_reference). Nothing else is shown unless somebody says so: a pointer, a
/// shared pointer, a frame, a capability or another version would let a reader keep or share what is lent.
///
/// Opt in for a type of your own that keeps the promise stated at `grantable`:
///
///   template <> inline constexpr bool still::may_be_shown<position> = true;
template <class Element>
inline constexpr bool may_be_shown = std::is_arithmetic_v<Element> || std::is_enum_v<Element>;
template <can_be_granted Element>
inline constexpr bool may_be_shown<Element> = std::same_as<typename grantable<Element>::view, Element const&>;
template <class Element, std::size_t Count>
inline constexpr bool may_be_shown<std::array<Element, Count>> = may_be_shown<Element>;
template <class First, class Second>
inline constexpr bool may_be_shown<std::pair<First, Second>> = may_be_shown<First> && may_be_shown<Second>;
template <class Element>
inline constexpr bool may_be_shown<std::optional<Element>> = may_be_shown<Element>;

/// True for elements that a lease on a container with that heap may show: those of may_be_shown, and
///   over a charged_heap    std::pmr's strings, and its vectors of what may be shown: the container builds
///                          them with its own bank's memory, also in pairs (but not in arrays and optionals,
///                          which hand no allocator on)
///   over other heaps       std::string and its kin: like the nodes, their storage is charged to nobody
template <class Element, class Heap>
inline constexpr bool may_be_shown_from = may_be_shown<Element>;
template <class First, class Second, class Heap>
inline constexpr bool may_be_shown_from<std::pair<First, Second>, Heap>
    = may_be_shown<std::pair<First, Second>> || (may_be_shown_from<First, Heap> && may_be_shown_from<Second, Heap>);
template <class Character, class Traits>
inline constexpr bool may_be_shown_from<std::pmr::basic_string<Character, Traits>, charged_heap> = true;
template <class Element>
inline constexpr bool may_be_shown_from<std::pmr::vector<Element>, charged_heap>
    = may_be_shown_from<Element, charged_heap>;
template <class Character, class Traits, class Heap>
    requires(!std::same_as<Heap, charged_heap>)
inline constexpr bool may_be_shown_from<std::basic_string<Character, Traits>, Heap> = true;

template <class T, class Compare, class Policy>
    requires(counts_across_threads<typename Policy::count> && may_be_shown_from<T, typename Policy::heap>)
struct grantable<set<T, Compare, Policy>> {
    using view = set_view<T, Compare, Policy>;
    /// What a lease shows of the version. O(1).
    [[nodiscard]] static view view_of(set<T, Compare, Policy> const& version) noexcept { return version.view(); }
};

template <class K, class V, class Compare, class Policy>
    requires(counts_across_threads<typename Policy::count> && may_be_shown_from<K, typename Policy::heap>
        && may_be_shown_from<V, typename Policy::heap>)
struct grantable<map<K, V, Compare, Policy>> {
    using view = map_view<K, V, Compare, Policy>;
    /// What a lease shows of the version. O(1).
    [[nodiscard]] static view view_of(map<K, V, Compare, Policy> const& version) noexcept { return version.view(); }
};

template <class T, class Policy>
    requires(counts_across_threads<typename Policy::count> && may_be_shown_from<T, typename Policy::heap>)
struct grantable<vector<T, Policy>> {
    using view = vector_view<T, Policy>;
    /// What a lease shows of the version. O(1).
    [[nodiscard]] static view view_of(vector<T, Policy> const& version) noexcept { return version.view(); }
};

template <class Slot, class Policy>
    requires(counts_across_threads<typename Policy::count> && may_be_shown_from<Slot, typename Policy::heap>)
struct grantable<page_table<Slot, Policy>> {
    using view = page_table_view<Slot, Policy>;
    /// What a lease shows of the version. O(1).
    [[nodiscard]] static view view_of(page_table<Slot, Policy> const& version) noexcept { return view(version); }
};

/// Segments whose reading runs nobody's code but the library's: a keeper or an observer would run in its readers'
/// threads, and what a lease reads could wait for it, fail by it, or come out otherwise next time.
template <>
struct grantable<segment> {
    using view = segment_view;
    /// Throws segment_calls_out. O(1) where it never had keepers, else O(slots).
    static void require(segment const& version)
    {
        if (version.calls_out())
            boost::throw_exception(segment_calls_out());
    }
    /// What a lease shows of the version. O(1).
    [[nodiscard]] static view view_of(segment const& version) noexcept { return view(version); }
};

template <>
struct grantable<snapshot> {
    using view = snapshot_view;
    /// What a lease shows of the version. O(1).
    [[nodiscard]] static view view_of(snapshot const& version) noexcept { return view(version); }
};

template <>
struct grantable<mapping> {
    using view = mapping_view;
    /// Throws segment_calls_out. O(1).
    static void require(mapping const& version)
    {
        if (version.calls_out())
            boost::throw_exception(segment_calls_out());
    }
    /// What a lease shows of the version. O(1).
    [[nodiscard]] static view view_of(mapping const& version) noexcept { return view(version); }
};

namespace slots {

/// A container with `Parts` beside its nodes: where these are charged to a bank, it has one handle of that bank's.
template <class Container, class... Parts>
struct undestroyed_container {
    static constexpr bool is_known = true;
    [[nodiscard]] static bool in([[maybe_unused]] Container const& version, [[maybe_unused]] bank const& payer) noexcept
    {
        if constexpr (std::same_as<typename Container::heap_type, charged_heap>
            && (std::is_trivially_destructible_v<Parts> && ...))
            return version.heap().payer() == payer;
        else
            return false;
    }
};
template <class Policy>
using measured_value = typename tree::measure_of_policy<Policy>::type::value_type;
template <class T, class Compare, class Policy>
struct undestroyed<set<T, Compare, Policy>>
    : undestroyed_container<set<T, Compare, Policy>, T, Compare, measured_value<Policy>> { };
template <class K, class V, class Compare, class Policy>
struct undestroyed<map<K, V, Compare, Policy>>
    : undestroyed_container<map<K, V, Compare, Policy>, K, V, Compare, measured_value<Policy>> { };
template <class T, class Policy>
struct undestroyed<vector<T, Policy>> : undestroyed_container<vector<T, Policy>, T> { };
template <class Slot, class Policy>
struct undestroyed<page_table<Slot, Policy>> : undestroyed_container<page_table<Slot, Policy>, Slot> { };

// Versions are weak by themselves: nothing is written through them, and nothing else reached.
template <class T, class Compare, class Policy>
inline constexpr bool weakens<set<T, Compare, Policy>> = true;
template <class K, class V, class Compare, class Policy>
inline constexpr bool weakens<map<K, V, Compare, Policy>> = true;
template <class T, class Policy>
inline constexpr bool weakens<vector<T, Policy>> = true;
template <class Slot, class Policy>
inline constexpr bool weakens<page_table<Slot, Policy>> = true;
template <>
inline constexpr bool weakens<segment> = true;
template <>
inline constexpr bool weakens<snapshot> = true;
template <>
inline constexpr bool weakens<mapping> = true;

} // namespace slots

} // namespace still
