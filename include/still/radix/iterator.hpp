// SPDX-License-Identifier: BSL-1.0
//
// Iterators over slots in use, over runs of them, and over changes. They own nothing: valid as long as some
// version that reaches the same nodes is kept and not edited in place.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <type_traits>

#include "still/radix/diff.hpp"
#include "still/radix/position.hpp"

namespace still {

/// What iterating a page table yields.
template <class Slot>
struct page_entry {
    page_index index;
    Slot const& slot;
};

/// Neighbouring indices: first up to first + count, count ≥ 1.
struct index_run {
    page_index first;
    std::uint64_t count;

    [[nodiscard]] friend bool operator==(index_run, index_run) noexcept = default;
};

/// What iterating a page table by runs yields: the indices from `first` up to `first` + `count` have the slot.
template <class Slot>
struct slot_run {
    page_index first;
    std::uint64_t count;
    Slot const& slot;
};

/// What a difference of page tables yields: `change.before` and `change.after` point to slots, or are
/// null where there is none, for each index from `index` up to `index` + `count`.
template <class Slot>
struct slot_change {
    page_index index;
    std::uint64_t count;
    still::change<Slot const*> change;

    [[nodiscard]] friend bool operator==(slot_change const& one, slot_change const& other) noexcept
    {
        return one.index == other.index && one.count == other.count && one.change.kind == other.change.kind
            && one.change.before == other.change.before && one.change.after == other.change.after;
    }
};

namespace radix {

/// Lets `iterator->slot` work where the reference is a value.
template <class Entry>
class arrow {
public:
    explicit arrow(Entry entry) noexcept
        : entry_(entry)
    {
    }
    [[nodiscard]] Entry const* operator->() const noexcept { return std::addressof(entry_); }

private:
    Entry entry_;
};

/// A slot in use, in order of index; bidirectional. Steps are O(1) within a leaf or run, O(levels) between them.
/// Nothing throws or allocates.
template <class Node>
class iterator {
public:
    using value_type = page_entry<typename Node::slot_type>;
    using reference = value_type;
    using pointer = arrow<value_type>;
    using difference_type = std::ptrdiff_t;
    // The reference is a value, which the older tag forbids and std::prev and std::reverse_iterator don't
    // mind; with a lesser tag std::prev would compile and go wrong.
    using iterator_category = std::bidirectional_iterator_tag;
    using iterator_concept = std::bidirectional_iterator_tag;

    iterator() noexcept = default;
    iterator(Node const* root, position<Node> here) noexcept
        : root_(root)
        , here_(here)
    {
    }

    [[nodiscard]] reference operator*() const noexcept
    {
        STILL_ASSERT(here_.leaf != nullptr);
        return { here_.index(), here_.slot() };
    }
    [[nodiscard]] pointer operator->() const noexcept { return pointer(**this); }

    iterator& operator++() noexcept
    {
        STILL_ASSERT(here_.leaf != nullptr);
        here_ = next(root_, here_);
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
        here_ = previous(root_, here_);
        STILL_ASSERT(here_.leaf != nullptr);
        return *this;
    }
    iterator operator--(int) noexcept
    {
        auto const before = *this;
        --*this;
        return before;
    }

    [[nodiscard]] friend bool operator==(iterator one, iterator other) noexcept { return one.here_ == other.here_; }

private:
    Node const* root_ = nullptr;
    position<Node> here_;
};

/// A run of slots, in order of index; forward. Steps are O(1) within a leaf, O(levels) else. Nothing throws or
/// allocates.
template <class Node>
class run_iterator {
public:
    using value_type = slot_run<typename Node::slot_type>;
    using reference = value_type;
    using pointer = arrow<value_type>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag; // its reference is a value
    using iterator_concept = std::forward_iterator_tag;

    run_iterator() noexcept = default;
    run_iterator(Node const* root, position<Node> here) noexcept
        : root_(root)
        , here_(here)
    {
    }

    [[nodiscard]] reference operator*() const noexcept
    {
        STILL_ASSERT(here_.leaf != nullptr);
        return { here_.run_first(), here_.run_last() - here_.run_first() + 1, here_.slot() };
    }
    [[nodiscard]] pointer operator->() const noexcept { return pointer(**this); }

    run_iterator& operator++() noexcept
    {
        STILL_ASSERT(here_.leaf != nullptr);
        here_ = next_run(root_, here_);
        return *this;
    }
    run_iterator operator++(int) noexcept
    {
        auto const before = *this;
        ++*this;
        return before;
    }

    [[nodiscard]] friend bool operator==(run_iterator const& one, run_iterator const& other) noexcept
    {
        return one.here_ == other.here_;
    }
    [[nodiscard]] friend bool operator==(run_iterator const& one, std::default_sentinel_t) noexcept
    {
        return one.here_.leaf == nullptr;
    }

private:
    Node const* root_ = nullptr;
    position<Node> here_;
};

/// A change, in order of index. A step costs what the walk opens (see diff_cursor), and throws what `==`
/// of slots does.
template <class Node>
class diff_iterator {
public:
    using value_type = slot_change<typename Node::slot_type>;
    using reference = value_type;
    using pointer = arrow<value_type>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using iterator_concept = std::forward_iterator_tag;

    diff_iterator() noexcept = default;
    diff_iterator(Node const* before, Node const* after)
        : cursor_(before, after)
    {
    }

    [[nodiscard]] reference operator*() const noexcept { return { cursor_.index(), cursor_.count(), cursor_.what() }; }
    [[nodiscard]] pointer operator->() const noexcept { return pointer(**this); }

    diff_iterator& operator++()
    {
        STILL_ASSERT(!cursor_.at_end());
        cursor_.advance();
        return *this;
    }
    diff_iterator operator++(int)
    {
        auto const before = *this;
        ++*this;
        return before;
    }

    [[nodiscard]] friend bool operator==(diff_iterator const& one, diff_iterator const& other) noexcept
    {
        return one.cursor_ == other.cursor_;
    }
    [[nodiscard]] friend bool operator==(diff_iterator const& one, std::default_sentinel_t) noexcept
    {
        return one.cursor_.at_end();
    }

private:
    diff_cursor<Node> cursor_;
};

} // namespace radix
} // namespace still
