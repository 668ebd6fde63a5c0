// SPDX-License-Identifier: BSL-1.0
//
// The way from a root to a place in a leaf, and how far up it may be edited in place.

#pragma once

#include <cstddef>
#include <cstdint>

#include "still/tree/node.hpp"
#include "still/tree/search.hpp"

namespace still::tree {

/// A root, the branches on the way down and the slot taken in each, the leaf and an index in it.
/// Holds no ownership: the root outlives it.
template <class Schema>
class path {
public:
    /// A way into a tree that others may read: nothing on it is edited.
    explicit path(borrowed<node<Schema>> root) noexcept
        : root_(const_cast<node<Schema>*>(root.get()))
        , editable_from_(root->level + 1u)
    {
        steps_[root_->level].passed = root_;
    }
    /// A way into a tree of our own: it is edited in place down to the first node with another owner.
    explicit path(owned<node<Schema>>& root) noexcept
        : root_(const_cast<node<Schema>*>(root.get()))
        , editable_from_(root->level + 1u)
    {
        steps_[root_->level].passed = root_;
        if constexpr (Schema::edits_in_place) {
            if (root.unique())
                editable_from_ = root->level;
        }
    }

    [[nodiscard]] unsigned root_level() const noexcept { return root_->level; }

    /// True when the node at this level is ours alone, as are all above it.
    [[nodiscard]] bool editable(unsigned level) const noexcept { return level >= editable_from_; }

    /// The node passed at a level. Precondition: the way has been taken that far.
    [[nodiscard]] node<Schema> const& at(unsigned level) const noexcept
    {
        STILL_ASSERT(level <= root_->level);
        return *steps_[level].passed;
    }
    [[nodiscard]] branch<Schema> const& branch_at(unsigned level) const noexcept
    {
        STILL_ASSERT(1 <= level);
        return as_branch(at(level));
    }
    [[nodiscard]] leaf<Schema> const& leaf_at() const noexcept { return as_leaf(at(0)); }
    [[nodiscard]] std::size_t slot(unsigned level) const noexcept { return steps_[level].slot; }

    /// Whoever edits a node edits all above it, at least what they keep of it: so all get new names, where the heap
    /// gives some. Precondition: editable(level).
    [[nodiscard]] branch<Schema>& edit_branch(unsigned level) noexcept
    {
        STILL_ASSERT(editable(level));
        note_edit<typename Schema::heap>(steps_[level].passed);
        return as_branch(*steps_[level].passed);
    }
    [[nodiscard]] leaf<Schema>& edit_leaf() noexcept
    {
        STILL_ASSERT(editable(0));
        note_edit<typename Schema::heap>(steps_[0].passed);
        return as_leaf(*steps_[0].passed);
    }
    /// Effect: notes that something was edited that the leaf keeps. Precondition: only this tree has it.
    void note_edits() noexcept
    {
        for (unsigned level = 0; level <= root_->level; ++level)
            note_edit<typename Schema::heap>(steps_[level].passed);
    }

    /// Effect: takes one step down, through `slot` of the node at `level`. Precondition: level ≥ 1, and
    /// all levels above have been taken.
    void take(unsigned level, std::size_t slot) noexcept
    {
        auto& passed = as_branch(*steps_[level].passed);
        STILL_ASSERT(slot < passed.length);
        steps_[level].slot = static_cast<std::uint8_t>(slot);
        auto* const next = target_of(passed.children[slot]);
        steps_[level - 1].passed = next;
        prefetch(next, level - 1);
        if (level == 1 && !editable(1)) // a copy will count them up
            prefetch_counts(passed, 0, passed.length);
        if constexpr (Schema::edits_in_place) {
            if (editable(level) && next->references.unique())
                editable_from_ = level - 1;
        }
    }

    /// Effect: goes down to the leaf where `key` belongs. O(log n) comparisons, each may throw.
    template <class Sought, class Less>
    void descend_to_key(Sought const& key, Less const& less)
    {
        for (unsigned level = root_->level; level > 0; --level) {
            auto const& passed = as_branch(at(level));
            take(level, end_through(passed.separators, 0, passed.length - 1u, key, less));
        }
    }

    /// Effect: goes down to the leaf that holds the element with this number, or, where it is the number
    /// of elements, to the last leaf. Returns the index in the leaf. O(log n).
    std::size_t descend_to_position(std::uint64_t position) noexcept
    {
        for (unsigned level = root_->level; level > 0; --level) {
            auto const& passed = as_branch(at(level));
            std::size_t slot = 0;
            for (; slot + 1u < passed.length && position >= passed.child_size(slot); ++slot)
                position -= passed.child_size(slot);
            take(level, slot);
        }
        STILL_ASSERT(position <= leaf_at().length);
        return static_cast<std::size_t>(position);
    }

    /// Effect: goes down the left or the right edge to a node of `level`. O(height).
    void descend_left(unsigned level) noexcept
    {
        for (unsigned passed = root_->level; passed > level; --passed)
            take(passed, 0);
    }
    void descend_right(unsigned level) noexcept
    {
        for (unsigned passed = root_->level; passed > level; --passed)
            take(passed, as_branch(at(passed)).length - 1u);
    }

    /// The number of elements before the leaf. O(log n).
    [[nodiscard]] std::uint64_t position_of_leaf() const noexcept
    {
        std::uint64_t before = 0;
        for (unsigned level = 1; level <= root_->level; ++level)
            before += size_before(branch_at(level), slot(level));
        return before;
    }

private:
    /// Both in one array: two are compiled wrongly. See Note: one array for two.
    struct step {
        node<Schema>* passed;
        std::uint8_t slot;
    };

    node<Schema>* root_;
    unsigned editable_from_;
    step steps_[Schema::max_height]; ///< those at levels that haven't been taken are nothing yet
};

} // namespace still::tree
