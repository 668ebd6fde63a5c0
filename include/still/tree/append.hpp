// SPDX-License-Identifier: BSL-1.0
//
// Filling a node of our own from left to right: with elements, with children, and with what another node has.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "still/tree/node.hpp"

namespace still::tree {

/// Effect: appends an element to a leaf. All or nothing. Precondition: to.length < capacity.
template <class Schema, class KeySource, class ValueSource>
void append(leaf<Schema>& to, typename Schema::heap const& heap, incoming<KeySource, ValueSource>&& element)
{
    STILL_ASSERT(to.length < Schema::leaf_capacity);
    auto* const key = to.keys.cell(to.length);
    build<typename Schema::key_type>(heap, key, std::forward<KeySource>(element.key));
    if constexpr (Schema::has_values) {
        struct undo {
            key_cell<Schema>* key;
            ~undo()
            {
                if (key != nullptr)
                    std::destroy_at(key);
            }
        } built{ key };
        build<typename Schema::value_type>(heap, to.values.cell(to.length), std::forward<ValueSource>(element.value));
        built.key = nullptr;
    }
    ++to.length;
}

/// Effect: appends elements [first, last) of a leaf, or of what has keys and values as a leaf, by copying their bytes.
/// Precondition: to.length + last - first ≤ capacity.
template <class Schema, class From>
void append_bytes(leaf<Schema>& to, From const& from, std::size_t first, std::size_t last) noexcept
{
    auto const count = last - first;
    STILL_ASSERT(first <= last && to.length + count <= Schema::leaf_capacity);
    if (count == 0)
        return;
    std::memcpy(static_cast<void*>(to.keys.cell(to.length)), from.keys.at(first), count * sizeof(key_cell<Schema>));
    if constexpr (Schema::has_values)
        std::memcpy(
            static_cast<void*>(to.values.cell(to.length)), from.values.at(first), count * sizeof(value_cell<Schema>));
    to.length = static_cast<std::uint8_t>(to.length + count);
}

/// Effect: appends elements [first, last) of another leaf: shared where they lie in boxes, else copied.
/// What came before an exception stays. Precondition: to.length + last - first ≤ capacity, and both leaves'
/// memory is paid for by one heap.
template <class Schema>
void append(
    leaf<Schema>& to, typename Schema::heap const& heap, leaf<Schema> const& from, std::size_t first, std::size_t last)
{
    using key = key_cell<Schema>;
    using value = value_cell<Schema>;
    STILL_ASSERT(first <= last && to.length + (last - first) <= Schema::leaf_capacity);
    if constexpr (std::is_trivially_copyable_v<key> && std::is_trivially_copyable_v<value>) {
        append_bytes(to, from, first, last);
    } else {
        if constexpr (is_string<key>) {
            // Letters lie apart from each other, and copying one string would wait for them before the next begins.
            for (auto index = first; index != last; ++index)
                __builtin_prefetch(from.keys.at(index)->data());
        }
        for (; first != last; ++first)
            append(to, heap, incoming{ kept{ *from.keys.at(first) }, kept{ *from.values.at(first) } });
    }
}

/// The last key below a node. O(height).
template <class Schema>
[[nodiscard]] typename Schema::key_type const& last_key_of(node<Schema> const& seen) noexcept
{
    auto const* passed = &seen;
    while (passed->level > 0)
        passed = as_branch(*passed).child(passed->length - 1u);
    return *as_leaf(*passed).keys.at(passed->length - 1u);
}

/// What a separator behind `left` is built from: the one given, or so much of its beginning as is still above all
/// keys below `left`. Strings that short lie in the branch itself: they are compared there, and copied without an
/// allocation. O(height). Precondition: max(left) < separator.
template <class Schema>
[[nodiscard]] auto cut([[maybe_unused]] node<Schema> const& left, typename Schema::key_type const& separator) noexcept
{
    using key = typename Schema::key_type;
    if constexpr (Schema::cuts_separators) {
        std::basic_string_view<typename key::value_type> const whole(separator);
        if (whole.size() <= key().capacity())
            return whole;
        auto const& last = last_key_of(left);
        auto const differs = std::mismatch(last.begin(), last.end(), whole.begin(), whole.end()).second;
        STILL_ASSERT(differs != whole.end());
        return whole.substr(0, static_cast<std::size_t>(differs - whole.begin()) + 1);
    } else {
        return kept<key>{ separator };
    }
}

/// Effect: appends a child whose separator stands already.
template <class Schema>
void take_child(branch<Schema>& to, owned<node<Schema>>&& child, summary<Schema> const& of_child) noexcept
{
    to.children[to.length].set(child.release());
    to.set_child_summary(to.length, of_child);
    ++to.length;
}

/// Effect: appends a child, behind a separator where it isn't the first. All or nothing: a separator's
/// copy may throw, and then the child is the caller's still. Precondition: to.length < capacity; the
/// separator is a key that lies in a node.
template <class Schema>
void append(branch<Schema>& to, typename Schema::heap const& heap, typename Schema::key_type const* separator,
    owned<node<Schema>>&& child, summary<Schema> const& of_child)
{
    STILL_ASSERT(to.length < Schema::branch_capacity && child->level + 1 == to.level);
    if (to.length > 0)
        build<typename Schema::key_type>(heap, to.separators.cell(to.length - 1u), kept{ *separator });
    take_child(to, std::move(child), of_child);
}

/// Effect: the same, where the separator wasn't one before: it may be cut.
template <class Schema>
void append_behind_cut(branch<Schema>& to, typename Schema::heap const& heap,
    typename Schema::key_type const* separator, owned<node<Schema>>&& child, summary<Schema> const& of_child)
{
    STILL_ASSERT(to.length < Schema::branch_capacity && child->level + 1 == to.level);
    if (to.length > 0)
        build<typename Schema::key_type>(
            heap, to.separators.cell(to.length - 1u), cut(*to.child(to.length - 1u), *separator));
    take_child(to, std::move(child), of_child);
}

/// Effect: appends children [first, last) of another branch, shared, with `separator` before the first of
/// them. All or nothing for each. Precondition: to.length + last - first ≤ capacity.
template <class Schema>
void append_shared(branch<Schema>& to, typename Schema::heap const& heap, typename Schema::key_type const* separator,
    branch<Schema> const& from, std::size_t first, std::size_t last)
{
    STILL_ASSERT(first <= last && last <= from.length && to.length + (last - first) <= Schema::branch_capacity);
    using key = key_cell<Schema>;
    if constexpr (std::is_trivially_copyable_v<key>) {
        if (first == last)
            return;
        auto const count = last - first;
        auto const at = std::size_t{ to.length };
        prefetch_counts(from, first, last);
        if (at > 0)
            build<typename Schema::key_type>(heap, to.separators.cell(at - 1), kept{ *separator });
        if (count > 1)
            std::memcpy(
                static_cast<void*>(to.separators.cell(at)), from.separators.at(first), (count - 1) * sizeof(key));
        if constexpr (Schema::has_measure) {
            for (std::size_t index = 0; index < count; ++index)
                to.set_child_summary(at + index, from.child_summary(first + index));
        } else {
            with_sizes(
                [&](auto& into, auto const& sizes) { std::memcpy(into + at, sizes + first, count * sizeof *into); }, to,
                from);
        }
        copy_links(to.children + at, from.children + first, count);
        share_each(first, last, [&](std::size_t slot) { return target_of(from.children[slot]); });
        to.length = static_cast<std::uint8_t>(at + count);
    } else {
        prefetch_counts(from, first, last);
        for (; first != last; ++first) {
            append(to, heap, separator, owned<node<Schema>>::share(from.child(first)), from.child_summary(first));
            separator = first + 1u < from.length ? from.separators.at(first) : nullptr;
        }
    }
}

/// Effect: makes an empty branch a copy of another of its level, but with another child in one slot; all other
/// children are shared. Throws nothing. Precondition: separators are copied as bytes.
template <class Schema>
void copy_but_one(branch<Schema>& to, branch<Schema> const& from, std::size_t slot, owned<node<Schema>>&& child,
    summary<Schema> const& of_child) noexcept
{
    static_assert(std::is_trivially_copyable_v<key_cell<Schema>>);
    STILL_ASSERT(to.length == 0 && to.level == from.level && slot < from.length);
    // All there is room for, in use or not: a number of bytes that compilers know.
    std::memcpy(static_cast<void*>(&to.separators), &from.separators, sizeof to.separators);
    with_sizes([](auto& target, auto const& source) { std::memcpy(target, source, sizeof target); }, to, from);
    copy_links(to.children, from.children, from.length);
    if constexpr (Schema::has_measure) {
        for (std::size_t index = 0; index < from.length; ++index)
            to.measured.set(index, from.measured.at(index));
    }
    auto const child_at = [&](std::size_t index) { return target_of(from.children[index]); };
    share_each(0, slot, child_at);
    share_each(slot + 1, from.length, child_at);
    to.children[slot].set(child.release());
    to.set_child_summary(slot, of_child);
    to.length = from.length;
}

} // namespace still::tree
