// SPDX-License-Identifier: BSL-1.0
//
// A place in the order of a tree's elements, that can step both ways, and the iterator made of it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "still/tree/access.hpp"
#include "still/tree/find.hpp"

namespace still::tree {

/// A position: a leaf, an index in it, and as much of the way there as stepping mostly needs: the branch
/// above the leaf. Beyond that branch it goes down from the root once, by number. Owns nothing, touches
/// no count. The end of a tree is the index past the last leaf's last element.
/// Steps are O(1) amortised, O(log n) at worst; jumps O(log n); differences O(1).
template <class Schema>
class position {
public:
    position() noexcept = default;

    /// The element with this number, or the end. Precondition: number ≤ size. O(log n).
    position(borrowed<node<Schema>> root, std::uint64_t number) noexcept
        : root_(root)
    {
        go_to(number);
    }

    [[nodiscard]] place<Schema> at() const noexcept { return { leaf_, index_ }; }
    [[nodiscard]] typename Schema::key_type const& key() const noexcept { return *leaf_->keys.at(index_); }
    [[nodiscard]] typename Schema::value_type const& value() const noexcept { return *leaf_->values.at(index_); }

    /// The number of elements before this one.
    [[nodiscard]] std::uint64_t number() const noexcept { return leaf_first_ + index_; }

    /// Elements of the same leaf from here on. Zero at the end only.
    [[nodiscard]] std::size_t left_in_leaf() const noexcept { return leaf_ == nullptr ? 0 : leaf_->length - index_; }

    /// Precondition: not at the end.
    void step_forward() noexcept
    {
        if (++index_ < leaf_->length) [[likely]]
            return;
        leave_leaf();
    }

    /// Effect: goes to the first element of the next leaf, or to the end. Precondition: not at the end.
    void skip_leaf() noexcept
    {
        index_ = leaf_->length;
        leave_leaf();
    }

    /// Precondition: not at the beginning.
    void step_back() noexcept
    {
        if (index_ > 0) [[likely]] {
            --index_;
            return;
        }
        if (slot_ > 0) {
            leaf_ = &as_leaf(*parent_->child(--slot_));
            leaf_first_ -= leaf_->length;
            index_ = leaf_->length - 1u;
            return;
        }
        go_to(number() - 1);
    }

    /// Effect: goes to the element with this number, or the end. Precondition: number ≤ size. O(log n).
    void go_to(std::uint64_t number) noexcept
    {
        parent_ = nullptr;
        leaf_ = nullptr;
        leaf_first_ = 0;
        slot_ = 0;
        index_ = 0;
        if (!root_)
            return;
        auto const* passed = root_.get();
        auto rest = number;
        while (passed->level > 0) {
            parent_ = &as_branch(*passed);
            slot_ = 0;
            for (; slot_ + 1u < parent_->length && rest >= parent_->child_size(slot_); ++slot_)
                rest -= parent_->child_size(slot_);
            passed = parent_->child(slot_);
        }
        leaf_ = &as_leaf(*passed);
        index_ = static_cast<std::size_t>(rest);
        leaf_first_ = number - rest;
        STILL_ASSERT(index_ <= leaf_->length);
    }

    [[nodiscard]] friend bool operator==(position const& one, position const& other) noexcept
    {
        return one.leaf_ == other.leaf_ && one.index_ == other.index_;
    }

private:
    void leave_leaf() noexcept
    {
        if (parent_ == nullptr)
            return;
        if (slot_ + 1u < parent_->length) {
            leaf_first_ += leaf_->length;
            leaf_ = &as_leaf(*parent_->child(++slot_));
            index_ = 0;
            if (slot_ + 1u < parent_->length) // on the way while this leaf is read
                prefetch(parent_->child(slot_ + 1u), 0);
        } else if (number() < size_of(root_)) {
            go_to(number());
        }
    }

    borrowed<node<Schema>> root_;
    branch<Schema> const* parent_ = nullptr;
    leaf<Schema> const* leaf_ = nullptr;
    std::uint64_t leaf_first_ = 0;
    std::size_t slot_ = 0;
    std::size_t index_ = 0;
};

/// A bidirectional iterator over a version. It doesn't own the version, which must outlive it. Its
/// difference is O(1), so that the range is sized; for random access use `nth`.
template <class Access>
class iterator {
public:
    using iterator_concept = std::bidirectional_iterator_tag;
    /// Entries of a map are made on reading, which the older categories have no word for but input. With
    /// that, std::prev and std::advance would compile and step the wrong way.
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = typename Access::value_type;
    using reference = typename Access::reference;
    using pointer = typename Access::arrow;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    explicit iterator(position<typename Access::schema> at) noexcept
        : at_(at)
    {
    }

    [[nodiscard]] reference operator*() const noexcept { return Access::get(at_.at()); }
    [[nodiscard]] pointer operator->() const noexcept
    {
        if constexpr (std::is_pointer_v<pointer>)
            return Access::point(at_.at());
        else
            return Access::point(at_.at()).operator->();
    }

    iterator& operator++() noexcept
    {
        at_.step_forward();
        return *this;
    }
    iterator operator++(int) noexcept
    {
        auto before = *this;
        at_.step_forward();
        return before;
    }
    iterator& operator--() noexcept
    {
        at_.step_back();
        return *this;
    }
    iterator operator--(int) noexcept
    {
        auto before = *this;
        at_.step_back();
        return before;
    }

    [[nodiscard]] friend bool operator==(iterator const&, iterator const&) noexcept = default;
    [[nodiscard]] friend difference_type operator-(iterator const& to, iterator const& from) noexcept
    {
        return static_cast<difference_type>(to.at_.number()) - static_cast<difference_type>(from.at_.number());
    }

private:
    position<typename Access::schema> at_;
};

} // namespace still::tree
