// SPDX-License-Identifier: BSL-1.0
//
// Building a tree from left to right, out of single elements and whole shared subtrees.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "still/tree/find.hpp"
#include "still/tree/mixture.hpp"
#include "still/tree/pack.hpp"

namespace still::tree {

/// Grows a tree at its right edge, level by level. Each level has a node that is being filled, `open`, and
/// its left neighbour, `held`, which is full enough and is passed up only when `open` is, so that a tail
/// that stays too short has something at hand to be shared out with. See Note: building a tree.
///
/// An element costs O(1) amortised, a subtree O(1) amortised and at most O(log n).
/// Throws what the heap, the comparison and the copy of an element throw; then only dropping is left.
template <class Schema, class Less>
class builder {
public:
    using key = typename Schema::key_type;
    using node_type = node<Schema>;

    builder(typename Schema::heap& heap, Less const& less) noexcept
        : heap_(heap)
        , less_(less)
    {
    }

    /// Effect: appends one element. Precondition: its key is greater than all before.
    template <class KeySource, class ValueSource>
    void add(incoming<KeySource, ValueSource>&& element)
    {
        append(room_in_leaf(), heap_, std::move(element));
    }

    /// Effect: appends copies of elements [first, last) of a leaf. Precondition: as for one.
    void add(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        auto& open = level_[0].open;
        if (open && open->length + (last - first) <= Schema::leaf_capacity) [[likely]]
            append(as_leaf(open.edit()), heap_, from, first, last);
        else
            add_over(from, first, last);
    }

    /// Effect: appends all of a mixture. Precondition: as for one.
    void add(mixture<Schema> const& from)
    {
        for (std::size_t first = 0; first < from.length;) {
            auto& to = room_in_leaf();
            auto const count = std::min<std::size_t>(from.length - first, Schema::leaf_capacity - to.length);
            append_bytes(to, from, first, first + count);
            first += count;
        }
    }

    /// Effect: appends a tree, shared. Precondition: as for its elements, and its bounds outlive the builder.
    void add(subtree<Schema> const& added)
    {
        if (added.root->length < minimum_length<Schema>(added.root->level)) { // a root: its parts are full enough
            add_parts(added);
            return;
        }
        auto const* const separator = separator_before(added);
        add_node({ added.root, separator, added.high });
        ended_before_ = added.high;
    }

    /// Effect: appends children [first, last) of a branch, shared; the same as one by one, but for the time
    /// it takes: what is known of neighbours needn't be asked of each. Precondition: as for each.
    void add(subtree<Schema> const& whole, std::size_t first, std::size_t last)
    {
        auto const& from = as_branch(*whole.root);
        auto const level = from.level - 1u;
        while (first != last) {
            add(child_of(whole, first++));
            if (first == last || !is_closed(level))
                continue;
            while (first != last) {
                auto& to = room_in_branch(level + 1);
                auto const count = std::min(last - first, Schema::branch_capacity - to.length);
                append_shared(to, heap_, from.separators.at(first - 1), from, first, first + count);
                first += count;
            }
            ended_before_ = child_of(whole, last - 1).high;
        }
    }

    /// Effect: the leaf that is being filled, with room for an element at least.
    [[nodiscard]] leaf<Schema>& room_in_leaf()
    {
        auto& open = level_[0].open;
        if (open && open->length == Schema::leaf_capacity)
            hold(0);
        if (!open)
            open = make_leaf<Schema>(heap_);
        return as_leaf(open.edit());
    }

    /// The last key so far: null where there is none, or it lies in a subtree. O(1).
    [[nodiscard]] key const* last_key() const noexcept
    {
        if (auto const& leaf = level_[0].open)
            return as_leaf(*leaf).keys.at(leaf->length - 1u);
        return nullptr;
    }

    /// Effect: the tree of all that was added. O(log n).
    [[nodiscard]] owned<node_type> finish()
    {
        for (unsigned level = 0;; ++level) {
            auto& [open, held] = level_[level];
            if (level < top_ || (open && held)) {
                close(level);
                continue;
            }
            auto& root = open ? open : held;
            if (root && root->level > 0 && root->length == 1)
                return take_last(level);
            return std::move(root);
        }
    }

private:
    struct edge {
        owned<node_type> open;
        owned<node_type> held;
    };

    /// The same where they may not all go into the open leaf.
    [[gnu::noinline]] void add_over(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        while (first != last) {
            auto& to = room_in_leaf();
            auto const room = Schema::leaf_capacity - to.length;
            auto const count = last - first < room ? last - first : room;
            append(to, heap_, from, first, first + count);
            first += count;
        }
    }

    /// A key that tells the subtree from all that was added: its bound where that does, else its first.
    [[nodiscard]] key const* separator_before(subtree<Schema> const& added) const
    {
        if (added.low != nullptr) {
            if (auto const* const last = last_key()) {
                if (less_(*last, *added.low))
                    return added.low;
            } else if (ended_before_ != nullptr && !less_(*added.low, *ended_before_)) {
                return added.low;
            }
        }
        return first_key(*added.root);
    }
    [[nodiscard]] static key const* first_key(node_type const& of) noexcept
    {
        return first(borrowed<node_type>(&of)).key();
    }

