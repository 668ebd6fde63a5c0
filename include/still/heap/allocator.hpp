// SPDX-License-Identifier: BSL-1.0
//
// The allocator that containers inside a heap use. Its pointers are distances, so that what it links
// can be read wherever a snapshot is mapped.

#pragma once

#include <boost/interprocess/offset_ptr.hpp>
#include <boost/throw_exception.hpp>

#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>

namespace still {

namespace heaps {

struct region_start;

/// Effect: allocates from the heap whose region starts there; the heap grows as far as it may.
/// Throws std::bad_alloc when it may not, std::logic_error where a mapping starts there, or nothing; nothing changed
/// then. Alignment is a power of two.
[[nodiscard]] void* allocate(region_start* start, std::size_t bytes, std::size_t alignment);
/// Effect: gives back what `allocate` gave.
void deallocate(region_start* start, void* block) noexcept;

/// The same for objects of containers: where they are small, from pools, without a lock as a rule.
[[nodiscard]] void* allocate_pooled(region_start* start, std::size_t bytes, std::size_t alignment);
/// Effect: gives back what `allocate_pooled` gave for the same bytes and alignment.
void deallocate_pooled(region_start* start, void* block, std::size_t bytes, std::size_t alignment) noexcept;

/// Throws std::logic_error: a container in a mapping was to be copied or written to, or shared with a version.
[[noreturn]] void refuse_in_mapping();
/// Throws std::logic_error: a container was given no heap, and asked for a node.
[[noreturn]] void refuse_without_heap();

} // namespace heaps

/// Made by heap::allocator. Allocators of one heap are equal and exchange what they allocate. A container that is
/// assigned to keeps its heap, and copies what another heap's container has. As with all allocators that may be
/// unequal, containers of two heaps mustn't be swapped.
/// Thread contract: any thread, inside a mutation guard of the heap (or while no cut is taken).
template <class T>
class heap_allocator {
public:
    using value_type = T;
    using pointer = boost::interprocess::offset_ptr<T>;
    using const_pointer = boost::interprocess::offset_ptr<T const>;
    using void_pointer = boost::interprocess::offset_ptr<void>;
    using const_void_pointer = boost::interprocess::offset_ptr<void const>;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using is_always_equal = std::false_type;

    /// What `heap::allocator` gives.
    explicit heap_allocator(heaps::region_start* start) noexcept
        : start_(start)
    {
    }
    /// An allocator of other objects from the same heap.
    template <class Other>
    heap_allocator(heap_allocator<Other> const& other) noexcept
        : start_(other.start())
    {
    }

    /// Effect: allocates room for `count` objects. Throws std::bad_alloc when the heap's capacity or the system's
    /// memory is used up, std::bad_array_new_length when no heap could hold them, std::logic_error where the container
    /// is in a mapping; nothing changes then.
    [[nodiscard]] pointer allocate(size_type count)
    {
        if (count > max_size())
            boost::throw_exception(std::bad_array_new_length());
        return static_cast<T*>(heaps::allocate_pooled(start(), count * sizeof(T), alignof(T)));
    }
    /// Effect: gives room back, for as many objects as it was asked for. Throws nothing.
    void deallocate(pointer block, size_type count) noexcept
    {
        heaps::deallocate_pooled(start(), block.get(), count * sizeof(T), alignof(T));
    }

    /// The most objects that may be asked for at once.
    [[nodiscard]] size_type max_size() const noexcept
    {
        return static_cast<size_type>(std::numeric_limits<difference_type>::max()) / sizeof(T);
    }
    /// The start of the heap's region, where its bookkeeping lies.
    [[nodiscard]] heaps::region_start* start() const noexcept { return start_.get(); }

    template <class Other>
    [[nodiscard]] friend bool operator==(heap_allocator const& one, heap_allocator<Other> const& other) noexcept
    {
        return one.start() == other.start();
    }

private:
    boost::interprocess::offset_ptr<heaps::region_start> start_;
};

} // namespace still
