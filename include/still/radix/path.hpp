// SPDX-License-Identifier: BSL-1.0
//
// The way from a root to the node that an update is about, and the copying of that way.
//
// An update changes one node. Nodes above it that nobody else reads are kept and edited; from the
// first shared one down they are copied. All copies are made, with a gap where the changed node will
// hang, before anything that others see is touched: so a throw leaves the table as it was.

#pragma once

#include <cstdint>
#include <utility>

#include "still/radix/node.hpp"

namespace still::radix {

/// The branches above a node, from the root down, for one index.
template <class Node>
class path {
public:
    /// Effect: goes down from the root as far as nodes cover the index.
    /// Precondition: root is not null.
    path(owned<Node> const& root, page_index index) noexcept
        : index_(index)
        , end_(const_cast<Node*>(root.get()))
    {
        auto unshared = true;
        for (;;) {
            unshared = unshared && end_->references.unique();
            if (unshared)
                ++unshared_;
            if (!end_->is_branch() || !end_->covers(index_)) {
                if (!unshared && end_->is_leaf())
                    end_->prefetch_slot_counts();
                return;
            }
            auto* const child = end_->child_of(end_->digit_of(index_));
            if (child == nullptr)
                return;
            // It will be copied, and its children counted, while the next node is on its way from memory.
            if (!unshared)
                end_->prefetch_counts(0, end_->entries());
            branches_[length_++] = end_;
            end_ = child;
        }
    }

    [[nodiscard]] page_index index() const noexcept { return index_; }
    /// Where the way ends: a leaf or uniform node that covers the index, a branch that covers it and has no
    /// child for it, or a node that does not cover it.
    [[nodiscard]] Node& end() const noexcept { return *end_; }
    /// True when the end may be edited: it and all above have one owner.
    [[nodiscard]] bool end_is_unshared() const noexcept { return unshared_ > length_; }

    /// Branches above the end.
    [[nodiscard]] unsigned length() const noexcept { return length_; }
    [[nodiscard]] Node& branch(unsigned i) const noexcept
    {
        STILL_ASSERT(i < length_);
        return *branches_[i];
    }
    /// The first so many branches may be edited.
    [[nodiscard]] unsigned unshared() const noexcept { return unshared_ < length_ ? unshared_ : length_; }

    /// Effect: the end becomes the branch above it. Precondition: length() ≥ 1.
    void step_up() noexcept
    {
        STILL_ASSERT(length_ >= 1);
        end_ = branches_[--length_];
    }

private:
    page_index index_;
    Node* end_;
    unsigned length_ = 0;
    unsigned unshared_ = 0;
    Node* branches_[Node::levels];
};

/// Returns a copy of a branch with the size given, and a gap at `digit`, be it in use or not.
/// Allocates one node. Throws what the heap does.
template <class Node>
[[nodiscard]] owned<Node> copy_with_gap(
    typename Node::heap_type& heap, Node const& branch, unsigned digit, std::uint64_t size)
{
    auto const entries = branch.entries() + (branch.has(digit) ? 0U : 1U);
    auto copy = Node::make(heap, branch.level(), branch.first(), entries);
    auto& fresh = copy.edit();
    fresh.set_size(size);
    fresh.share_children_around_gap(branch, digit);
    return copy;
}

/// Returns a branch in the place of a uniform node or a part of one: all children uniform, with its slot, but for a
/// gap at `digit`. Allocates one node for each child but that, and the branch. Throws what heap and slot do.
template <class Node>
[[nodiscard]] owned<Node> split_with_gap(typename Node::heap_type& heap, typename Node::slot_type const& slot,
    unsigned level, page_index first, unsigned digit, std::uint64_t size)
{
    auto made = Node::make(heap, level, first, Node::fan_out);
    auto& fresh = made.edit();
    fresh.set_size(size);
    for (unsigned next = 0; next < Node::fan_out; ++next) {
        if (next == digit)
            fresh.append_child(next, {});
        else
            fresh.append_child(next, Node::make_uniform(heap, level - 1, Node::start_in(first, level, next), slot));
    }
    return made;
}

/// Replaces what hangs at the end of a path, and counts the slots that came or went (`delta`) in the
/// branches above.
template <class Node>
class graft {
public:
    /// Effect: copies the shared branches above the end. Allocates one node for each; throws what the
    /// heap does, with nothing changed.
    graft(typename Node::heap_type& heap, path<Node> const& way, std::int64_t delta)
        : way_(way)
        , delta_(delta)
    {
        for (auto i = way.unshared(); i < way.length(); ++i)
            extend(heap, way.branch(i));
    }

    /// Effect: goes one branch further: a copy of `branch` with a gap for the path's index hangs last.
    /// Allocates one node; throws what the heap does.
    void extend(typename Node::heap_type& heap, Node const& branch)
    {
        auto const digit = branch.digit_of(way_.index());
        hang(copy_with_gap(heap, branch, digit, branch.size() + static_cast<std::uint64_t>(delta_)), digit);
    }

    /// Effect: splits the uniform node at the path's end down to leaves along the way to the path's index: branches
    /// hang last, one for each level of it above 0, the lowest with a gap. Allocates fan-out nodes a level; throws
    /// what heap and slot do.
    void split(typename Node::heap_type& heap, Node const& uniform)
    {
        for (auto level = uniform.level(); level > 0; --level) {
            auto const digit = Node::digit_of(way_.index(), level);
            auto const size = Node::span_mask(level) + 1 + static_cast<std::uint64_t>(delta_);
            hang(split_with_gap<Node>(
                     heap, uniform.uniform_slot(), level, Node::start_of(way_.index(), level), digit, size),
                digit);
        }
    }

    /// Effect: hangs a new branch last, whose child at `digit` is a gap.
    void hang(owned<Node> branch, unsigned digit) noexcept
    {
        auto* const last = &branch.edit();
        fill(std::move(branch));
        last_ = last;
        gap_ = digit;
    }

    /// Effect: closes the gap with `bottom`, or with nothing where null stands for an empty table, and
    /// puts the whole in the place of what hung at the path's end. What was there loses one owner.
    void put(owned<Node>& root, owned<Node> bottom) noexcept
    {
        fill(std::move(bottom));
        auto const kept = way_.unshared();
        owned<Node> before;
        if (kept == 0) {
            before = std::exchange(root, std::move(top_));
        } else {
            auto& parent = way_.branch(kept - 1);
            before = parent.set_child(parent.digit_of(way_.index()), std::move(top_));
        }
        count();
    }

    /// Effect: counts the slots in the unshared branches. For edits that need no graft.
    void count() noexcept
    {
        for (unsigned i = 0; i < way_.unshared(); ++i)
            way_.branch(i).set_size(way_.branch(i).size() + static_cast<std::uint64_t>(delta_));
    }

private:
    void fill(owned<Node> below) noexcept
    {
        if (last_ == nullptr)
            top_ = std::move(below);
        else
            last_->set_child(gap_, std::move(below));
    }

    path<Node> const& way_;
    std::int64_t const delta_;
    owned<Node> top_;
    Node* last_ = nullptr;
    unsigned gap_ = 0;
};

} // namespace still::radix
