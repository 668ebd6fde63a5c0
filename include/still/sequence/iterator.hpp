// SPDX-License-Identifier: BSL-1.0
//
// A random access iterator over a version. It owns nothing: valid as long as some version that reaches the same
// chunks and nodes is kept and not edited in place.

#pragma once

#include <compare>
#include <cstddef>
#include <iterator>

#include "still/sequence/borrowed_version.hpp"

namespace still::sequence {

/// An element, its chunk, and as much of the way there as stepping mostly needs: the leaf. Steps are O(1), but for
/// O(levels) from leaf to leaf; jumps within a chunk O(1), others O(levels); differences O(1). Nothing throws or
/// allocates. The end lies behind the last chunk's last element, any other element's chunk end is the next one's
/// beginning; so an address tells where an iterator stands.
template <class Schema>
class iterator {
public:
    using iterator_concept = std::random_access_iterator_tag;
    using iterator_category = std::random_access_iterator_tag;
    using value_type = typename Schema::element_type;
    using reference = value_type const&;
    using pointer = value_type const*;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    /// The element with this index, or the end. Precondition: index ≤ size. O(levels).
    iterator(borrowed_version<Schema> seen, std::size_t index) noexcept
        : seen_(seen)
    {
        go_to(index);
    }

    [[nodiscard]] reference operator*() const noexcept
    {
        STILL_ASSERT(at_ != chunk_end_);
        return *at_;
    }
    [[nodiscard]] pointer operator->() const noexcept { return &**this; }
    [[nodiscard]] reference operator[](difference_type distance) const noexcept { return *(*this + distance); }

    iterator& operator++() noexcept
    {
        STILL_ASSERT(at_ != chunk_end_);
        if (++at_ == chunk_end_) [[unlikely]]
            leave_chunk();
        return *this;
    }
    iterator operator++(int) noexcept
    {
        auto const before = *this;
        ++*this;
        return before;
    }
    iterator& operator--() noexcept
    {
        auto const here = index();
        STILL_ASSERT(here > 0);
        if (here != first_index()) [[likely]]
            --at_;
        else
            go_to(here - 1);
        return *this;
    }
    iterator operator--(int) noexcept
    {
        auto const before = *this;
        --*this;
        return before;
    }
    iterator& operator+=(difference_type distance) noexcept
    {
        auto const target = index() + static_cast<std::size_t>(distance);
        STILL_ASSERT(target <= seen_.size());
        if (target < end_index_ && target >= first_index())
            at_ += distance;
        else
            go_to(target);
        return *this;
    }
    iterator& operator-=(difference_type distance) noexcept { return *this += -distance; }
    [[nodiscard]] friend iterator operator+(iterator at, difference_type distance) noexcept { return at += distance; }
    [[nodiscard]] friend iterator operator+(difference_type distance, iterator at) noexcept { return at += distance; }
    [[nodiscard]] friend iterator operator-(iterator at, difference_type distance) noexcept { return at -= distance; }
    [[nodiscard]] friend difference_type operator-(iterator const& to, iterator const& from) noexcept
    {
        return static_cast<difference_type>(to.index() - from.index());
    }

    [[nodiscard]] friend bool operator==(iterator const& one, iterator const& other) noexcept
    {
        return one.at_ == other.at_;
    }
    [[nodiscard]] friend std::strong_ordering operator<=>(iterator const& one, iterator const& other) noexcept
    {
        return one.index() <=> other.index();
    }

private:
    [[nodiscard]] std::size_t index() const noexcept { return end_index_ - static_cast<std::size_t>(chunk_end_ - at_); }
    /// The index of the chunk's first element.
    [[nodiscard]] std::size_t first_index() const noexcept
    {
        return end_index_ == 0 ? 0 : (end_index_ - 1) / Schema::chunk_capacity * Schema::chunk_capacity;
    }

    /// Effect: goes from the end of a chunk to the beginning of the next, if there is one.
    void leave_chunk() noexcept
    {
        if (end_index_ == seen_.size())
            return;
        auto const number = end_index_ / Schema::chunk_capacity;
        auto const digit = node_of<Schema>::digit_of(number, 0);
        if (digit != 0 && leaf_ != nullptr && digit < leaf_->entries())
            enter(leaf_->slot_at(digit).elements(), Schema::chunk_capacity, number, 0);
        else
            go_to(end_index_);
        if (leaf_ != nullptr)
            prefetch_from<Schema>(*leaf_, digit + chunks_ahead);
    }

    void enter(pointer elements, std::size_t count, std::size_t number, std::size_t position) noexcept
    {
        at_ = elements + position;
        chunk_end_ = elements + count;
        end_index_ = number * Schema::chunk_capacity + count;
    }

    void go_to(std::size_t index) noexcept
    {
        auto const size = seen_.size();
        if (size == 0)
            return;
        auto const number = (index == size ? index - 1 : index) / Schema::chunk_capacity;
        auto const position = index - number * Schema::chunk_capacity;
        if (number == seen_.full_chunks()) {
            leaf_ = nullptr;
            enter(seen_.last_chunk()->data(), seen_.last_chunk()->size(), number, position);
        } else {
            leaf_ = &seen_.leaf_of(number);
            auto const& slot = leaf_->slot_at(node_of<Schema>::digit_of(number, 0));
            enter(slot.elements(), Schema::chunk_capacity, number, position);
        }
    }

    pointer at_ = nullptr;
    pointer chunk_end_ = nullptr;
    std::size_t end_index_ = 0; ///< the index that comes after the chunk's last element's
    node_of<Schema> const* leaf_ = nullptr; ///< null in the last chunk
    borrowed_version<Schema> seen_;
};

} // namespace still::sequence
