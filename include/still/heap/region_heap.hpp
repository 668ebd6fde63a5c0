// SPDX-License-Identifier: BSL-1.0
//
// Trees inside a heap: a node heap whose blocks lie in a region, and a policy of links by distance, so that sets,
// maps and page tables live among the heap's objects, are rolled back with it, and are read in its mappings.
//
//   using index = still::map<int, int, std::less<>, still::region_policy>;
//   auto& live = heap.construct<index>("index", heap.allocator());
//   { auto guard = heap.mutate(); live = std::move(live).insert_or_assign(1, 2); }
//   auto const before = heap.snapshot().map();
//   index const* const then = before.find<index>("index");
//   for (auto const& change : still::diff(*then, live)) ...           // costs what changed
//
// See Note: trees in regions.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>

#include "still/core/count.hpp"
#include "still/core/link.hpp"
#include "still/core/policy.hpp"
#include "still/heap/allocator.hpp"
#include "still/heap/birth.hpp"
#include "still/heap/region_root.hpp"
#include "still/heap/relocatable.hpp"
#include "still/heap/threshold.hpp"

namespace still {

/// Nodes and their elements are in the heap that the allocator is from. A handle is relocatable, and as large as a
/// pointer.
/// Thread contract: any thread, inside a mutation guard of the heap (or while no cut is taken).
/// Allocation: each block costs its size and a prefix of 16 bytes, or as much as its alignment where that is more.
/// Throws std::bad_alloc when the heap's capacity is used up, std::logic_error where the handle is of no heap.
class region_heap {
public:
    /// The prefix of a block without large alignment.
    static constexpr std::size_t block_overhead = sizeof(heaps::birth);

    /// Of no heap: containers over it are empty and stay so.
    region_heap() noexcept = default;
    /// Blocks from the heap that the allocator is from. Implicit, so that a container is made with one as usual.
    template <class T>
    region_heap(heap_allocator<T> const& from) noexcept
        : start_(from.start())
    {
    }

    /// Effect: a block in the region, named by where it is and by the present generation.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment)
    {
        auto* const start = start_.get();
        if (start == nullptr)
            heaps::refuse_without_heap();
        auto const prefix = prefix_bytes(alignment);
        auto* const room = static_cast<std::byte*>(heaps::allocate_pooled(start, prefix + bytes, prefix));
        auto* const block = room + prefix;
        auto const offset = reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(start);
        ::new (static_cast<void*>(block - sizeof(heaps::birth))) heaps::birth{ offset, generation_at(start) };
        return block;
    }
    /// Effect: gives a block back to the region that it is in.
    static void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept
    {
        auto const prefix = prefix_bytes(alignment);
        auto* const start = heaps::birth::home_of(block);
        heaps::deallocate_pooled(start, static_cast<std::byte*>(block) - prefix, prefix + bytes, prefix);
    }

    /// Elements that take an allocator are built with the heap's.
    [[nodiscard]] heap_allocator<std::byte> elements() const noexcept
    {
        return heap_allocator<std::byte>(start_.get());
    }

    /// Effect: names a block anew, which is edited in place. A version that has it under its old name keeps its own
    /// copy of the page.
    static void renew(void* block) noexcept
    {
        auto& named = heaps::birth::of(block);
        auto const now = generation_at(heaps::birth::home_of(block));
        if (named.generation != now)
            named.generation = now;
    }
    /// True when two blocks, seen wherever, have one name.
    [[nodiscard]] static bool same_name(void const* one, void const* other) noexcept
    {
        return heaps::birth::of(one) == heaps::birth::of(other);
    }

    /// True where a block of this image of a region says truly where it is. Precondition: it is in the image.
    [[nodiscard]] static bool names_place(void const* block, std::span<std::byte const> image) noexcept
    {
        auto const offset = static_cast<std::size_t>(static_cast<std::byte const*>(block) - image.data());
        return reinterpret_cast<std::uintptr_t>(block) % alignof(heaps::birth) == 0 && offset >= sizeof(heaps::birth)
            && heaps::birth::of(block).offset == offset;
    }
    /// True where this is a handle of the region that an image is of.
    [[nodiscard]] bool is_of(std::span<std::byte const> image) const noexcept
    {
        return static_cast<void const*>(start_.get()) == image.data();
    }

