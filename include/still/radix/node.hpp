// SPDX-License-Identifier: BSL-1.0
//
// The one node of a persistent radix table, from a 52-bit page index to a slot.
//
// An index is read as digits of `DigitBits` bits. A node of level L names a span of 2^(DigitBits·(L+1))
// indices that starts at `first`; its entries stand for the values of digit L that are in use, in
// order, packed, with a bitmap that says which. Entries are slots at level 0 (a leaf) and links to
// nodes of lower levels above (a branch).
//
// Invariants, which radix::validate checks:
//   entries = bits set in present, 1 ≤ entries ≤ capacity ≤ fan-out
//   a branch has 2 entries or more: levels at which nothing branches have no node
//   a child's span lies in the part of its parent's span that its digit names
//   size(branch) = Σ size(child), size(leaf) = entries
// So the shape follows from the indices in use alone, whatever the history; only capacities differ.

#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "still/core/config.hpp"
#include "still/core/ownership.hpp"
#include "still/core/policy.hpp"

namespace still {

/// A position in an address space of pages: at most 2^52 - 1, so that pages of 4 KiB fill 64 bits of bytes.
using page_index = std::uint64_t;

namespace radix {

inline constexpr unsigned index_bits = 52;
/// One past the highest index.
inline constexpr page_index index_end = page_index{ 1 } << index_bits;

/// 32 entries a node: 16 cost one level more for each lookup, 64 copy twice the entries for each update.
/// See Note: page table nodes.
inline constexpr unsigned default_digit_bits = 5;

/// What a table can hold. Equality decides whether an assignment changes anything. A slot whose move
/// may throw is held too; its leaves are then rebuilt, never edited in place.
template <class Slot>
concept slot = std::is_object_v<Slot> && std::same_as<Slot, std::remove_cv_t<Slot>> && std::copy_constructible<Slot>
    && std::is_nothrow_destructible_v<Slot> && std::equality_comparable<Slot>;

template <class Slot, class Policy, unsigned DigitBits = default_digit_bits>
class node {
    static_assert(slot<Slot>,
        "still: a slot must be a copyable, equality-comparable object type without const, with a destructor that does "
        "not throw");
    static_assert(container_policy<Policy>, "still: a policy names a heap, a count and a link (see core/policy.hpp)");
    static_assert(DigitBits >= 2 && DigitBits <= 6, "still: the bitmap of a node has 4 to 64 bits");

public:
    using slot_type = Slot;
    using heap_type = typename Policy::heap;
    using link_type = typename Policy::template link<node>;
    using bitmap = std::conditional_t<(DigitBits <= 5), std::uint32_t, std::uint64_t>;

    static constexpr unsigned digit_bits = DigitBits;
    static constexpr unsigned fan_out = 1U << DigitBits;
    static constexpr unsigned levels = (index_bits + DigitBits - 1) / DigitBits;

    /// Slots of a leaf that nobody else reads are shifted and replaced where they lie.
    static constexpr bool edits_in_place = std::is_nothrow_move_constructible_v<Slot>;

    /// Returns a node without entries: its maker adds one at least before anybody else sees it.
    /// Precondition: first starts a span of this level, 1 ≤ entries ≤ fan-out.
    /// Allocates one block, with room for `entries` or a few more. Throws what the heap does.
    [[nodiscard]] static owned<node> make(heap_type& heap, unsigned level, page_index first, unsigned entries)
    {
        STILL_ASSERT(level < levels);
        STILL_ASSERT(start_of(first, level) == first);
        STILL_ASSERT(entries >= 1 && entries <= fan_out);
        auto const capacity = std::bit_ceil(entries);
        void* const block = heap.allocate(bytes_of(level, capacity), alignment_of(level));
        return owned<node>::adopt(::new (block) node(level, first, capacity));
    }

