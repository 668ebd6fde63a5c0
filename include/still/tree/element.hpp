// SPDX-License-Identifier: BSL-1.0
//
// Elements in a node: where they lie, how they are built, copied and moved.

#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "still/tree/schema.hpp"

namespace still::tree {

/// Room for `Capacity` objects, none of them alive yet. Whoever owns it keeps the number that are.
template <class Object, std::size_t Capacity>
struct storage {
    storage() noexcept { }
    ~storage() { }

    [[nodiscard]] Object* at(std::size_t index) noexcept { return objects + index; }
    [[nodiscard]] Object const* at(std::size_t index) const noexcept { return objects + index; }

    union {
        Object objects[Capacity];
    };
};

/// Values of a set take no room: all are the one.
template <std::size_t Capacity>
struct storage<no_value, Capacity> {
    [[nodiscard]] no_value* at(std::size_t) const noexcept { return &nothing; }

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

/// Effect: builds an object from `source`, with the heap's allocator where the type takes one.
template <class Object, node_heap Heap, class Source>
void construct(Heap const& heap, Object* place, Source&& source)
{
    using allocator = decltype(heap.elements());
    if constexpr (std::is_same_v<allocator, std::allocator<std::byte>>)
        std::construct_at(place, std::forward<Source>(source));
    else
        std::uninitialized_construct_using_allocator(place, heap.elements(), std::forward<Source>(source));
}

/// Effect: moves `count` objects to a place in the same tree, which may overlap. Throws nothing.
template <class Object>
void relocate(Object* to, Object* from, std::size_t count) noexcept
{
    static_assert(std::is_nothrow_move_constructible_v<Object>);
    if (to == from || count == 0)
        return;
    if constexpr (std::is_trivially_copyable_v<Object>) {
        std::memmove(static_cast<void*>(to), static_cast<void const*>(from), count * sizeof(Object));
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

/// An object built aside, so that putting it into a node can't throw.
template <class Object>
class spare {
public:
    template <node_heap Heap, class Source>
    spare(Heap const& heap, Source&& source)
    {
        construct(heap, room_.at(0), std::forward<Source>(source));
    }
    spare(spare const&) = delete;
    spare& operator=(spare const&) = delete;
    ~spare() { std::destroy_at(room_.at(0)); }

    /// Effect: moves the object to `place`, where none lives. Throws nothing.
    void move_to(Object* place) noexcept { std::construct_at(place, std::move(*room_.at(0))); }
    /// Effect: moves the object over the one at `place`. Throws nothing.
    void replace(Object* place) noexcept
    {
        std::destroy_at(place);
        move_to(place);
    }

private:
    storage<Object, 1> room_;
};

/// Sets have no values to build aside.
template <>
class spare<no_value> {
public:
    template <node_heap Heap, class Source>
    spare(Heap const&, Source&&) noexcept
    {
    }
    void move_to(no_value*) noexcept { }
    void replace(no_value*) noexcept { }
};

} // namespace still::tree