    /// Adds the children of a node, or its elements, one by one.
    void add_parts(subtree<Schema> const& whole)
    {
        if (whole.root->level == 0) {
            add(as_leaf(*whole.root), 0, whole.root->length);
            return;
        }
        for (std::size_t slot = 0; slot < whole.root->length; ++slot)
            add(child_of(whole, slot));
    }

    /// Adds a node that is full enough, behind all that is being filled on its level and below.
    /// Precondition: added.low is a separator.
    void add_node(subtree<Schema> const& added)
    {
        auto const level = unsigned{ added.root->level };
        for (unsigned below = 0; below < level; ++below) {
            if (!can_close(below)) { // all there is so far is too short to stand beside this node
                add_parts(added);
                return;
            }
            close(below);
        }
        if (can_close(level)) {
            close(level);
            add_child(level + 1, added.low, owned<node_type>::share(added.root));
            return;
        }
        auto const start = std::move(level_[level].open);
        pass_up(combine(heap_, *start, added.low, *added.root));
    }

    /// True when all that was added up to this level has been passed up.
    [[nodiscard]] bool is_closed(unsigned level) const noexcept
    {
        for (unsigned below = 0; below <= level; ++below) {
            if (level_[below].open || level_[below].held)
                return false;
        }
        return true;
    }

    /// Appends a child to the open branch of a level.
    void add_child(unsigned level, key const* separator, owned<node_type>&& child)
    {
        auto const of_child = summary_of(*child);
        add_child(level, separator, std::move(child), of_child);
    }
    void add_child(unsigned level, key const* separator, owned<node_type>&& child, summary<Schema> const& of_child)
    {
        append_behind_cut(room_in_branch(level), heap_, separator, std::move(child), of_child);
    }

    /// The open branch of a level, with room for a child.
    [[nodiscard]] branch<Schema>& room_in_branch(unsigned level)
    {
        STILL_ASSERT(level < Schema::max_height);
        if (auto const& open = level_[level].open; open && open->length == Schema::branch_capacity)
            hold(level);
        auto& open = level_[level].open;
        if (!open)
            open = make_branch<Schema>(heap_, level);
        top_ = std::max(top_, level);
        return as_branch(open.edit());
    }

    /// The open node is full: it is held from now on, and what was held goes up.
    void hold(unsigned level)
    {
        auto& [open, held] = level_[level];
        if (held)
            pass_up(std::move(held));
        held = std::move(open);
    }

    void pass_up(owned<node_type>&& complete)
    {
        auto const* const separator = first_key(*complete);
        auto const level = complete->level + 1u;
        add_child(level, separator, std::move(complete));
    }
    void pass_up(pieces<Schema>&& complete)
    {
        pass_up(std::move(complete.first));
        if (complete.second)
            pass_up(std::move(complete.second));
    }

    /// True unless the open node is too short and has no left neighbour anywhere.
    [[nodiscard]] bool can_close(unsigned level) const noexcept
    {
        auto const& [open, held] = level_[level];
        return !open || open->length >= minimum_length<Schema>(level) || held || level < top_;
    }

    /// Passes up all that a level has. Precondition: can_close(level).
    void close(unsigned level)
    {
        auto& [open, held] = level_[level];
        if (open && open->length < minimum_length<Schema>(level)) {
            auto const too_short = std::move(open);
            auto const neighbour = held ? std::move(held) : take_last(level + 1);
            pass_up(combine(heap_, *neighbour, first_key(*too_short), *too_short));
            return;
        }
        if (held)
            pass_up(std::move(held));
        if (open)
            pass_up(std::move(open));
    }

    /// Takes back the last child of a level. Where the level has none, it is opened again from the level
    /// above. Precondition: this level or one above has some.
    [[nodiscard]] owned<node_type> take_last(unsigned level)
    {
        auto& [open, held] = level_[level];
        if (!open && held)
            open = std::move(held);
        if (!open) {
            open = our_own(take_last(level + 1));
            top_ = std::max(top_, level);
        }
        auto& from = as_branch(open.edit());
        --from.length;
        auto last = owned<node_type>::adopt(from.children[from.length].get());
        if (from.length > 0)
            std::destroy_at(from.separators.cell(from.length - 1u));
        else
            open = {};
        while (top_ > 0 && !level_[top_].open && !level_[top_].held)
            --top_;
        return last;
    }

    /// The branch itself where nobody else owns it, else a copy.
    [[nodiscard]] owned<node_type> our_own(owned<node_type> seen)
    {
        if (seen.unique())
            return seen;
        branch_packer<Schema> copy(heap_, seen->level, seen->length);
        copy.share(as_branch(*seen), 0, seen->length, nullptr);
        return copy.finish().first;
    }

    typename Schema::heap& heap_;
    Less const& less_;
    key const* ended_before_ = nullptr; ///< when a subtree came last: a key greater than all so far, or null
    unsigned top_ = 0; ///< the highest level that has anything
    edge level_[Schema::max_height + 1];
};

} // namespace still::tree