    /// Effect: releases the entries and gives the block back. Children that nobody else owns go too;
    /// recursion is bounded by `levels`.
    static void dispose(node* gone) noexcept
    {
        if (!gone->is_leaf())
            for (unsigned i = 0; i < gone->entries_; ++i)
                owned<node>::drop(gone->links()[i].get());
        destroy_alone(gone);
    }

    /// Effect: destroys the slots of a leaf and gives the block back. Precondition: nobody owns the node,
    /// and what it held of its children was released.
    static void destroy_alone(node* gone) noexcept
    {
        auto const level = gone->level_;
        auto const bytes = bytes_of(level, gone->capacity_);
        if (level == 0)
            std::destroy_n(gone->slots(), gone->entries_);
        gone->~node();
        heap_type::deallocate(gone, bytes, alignment_of(level));
    }

    node(node const&) = delete;
    node& operator=(node const&) = delete;

    // Digits and spans.

    [[nodiscard]] static constexpr unsigned digit_of(page_index index, unsigned level) noexcept
    {
        return static_cast<unsigned>(index >> (level * DigitBits)) & (fan_out - 1);
    }
    /// The start of the span of `level` that holds `index`.
    [[nodiscard]] static constexpr page_index start_of(page_index index, unsigned level) noexcept
    {
        return index & ~span_mask(level);
    }
    /// The lowest level with a span that holds both indices.
    [[nodiscard]] static constexpr unsigned level_of_both(page_index one, page_index other) noexcept
    {
        auto const width = static_cast<unsigned>(std::bit_width(one ^ other));
        return width == 0 ? 0 : (width - 1) / DigitBits;
    }
    [[nodiscard]] static constexpr bitmap bit_of(unsigned digit) noexcept
    {
        return static_cast<bitmap>(bitmap{ 1 } << digit);
    }

    [[nodiscard]] bool is_leaf() const noexcept { return level_ == 0; }
    [[nodiscard]] unsigned level() const noexcept { return level_; }
    /// The span: from first() to last(), both in it.
    [[nodiscard]] page_index first() const noexcept { return first_; }
    [[nodiscard]] page_index last() const noexcept { return first_ | span_mask(level_); }
    [[nodiscard]] bool covers(page_index index) const noexcept { return start_of(index, level_) == first_; }
    [[nodiscard]] unsigned digit_of(page_index index) const noexcept { return digit_of(index, level_); }

    // Entries.

    [[nodiscard]] unsigned entries() const noexcept { return entries_; }
    [[nodiscard]] unsigned capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool full() const noexcept { return entries_ == capacity_; }
    [[nodiscard]] bitmap present() const noexcept { return present_; }
    [[nodiscard]] bool has(unsigned digit) const noexcept { return (present_ & bit_of(digit)) != 0; }
    /// Slots at or below this node.
    [[nodiscard]] std::uint64_t size() const noexcept { return is_leaf() ? entries_ : size_; }
    /// The node's block, in bytes.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_of(level_, capacity_); }

    /// Entries below this digit: where its entry is, or would be.
    [[nodiscard]] unsigned position_of(unsigned digit) const noexcept
    {
        auto const below = static_cast<bitmap>(bit_of(digit) - 1);
        auto const in_use = static_cast<bitmap>(present_ & below);
        // Spans in use from their start are common, and need no count of bits.
        return in_use == below ? digit : static_cast<unsigned>(std::popcount(in_use));
    }

    /// Precondition: a leaf, position < entries().
    [[nodiscard]] Slot const& slot_at(unsigned position) const noexcept
    {
        STILL_ASSERT(is_leaf() && position < entries_);
        return slots()[position];
    }
    /// Precondition: a branch, position < entries().
    [[nodiscard]] node* child_at(unsigned position) const noexcept
    {
        STILL_ASSERT(!is_leaf() && position < entries_);
        return links()[position].get();
    }
    /// The slot of a digit, or null. Precondition: a leaf.
    [[nodiscard]] Slot const* slot_of(unsigned digit) const noexcept
    {
        return has(digit) ? &slot_at(position_of(digit)) : nullptr;
    }
    /// The child of a digit, or null. Precondition: a branch.
    [[nodiscard]] node* child_of(unsigned digit) const noexcept
    {
        return has(digit) ? child_at(position_of(digit)) : nullptr;
    }