    /// Throws std::logic_error where this handle is in a mapping.
    void require_writable() const
    {
        auto const* const start = start_.get();
        if (start != nullptr && heaps::threshold::of(start).keeper == nullptr)
            heaps::refuse_in_mapping();
    }

    /// True where this is of a heap. A container that has one keeps it: what is assigned to it from another heap's is
    /// copied.
    [[nodiscard]] bool has_place() const noexcept { return start_.get() != nullptr; }
    /// Where the heap's region starts, or null.
    [[nodiscard]] heaps::region_start* start() const noexcept { return start_.get(); }

    class in_use;

    /// True when both are of one heap, and seen in one place.
    [[nodiscard]] friend bool operator==(region_heap const& one, region_heap const& other) noexcept
    {
        return one.start_.get() == other.start_.get();
    }

private:
    [[nodiscard]] static constexpr std::size_t prefix_bytes(std::size_t alignment) noexcept
    {
        return std::max(alignment, block_overhead);
    }
    [[nodiscard]] static std::uint64_t generation_at(heaps::region_start const* start) noexcept
    {
        return heaps::threshold::of(start).generation.load(std::memory_order_relaxed);
    }

    offset_link<heaps::region_start> start_;
};

/// A handle for a while, as of an update that makes nodes which no version owns yet: nothing is cut or rolled back
/// before it goes, as if they were owned outside.
class region_heap::in_use : public region_heap {
public:
    explicit in_use(region_heap const& of) noexcept
        : region_heap(of)
    {
        if (has_place())
            heaps::threshold::of(start()).count_outside();
    }
    in_use(in_use const&) = delete;
    in_use& operator=(in_use const&) = delete;
    ~in_use()
    {
        if (has_place())
            heaps::threshold::of(start()).discount_outside();
    }
};

/// Versions of containers that live in a heap's region. Objects of the region own them. What an update makes on its
/// way may be owned outside for as long as the guard that it is made under, no longer: `snapshot` and `restore` throw
/// std::logic_error while there is such an owner. Whoever only reads takes a view, which owns nothing.
///
/// In a mapping a container is read as it is, by all that allocates nothing. Copying it there, and what makes versions
/// of it, throws std::logic_error.
struct region_policy {
    using heap = region_heap;
    using count = atomic_count;
    template <class Node>
    using link = offset_link<Node>;
    template <class Node>
    using root = region_root<Node>;
};

static_assert(container_policy<region_policy>);
static_assert(naming_heap<region_heap> && readable_elsewhere<region_heap> && placing_heap<region_heap>);

template <class T, class Compare, container_policy Policy>
class set;
template <class Key, class Value, class Compare, container_policy Policy>
class map;
template <class Slot, container_policy Policy>
class page_table;

namespace heaps {

/// True for policies whose trees lie in a region and are linked by distance.
template <class Policy>
inline constexpr bool lives_in_region = std::is_same_v<typename Policy::heap, region_heap>
    && std::is_same_v<typename Policy::template link<int>, offset_link<int>>
    && std::is_same_v<root_link_t<Policy, int>, region_root<int>>;

} // namespace heaps

template <class T, class Compare, class Policy>
struct relocatable<set<T, Compare, Policy>>
    : std::bool_constant<heaps::lives_in_region<Policy> && relocatable<T>::value && heaps::without_state<Compare>> { };
template <class Key, class Value, class Compare, class Policy>
struct relocatable<map<Key, Value, Compare, Policy>>
    : std::bool_constant<heaps::lives_in_region<Policy> && relocatable<Key>::value && relocatable<Value>::value
          && heaps::without_state<Compare>> { };
template <class Slot, class Policy>
struct relocatable<page_table<Slot, Policy>>
    : std::bool_constant<heaps::lives_in_region<Policy> && relocatable<Slot>::value> { };

} // namespace still
