// SPDX-License-Identifier: BSL-1.0
//
// Changes made to a version, and the changes of two versions made together.
//
//   auto const next = still::patch(base, still::diff(before, after));
//   auto const both = still::merge3(base, ours, theirs, resolve);
//
// merge3 is in tree/merge3.hpp.

#pragma once

#include <ranges>
#include <stdexcept>
#include <utility>

#include <boost/throw_exception.hpp>

#include "still/tree/changes.hpp"
#include "still/tree/container.hpp"
#include "still/tree/editor.hpp"

namespace still::tree {

/// What a change points to: its key, and its value.
template <class Key>
[[nodiscard]] Key const& key_at(Key const* seen) noexcept
{
    return *seen;
}
template <class Key, class Value>
[[nodiscard]] Key const& key_at(entry_pointer<Key, Value> seen) noexcept
{
    return (*seen).first;
}
template <class Key>
[[nodiscard]] no_value value_at(Key const*) noexcept
{
    return {};
}
template <class Key, class Value>
[[nodiscard]] Value const& value_at(entry_pointer<Key, Value> seen) noexcept
{
    return (*seen).second;
}

/// The key of a change.
template <class Pointer>
[[nodiscard]] auto const& key_of(change<Pointer> const& seen) noexcept
{
    STILL_ASSERT(static_cast<bool>(seen.kind == change_kind::removed ? seen.before : seen.after));
    return key_at(seen.kind == change_kind::removed ? seen.before : seen.after);
}

/// Effect: sets an element where the editor goes for its key. A present key stays, and its value where it
/// is equal.
template <class Schema, class Less, class Pointer>
void set_element(editor<Schema, Less>& edits, Pointer element)
{
    auto const found = edits.seek(key_at(element));
    if (!found)
        edits.insert(key_at(element), value_at(element));
    else if constexpr (Schema::has_values) {
        if (!same_value(*found.value(), value_at(element)))
            edits.assign(value_at(element));
    }
}

} // namespace still::tree

namespace still {

/// Effect: `base` after the changes, a range of `change` in strictly ascending order of keys, as `diff`
/// gives it: of `added` and `changed` elements the keys get the values, wherever they were; `removed` keys
/// go. So patch(before, diff(before, after)) == after, and any other base takes the same changes, whatever
/// it has. Present keys stay, with their values where these are equal by `==`. Where nothing changes, it
/// is the root of `base`, and nothing is allocated; else each node without a change below it is shared.
/// O(changes · log(n / changes + 1)) beside what the range costs. Elements are copied, so that the versions
/// that the changes point into need not outlive the result; they outlive the call.
/// Throws std::invalid_argument where a key isn't greater than the one before it, and what the heap, the
/// comparison, a copy and the range throw.
template <class Face, class Access, class Core, std::ranges::input_range Changes>
    requires(Core::is_shared
        && std::convertible_to<std::ranges::range_reference_t<Changes>, change<typename Access::pointer>>)
[[nodiscard]] Face patch(tree::container<Face, Access, Core> const& base, Changes&& changes)
{
    using schema = typename Access::schema;
    auto const& core = tree::internals::core(base);
    auto heap = core.heap_to_share();
    auto const& less = core.less();
    tree::editor<schema, typename Face::key_compare> edits(heap, core.root(), less);
    typename schema::key_type const* before = nullptr;
    for (change<typename Access::pointer> const& change : changes) {
        auto const& key = tree::key_of(change);
        if (before != nullptr && !less(*before, key))
            boost::throw_exception(std::invalid_argument(
                "still: patch wants changes in strictly ascending order of their keys, as diff gives them"));
        before = &key;
        if (change.kind != change_kind::removed)
            tree::set_element(edits, change.after);
        else if (edits.seek(key))
            edits.erase();
    }
    return tree::internals::make<Face>(core.with(edits.finish()));
}

} // namespace still
