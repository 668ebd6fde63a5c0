// SPDX-License-Identifier: BSL-1.0
//
// Elements in boxes: objects of their own, counted, so that nodes share an element instead of copying it.
// See Note: costly elements.

#pragma once

#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "still/core/ownership.hpp"
#include "still/core/policy.hpp"

namespace still::tree {

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

/// An element of a node there is, on its way into another node: a box is shared, anything else copied.
template <class Object>
struct kept {
    Object const& object;
};

template <class Object>
kept(Object const&) -> kept<Object>;

/// An element with a count. It never changes once it is built. The object comes first, so that whoever
/// points to it points to its box.
template <class Object, container_policy Policy>
struct box {
    template <class Heap, class Source>
    box(Heap const& heap, Source&& source)
    {
        construct(heap, std::addressof(object), std::forward<Source>(source));
    }
    box(box const&) = delete;
    box& operator=(box const&) = delete;
    ~box() { std::destroy_at(std::addressof(object)); }

    /// Effect: destroys an element nobody owns, and gives back its memory.
    static void dispose(box* last) noexcept
    {
        std::destroy_at(last);
        Policy::heap::deallocate(last, sizeof(box), alignof(box));
    }

    union {
        Object object;
    };
    typename Policy::count references;
};

/// One owner of a boxed element: what a node keeps in the element's place. Copying it counts up, and
/// neither throws nor allocates.
template <class Object, container_policy Policy>
class boxed {
public:
    using box_type = box<Object, Policy>;

    /// Effect: builds the element in a box of its own. One allocation; throws what the heap and the
    /// element's constructor throw.
    template <class Source>
    boxed(typename Policy::heap heap, Source&& source)
    {
        struct block {
            void* room;
            ~block()
            {
                if (room != nullptr)
                    Policy::heap::deallocate(room, sizeof(box_type), alignof(box_type));
            }
        } taken{ heap.allocate(sizeof(box_type), alignof(box_type)) };
        link_.set(::new (taken.room) box_type(heap, std::forward<Source>(source)));
        taken.room = nullptr;
    }
    /// Effect: shares the box of an element that lies in one.
    explicit boxed(kept<Object> element) noexcept
    {
        auto* const found = reinterpret_cast<box_type*>(const_cast<Object*>(std::addressof(element.object)));
        link_.set(owned<box_type>::share(found).release());
    }
    boxed(boxed const& other) noexcept { link_.set(owned<box_type>::share(other.link_.get()).release()); }
    boxed(boxed&& other) noexcept
    {
        link_.set(other.link_.get());
        other.link_.set(nullptr);
    }
    boxed& operator=(boxed const&) = delete;
    ~boxed() { owned<box_type>::drop(link_.get()); }

    [[nodiscard]] Object const* get() const noexcept { return std::addressof(link_.get()->object); }
    /// The box, which a validator asks for before it reads what may lie there.
    [[nodiscard]] box_type const* held() const noexcept { return link_.get(); }

private:
    typename Policy::template link<box_type> link_;
};

} // namespace still::tree