    // Filling a new node: entries come in ascending order of their digits.

    /// Effect: builds a slot after the others, from the heap's element allocator where the type takes one.
    /// Precondition: a leaf, not full, digit above all others. Throws what the construction does.
    template <class Source>
    void append_slot(heap_type const& heap, unsigned digit, Source&& source)
    {
        STILL_ASSERT(is_leaf() && !full() && (present_ >> digit) == 0);
        std::uninitialized_construct_using_allocator(slots() + entries_, heap.elements(), std::forward<Source>(source));
        ++entries_;
        present_ |= bit_of(digit);
    }
    /// Effect: stores a link after the others. Null is a gap for `set_child` to close.
    /// Precondition: a branch, not full, digit above all others.
    void append_child(unsigned digit, owned<node> child) noexcept
    {
        STILL_ASSERT(!is_leaf() && !full() && (present_ >> digit) == 0);
        ::new (static_cast<void*>(links() + entries_)) link_type(child.release());
        ++entries_;
        present_ |= bit_of(digit);
    }

    // Editing a node that has one owner. Nothing here throws.

    /// Precondition: a leaf, not full, digit absent.
    void insert_slot(unsigned digit, Slot&& fresh) noexcept
        requires edits_in_place
    {
        STILL_ASSERT(is_leaf() && !full() && !has(digit));
        auto const position = position_of(digit);
        for (unsigned i = entries_; i > position; --i)
            relocate(slots() + i - 1, slots() + i);
        std::construct_at(slots() + position, std::move(fresh));
        ++entries_;
        present_ |= bit_of(digit);
    }
    /// Returns the slot that was there. Precondition: a leaf, digit present.
    Slot replace_slot(unsigned digit, Slot&& fresh) noexcept
        requires edits_in_place
    {
        STILL_ASSERT(is_leaf() && has(digit));
        auto* const place = slots() + position_of(digit);
        Slot before(std::move(*place));
        std::destroy_at(place);
        std::construct_at(place, std::move(fresh));
        return before;
    }
    /// Precondition: a leaf, digit present, entries() ≥ 2.
    void remove_slot(unsigned digit) noexcept
        requires edits_in_place
    {
        STILL_ASSERT(is_leaf() && has(digit) && entries_ >= 2);
        auto const position = position_of(digit);
        std::destroy_at(slots() + position);
        for (unsigned i = position + 1; i < entries_; ++i)
            relocate(slots() + i, slots() + i - 1);
        --entries_;
        present_ = static_cast<bitmap>(present_ & ~bit_of(digit));
    }

