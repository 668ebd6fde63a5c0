// SPDX-License-Identifier: BSL-1.0
//
// A door for content from elsewhere: what others have built, or bytes that others have written, is checked before
// anything trusts it. All calls return a report: of the first broken rule, and where.
//
//   if (auto const sound = still::check(version); !sound) ...     // built by others, through the types
//   still::check(version, { .most_nodes = 100'000 })              // in so much time
//
//   // Bytes that others have written, at a place that was agreed on.
//   using index = still::map<int, double, std::less<>, still::region_policy>;
//   auto const got = still::check_at<index>(still::within(mapping.bytes()), offset);
//   if (got.sound)
//       use(got.version->find(7));
//
// Of bytes nothing is trusted: distances may lead anywhere, nodes be shared, sizes and levels lie. What a check reads
// lies within the bounds that it is given; it ends, after as many nodes as there is room for in them at most, on a
// stack whose depth the types bound; and it allocates nothing but the report. See Note: content from elsewhere.
//
// Precondition: the bytes don't change from the check on. Those of a mapping don't; where a keeper has some of them,
// they are fetched first (mapping::fetch), since a page that is refused can't be read. `mapping::find` isn't used
// before a check, and never on such bytes: it follows what they say of names.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "still/core/ground.hpp"
#include "still/core/report.hpp"
#include "still/page_table.hpp"
#include "still/segment/check.hpp"
#include "still/sequence/reader.hpp"
#include "still/tree/reader.hpp"

