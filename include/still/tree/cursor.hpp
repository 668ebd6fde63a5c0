// SPDX-License-Identifier: BSL-1.0
//
// A cursor for walking two trees side by side. It stands either before an unopened subtree or at an
// element of a leaf, and opens only what the walk needs to see. See Note: two cursors.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "still/tree/node.hpp"

namespace still::tree {

/// Invariants:
///   the subtree at hand has level `level()`; in a leaf that is 0 and `in_leaf()` holds
///   while started_, the cursor stands before the first element of its nodes of level ≤ start_level(),
///   and of none higher; otherwise it is in the middle of a leaf
/// Bounds are separators, so they may lie away from the nearest key; null means no bound.
/// Owns nothing, touches no count.
template <class Schema>
class cursor {
public:
    using key = typename Schema::key_type;

    explicit cursor(borrowed<node<Schema>> root) noexcept
        : root_(root)
    {
        if (!root_) {
            at_end_ = true;
            return;
        }
        level_ = start_level_ = root_->level;
        at_[level_] = { root_.get(), nullptr, nullptr };
    }

    [[nodiscard]] bool at_end() const noexcept { return at_end_; }
    [[nodiscard]] bool in_leaf() const noexcept { return in_leaf_; }
    [[nodiscard]] unsigned level() const noexcept { return level_; }
    [[nodiscard]] unsigned start_level() const noexcept { return start_level_; }

    /// The subtree at hand, opened or not. Precondition: not at the end.
    [[nodiscard]] subtree<Schema> const& item() const noexcept { return at_[level_]; }

    /// The subtree of a level that the cursor is in or before. Precondition: level() ≤ level ≤ root's.
    [[nodiscard]] subtree<Schema> const& at(unsigned level) const noexcept { return at_[level]; }

    /// Precondition: in_leaf().
    [[nodiscard]] leaf<Schema> const& in() const noexcept { return as_leaf(*at_[0].root); }
    [[nodiscard]] std::size_t index() const noexcept { return index_; }
    [[nodiscard]] key const& here() const noexcept { return *in().keys.at(index_); }

    /// A key that none of the subtree at hand is less than; null when not known.
    [[nodiscard]] key const* low() const noexcept { return item().low; }
    /// A key that all of the subtree at hand are less than; null when there is none.
    [[nodiscard]] key const* high() const noexcept { return item().high; }

    /// Effect: opens the subtree at hand: goes to its first child, or element. Precondition: !in_leaf().
    void open() noexcept
    {
        STILL_ASSERT(!at_end_ && !in_leaf_);
        if (level_ == 0) {
            in_leaf_ = true;
            index_ = 0;
            return;
        }
        slot_[level_] = 0;
        --level_;
        enter();
    }

    /// Effect: goes past elements of the leaf. Precondition: in_leaf(), and no more than are left.
    void advance(std::size_t count) noexcept
    {
        index_ += count;
        if (index_ == in().length)
            skip(0);
        else if (count > 0)
            started_ = false;
    }

    /// Effect: goes past the node of `level` that the cursor is in or before, to the subtree behind it.
    void skip(unsigned level) noexcept
    {
        in_leaf_ = false;
        auto above = level + 1;
        while (above <= root_->level && slot_[above] + 1u == at_[above].root->length)
            ++above;
        if (above > root_->level) {
            at_end_ = true;
            return;
        }
        ++slot_[above];
        level_ = start_level_ = above - 1;
        started_ = true;
        enter();
    }

    /// True when the cursor is before the first element of the node of this level.
    [[nodiscard]] bool before_first_of(unsigned level) const noexcept { return started_ && level <= start_level_; }

private:
    /// Goes before the child of level_ that the branch above has at its slot.
    void enter() noexcept
    {
        at_[level_] = child_of(at_[level_ + 1], slot_[level_ + 1]);
        prefetch(at_[level_].root, level_);
    }

    borrowed<node<Schema>> root_;
    std::size_t index_ = 0;
    unsigned level_ = 0;
    unsigned start_level_ = 0;
    bool started_ = true;
    bool in_leaf_ = false;
    bool at_end_ = false;
    subtree<Schema> at_[Schema::max_height + 1];
    std::size_t slot_[Schema::max_height + 1];
};

/// The highest level at which both cursors stand before the first element of the same node; -1 when
/// there is none. O(height).
template <class Schema>
[[nodiscard]] int shared_level(cursor<Schema> const& one, cursor<Schema> const& other) noexcept
{
    auto const least = std::max(one.level(), other.level());
    auto level = std::min(one.start_level(), other.start_level());
    if (level < least || !one.before_first_of(least) || !other.before_first_of(least))
        return -1;
    for (;; --level) {
        if (one.at(level).root == other.at(level).root)
            return static_cast<int>(level);
        if (level == least)
            return -1;
    }
}

} // namespace still::tree
