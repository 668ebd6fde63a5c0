// SPDX-License-Identifier: BSL-1.0
//
// The nodes of a persistent B+-tree.
//
//   leaf    level 0; `length` elements in strictly ascending order of their keys
//   branch  level ≥ 1; `length` children, all of level - 1, and length - 1 separators
//
// Invariants, for every node reached from a version's root:
//   keys of child i < separators[i] ≤ keys of child i + 1         (separators are bounds only: after an
//                                                                  erase they may name no present key)
//   minimum ≤ length ≤ capacity                                   (the root: 1 ≤ leaf, 2 ≤ branch)
//   child_size(i) = number of elements below child i, and child_measure(i) is their measure
//   a node with more than one owner never changes

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "still/core/ownership.hpp"
#include "still/tree/element.hpp"
#include "still/tree/schema.hpp"

namespace still::tree {

/// What leaves and branches have in common: eight bytes.
template <class Schema>
struct node {
    explicit node(std::uint8_t at_level) noexcept
        : level(at_level)
    {
    }

    /// Effect: destroys a node nobody owns: its elements or its hold on its children, and its memory.
    /// Recursion goes no deeper than the tree is high.
    static void dispose(node* last) noexcept;
    /// Effect: the same for a node whose children are released, or somebody else's by now: no recursion.
    static void destroy_alone(node* last) noexcept;

    typename Schema::count references;
    std::uint8_t level;
    std::uint8_t length = 0;
};

template <class Schema>
struct leaf : node<Schema> {
    leaf() noexcept
        : node<Schema>(0)
    {
    }

    storage<typename Schema::key_type, Schema::leaf_capacity, key_cell<Schema>> keys;
    [[no_unique_address]] storage<typename Schema::value_type, Schema::leaf_capacity, value_cell<Schema>> values;
};

template <class Schema>
struct branch : node<Schema> {
    explicit branch(std::uint8_t at_level) noexcept
        : node<Schema>(at_level)
    {
    }

    [[nodiscard]] node<Schema> const* child(std::size_t slot) const noexcept { return target_of(children[slot]); }
    [[nodiscard]] std::uint64_t child_size(std::size_t slot) const noexcept;
    [[nodiscard]] auto child_measure(std::size_t slot) const noexcept { return measured.at(slot); }
    [[nodiscard]] summary<Schema> child_summary(std::size_t slot) const noexcept
    {
        return { child_size(slot), child_measure(slot) };
    }
    void set_child_size(std::size_t slot, std::uint64_t size) noexcept;
    void set_child_summary(std::size_t slot, summary<Schema> const& child) noexcept
    {
        set_child_size(slot, child.size);
        measured.set(slot, child.measured);
    }

    /// Sizes of children that are leaves; they fit a byte. Larger ones follow in `middle_branch` and `high_branch`.
    std::uint8_t leaf_sizes[Schema::branch_capacity];
    storage<typename Schema::key_type, Schema::branch_capacity - 1, key_cell<Schema>> separators;
    typename Schema::template link<node<Schema>> children[Schema::branch_capacity];
    [[no_unique_address]] measures<typename Schema::measure, Schema::branch_capacity> measured;
};

/// A branch of level 2: the sizes of its children don't fit a byte, but two, whatever the capacities.
template <class Schema>
struct middle_branch : branch<Schema> {
    using branch<Schema>::branch;

    static_assert(Schema::leaf_capacity * Schema::branch_capacity <= std::numeric_limits<std::uint16_t>::max());
    std::uint16_t sizes[Schema::branch_capacity];
};

/// A branch of level ≥ 3. There are so few of them that large sizes cost nothing.
template <class Schema>
struct high_branch : branch<Schema> {
    using branch<Schema>::branch;

