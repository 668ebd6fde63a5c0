// SPDX-License-Identifier: BSL-1.0
//
// Elements in a node: where they lie, how they are built, shared, copied and moved.

#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "still/tree/box.hpp"
#include "still/tree/schema.hpp"

namespace still::tree {

/// What a node keeps of an element: the object itself, or an owner of the box it lies in.
template <class Object, class Cell>
[[nodiscard]] Object const* reveal(Cell const* cell) noexcept
{
    if constexpr (std::is_same_v<Object, Cell>)
        return cell;
    else
        return cell->get();
}

/// Room for `Capacity` elements, none of them there yet. Whoever owns it keeps the number that are.
template <class Object, std::size_t Capacity, class Cell = Object>
struct storage {
    /// Cells and elements are one and the same, so that these lie side by side.
    static constexpr bool is_contiguous = std::is_same_v<Object, Cell>;
    static constexpr std::size_t capacity = Capacity;

    storage() noexcept { }
    ~storage() { }

    /// An element, to be read.
    [[nodiscard]] Object const* at(std::size_t index) const noexcept { return reveal<Object>(cells + index); }
    /// Where it is kept, to be built, moved or destroyed.
    [[nodiscard]] Cell* cell(std::size_t index) noexcept { return cells + index; }

    union {
        Cell cells[Capacity];
    };
};

/// Values of a set take no room: all are the one.
template <std::size_t Capacity>
struct storage<no_value, Capacity, no_value> {
    [[nodiscard]] no_value const* at(std::size_t) const noexcept { return &nothing; }

    static inline no_value nothing{};
};

/// A new element on its way into a tree: what its key and value are built from.
template <class KeySource, class ValueSource>
struct incoming {
    KeySource&& key;
    ValueSource&& value;
};

template <class KeySource, class ValueSource>
incoming(KeySource&&, ValueSource&&) -> incoming<KeySource, ValueSource>;

/// The part of a pair as the pair was given: of one that is about to go, its own parts are moved.
template <class Pair, class Part>
[[nodiscard]] constexpr decltype(auto) given_part(std::remove_reference_t<Part>& part) noexcept
{
    if constexpr (std::is_lvalue_reference_v<Pair>)
        return (part);
    else
        return static_cast<Part&&>(part);
}

/// Effect: builds what a node keeps of an element, from a source of the element or from one there is.
template <class Object, class Cell, node_heap Heap, class Source>
void build(Heap const& heap, Cell* place, Source&& source)
{
    constexpr bool is_kept = std::is_same_v<std::remove_cvref_t<Source>, kept<Object>>;
    if constexpr (!std::is_same_v<Object, Cell>) {
        if constexpr (is_kept)
            std::construct_at(place, source);
        else
            std::construct_at(place, heap, std::forward<Source>(source));
    } else if constexpr (is_kept) {
        construct(heap, place, source.object);
    } else {
        construct(heap, place, std::forward<Source>(source));
    }
}

/// Cells that may be moved byte by byte, the old one then being gone.
template <class Cell>
inline constexpr bool moves_as_bytes = std::is_trivially_copyable_v<Cell>;
template <class Object, container_policy Policy>
inline constexpr bool moves_as_bytes<boxed<Object, Policy>>
    = std::is_trivially_copyable_v<typename Policy::template link<box<Object, Policy>>>;

/// Effect: moves `count` cells to a place in the same tree, which may overlap. Throws nothing.
template <class Cell>
void relocate(Cell* to, Cell* from, std::size_t count) noexcept
{
    static_assert(std::is_nothrow_move_constructible_v<Cell>);
    if (to == from || count == 0)
        return;
    if constexpr (moves_as_bytes<Cell>) {
        std::memmove(static_cast<void*>(to), static_cast<void const*>(from), count * sizeof(Cell));
    } else if (to < from) {
        for (std::size_t index = 0; index < count; ++index) {
            std::construct_at(to + index, std::move(from[index]));
            std::destroy_at(from + index);
        }
    } else {
        for (std::size_t index = count; index-- > 0;) {
            std::construct_at(to + index, std::move(from[index]));
            std::destroy_at(from + index);
        }
    }
}

/// An element built aside, so that putting it into a node can't throw.
template <class Object, class Cell = Object>
class spare {
public:
    template <node_heap Heap, class Source>
    spare(Heap const& heap, Source&& source)
    {
        build<Object>(heap, room_.cell(0), std::forward<Source>(source));
    }
    spare(spare const&) = delete;
    spare& operator=(spare const&) = delete;
    ~spare() { std::destroy_at(room_.cell(0)); }

    /// Effect: moves the element to `place`, where none is. Throws nothing.
    void move_to(Cell* place) noexcept { std::construct_at(place, std::move(*room_.cell(0))); }
    /// Effect: moves the element over the one at `place`. Throws nothing.
    void replace(Cell* place) noexcept
    {
        std::destroy_at(place);
        move_to(place);
    }

private:
    storage<Object, 1, Cell> room_;
};

/// Sets have no values to build aside.
template <>
class spare<no_value, no_value> {
public:
    template <node_heap Heap, class Source>
    spare(Heap const&, Source&&) noexcept
    {
    }
    void move_to(no_value*) noexcept { }
    void replace(no_value*) noexcept { }
};

} // namespace still::tree
