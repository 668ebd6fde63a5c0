// SPDX-License-Identifier: BSL-1.0
//
// Carrying a change from a leaf to the root. Each step replaces one or two neighbouring children of a
// branch by one or two new nodes: in place where the branch is ours alone, else in a copy. Nothing that
// was there is touched before the last step that can throw, so that every update happens or doesn't.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "still/tree/pack.hpp"
#include "still/tree/path.hpp"

namespace still::tree {

/// Children [first, first + count) of the branch above are to be replaced by the pieces.
template <class Schema>
struct replacement {
    std::size_t first = 0;
    std::size_t count = 0;
    pieces<Schema> nodes;
};

/// The root after an update: none where the old root stays, edited in place.
template <class Schema>
using new_root = std::optional<owned<node<Schema>>>;

/// Effect: lays out anew the leaf that `way` leads to: elements [index, index + removed) go, and what
/// `fill(packer)` adds, `added` elements, comes in their place. A leaf that would be too short is shared
/// out with a neighbour. At most two allocations. Returns pieces without a node where a root leaf is empty.
template <class Schema, class Fill>
[[nodiscard]] replacement<Schema> rewrite_leaf(typename Schema::heap& heap, path<Schema> const& way, std::size_t index,
    std::size_t removed, std::size_t added, Fill fill)
{
    auto const& old = way.leaf_at();
    auto const length = old.length - removed + added;
    auto const lay_out = [&](leaf_packer<Schema>& packer) {
        packer.copy(old, 0, index);
        fill(packer);
        packer.copy(old, index + removed, old.length);
    };
    if (way.root_level() == 0 && length == 0)
        return {};
    if (way.root_level() == 0 || length >= Schema::leaf_minimum) {
        leaf_packer<Schema> packer(heap, length);
        lay_out(packer);
        return { way.root_level() == 0 ? 0 : way.slot(1), 1, packer.finish() };
    }
    auto const& parent = way.branch_at(1);
    auto const slot = way.slot(1);
    if (slot > 0) {
        auto const& left = as_leaf(*parent.child(slot - 1));
        leaf_packer<Schema> packer(heap, left.length + length);
        packer.copy(left, 0, left.length);
        lay_out(packer);
        return { slot - 1, 2, packer.finish() };
    }
    auto const& right = as_leaf(*parent.child(slot + 1));
    leaf_packer<Schema> packer(heap, length + right.length);
    lay_out(packer);
    packer.copy(right, 0, right.length);
    return { slot, 2, packer.finish() };
}

/// Effect: the same for the branch that `way` leads to at `level`. A root left with one child is
/// replaced by that child. At most two allocations.
template <class Schema>
[[nodiscard]] replacement<Schema> rewrite_branch(
    typename Schema::heap& heap, path<Schema> const& way, unsigned level, replacement<Schema>&& change)
{
    auto const& old = way.branch_at(level);
    auto const length = old.length - change.count + change.nodes.count();
    auto const is_root = level == way.root_level();
    if (is_root && length == 1)
        return { 0, 1, std::move(change.nodes) };
    auto const lay_out = [&](branch_packer<Schema>& packer, typename Schema::key_type const* before) {
        auto const at_start = change.first == 0;
        packer.share(old, 0, change.first, before);
        packer.add(at_start ? before : separator_before(old, change.first), std::move(change.nodes.first));
        if (change.nodes.second)
            packer.add_behind_cut(change.nodes.separator, std::move(change.nodes.second));
        auto const rest = change.first + change.count;
        if (rest < old.length)
            packer.share(old, rest, old.length, separator_before(old, rest));
    };
    if (is_root || length >= Schema::branch_minimum) {
        branch_packer<Schema> packer(heap, level, length);
        lay_out(packer, nullptr);
        return { is_root ? 0 : way.slot(level + 1), 1, packer.finish() };
    }
    auto const& parent = way.branch_at(level + 1);
    auto const slot = way.slot(level + 1);
    if (slot > 0) {
        auto const& left = as_branch(*parent.child(slot - 1));
        branch_packer<Schema> packer(heap, level, left.length + length);
        packer.share(left, 0, left.length, nullptr);
        lay_out(packer, separator_before(parent, slot));
        return { slot - 1, 2, packer.finish() };
    }
    auto const& right = as_branch(*parent.child(slot + 1));
    branch_packer<Schema> packer(heap, level, length + right.length);
    lay_out(packer, nullptr);
    packer.share(right, 0, right.length, separator_before(parent, slot + 1));
    return { slot, 2, packer.finish() };
}

/// Effect: the same where one child takes the place of one, which is what happens to most branches on the way up.
/// `delta` is what the child has gained in elements. One allocation.
template <class Schema>
[[nodiscard]] replacement<Schema> rewrite_one_child(typename Schema::heap& heap, path<Schema> const& way,
    unsigned level, replacement<Schema>&& change, std::uint64_t delta)
{
    auto const& old = way.branch_at(level);
    auto copy = make_branch<Schema>(heap, level);
    auto const of_child = summary<Schema>{ old.child_size(change.first) + delta, measure_of(*change.nodes.first) };
    copy_but_one(as_branch(copy.edit()), old, change.first, std::move(change.nodes.first), of_child);
    return { level == way.root_level() ? 0 : way.slot(level + 1), 1, { std::move(copy), {} } };
}

/// Effect: replaces children of a branch of our own. Throws only from the copy of a separator, and then
/// nothing has changed. Precondition: the result has at most branch_capacity children.
template <class Schema>
void replace_children(branch<Schema>& in, typename Schema::heap const& heap, replacement<Schema>&& change)
{
    using key = typename Schema::key_type;
    auto const first = change.first;
    auto const count = change.count;
    auto const length = std::size_t{ in.length };
    auto const give = [&](std::size_t slot, owned<node<Schema>>& child) noexcept {
        in.set_child_summary(slot, summary_of(*child));
        in.children[slot].set(child.release());
    };
    if constexpr (Schema::edits_in_place) {
        auto const drop_old = [&]() noexcept {
            for (auto slot = first; slot < first + count; ++slot)
                owned<node<Schema>>::drop(in.children[slot].get());
        };
        auto const shift_children = [&](std::size_t from, std::size_t to) noexcept {
            auto const moved = length - from;
            if (to < from) {
                for (std::size_t index = 0; index < moved; ++index) {
                    in.children[to + index].set(in.children[from + index].get());
                    in.set_child_summary(to + index, in.child_summary(from + index));
                }
            } else {
                for (std::size_t index = moved; index-- > 0;) {
                    in.children[to + index].set(in.children[from + index].get());
                    in.set_child_summary(to + index, in.child_summary(from + index));
                }
            }
        };
        auto const has_second = static_cast<bool>(change.nodes.second);
        if (has_second) {
            spare<key, key_cell<Schema>> separator(heap, cut(*change.nodes.first, *change.nodes.separator));
            drop_old();
            if (count == 1) { // one becomes two
                relocate(in.separators.cell(first + 1), in.separators.cell(first), length - 1 - first);
                separator.move_to(in.separators.cell(first));
                shift_children(first + 1, first + 2);
                ++in.length;
            } else { // two stay two
                separator.replace(in.separators.cell(first));
            }
            give(first, change.nodes.first);
            give(first + 1, change.nodes.second);
        } else {
            drop_old();
            if (count == 2) { // two become one
                std::destroy_at(in.separators.cell(first));
                relocate(in.separators.cell(first), in.separators.cell(first + 1), length - 2 - first);
                shift_children(first + 2, first + 1);
                --in.length;
            }
            give(first, change.nodes.first);
        }
    } else {
        STILL_CHECK(Schema::edits_in_place); // else the path is copied, never edited
    }
}

/// Effect: tells the branches of our own above `level` what the way has come to hold: `delta` elements more
/// (modulo 2^64, so that it may stand for a loss), and another measure. Throws nothing.
/// Precondition: way.editable(level + 1).
template <class Schema>
void adjust_summaries(path<Schema>& way, unsigned level, std::uint64_t delta) noexcept
{
    for (auto above = level + 1; above <= way.root_level(); ++above) {
        auto& passed = way.edit_branch(above);
        auto const slot = way.slot(above);
        passed.set_child_size(slot, passed.child_size(slot) + delta);
        if constexpr (Schema::has_measure)
            passed.measured.set(slot, measure_of(way.at(above - 1)));
    }
}

/// Effect: the root of a tree of these pieces: the one there is, or a branch above two, or null.
template <class Schema>
[[nodiscard]] owned<node<Schema>> make_root(typename Schema::heap& heap, pieces<Schema>&& nodes)
{
    if (!nodes.second)
        return std::move(nodes.first);
    branch_packer<Schema> packer(heap, nodes.first->level + 1u, 2);
    packer.add(nullptr, std::move(nodes.first));
    packer.add_behind_cut(nodes.separator, std::move(nodes.second));
    return packer.finish().first;
}

/// Effect: carries a replacement of children of the branch at `level` up to the root. Where a branch on
/// the way is ours alone and stays full enough, it is edited in place, and the old root stays.
/// At most two allocations a level. `delta` is what the tree gains in elements, modulo 2^64.
template <class Schema>
[[nodiscard]] new_root<Schema> ascend(
    typename Schema::heap& heap, path<Schema>& way, unsigned level, replacement<Schema>&& change, std::uint64_t delta)
{
    for (; level <= way.root_level(); ++level) {
        if (way.editable(level)) {
            auto const length = way.branch_at(level).length - change.count + change.nodes.count();
            auto const least = level == way.root_level() ? std::size_t{ 2 } : Schema::branch_minimum;
            if (least <= length && length <= Schema::branch_capacity) {
                replace_children(way.edit_branch(level), heap, std::move(change));
                adjust_summaries(way, level, delta);
                return std::nullopt;
            }
        }
        if constexpr (std::is_trivially_copyable_v<key_cell<Schema>>) {
            if (change.count == 1 && !change.nodes.second) {
                change = rewrite_one_child(heap, way, level, std::move(change), delta);
                continue;
            }
        }
        change = rewrite_branch(heap, way, level, std::move(change));
    }
    return make_root(heap, std::move(change.nodes));
}

} // namespace still::tree