    std::uint64_t sizes[Schema::branch_capacity];
};

template <class Schema>
[[nodiscard]] leaf<Schema> const& as_leaf(node<Schema> const& seen) noexcept
{
    STILL_ASSERT(seen.level == 0);
    return static_cast<leaf<Schema> const&>(seen);
}
template <class Schema>
[[nodiscard]] leaf<Schema>& as_leaf(node<Schema>& seen) noexcept
{
    STILL_ASSERT(seen.level == 0);
    return static_cast<leaf<Schema>&>(seen);
}
template <class Schema>
[[nodiscard]] branch<Schema> const& as_branch(node<Schema> const& seen) noexcept
{
    STILL_ASSERT(seen.level > 0);
    return static_cast<branch<Schema> const&>(seen);
}
template <class Schema>
[[nodiscard]] branch<Schema>& as_branch(node<Schema>& seen) noexcept
{
    STILL_ASSERT(seen.level > 0);
    return static_cast<branch<Schema>&>(seen);
}

/// A branch as what its level makes it. Precondition: it is one.
template <template <class> class Form, class Schema>
[[nodiscard]] Form<Schema> const& seen_as(branch<Schema> const& seen) noexcept
{
    return static_cast<Form<Schema> const&>(seen);
}
template <template <class> class Form, class Schema>
[[nodiscard]] Form<Schema>& seen_as(branch<Schema>& seen) noexcept
{
    return static_cast<Form<Schema>&>(seen);
}

/// Effect: visit(sizes of one branch's children, of another's...), which are arrays of numbers as wide as the
/// level asks for. Returns what `visit` does. Precondition: all branches are of one level.
template <class Visit, class First, class... Others>
decltype(auto) with_sizes(Visit visit, First& first, Others&... others) noexcept
{
    STILL_ASSERT(((first.level == others.level) && ...));
    switch (first.level) {
    case 1:
        return visit(first.leaf_sizes, others.leaf_sizes...);
    case 2:
        return visit(seen_as<middle_branch>(first).sizes, seen_as<middle_branch>(others).sizes...);
    default:
        return visit(seen_as<high_branch>(first).sizes, seen_as<high_branch>(others).sizes...);
    }
}

template <class Schema>
std::uint64_t branch<Schema>::child_size(std::size_t slot) const noexcept
{
    return with_sizes([&](auto const& sizes) -> std::uint64_t { return sizes[slot]; }, *this);
}

template <class Schema>
void branch<Schema>::set_child_size(std::size_t slot, std::uint64_t size) noexcept
{
    with_sizes(
        [&](auto& sizes) { sizes[slot] = static_cast<std::remove_reference_t<decltype(sizes[slot])>>(size); }, *this);
}

/// The number of elements below children [0, slot). O(slot).
template <class Schema>
[[nodiscard]] std::uint64_t size_before(branch<Schema> const& seen, std::size_t slot) noexcept
{
    return with_sizes(
        [&](auto const& sizes) {
            std::uint64_t sum = 0;
            for (std::size_t index = 0; index < slot; ++index)
                sum += sizes[index];
            return sum;
        },
        seen);
}

/// The number of elements below a node. O(length), a constant.
template <class Schema>
[[nodiscard]] std::uint64_t size_of(node<Schema> const& seen) noexcept
{
    return seen.level == 0 ? seen.length : size_before(as_branch(seen), seen.length);
}

/// The same for a root, which may be null.
template <class Schema>
[[nodiscard]] std::uint64_t size_of(borrowed<node<Schema>> root) noexcept
{
    return root ? size_of(*root) : 0;
}

/// The measure of the elements below a node. O(length), a constant. Nothing where nothing is measured.
template <class Schema>
[[nodiscard]] auto measure_of([[maybe_unused]] node<Schema> const& seen) noexcept
{
    using measure = typename Schema::measure;
    auto sum = measure::identity();
    if constexpr (Schema::has_measure) {
        for (std::size_t index = 0; index < seen.length; ++index) {
            if (seen.level > 0)
                sum = measure::combine(sum, as_branch(seen).child_measure(index));
            else
                sum = measure::combine(
                    sum, measure_of<Schema>(*as_leaf(seen).keys.at(index), *as_leaf(seen).values.at(index)));
        }
    }
    return sum;
}

/// What a branch is to keep of this node.
template <class Schema>
[[nodiscard]] summary<Schema> summary_of(node<Schema> const& seen) noexcept
{
    return { size_of(seen), measure_of(seen) };
}

/// The bytes of a node of this level.
template <class Schema>
[[nodiscard]] constexpr std::size_t node_bytes(unsigned level) noexcept
{
    switch (level) {
    case 0:
        return sizeof(leaf<Schema>);
    case 1:
        return sizeof(branch<Schema>);
    case 2:
        return sizeof(middle_branch<Schema>);
    default:
        return sizeof(high_branch<Schema>);
    }
}

/// A node, not owned, with what the way to it tells of its keys: low ≤ all of them < high. Null where it
/// tells nothing.
template <class Schema>
struct subtree {
    node<Schema> const* root;
    typename Schema::key_type const* low;
    typename Schema::key_type const* high;
};

/// The subtree below a slot of another.
template <class Schema>
[[nodiscard]] subtree<Schema> child_of(subtree<Schema> const& whole, std::size_t slot) noexcept
{
    auto const& from = as_branch(*whole.root);
    return { from.child(slot), slot == 0 ? whole.low : from.separators.at(slot - 1),
        slot + 1u == from.length ? whole.high : from.separators.at(slot) };
}

/// Effect: asks the processor for a node's memory before it is read. A search that goes down a tree waits
/// for memory and little else, and the lines of one node arrive together. See Note: search in a node.
template <class Schema>
void prefetch(node<Schema> const* next, unsigned level) noexcept
{
    constexpr std::size_t line = 64;
    // A leaf of numbers with the values beside them; beyond that, the search finds its way itself.
    constexpr std::size_t of_leaf = std::min<std::size_t>(sizeof(leaf<Schema>), 768);
    constexpr std::size_t of_branch = std::min<std::size_t>(sizeof(branch<Schema>), 512);
    auto const* const start = reinterpret_cast<char const*>(next);
    auto const bytes = level == 0 ? of_leaf : of_branch;
    for (std::size_t offset = 0; offset < bytes; offset += line)
        __builtin_prefetch(start + offset);
}

/// Least and greatest length of a node of this level that is not the root.
template <class Schema>
[[nodiscard]] constexpr std::size_t minimum_length(unsigned level) noexcept
{
    return level == 0 ? Schema::leaf_minimum : Schema::branch_minimum;
}
template <class Schema>
[[nodiscard]] constexpr std::size_t maximum_length(unsigned level) noexcept
{
    return level == 0 ? Schema::leaf_capacity : Schema::branch_capacity;
}

/// Effect: a new empty leaf. One allocation; throws what the heap throws.
template <class Schema>
[[nodiscard]] owned<node<Schema>> make_leaf(typename Schema::heap& heap)
{
    static_assert(requirements<Schema>::are_met);
    void* const room = heap.allocate(sizeof(leaf<Schema>), alignof(leaf<Schema>));
    return owned<node<Schema>>::adopt(::new (room) leaf<Schema>());
}

/// Effect: a new branch without children. One allocation; throws what the heap throws.
/// Precondition: 1 ≤ level < max_height.
template <class Schema>
[[nodiscard]] owned<node<Schema>> make_branch(typename Schema::heap& heap, unsigned level)
{
    STILL_ASSERT(1 <= level && level < Schema::max_height);
    auto const make = [&]<class Form>(std::type_identity<Form>) {
        static_assert(alignof(Form) == alignof(branch<Schema>),
            "still: links of a policy are aligned as 8 bytes are, so that all branches can be given back alike");
        void* const room = heap.allocate(sizeof(Form), alignof(Form));
        return owned<node<Schema>>::adopt(::new (room) Form(static_cast<std::uint8_t>(level)));
    };
    switch (level) {
    case 1:
        return make(std::type_identity<branch<Schema>>());
    case 2:
        return make(std::type_identity<middle_branch<Schema>>());
    default:
        return make(std::type_identity<high_branch<Schema>>());
    }
}

/// Effect: asks the processor for the counts of children [first, last), which are about to change. They
/// lie apart, and counting one waits for it, so that the next would begin no sooner than that has arrived.
template <class Schema>
void prefetch_counts(branch<Schema> const& of, std::size_t first, std::size_t last) noexcept
{
    for (; first < last; ++first)
        __builtin_prefetch(of.child(first), 1);
}

template <class Schema>
void node<Schema>::dispose(node* last) noexcept
{
    if (last->level > 0) {
        auto& dying = as_branch(*last);
        prefetch_counts(dying, 0, dying.length);
        drop_each(0, dying.length, [&](std::size_t slot) { return dying.children[slot].get(); });
    }
    destroy_alone(last);
}

template <class Schema>
void node<Schema>::destroy_alone(node* last) noexcept
{
    auto const level = last->level;
    auto const length = last->length;
    if (level == 0) {
        auto& dying = as_leaf(*last);
        std::destroy_n(dying.keys.cell(0), length);
        if constexpr (Schema::has_values)
            std::destroy_n(dying.values.cell(0), length);
        std::destroy_at(&dying);
        Schema::heap::deallocate(&dying, node_bytes<Schema>(0), alignof(leaf<Schema>));
        return;
    }
    auto& dying = as_branch(*last);
    if (length > 0)
        std::destroy_n(dying.separators.cell(0), length - 1u);
    std::destroy_at(&dying);
    Schema::heap::deallocate(&dying, node_bytes<Schema>(level), alignof(branch<Schema>));
}

} // namespace still::tree
