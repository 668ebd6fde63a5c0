// SPDX-License-Identifier: BSL-1.0
//
// Reading a tree: by key and by number. Nothing here touches a count or allocates.

#pragma once

#include <cstddef>
#include <cstdint>

#include "still/tree/node.hpp"
#include "still/tree/search.hpp"

namespace still::tree {

/// An element where it lies: null when there is none.
template <class Schema>
struct place {
    leaf<Schema> const* in = nullptr;
    std::size_t index = 0;

    [[nodiscard]] explicit operator bool() const noexcept { return in != nullptr; }
    [[nodiscard]] typename Schema::key_type const* key() const noexcept
    {
        return in == nullptr ? nullptr : in->keys.at(index);
    }
    [[nodiscard]] typename Schema::value_type const* value() const noexcept
    {
        return in == nullptr ? nullptr : in->values.at(index);
    }
};

/// The child of a branch where `key` belongs.
template <class Schema, class Sought, class Less>
[[nodiscard]] std::size_t slot_of(branch<Schema> const& passed, Sought const& key, Less const& less)
{
    return end_through(passed.separators, 0, passed.length - 1u, key, less);
}

/// The element of a leaf whose key is equivalent to `key`, or null.
template <class Schema, class Sought, class Less>
[[nodiscard]] place<Schema> find_in(leaf<Schema> const& in, Sought const& key, Less const& less)
{
    auto const index = end_below(in.keys, 0, in.length, key, less);
    if (index == in.length || less(key, *in.keys.at(index)))
        return {};
    return { &in, index };
}

/// The element whose key is equivalent to `key`, or null. O(log n) comparisons.
template <class Schema, class Sought, class Less>
[[nodiscard]] place<Schema> find(borrowed<node<Schema>> root, Sought const& key, Less const& less)
{
    if (!root)
        return {};
    auto const* passed = root.get();
    for (unsigned level = passed->level; level > 0; --level) {
        auto const& from = as_branch(*passed);
        passed = from.child(slot_of(from, key, less));
        prefetch(passed, level - 1);
    }
    return find_in(as_leaf(*passed), key, less);
}

/// The number of elements whose keys are less than `key`. O(log n) comparisons.
template <class Schema, class Sought, class Less>
[[nodiscard]] std::uint64_t rank(borrowed<node<Schema>> root, Sought const& key, Less const& less)
{
    if (!root)
        return 0;
    std::uint64_t before = 0;
    auto const* passed = root.get();
    while (passed->level > 0) {
        auto const& from = as_branch(*passed);
        auto const slot = slot_of(from, key, less);
        before += size_before(from, slot);
        passed = from.child(slot);
    }
    auto const& in = as_leaf(*passed);
    return before + end_below(in.keys, 0, in.length, key, less);
}

/// The number of elements whose keys are not greater than `key`. O(log n) comparisons.
template <class Schema, class Sought, class Less>
[[nodiscard]] std::uint64_t rank_through(borrowed<node<Schema>> root, Sought const& key, Less const& less)
{
    auto const below = rank(root, key, less);
    return below + (find(root, key, less) ? 1 : 0);
}

/// The first and the last element. Precondition: the tree isn't empty. O(height).
template <class Schema>
[[nodiscard]] place<Schema> first(borrowed<node<Schema>> root) noexcept
{
    auto const* passed = root.get();
    while (passed->level > 0)
        passed = as_branch(*passed).child(0);
    return { &as_leaf(*passed), 0 };
}
template <class Schema>
[[nodiscard]] place<Schema> last(borrowed<node<Schema>> root) noexcept
{
    auto const* passed = root.get();
    while (passed->level > 0)
        passed = as_branch(*passed).child(passed->length - 1u);
    return { &as_leaf(*passed), passed->length - 1u };
}

} // namespace still::tree
