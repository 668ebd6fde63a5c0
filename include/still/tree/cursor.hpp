// SPDX-License-Identifier: BSL-1.0
//
// A cursor for walking two trees side by side. It stands either before an unopened subtree or at an
// element of a leaf, and opens only what the walk needs to see. See Note: two cursors.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "still/tree/node.hpp"
#include "still/tree/search.hpp"

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

    /// The number of elements below that subtree. O(1) but for the root's. Precondition: as for at().
    [[nodiscard]] std::uint64_t size_at(unsigned level) const noexcept
    {
        return level == root_->level ? size_of(*root_) : parent(level).child_size(slot_[level + 1]);
    }

    /// Precondition: in_leaf().
    [[nodiscard]] leaf<Schema> const& in() const noexcept { return as_leaf(*at_[0].root); }
    [[nodiscard]] std::size_t index() const noexcept { return index_; }
    [[nodiscard]] key const& here() const noexcept { return *in().keys.at(index_); }

    /// The number of elements of the leaf, from the one at hand on, that are less than `sought`.
    /// Precondition: in_leaf().
    template <class Sought, class Less>
    [[nodiscard]] std::size_t count_here_below(Sought const& sought, Less const& less) const
    {
        return end_below(in().keys, index_, in().length, sought, less) - index_;
    }

    /// The number of elements before the one, or the subtree, at hand. O(height). Precondition: not at the end.
    [[nodiscard]] std::uint64_t position() const noexcept
    {
        auto before = std::uint64_t{ in_leaf_ ? index_ : 0 };
        for (auto level = level_; level < root_->level; ++level)
            before += size_before(parent(level), slot_[level + 1]);
        return before;
    }

    /// A key that none of the subtree at hand is less than; null when not known.
    [[nodiscard]] key const* low() const noexcept { return item().low; }
    /// A key that all of the subtree at hand are less than; null when there is none.
    [[nodiscard]] key const* high() const noexcept { return item().high; }

    /// Effect: opens the subtree at hand: goes to its first child, or element. Precondition: !in_leaf().
    void open() noexcept
    {
        STILL_ASSERT(!at_end_ && !in_leaf_);
        prefetch(at_[level_].root, level_);
        if (level_ == 0) {
            in_leaf_ = true;
            index_ = 0;
            return;
        }
        slot_[level_] = 0;
        if constexpr (naming_heap<typename Schema::heap>) {
            // Each child will be asked for its name, which is beside it.
            auto const& opened = as_branch(*at_[level_].root);
            for (std::size_t slot = 0; slot < opened.length; ++slot)
                __builtin_prefetch(opened.child(slot));
        }
        --level_;
        enter();
    }

    /// Effect: asks for the leaf behind this one, for a walk that will read it too. Precondition: in_leaf().
    void expect_next_leaf() const noexcept
    {
        if (root_->level > 0 && slot_[1] + 1u < parent(0).length)
            prefetch(parent(0).child(slot_[1] + 1u), 0);
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

    /// Children of one branch, next to each other, and how many elements they have.
    struct run {
        subtree<Schema> const& of;
        std::size_t first;
        std::size_t last;
        std::uint64_t size;
    };
    /// The subtree at hand and those behind it, as many as lie below one branch and have no more than `most`
    /// elements together; none where the first has more. Precondition: before a subtree that isn't the root.
    [[nodiscard]] run siblings(std::uint64_t most) const noexcept
    {
        auto const& above = parent(level_);
        auto const first = slot_[level_ + 1];
        auto last = first;
        std::uint64_t size = 0;
        for (; last < above.length && above.child_size(last) <= most - size; ++last)
            size += above.child_size(last);
        return { at_[level_ + 1], first, last, size };
    }
    /// Effect: goes past them. Precondition: there are some.
    void skip(run const& passed) noexcept
    {
        slot_[level_ + 1] = passed.last - 1;
        skip(level_);
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

    /// Effect: goes to the first element that isn't less than `sought`: to the element, where the cursor is
    /// in its leaf then, or before a subtree that begins with it. Returns how many elements it passed.
    /// O(log of how many) comparisons, whatever was opened before. Precondition: all passed before are less.
    template <class Sought, class Less>
    [[nodiscard]] std::uint64_t seek(Sought const& sought, Less const& less)
    {
        std::uint64_t passed = 0;
        if (in_leaf_) {
            passed = count_here_below(sought, less);
            advance(static_cast<std::size_t>(passed));
        }
        if (at_end_ || in_leaf_)
            return passed;
        while (level_ < root_->level && at_[level_ + 1].high != nullptr && !less(sought, *at_[level_ + 1].high)) {
            auto const& above = parent(level_);
            passed += size_before(above, above.length) - size_before(above, slot_[level_ + 1]);
            skip(level_ + 1);
        }
        if (low() != nullptr && less(sought, *low()))
            return passed;
        while (!in_leaf_) {
            passed += pass_siblings(sought, less);
            open();
        }
        auto const below = count_here_below(sought, less);
        advance(below);
        return passed + below;
    }

    /// True when the cursor is before the first element of the node of this level.
    [[nodiscard]] bool before_first_of(unsigned level) const noexcept { return started_ && level <= start_level_; }

private:
    [[nodiscard]] branch<Schema> const& parent(unsigned level) const noexcept
    {
        return as_branch(*at_[level + 1].root);
    }

    /// Effect: goes past those neighbours below the same branch whose elements are all less than `sought`.
    /// Precondition: before a subtree; the branch reaches further than `sought`. Returns how many elements.
    template <class Sought, class Less>
    [[nodiscard]] std::uint64_t pass_siblings(Sought const& sought, Less const& less)
    {
        if (level_ == root_->level)
            return 0;
        auto const& above = parent(level_);
        auto const slot = slot_[level_ + 1];
        auto const count = end_through(above.separators, slot, above.length - 1u, sought, less) - slot;
        if (count == 0)
            return 0;
        slot_[level_ + 1] = slot + count;
        start_level_ = level_;
        started_ = true;
        enter();
        return size_before(above, slot + count) - size_before(above, slot);
    }

    /// Goes before the child of level_ that the branch above has at its slot.
    void enter() noexcept { at_[level_] = child_of(at_[level_ + 1], slot_[level_ + 1]); }

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

/// The highest level at which both cursors stand before the first element of the same node, or of nodes of one name;
/// -1 when there is none. O(height).
template <class Schema>
[[nodiscard]] int shared_level(cursor<Schema> const& one, cursor<Schema> const& other) noexcept
{
    auto const least = std::max(one.level(), other.level());
    auto level = std::min(one.start_level(), other.start_level());
    if (level < least || !one.before_first_of(least) || !other.before_first_of(least))
        return -1;
    for (;; --level) {
        if (same_content<typename Schema::heap>(one.at(level).root, other.at(level).root))
            return static_cast<int>(level);
        if (level == least)
            return -1;
    }
}

} // namespace still::tree
