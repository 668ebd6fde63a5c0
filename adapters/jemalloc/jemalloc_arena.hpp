// SPDX-License-Identifier: BSL-1.0
//
// A jemalloc arena whose extents come from a heap's region, for heaps that are snapshotted and never restored.

#pragma once

#include <boost/interprocess/offset_ptr.hpp>
#include <boost/throw_exception.hpp>
#include <jemalloc/jemalloc.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "arena_caches.hpp"
#include "still/heap.hpp"
#include "still/heap/threshold.hpp"

namespace still {

template <class T>
class arena_allocator;

/// An arena of jemalloc's over a heap: what it allocates lies in the region, is tracked, and is part of each snapshot.
/// jemalloc's records lie outside, so that no rollback could undo them: the heap can't be restored any more, not even
/// when the arena is gone (see heap::lend). A version is read through mappings and branches.
///
/// Memory that is freed stays with the arena, and its bytes as they are: nothing is purged or unmapped, which a
/// tracker might not notice. All goes back to the heap with the arena, what wasn't freed too, and without destructors.
/// jemalloc takes 2 MiB at a time and cuts them up. From a heap that has less left it takes single blocks, which don't
/// become larger ones again: near its capacity a heap may have free memory of the arena's and yet too little in a row.
/// The arena may go before the heap or after it, which keeps the region until then. A heap may have several.
///
/// Thread contract: allocation from any thread. Construction and destruction by the standard library's rule; threads
/// that ended, or that only once allocated, don't matter.
class jemalloc_arena final : extent_hooks_t, std::pmr::memory_resource {
public:
    /// Effect: makes an arena over the heap, and forbids to restore it. Takes a guard.
    /// Throws std::bad_alloc, std::system_error; then the heap may have been forbidden to be restored.
    explicit jemalloc_arena(heap& over)
        : extent_hooks_t{}
        , hold_(number_)
        , heap_(over.lend("an arena of jemalloc"))
    {
        // What is left out stays as it is: extents are kept for further use, and committed for ever.
        alloc = [](extent_hooks_t* self, void* place, std::size_t bytes, std::size_t alignment, bool* is_zero,
                    bool* is_committed, unsigned) -> void* {
            if (place != nullptr)
                return nullptr;
            auto* const block = static_cast<jemalloc_arena*>(self)->take_extent(bytes, alignment);
            if (block == nullptr)
                return nullptr;
            if (*is_zero)
                std::memset(block, 0, bytes);
            *is_committed = true;
            return block;
        };
        split = [](extent_hooks_t*, void*, std::size_t, std::size_t, std::size_t, bool, unsigned) { return false; };
        merge = [](extent_hooks_t*, void*, std::size_t, void*, std::size_t, bool, unsigned) { return false; };
        // Hooks that an arena is made with would also have to give memory for its records.
        extent_hooks_t* hooks = this;
        if (!hold_.set("extent_hooks", hooks))
            boost::throw_exception(std::bad_alloc());
        // Steps of one size, instead of growing ones, come nearer to the heap's capacity.
        hold_.set("retain_grow_limit", std::size_t{ 2 } << 20);
        // There is nothing to purge, so that nothing is gained by waiting before what is free joins.
        hold_.set("dirty_decay_ms", ssize_t{ 0 });
        hold_.set("muzzy_decay_ms", ssize_t{ 0 });
        door_ = ::new (heap_.allocate(sizeof(door), alignof(door))) door{ this, over.allocator().start(), 0 };
        door_->home = heaps::threshold::of(door_->start.get()).serial;
    }
    jemalloc_arena(jemalloc_arena const&) = delete;
    jemalloc_arena& operator=(jemalloc_arena const&) = delete;
    /// Precondition: nobody allocates or frees, and no container uses the arena.
    ~jemalloc_arena() override
    {
        if (!hold_.end())
            return;
        try {
            auto const guard = heap_.mutate();
            heap_.deallocate(door_);
            for (auto* last = last_.load(); last != nullptr;) {
                auto* const gone = std::exchange(last, last->before);
                heap_.deallocate(gone->start);
                heap_.deallocate(gone);
            }
        } catch (std::bad_alloc const&) {
            // There is no memory for this thread's guard, and without one a cut might be torn: it stays in use.
        }
    }

    /// For containers that want raw pointers. They are valid in the live heap, not in mappings and branches.
    [[nodiscard]] std::pmr::memory_resource* memory_resource() noexcept { return this; }

    /// For containers whose pointers may be fancy (Boost.Container): linked by distances, so that snapshots of them
    /// can be read in mappings and branches.
    template <class T = std::byte>
    [[nodiscard]] arena_allocator<T> allocator() noexcept
    {
        return arena_allocator<T>(door_);
    }

    /// Effect: takes a block, under a guard of the heap. Precondition: alignment is a power of two.
    /// Throws std::bad_alloc when the heap's capacity is used up, std::logic_error in a child of `fork` where that was
    /// in the middle of a change (see heap::lend); nothing changed then.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t))
    {
        // Held before jemalloc's locks are, which a thread inside its guard may wait for.
        auto const guard = heap_.mutate();
        void* const block = ::mallocx(bytes == 0 ? 1 : bytes, hold_.flags(alignment));
        if (block == nullptr) {
            heap_.require_whole();
            boost::throw_exception(std::bad_alloc());
        }
        return block;
    }
    /// Effect: gives a block back, which was taken with the same size and alignment, from any thread.
    void deallocate(void* block, std::size_t bytes, std::size_t alignment = alignof(std::max_align_t)) noexcept
    {
        // jemalloc writes to its own records alone, so no guard is needed.
        if (block != nullptr)
            ::sdallocx(block, bytes == 0 ? 1 : bytes, hold_.flags(alignment));
    }