namespace still {

/// Checks a set, a map, or a view of one, whose nodes and elements came through their types. O(n). Throws what the
/// comparator does.
template <class Access, class Core>
[[nodiscard]] report check(tree::reader<Access, Core> const& seen, check_options const& how = {})
{
    auto const& version = tree::internals::core(seen);
    return tree::validate(version.root(), version.less(), core::sound_ground(how));
}

/// The same for a page table: O(nodes and slots); throws what `==` of slots does.
template <class Slot, class Policy>
[[nodiscard]] report check(page_table<Slot, Policy> const& seen, check_options const& how = {})
{
    return radix::validate(seen.root().get(), core::sound_ground(how));
}

/// The same for a vector, or a view of one: O(chunks).
template <class Core>
[[nodiscard]] report check(sequence::reader<Core> const& seen, check_options const& how = {})
{
    return sequence::validate(sequence::internals::core(seen).borrow(), core::sound_ground(how));
}

namespace core {

/// Containers that may lie in bytes from elsewhere: those that refuse to be copied there, and are only read.
template <class Heap>
inline constexpr bool is_read_in_place
    = readable_elsewhere<Heap> && requires(Heap const& handle, std::span<std::byte const> image) {
          { handle.is_of(image) } noexcept -> std::same_as<bool>;
      };

/// The rule that is broken by a container's place, which may be within the bounds, and by its handle; or null. With
/// another handle than its region's, it would be copied, and count owners, where nothing can be written.
template <class Container>
[[nodiscard]] char const* broken_by_handle(
    bounded_ground const& ground, Container const& seen, typename Container::heap_type const& handle, bool is_empty)
{
    static_assert(is_read_in_place<typename Container::heap_type>,
        "still: of bytes from elsewhere only a view is checked, or a container that refuses to be copied there "
        "(region_policy)");
    auto const bounds = ground.bounds();
    auto const start = reinterpret_cast<std::uintptr_t>(&seen) - reinterpret_cast<std::uintptr_t>(bounds.data());
    if (start < bounds.size())
        if (auto const* const rule = ground.broken_by(&seen, sizeof(Container), alignof(Container)))
            return rule;
    auto const is_right = handle.has_place() ? handle.is_of(bounds) : is_empty;
    return is_right ? nullptr : "the handle is of the region that the bounds begin with";
}

} // namespace core

/// Checks a set or map in bytes from elsewhere, or a view of such a one. Elements are checked before they are compared:
/// keys by `keys`, values by `values`, each called with the bytes of one, as a std::span<std::byte const>, and
/// returning whether they are a key or value. `by_type` does for types of which any bytes are (`any_bytes`), and for
/// `bool`. Boxes of elements are checked as nodes are. O(n), and O(bytes) whatever they say. Throws what the comparator
/// does, and what checks elements; a policy's measure is asked of any values that there are.
///
/// What is sound may be read, by all that allocates nothing. What it says of its names isn't checked: a difference from
/// another version skips what both say is the same.
template <class Access, class Core, class Keys = by_type, class Values = by_type>
[[nodiscard]] report check(
    tree::reader<Access, Core> const& seen, bounded_check const& how, Keys keys = {}, Values values = {})
{
    using schema = typename Access::schema;
    using measured = typename schema::measure::value_type;
    static_assert(!schema::has_measure || (any_bytes<measured>::value && std::equality_comparable<measured>),
        "still: a measure is checked in bytes from elsewhere where any bytes are a value of it, and two are compared "
        "by "
        "== (specialise still::any_bytes if all bytes are)");
    core::bounded_ground ground(how, tree::least_node_bytes<schema>);
    auto const& version = tree::internals::core(seen);
    if constexpr (requires { typename Core::heap_type; }) {
        static_assert(std::is_empty_v<std::remove_cvref_t<decltype(version.less())>>,
            "still: a comparator with state would come from elsewhere too; check a view that has one of your own");
        if (auto const* const rule = core::broken_by_handle(ground, version, version.heap(), !version.root()))
            return { rule, "the container" };
    }
    return tree::validate(version.root(), version.less(), ground, keys, values);
}

/// The same for a page table. Slots are checked before they are compared, as keys are.
template <class Slot, class Policy, class Slots = by_type>
[[nodiscard]] report check(page_table<Slot, Policy> const& seen, bounded_check const& how, Slots slots = {})
{
    using node = radix::node<Slot, Policy>;
    core::bounded_ground ground(how, sizeof(node));
    if (auto const* const rule = core::broken_by_handle(ground, seen, seen.heap(), seen.empty()))
        return { rule, "the container" };
    radix::inventory found;
    return radix::validate(seen.root().get(), found, ground, slots);
}

/// Chunks of a vector, and what slots of a segment name, are reached by addresses.
template <class Core, class... Checks>
report check(sequence::reader<Core> const&, bounded_check const&, Checks...)
{
    static_assert(!std::same_as<Core, Core>,
        "still: a vector can't be checked in bytes from elsewhere; sets, maps and page tables can");
    return {};
}
template <std::same_as<segment> Segment, class... Checks>
report check(Segment const&, bounded_check const&, Checks...)
{
    static_assert(!std::same_as<Segment, Segment>,
        "still: a segment's records can't be checked in bytes from elsewhere; map it, and check what is in its bytes");
    return {};
}

/// What `check_at` found.
template <class Version>
struct checked {
    report sound; ///< true in a condition where no rule is broken
    Version const* version = nullptr; ///< null where one is
};

/// Checks the set, map or page table that should lie at an offset in bytes from elsewhere: its own place, and then what
/// the other form does.
template <class Version, class... Checks>
[[nodiscard]] checked<Version> check_at(bounded_check const& how, std::size_t offset, Checks... checks)
{
    static_assert(
        requires(Version const& seen) { still::check(seen, how, checks...); },
        "still: of bytes from elsewhere sets, maps and page tables are checked, with a check for keys and one for "
        "values, or one for slots");
    auto const bytes = how.bounds();
    if (offset > bytes.size())
        return { report("offset ≤ size(bounds)", "the container") };
    auto const* const place = bytes.data() + offset;
    core::bounded_ground const ground(how, sizeof(Version));
    if (auto const* const rule = ground.broken_by(place, sizeof(Version), alignof(Version)))
        return { report(rule, "the container") };
    auto const* const seen = reinterpret_cast<Version const*>(place);
    auto sound = still::check(*seen, how, std::move(checks)...);
    auto const* const found = sound ? seen : nullptr;
    return { std::move(sound), found };
}

} // namespace still
