// SPDX-License-Identifier: BSL-1.0
//
// The one node of a persistent radix table, from a 52-bit page index to a slot.
//
// An index is read as digits (radix/digits.hpp). A node of level L stands for a span of that level. It has one of
// three forms:
//   leaf     level 0; its entries are slots
//   branch   level ≥ 1; its entries are links to nodes of lower levels
//   uniform  any level; one slot, which every index of the span has
// Entries of leaves and branches stand for the values of the node's digit that are in use, in order, packed, with
// a bitmap that says which.
//
// Invariants, which radix::validate checks:
//   entries = bits set in present, 1 ≤ entries ≤ capacity ≤ fan-out; a uniform node has one entry and no bits
//   a branch has 2 entries or more: levels at which nothing branches have no node
//   a child's span lies in the part of its parent's span that its digit names
//   size(branch) = Σ size(child), size(leaf) = entries, size(uniform) = indices in its span
//   a span all of whose indices have equal slots is a uniform node, of the highest level there is
// So the shape follows from the indices in use and their slots alone, whatever the history; only capacities
// differ. See Note: runs of slots.

#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "still/core/config.hpp"
#include "still/core/ownership.hpp"
#include "still/core/policy.hpp"
#include "still/radix/digits.hpp"
#include "still/radix/hash_cache.hpp"

namespace still::radix {

/// 32 entries a node. See Note: page table nodes.
inline constexpr unsigned default_digit_bits = 5;

/// What a table can hold. Equality decides whether an assignment changes anything, and which spans are uniform. A
/// slot whose move may throw is held too; its leaves are then rebuilt, never edited in place.
template <class Slot>
concept slot = std::is_object_v<Slot> && std::same_as<Slot, std::remove_cv_t<Slot>> && std::copy_constructible<Slot>
    && std::is_nothrow_destructible_v<Slot> && std::equality_comparable<Slot>;

template <class Slot, class Policy, unsigned DigitBits = default_digit_bits>
class node : public digits<DigitBits> {
    static_assert(slot<Slot>,
        "still: a slot must be a copyable, equality-comparable object type without const, with a destructor that does "
        "not throw");
    static_assert(container_policy<Policy>, "still: a policy names a heap, a count and a link (see core/policy.hpp)");

    using base = digits<DigitBits>;

public:
    using slot_type = Slot;
    using heap_type = typename Policy::heap;
    using link_type = typename Policy::template link<node>;
    using bitmap = typename base::bitmap;
    using base::bit_of;
    using base::digit_of;
    using base::every_digit;
    using base::fan_out;
    using base::levels;
    using base::span_mask;
    using base::start_of;

    /// Slots of a leaf that nobody else reads are shifted and replaced where they lie.
    static constexpr bool edits_in_place = std::is_nothrow_move_constructible_v<Slot>;

    /// Slots that are compared in an instruction or two: all of a leaf's are, before any is looked at by itself.
    static constexpr bool compares_at_once = sizeof(Slot) <= sizeof(void*)
        && noexcept(static_cast<bool>(std::declval<Slot const&>() == std::declval<Slot const&>()));

    /// Leaves are copied in one piece.
    static constexpr bool copies_bytes = std::is_trivially_copyable_v<Slot>;

    /// Returns a leaf or branch without entries: its maker adds one at least before anybody else sees it.
    /// Precondition: first starts a span of this level, 1 ≤ entries ≤ fan-out.
    /// Allocates one block, with room for `entries` or a few more. Throws what the heap does.
    [[nodiscard]] static owned<node> make(heap_type& heap, unsigned level, page_index first, unsigned entries)
    {
        STILL_ASSERT(entries >= 1 && entries <= fan_out);
        return make_block(heap, level, 0, first, std::bit_ceil(entries));
    }

    /// Returns a uniform node: each index of the span has a slot made from `source`.
    /// Precondition: first starts a span of this level. Allocates one block. Throws what heap and slot do.
    template <class Source>
    [[nodiscard]] static owned<node> make_uniform(heap_type& heap, unsigned level, page_index first, Source&& source)
    {
        auto made = make_block(heap, level, uniform_bit, first, 1);
        auto& fresh = made.edit();
        std::uninitialized_construct_using_allocator(fresh.slots(), heap.elements(), std::forward<Source>(source));
        fresh.entries_ = 1;
        return made;
    }