    /// Precondition: a branch, not full, digit absent.
    void insert_child(unsigned digit, owned<node> child) noexcept
    {
        STILL_ASSERT(!is_leaf() && !full() && !has(digit));
        auto const position = position_of(digit);
        ::new (static_cast<void*>(links() + entries_)) link_type();
        for (unsigned i = entries_; i > position; --i)
            links()[i].set(links()[i - 1].get());
        links()[position].set(child.release());
        ++entries_;
        present_ |= bit_of(digit);
    }
    /// Returns the child that was there before. Precondition: a branch, digit present.
    owned<node> set_child(unsigned digit, owned<node> child) noexcept
    {
        STILL_ASSERT(!is_leaf() && has(digit));
        auto& place = links()[position_of(digit)];
        auto before = owned<node>::adopt(place.get());
        place.set(child.release());
        return before;
    }
    /// Returns the child that was there. Precondition: a branch, digit present.
    owned<node> remove_child(unsigned digit) noexcept
    {
        STILL_ASSERT(!is_leaf() && has(digit));
        auto const position = position_of(digit);
        auto before = owned<node>::adopt(links()[position].get());
        for (unsigned i = position + 1; i < entries_; ++i)
            links()[i - 1].set(links()[i].get());
        --entries_;
        present_ = static_cast<bitmap>(present_ & ~bit_of(digit));
        return before;
    }
    /// Precondition: a branch.
    void set_size(std::uint64_t size) noexcept
    {
        STILL_ASSERT(!is_leaf());
        size_ = size;
    }
    /// Effect: moves all slots to an empty node of the same span, with room for them.
    void give_slots_to(node& roomier) noexcept
        requires edits_in_place
    {
        STILL_ASSERT(is_leaf() && may_give_to(roomier));
        for (unsigned i = 0; i < entries_; ++i)
            relocate(slots() + i, roomier.slots() + i);
        hand_over(roomier);
    }
    /// Effect: moves all children to an empty node of the same span, with room for them.
    void give_children_to(node& roomier) noexcept
    {
        STILL_ASSERT(!is_leaf() && may_give_to(roomier));
        for (unsigned i = 0; i < entries_; ++i)
            ::new (static_cast<void*>(roomier.links() + i)) link_type(links()[i].get());
        hand_over(roomier);
    }

    typename Policy::count references;

private:
    node(unsigned level, page_index first, unsigned capacity) noexcept
        : level_(static_cast<std::uint8_t>(level))
        , capacity_(static_cast<std::uint8_t>(capacity))
        , first_(first)
    {
    }
    ~node() = default;

    [[nodiscard]] static constexpr page_index span_mask(unsigned level) noexcept
    {
        return (page_index{ 1 } << ((level + 1) * DigitBits)) - 1;
    }
    static_assert(levels * DigitBits < 64);

    // Entries follow the node in its block.
    template <class Entry>
    [[nodiscard]] static constexpr std::size_t offset_of() noexcept
    {
        return (sizeof(node) + alignof(Entry) - 1) / alignof(Entry) * alignof(Entry);
    }
    [[nodiscard]] static constexpr std::size_t bytes_of(unsigned level, std::size_t capacity) noexcept
    {
        return level == 0 ? offset_of<Slot>() + capacity * sizeof(Slot)
                          : offset_of<link_type>() + capacity * sizeof(link_type);
    }
    [[nodiscard]] static constexpr std::size_t alignment_of(unsigned level) noexcept
    {
        return std::max(alignof(node), level == 0 ? alignof(Slot) : alignof(link_type));
    }
    [[nodiscard]] Slot* slots() const noexcept { return entries_at<Slot>(); }
    [[nodiscard]] link_type* links() const noexcept { return entries_at<link_type>(); }
    template <class Entry>
    [[nodiscard]] Entry* entries_at() const noexcept
    {
        auto* const block = reinterpret_cast<std::byte*>(const_cast<node*>(this));
        return std::launder(reinterpret_cast<Entry*>(block + offset_of<Entry>()));
    }

    static void relocate(Slot* from, Slot* to) noexcept
    {
        std::construct_at(to, std::move(*from));
        std::destroy_at(from);
    }
    [[nodiscard]] bool may_give_to(node const& roomier) const noexcept
    {
        return roomier.entries_ == 0 && roomier.capacity_ >= entries_ && roomier.first_ == first_
            && roomier.level_ == level_;
    }
    void hand_over(node& roomier) noexcept
    {
        roomier.entries_ = std::exchange(entries_, std::uint8_t{ 0 });
        roomier.present_ = std::exchange(present_, bitmap{ 0 });
        roomier.size_ = size_;
    }

    std::uint8_t const level_;
    std::uint8_t const capacity_;
    std::uint8_t entries_ = 0;
    bitmap present_ = 0;
    page_index const first_;
    std::uint64_t size_ = 0; // unused in a leaf
};

} // namespace radix
} // namespace still