    /// What jemalloc calls it, for statistics by mallctl. Whoever allocates from it by that number holds a guard.
    [[nodiscard]] unsigned number() const noexcept { return number_; }
    /// Bytes that jemalloc has from the heap. They go back with the arena.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

private:
    template <class T>
    friend class arena_allocator;

    /// Lies in the region: where allocators find the arena. Its copy in a mapping or a branch isn't at home.
    struct door {
        jemalloc_arena* keeper;
        boost::interprocess::offset_ptr<heaps::region_start> start;
        std::uint64_t home; // the number of the heap
        [[nodiscard]] bool at_home() const noexcept { return heaps::threshold::of(start.get()).serial == home; }
    };

    /// Memory that jemalloc has. Its record lies in the region, too.
    struct extent {
        void* start;
        extent* before;
    };

    /// Effect: takes memory for jemalloc, which calls from inside. Null where there is no more. No lock is taken that
    /// a child of fork could find locked for ever: jemalloc calls under locks of its own or under none.
    [[nodiscard]] void* take_extent(std::size_t bytes, std::size_t alignment) noexcept
    {
        void* record = nullptr;
        try {
            record = heap_.allocate(sizeof(extent), alignof(extent));
            auto* const made = ::new (record) extent{ heap_.allocate(bytes, alignment), last_.load() };
            while (!last_.compare_exchange_weak(made->before, made)) { }
            bytes_.fetch_add(bytes, std::memory_order_relaxed);
            return made->start;
        } catch (std::exception const&) {
            heap_.deallocate(record);
            return nullptr; // jemalloc asks for less, or gives up
        }
    }

    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return allocate(bytes, alignment); }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override
    {
        deallocate(block, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override
    {
        return this == &other;
    }

    unsigned number_ = 0;
    arenas::hold hold_;
    loan heap_;
    door* door_ = nullptr;
    std::atomic<extent*> last_{ nullptr };
    std::atomic<std::size_t> bytes_{ 0 };
};

/// Made by jemalloc_arena::allocator. Allocators of one arena are equal and exchange what they allocate; moving or
/// swapping a container never changes its arena. In a branch, a container that came with the version can be read and
/// taken apart; its memory stays, and it gets no more: `allocate` throws std::logic_error.
/// Thread contract: any thread, inside a guard of the heap (or while no cut is taken).
template <class T>
class arena_allocator {
public:
    using value_type = T;
    using pointer = boost::interprocess::offset_ptr<T>;
    using const_pointer = boost::interprocess::offset_ptr<T const>;
    using void_pointer = boost::interprocess::offset_ptr<void>;
    using const_void_pointer = boost::interprocess::offset_ptr<void const>;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using is_always_equal = std::false_type;

    /// An allocator of other objects from the same arena.
    template <class Other>
    arena_allocator(arena_allocator<Other> const& other) noexcept
        : door_(other.door_.get())
    {
    }

    /// Effect: allocates room for `count` objects. Throws std::bad_alloc when the heap's capacity is used up,
    /// std::bad_array_new_length when no heap could hold them, std::logic_error in a branch; nothing changes then.
    [[nodiscard]] pointer allocate(size_type count)
    {
        if (count > max_size())
            boost::throw_exception(std::bad_array_new_length());
        if (!door_->at_home())
            boost::throw_exception(std::logic_error(
                "still: a container from an arena of jemalloc came here with a "
                "version, and its arena didn't: it can't grow (copy it to a container with another allocator)"));
        return static_cast<T*>(door_->keeper->allocate(count * sizeof(T), alignof(T)));
    }
    /// Effect: gives room back, for as many objects as it was asked for; in a branch, nothing. Throws nothing.
    void deallocate(pointer block, size_type count) noexcept
    {
        if (door_->at_home())
            door_->keeper->deallocate(block.get(), count * sizeof(T), alignof(T));
    }

    /// The most objects that may be asked for at once.
    [[nodiscard]] size_type max_size() const noexcept
    {
        return static_cast<size_type>(std::numeric_limits<difference_type>::max()) / sizeof(T);
    }

    template <class Other>
    [[nodiscard]] friend bool operator==(arena_allocator const& one, arena_allocator<Other> const& other) noexcept
    {
        return one.is_of(other);
    }

private:
    friend class jemalloc_arena;
    template <class Other>
    friend class arena_allocator;

    explicit arena_allocator(jemalloc_arena::door* door) noexcept
        : door_(door)
    {
    }
    template <class Other>
    [[nodiscard]] bool is_of(arena_allocator<Other> const& other) const noexcept
    {
        return door_.get() == other.door_.get();
    }

    boost::interprocess::offset_ptr<jemalloc_arena::door> door_;
};

namespace heaps {

template <class T>
struct links_by_distance<arena_allocator<T>> : std::true_type { };

} // namespace heaps

} // namespace still
