// SPDX-License-Identifier: BSL-1.0
//
// Laying elements or children out into one new node, or evenly into two.

#pragma once

#include <cstddef>
#include <utility>

#include "still/tree/append.hpp"

namespace still::tree {

/// One node, or two neighbours of one level with a separator between them. The separator points into
/// a node that the maker of the pieces keeps alive.
template <class Schema>
struct pieces {
    owned<node<Schema>> first;
    owned<node<Schema>> second;
    typename Schema::key_type const* separator = nullptr;

    [[nodiscard]] std::size_t count() const noexcept { return second ? 2 : first ? 1 : 0; }
};

/// The length of the first node when `total` entries are laid out in at most two.
[[nodiscard]] constexpr std::size_t first_share(std::size_t total, std::size_t capacity) noexcept
{
    return total <= capacity ? total : (total + 1) / 2;
}

/// Packs elements. Precondition: what is added adds up to `total`, and 1 ≤ total ≤ 2 · capacity.
template <class Schema>
class leaf_packer {
public:
    leaf_packer(typename Schema::heap& heap, std::size_t total)
        : heap_(heap)
        , share_(first_share(total, Schema::leaf_capacity))
    {
        STILL_ASSERT(1 <= total && total <= 2 * Schema::leaf_capacity);
        pieces_.first = make_leaf<Schema>(heap_);
        if (share_ < total)
            pieces_.second = make_leaf<Schema>(heap_);
    }

    /// Effect: adds elements [first, last) of another leaf.
    void copy(leaf<Schema> const& from, std::size_t first, std::size_t last)
    {
        auto const room = share_ - as_leaf(*pieces_.first).length;
        auto const middle = last - first > room ? first + room : last;
        append(as_leaf(pieces_.first.edit()), heap_, from, first, middle);
        if (middle < last)
            append(as_leaf(pieces_.second.edit()), heap_, from, middle, last);
    }

    /// Effect: adds one new element.
    template <class KeySource, class ValueSource>
    void add(incoming<KeySource, ValueSource>&& element)
    {
        auto& to = pieces_.first->length < share_ ? pieces_.first : pieces_.second;
        append(as_leaf(to.edit()), heap_, std::move(element));
    }

    [[nodiscard]] pieces<Schema> finish() noexcept
    {
        if (pieces_.second)
            pieces_.separator = as_leaf(*pieces_.second).keys.at(0);
        return std::move(pieces_);
    }

private:
    typename Schema::heap& heap_;
    std::size_t share_;
    pieces<Schema> pieces_;
};

/// Packs children. Precondition: as for leaf_packer. The separator given with a child stands before it;
/// it is ignored for the first child of all, and becomes the pieces' own before the second node's.
template <class Schema>
class branch_packer {
public:
    branch_packer(typename Schema::heap& heap, unsigned level, std::size_t total)
        : heap_(heap)
        , share_(first_share(total, Schema::branch_capacity))
    {
        STILL_ASSERT(1 <= total && total <= 2 * Schema::branch_capacity);
        pieces_.first = make_branch<Schema>(heap_, level);
        if (share_ < total)
            pieces_.second = make_branch<Schema>(heap_, level);
    }

    void add(typename Schema::key_type const* separator, owned<node<Schema>>&& child)
    {
        auto const of_child = summary_of(*child);
        add(separator, std::move(child), of_child);
    }

    /// Effect: the same as the other, behind a separator that wasn't one before: it may be cut.
    void add_behind_cut(typename Schema::key_type const* separator, owned<node<Schema>>&& child)
    {
        auto const of_child = summary_of(*child);
        append_behind_cut(room_for(separator), heap_, separator, std::move(child), of_child);
    }

    void add(typename Schema::key_type const* separator, owned<node<Schema>>&& child, summary<Schema> const& of_child)
    {
        append(room_for(separator), heap_, separator, std::move(child), of_child);
    }

    /// Effect: adds children [first, last), shared with `from`, with `separator` before the first.
    void share(
        branch<Schema> const& from, std::size_t first, std::size_t last, typename Schema::key_type const* separator)
    {
        auto const room = share_ - pieces_.first->length;
        auto const middle = last - first > room ? first + room : last;
        append_shared(as_branch(pieces_.first.edit()), heap_, separator, from, first, middle);
        if (middle == last)
            return;
        STILL_CHECK(pieces_.second); // what is added adds up to the total
        if (middle > first)
            separator = from.separators.at(middle - 1);
        if (pieces_.second->length == 0)
            pieces_.separator = separator;
        append_shared(as_branch(pieces_.second.edit()), heap_, separator, from, middle, last);
    }

    [[nodiscard]] pieces<Schema> finish() noexcept { return std::move(pieces_); }

private:
    /// The node that the next child goes to.
    [[nodiscard]] branch<Schema>& room_for(typename Schema::key_type const* separator) noexcept
    {
        if (pieces_.first->length < share_)
            return as_branch(pieces_.first.edit());
        STILL_CHECK(pieces_.second); // what is added adds up to the total
        if (pieces_.second->length == 0)
            pieces_.separator = separator;
        return as_branch(pieces_.second.edit());
    }

    typename Schema::heap& heap_;
    std::size_t share_;
    pieces<Schema> pieces_;
};

/// The separator before a child: null for the first.
template <class Schema>
[[nodiscard]] typename Schema::key_type const* separator_before(branch<Schema> const& seen, std::size_t slot) noexcept
{
    return slot == 0 ? nullptr : seen.separators.at(slot - 1);
}

/// Effect: the elements or children of two neighbours, laid out anew in one node or evenly in two.
/// Precondition: one level; max(low) < *separator ≤ min(high).
template <class Schema>
[[nodiscard]] pieces<Schema> combine(typename Schema::heap& heap, node<Schema> const& low,
    typename Schema::key_type const* separator, node<Schema> const& high)
{
    STILL_ASSERT(low.level == high.level);
    auto const total = std::size_t{ low.length } + high.length;
    if (low.level == 0) {
        leaf_packer<Schema> packer(heap, total);
        packer.copy(as_leaf(low), 0, low.length);
        packer.copy(as_leaf(high), 0, high.length);
        return packer.finish();
    }
    branch_packer<Schema> packer(heap, low.level, total);
    packer.share(as_branch(low), 0, low.length, nullptr);
    packer.share(as_branch(high), 0, high.length, separator);
    return packer.finish();
}

} // namespace still::tree
