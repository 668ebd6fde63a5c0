// SPDX-License-Identifier: BSL-1.0
//
// A version of a sequence as one reads it: a radix table of full chunks, and beside it the last chunk, so that
// appending touches no node. Owns nothing, touches no count.
//
// Invariants, which sequence::validate checks, with N = chunk_capacity:
//   an empty version has neither table nor last chunk
//   the table has ⌊(size - 1) / N⌋ chunks of N elements, at indices from 0 on, without gaps
//   the last chunk has the others, 1 to N
// So the shape follows from the size alone, whatever the history; only the last chunk's capacity differs.

#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "still/sequence/chunk.hpp"

namespace still::sequence {

/// Who reads in order asks for the chunk after this one.
inline constexpr unsigned chunks_ahead = 1;

/// Effect: asks for the first lines of a leaf's chunk, as many as a processor doesn't ask for by itself once it sees
/// them read in order. Nothing past the leaf's end.
template <class Schema>
void prefetch_from(node_of<Schema> const& leaf, unsigned position) noexcept
{
    constexpr std::size_t line = 64;
    if (position >= leaf.entries())
        return;
    constexpr auto bytes = Schema::chunk_capacity * sizeof(typename Schema::element_type);
    auto const* const start = reinterpret_cast<std::byte const*>(leaf.slot_at(position).elements());
    for (std::size_t offset = 0; offset < std::min<std::size_t>(bytes, 1024); offset += line)
        __builtin_prefetch(start + offset);
}

template <class Schema>
class borrowed_version {
public:
    using schema = Schema;
    using element_type = typename Schema::element_type;
    using node_type = node_of<Schema>;
    using chunk_type = chunk<Schema>;

    borrowed_version() noexcept = default;
    /// Of a table, the chunk behind it, and the number of elements in both.
    borrowed_version(node_type const* root, chunk_type const* last, std::size_t size) noexcept
        : root_(root)
        , last_(last)
        , size_(size)
    {
    }
    /// Itself: what an owner gives, too.
    [[nodiscard]] borrowed_version borrow() const noexcept { return *this; }

    /// The table's root, or null; the last chunk, or null.
    [[nodiscard]] node_type const* root() const noexcept { return root_; }
    [[nodiscard]] chunk_type const* last_chunk() const noexcept { return last_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Chunks in the table: those before the last one.
    [[nodiscard]] std::size_t full_chunks() const noexcept
    {
        return size_ == 0 ? 0 : (size_ - 1) / Schema::chunk_capacity;
    }
    [[nodiscard]] std::size_t chunk_count() const noexcept { return size_ == 0 ? 0 : full_chunks() + 1; }

    /// A chunk of the table. Precondition: number < full_chunks(). O(levels).
    [[nodiscard]] chunk_type const& full_chunk(std::size_t number) const noexcept
    {
        auto const& leaf = leaf_of(number);
        return *leaf.slot_at(node_type::digit_of(number, 0)).get();
    }
    /// The leaf that a chunk hangs from. The table has no gaps, so that an entry's position is its digit. A level is
    /// left out only on the way to the last chunk, where it would have one child; in a table that leaves out none, the
    /// way follows from the number alone, and no node on it needs to be asked for its level.
    [[nodiscard]] node_type const& leaf_of(std::size_t number) const noexcept
    {
        STILL_ASSERT(number < full_chunks());
        auto const end = full_chunks() - 1;
        auto const* node = root_;
        switch (node->level()) {
        case 0:
            return *node;
        case 1:
            return *child(node, number, 1);
        case 2:
            if (node_type::digit_of(end, 1) == 0) [[unlikely]]
                break;
            return *child(child(node, number, 2), number, 1);
        case 3:
            if (node_type::digit_of(end, 1) == 0 || node_type::digit_of(end, 2) == 0) [[unlikely]]
                break;
            return *child(child(child(node, number, 3), number, 2), number, 1);
        default:
            break;
        }
        while (!node->is_leaf())
            node = child(node, number, node->level());
        return *node;
    }
    /// Any chunk. Precondition: number < chunk_count(). O(levels).
    [[nodiscard]] chunk_type const& chunk_at(std::size_t number) const noexcept
    {
        STILL_ASSERT(number < chunk_count());
        return number == full_chunks() ? *last_ : full_chunk(number);
    }

    /// Precondition: index < size(). O(levels).
    [[nodiscard]] element_type const& at(std::size_t index) const noexcept
    {
        STILL_ASSERT(index < size_);
        auto const number = index / Schema::chunk_capacity;
        auto const* const elements = number == full_chunks()
            ? last_->data()
            : leaf_of(number).slot_at(node_type::digit_of(number, 0)).elements();
        return elements[index % Schema::chunk_capacity];
    }

    /// Effect: calls `visit` with each chunk, in order. O(chunks).
    template <class Visit>
    void for_each_chunk(Visit&& visit) const
    {
        for_each_slot([&](chunk_slot<Schema> const& slot) { visit(std::as_const(*slot.get())); });
        if (last_ != nullptr)
            visit(*last_);
    }
    /// Effect: the same with the chunks' elements; counts aren't looked at.
    template <class Visit>
    void for_each_span(Visit&& visit) const
    {
        using span = std::span<element_type const>;
        for_each_slot([&](chunk_slot<Schema> const& slot) { visit(span(slot.elements(), Schema::chunk_capacity)); });
        if (last_ != nullptr)
            visit(last_->elements());
    }

    [[nodiscard]] friend bool operator==(borrowed_version const&, borrowed_version const&) noexcept = default;

private:
    [[nodiscard]] static node_type const* child(node_type const* of, std::size_t number, unsigned level) noexcept
    {
        STILL_ASSERT(of->level() == level);
        return of->child_at(node_type::digit_of(number, level));
    }

    /// Without recursion, so that compilers see what `visit` does from one chunk to the next.
    template <class Visit>
    void for_each_slot(Visit const& visit) const
    {
        for (std::size_t number = 0; number < full_chunks();) {
            auto const& leaf = leaf_of(number);
            for (unsigned position = 0; position < leaf.entries(); ++position) {
                prefetch_from<Schema>(leaf, position + chunks_ahead);
                visit(leaf.slot_at(position));
            }
            number += leaf.entries();
        }
    }

    node_type const* root_ = nullptr;
    chunk_type const* last_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace still::sequence