    /// Effect: releases the entries and gives the block back. Children that nobody else owns go too;
    /// recursion is bounded by `levels`.
    static void dispose(node* gone) noexcept
    {
        if (gone->is_branch()) {
            gone->prefetch_counts(0, gone->entries_);
            auto const child_at = [gone](std::size_t i) { return gone->links()[i].get(); };
            // A gap that wasn't closed parts the children in two.
            unsigned gap = 0;
            while (gap < gone->entries_ && gone->links()[gap].get() != nullptr)
                ++gap;
            drop_each(0, gap, child_at);
            if (gap < gone->entries_)
                drop_each(gap + 1, gone->entries_, child_at);
        }
        destroy_alone(gone);
    }

    /// Effect: destroys the slots of a node and gives the block back. Precondition: nobody owns the node,
    /// and what it held of its children was released.
    static void destroy_alone(node* gone) noexcept
    {
        auto const branch = gone->is_branch();
        auto const bytes = gone->bytes();
        if (!branch)
            std::destroy_n(gone->slots(), gone->entries_);
        gone->~node();
        heap_type::deallocate(gone, bytes, alignment_of(branch));
    }

    node(node const&) = delete;
    node& operator=(node const&) = delete;

    // Forms and spans.

    [[nodiscard]] bool is_leaf() const noexcept { return (shape_ & ~packed_bit) == 0; }
    [[nodiscard]] bool is_uniform() const noexcept { return (shape_ & uniform_bit) != 0; }
    [[nodiscard]] bool is_branch() const noexcept { return !is_uniform() && level() != 0; }
    [[nodiscard]] unsigned level() const noexcept { return shape_ & level_bits; }
    /// False where the byte that tells form and level has bits that mean nothing, or contradict each other.
    [[nodiscard]] bool has_a_form() const noexcept
    {
        return (shape_ & ~(level_bits | packed_bit | uniform_bit)) == 0
            && (!is_uniform() || (shape_ & packed_bit) == 0);
    }
    /// The span: from first() to last(), both in it.
    [[nodiscard]] page_index first() const noexcept { return first_; }
    [[nodiscard]] page_index last() const noexcept { return first_ | span_mask(level()); }
    [[nodiscard]] bool covers(page_index index) const noexcept { return start_of(index, level()) == first_; }
    [[nodiscard]] unsigned digit_of(page_index index) const noexcept { return base::digit_of(index, level()); }

    /// True for a branch of this level, or a leaf for 0, whose digits in use are 0 up to some number: then a
    /// digit in use is its own position. One comparison.
    [[nodiscard]] bool is_packed(unsigned level) const noexcept { return shape_ == (level | packed_bit); }

    // Entries.

    [[nodiscard]] unsigned entries() const noexcept { return entries_; }
    [[nodiscard]] unsigned capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool full() const noexcept { return entries_ == capacity_; }
    [[nodiscard]] bitmap present() const noexcept { return present_; }
    [[nodiscard]] bool has(unsigned digit) const noexcept { return (present_ & bit_of(digit)) != 0; }
    /// Slots in use in the node's span.
    [[nodiscard]] std::uint64_t size() const noexcept
    {
        return is_uniform() ? span_mask(level()) + 1 : level() == 0 ? entries_ : *size_place();
    }
    /// The node's block, in bytes.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_of(is_branch(), capacity_); }
    [[nodiscard]] std::size_t alignment() const noexcept { return alignment_of(is_branch()); }

    /// Entries below this digit: where its entry is, or would be. Precondition: not uniform.
    [[nodiscard]] unsigned position_of(unsigned digit) const noexcept
    {
        auto const below = static_cast<bitmap>(bit_of(digit) - 1);
        auto const in_use = static_cast<bitmap>(present_ & below);
        // Spans in use from their start are common, and need no count of bits.
        return in_use == below ? digit : static_cast<unsigned>(std::popcount(in_use));
    }

