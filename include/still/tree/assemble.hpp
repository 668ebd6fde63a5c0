// SPDX-License-Identifier: BSL-1.0
//
// Building a tree from left to right, out of single elements and whole shared subtrees.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "still/tree/join.hpp"

namespace still::tree {

/// Grows a tree at its right edge. Elements gather in a leaf of our own; a full leaf, and any subtree,
/// is joined on, in place, because nobody else owns the edge.
/// An element costs O(1) amortised, a subtree O(log n).
template <class Schema>
class builder {
public:
    explicit builder(typename Schema::heap& heap) noexcept
        : heap_(heap)
    {
    }

    /// Effect: appends one element. Precondition: its key is greater than all before.
    template <class KeySource, class ValueSource>
    void add(incoming<KeySource, ValueSource>&& element)
    {
        append(as_leaf(open_leaf().edit()), heap_, std::move(element));
    }

    /// Effect: appends copies of elements [first, last) of a leaf. Precondition: as for one.
    void add(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        while (first != last) {
            auto& to = as_leaf(open_leaf().edit());
            auto const room = Schema::leaf_capacity - to.length;
            auto const count = last - first < room ? last - first : room;
            append(to, heap_, from, first, first + count);
            first += count;
        }
    }

    /// Effect: appends a subtree, shared. Precondition: as for its elements.
    void add(owned<node<Schema>> subtree)
    {
        close_leaf();
        grown_ = concat(heap_, std::move(grown_), std::move(subtree));
    }

    /// The last key so far, or null. O(height).
    [[nodiscard]] typename Schema::key_type const* last_key() const noexcept
    {
        if (pending_)
            return as_leaf(*pending_).keys.at(pending_->length - 1u);
        return grown_ ? last(grown_.borrow()).key() : nullptr;
    }

    /// Effect: the tree of all that was added.
    [[nodiscard]] owned<node<Schema>> finish()
    {
        close_leaf();
        return std::move(grown_);
    }

private:
    [[nodiscard]] owned<node<Schema>>& open_leaf()
    {
        if (pending_ && pending_->length == Schema::leaf_capacity)
            close_leaf();
        if (!pending_)
            pending_ = make_leaf<Schema>(heap_);
        return pending_;
    }

    void close_leaf()
    {
        if (!pending_)
            return;
        if (pending_->length > 0)
            grown_ = concat(heap_, std::move(grown_), std::move(pending_));
        pending_ = {};
    }

    typename Schema::heap& heap_;
    owned<node<Schema>> grown_;
    owned<node<Schema>> pending_;
};

/// Builds a result that may turn out to be a version there is. As long as what comes is that version's
/// own elements in order, it only counts; the first thing that is missing or new makes it build. So an
/// operation that changes nothing gives the same root and allocates nothing, and one that cuts the end
/// off shares the rest.
template <class Schema>
class assembler {
public:
    assembler(typename Schema::heap& heap, borrowed<node<Schema>> base) noexcept
        : heap_(heap)
        , base_(base)
        , built_(heap)
    {
    }

    /// The base's next elements stay.
    void keep(node<Schema> const& subtree)
    {
        if (follows_base_)
            kept_ += size_of(subtree);
        else
            built_.add(owned<node<Schema>>::share(&subtree));
    }
    void keep(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        if (follows_base_)
            kept_ += last - first;
        else
            built_.add(from, first, last);
    }

    /// The base's next elements go. However many they are, it costs O(log n) at most.
    void drop() { leave_base(); }

    /// Elements that the base doesn't have come in.
    void add(node<Schema> const& subtree)
    {
        leave_base();
        built_.add(owned<node<Schema>>::share(&subtree));
    }
    void add(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        leave_base();
        built_.add(from, first, last);
    }
    template <class KeySource, class ValueSource>
    void add(incoming<KeySource, ValueSource>&& element)
    {
        leave_base();
        built_.add(std::move(element));
    }

    [[nodiscard]] owned<node<Schema>> finish()
    {
        return follows_base_ ? first_of(heap_, base_, kept_) : built_.finish();
    }

private:
    void leave_base()
    {
        if (!follows_base_)
            return;
        follows_base_ = false;
        if (auto part = first_of(heap_, base_, kept_))
            built_.add(std::move(part));
    }

    typename Schema::heap& heap_;
    borrowed<node<Schema>> base_;
    std::uint64_t kept_ = 0;
    bool follows_base_ = true;
    builder<Schema> built_;
};

} // namespace still::tree