    /// Precondition: no branch, position < entries().
    [[nodiscard]] Slot const& slot_at(unsigned position) const noexcept
    {
        STILL_ASSERT(!is_branch() && position < entries_);
        return slots()[position];
    }
    /// Precondition: a branch, position < entries().
    [[nodiscard]] node* child_at(unsigned position) const noexcept
    {
        STILL_ASSERT(is_branch() && position < entries_);
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
    /// The slot that every index of the span has. Precondition: uniform.
    [[nodiscard]] Slot const& uniform_slot() const noexcept
    {
        STILL_ASSERT(is_uniform());
        return slots()[0];
    }
    /// The slot of an index that the node covers, or null. Precondition: no branch.
    [[nodiscard]] Slot const* slot_for(page_index index) const noexcept
    {
        STILL_ASSERT(covers(index));
        return is_uniform() ? &uniform_slot() : slot_of(base::digit_of(index, 0));
    }

    /// Where the hash of all below is kept, once it is asked for, by whoever hashes slots.
    [[nodiscard]] hash_cache const& hash() const noexcept
        requires hash_kept<Slot>
    {
        return hash_;
    }
    /// Effect: whatever was known of all below is so no longer: its hash, and the name that the heap gave it.
    /// Precondition: one owner, who edits the node, what slots below name, or something else below.
    void forget_content() noexcept
    {
        hash_.forget();
        note_edit<heap_type>(this);
    }

    /// True when two nodes, or nothing, are known to have the same below them without looking.
    [[nodiscard]] static bool alike(node const* one, node const* other) noexcept
    {
        if constexpr (naming_heap<heap_type>)
            return one == other || (one != nullptr && other != nullptr && same_content<heap_type>(one, other));
        else
            return one == other;
    }

    /// The digits at which two branches have other children, told without looking below them. Those are asked for: most
    /// children of two versions are shared, and cold. Precondition: both are branches of one span.
    [[nodiscard]] bitmap children_apart(node const& other) const noexcept
    {
        STILL_ASSERT(is_branch() && other.is_branch());
        bitmap apart = 0;
        auto const* one = links();
        auto const* two = other.links();
        if (present_ == other.present_) {
            // Most often. No comparison is a branch that a processor would have to guess.
            bitmap positions = 0;
            for (unsigned i = 0; i < entries_; ++i)
                positions = static_cast<bitmap>(positions | (bitmap{ !alike(one[i].get(), two[i].get()) } << i));
            for (auto const position : each_bit(positions)) {
                __builtin_prefetch(one[position].get());
                __builtin_prefetch(two[position].get());
            }
            return digits_at(positions);
        }
        for (auto const digit : each_bit(static_cast<bitmap>(present_ | other.present_))) {
            auto const* const before = has(digit) ? (one++)->get() : nullptr;
            auto const* const after = other.has(digit) ? (two++)->get() : nullptr;
            if (alike(before, after))
                continue;
            apart = static_cast<bitmap>(apart | bit_of(digit));
            __builtin_prefetch(before);
            __builtin_prefetch(after);
        }
        return apart;
    }

    /// The digits at which two leaves have other slots, or one has none. Precondition: both are leaves of one span.
    [[nodiscard]] bitmap slots_apart(node const& other) const noexcept
        requires compares_at_once
    {
        STILL_ASSERT(is_leaf() && other.is_leaf());
        if (present_ == other.present_) {
            // Most often; as above, and a vector of comparisons at a time.
            bitmap positions = 0;
            for (unsigned i = 0; i < entries_; ++i)
                positions = static_cast<bitmap>(positions | (bitmap{ !(slots()[i] == other.slots()[i]) } << i));
            return digits_at(positions);
        }
        auto apart = static_cast<bitmap>(present_ ^ other.present_);
        for (auto const digit : each_bit(static_cast<bitmap>(present_ & other.present_))) {
            if (!(*slot_of(digit) == *other.slot_of(digit)))
                apart = static_cast<bitmap>(apart | bit_of(digit));
        }
        return apart;
    }

    /// Effect: asks for the counts of children at positions [first, last), so that counting needn't wait for each
    /// by itself. See Note: counting. Precondition: a branch, last ≤ entries().
    void prefetch_counts(unsigned first, unsigned last) const noexcept
    {
        for (; first != last; ++first)
            __builtin_prefetch(links()[first].get(), 1);
    }
    /// Effect: the same for what the slots of a leaf name, where they count owners.
    void prefetch_slot_counts() const noexcept
    {
        if constexpr (requires(Slot const& held) { held.prefetch_count(); }) {
            for (unsigned i = 0; i < entries_; ++i)
                slots()[i].prefetch_count();
        }
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
        set_present(static_cast<bitmap>(present_ | bit_of(digit)));
    }
    /// Effect: stores a link after the others. Null is a gap for `set_child` to close.
    /// Precondition: a branch, not full, digit above all others.
    void append_child(unsigned digit, owned<node> child) noexcept
    {
        STILL_ASSERT(is_branch() && !full() && (present_ >> digit) == 0);
        ::new (static_cast<void*>(links() + entries_)) link_type(child.release());
        ++entries_;
        set_present(static_cast<bitmap>(present_ | bit_of(digit)));
    }
    /// Effect: an empty branch gets the children of another of its span, shared, but for `digit`: there it has
    /// nothing, or a gap. Precondition: there is room.
    void share_children_but(node const& from, unsigned digit) noexcept
    {
        share_children_around(from, digit, 0);
        set_present(static_cast<bitmap>(from.present_ & ~bit_of(digit)));
    }
    void share_children_around_gap(node const& from, unsigned digit) noexcept
    {
        share_children_around(from, digit, 1);
        set_present(static_cast<bitmap>(from.present_ | bit_of(digit)));
    }

    /// Effect: an empty leaf gets copies of another's slots, but for `digit`, in one piece. A place stays free for the

    void copy_slots_around(node const& from, unsigned digit) noexcept
        requires copies_bytes
    {
        auto const position = from.position_of(digit);
        auto const next = position + (from.has(digit) ? 1U : 0U);
        auto const behind = from.entries_ - next;
        STILL_ASSERT(is_leaf() && from.is_leaf() && entries_ == 0 && position + 1 + behind <= capacity_);
        std::memcpy(static_cast<void*>(slots()), from.slots(), position * sizeof(Slot));
        std::memcpy(static_cast<void*>(slots() + position + 1), from.slots() + next, behind * sizeof(Slot));
        std::construct_at(slots() + position, from.slots()[position < from.entries_ ? position : 0]);
        entries_ = static_cast<std::uint8_t>(position + 1 + behind);
        set_present(static_cast<bitmap>(from.present_ | bit_of(digit)));
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
        set_present(static_cast<bitmap>(present_ | bit_of(digit)));
    }
    /// Returns the slot that was there. Precondition: a leaf, digit present.
    Slot replace_slot(unsigned digit, Slot&& fresh) noexcept
        requires edits_in_place
    {
        STILL_ASSERT(is_leaf() && has(digit));
        forget_content();
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
        set_present(static_cast<bitmap>(present_ & ~bit_of(digit)));
    }

    /// Precondition: a branch, not full, digit absent.
    void insert_child(unsigned digit, owned<node> child) noexcept
    {
        STILL_ASSERT(is_branch() && !full() && !has(digit));
        auto const position = position_of(digit);
        ::new (static_cast<void*>(links() + entries_)) link_type();
        for (unsigned i = entries_; i > position; --i)
            links()[i].set(links()[i - 1].get());
        links()[position].set(child.release());
        ++entries_;
        set_present(static_cast<bitmap>(present_ | bit_of(digit)));
    }
    /// Returns the child that was there before. Precondition: a branch, digit present.
    owned<node> set_child(unsigned digit, owned<node> child) noexcept
    {
        STILL_ASSERT(is_branch() && has(digit));
        forget_content();
        auto& place = links()[position_of(digit)];
        auto before = owned<node>::adopt(place.get());
        place.set(child.release());
        return before;
    }
    /// Returns the child that was there. Precondition: a branch, digit present.
    owned<node> remove_child(unsigned digit) noexcept
    {
        STILL_ASSERT(is_branch() && has(digit));
        auto const position = position_of(digit);
        auto before = owned<node>::adopt(links()[position].get());
        for (unsigned i = position + 1; i < entries_; ++i)
            links()[i - 1].set(links()[i].get());
        --entries_;
        set_present(static_cast<bitmap>(present_ & ~bit_of(digit)));
        return before;
    }
    /// Precondition: a branch.
    void set_size(std::uint64_t size) noexcept
    {
        STILL_ASSERT(is_branch());
        forget_content(); // whatever changed below, the sizes above are set
        *size_place() = size;
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
        STILL_ASSERT(is_branch() && may_give_to(roomier));
        for (unsigned i = 0; i < entries_; ++i)
            ::new (static_cast<void*>(roomier.links() + i)) link_type(links()[i].get());
        roomier.set_size(size());
        hand_over(roomier);
    }

    typename Policy::count references;

private:
    // The shape, in one byte, so that one comparison tells form, level and packing.
    static constexpr std::uint8_t level_bits = 0x1f;
    static constexpr std::uint8_t packed_bit = 0x40;
    static constexpr std::uint8_t uniform_bit = 0x80;
    static_assert(levels <= level_bits);

    /// The digits of entries at these positions.
    [[nodiscard]] bitmap digits_at(bitmap positions) const noexcept
    {
        if (is_packed(level()))
            return positions;
        bitmap found = 0;
        for (auto const digit : each_bit(present_)) {
            found = static_cast<bitmap>(found | ((positions & 1) != 0 ? bit_of(digit) : 0));
            positions = static_cast<bitmap>(positions >> 1);
        }
        return found;
    }

    [[nodiscard]] static owned<node> make_block(
        heap_type& heap, unsigned level, unsigned form, page_index first, unsigned capacity)
    {
        STILL_ASSERT(level < levels);
        STILL_ASSERT(start_of(first, level) == first);
        auto const branch = form != uniform_bit && level > 0;
        void* const block = heap.allocate(bytes_of(branch, capacity), alignment_of(branch));
        auto made = owned<node>::adopt(::new (block) node(level | form, first, capacity));
        if (branch)
            ::new (static_cast<void*>(made.edit().size_place())) std::uint64_t(0);
        return made;
    }

    node(unsigned shape, page_index first, unsigned capacity) noexcept
        : shape_(static_cast<std::uint8_t>(shape))
        , capacity_(static_cast<std::uint8_t>(capacity))
        , first_(first)
    {
    }
    ~node() = default;

    // In a block, a branch's size follows the node, and the entries follow both.
    template <class Entry>
    [[nodiscard]] static constexpr std::size_t offset_of() noexcept
    {
        auto const end = sizeof(node) + (std::same_as<Entry, link_type> ? sizeof(std::uint64_t) : 0);
        return (end + alignof(Entry) - 1) / alignof(Entry) * alignof(Entry);
    }
    [[nodiscard]] static constexpr std::size_t bytes_of(bool branch, std::size_t capacity) noexcept
    {
        return branch ? offset_of<link_type>() + capacity * sizeof(link_type)
                      : offset_of<Slot>() + capacity * sizeof(Slot);
    }
    [[nodiscard]] static constexpr std::size_t alignment_of(bool branch) noexcept
    {
        return std::max(alignof(node), branch ? alignof(link_type) : alignof(Slot));
    }
    [[nodiscard]] Slot* slots() const noexcept { return at_offset<Slot>(offset_of<Slot>()); }
    [[nodiscard]] link_type* links() const noexcept { return at_offset<link_type>(offset_of<link_type>()); }
    [[nodiscard]] std::uint64_t* size_place() const noexcept { return at_offset<std::uint64_t>(sizeof(node)); }
    template <class Stored>
    [[nodiscard]] Stored* at_offset(std::size_t offset) const noexcept
    {
        auto* const block = reinterpret_cast<std::byte*>(const_cast<node*>(this));
        return std::launder(reinterpret_cast<Stored*>(block + offset));
    }

    /// Effect: an empty branch gets the children of another, shared, but that of `digit`, with so many places for it.
    void share_children_around(node const& from, unsigned digit, unsigned places) noexcept
    {
        auto const position = from.position_of(digit);
        auto const next = position + (from.has(digit) ? 1U : 0U);
        auto const behind = from.entries_ - next;
        STILL_ASSERT(is_branch() && entries_ == 0 && position + places + behind <= capacity_);
        auto* const to = links();
        auto const* const source = from.links();
        for (unsigned i = 0; i < position; ++i)
            ::new (static_cast<void*>(to + i)) link_type(source[i].get());
        if (places != 0)
            ::new (static_cast<void*>(to + position)) link_type();
        for (unsigned i = 0; i < behind; ++i)
            ::new (static_cast<void*>(to + position + places + i)) link_type(source[next + i].get());
        auto const child_at = [source](std::size_t i) { return source[i].get(); };
        share_each(0, position, child_at);
        share_each(next, from.entries_, child_at);
        entries_ = static_cast<std::uint8_t>(position + places + behind);
    }

    static void relocate(Slot* from, Slot* to) noexcept
    {
        std::construct_at(to, std::move(*from));
        std::destroy_at(from);
    }
    void set_present(bitmap digits_in_use) noexcept
    {
        forget_content();
        present_ = digits_in_use;
        auto const packed = (digits_in_use & static_cast<bitmap>(digits_in_use + 1)) == 0 && digits_in_use != 0;
        shape_ = static_cast<std::uint8_t>((shape_ & ~packed_bit) | (packed ? packed_bit : 0));
    }
    [[nodiscard]] bool may_give_to(node const& roomier) const noexcept
    {
        return roomier.entries_ == 0 && roomier.capacity_ >= entries_ && roomier.first_ == first_
            && roomier.level() == level();
    }
    void hand_over(node& roomier) noexcept
    {
        roomier.entries_ = std::exchange(entries_, std::uint8_t{ 0 });
        roomier.set_present(present_);
        set_present(0);
    }

    std::uint8_t shape_;
    std::uint8_t const capacity_;
    std::uint8_t entries_ = 0;
    bitmap present_ = 0;
    page_index const first_;
    [[no_unique_address]] std::conditional_t<hash_kept<Slot>, hash_cache, no_hash_cache> hash_;
};

} // namespace still::radix
