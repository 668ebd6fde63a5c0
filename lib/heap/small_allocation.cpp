// SPDX-License-Identifier: BSL-1.0
//
// Small objects inside the region: from the thread's cache, from all threads' lists, from a new slab.

#include <new>

#include "heap/heap_core.hpp"

namespace still::heaps {

void* allocate_pooled(region_start* start, std::size_t bytes, std::size_t alignment)
{
    return heap_core::to_allocate_from(start).allocate_pooled(bytes, alignment);
}

void deallocate_pooled(region_start* start, void* block, std::size_t bytes, std::size_t alignment) noexcept
{
    heap_core::of(start).deallocate_pooled(block, bytes, alignment);
}

// What is asked for as a rule comes first and by itself, so that it needs no frame: two loads for the thread's number,
// one for its cache, and an array.

void* heap_core::allocate_pooled(std::size_t bytes, std::size_t alignment)
{
    if (!has_pools_ || !is_small(bytes, alignment)) [[unlikely]]
        return allocate(bytes, alignment);
    auto const size_class = class_of(bytes);
    auto* const base = region_.base();
    if (auto* const cache = image_->pools().cache_of(base, gate_.remembered_number())) [[likely]]
        if (auto* const block = cache->take(base, size_class)) [[likely]]
            return block;
    return refill(size_class);
}

void heap_core::deallocate_pooled(void* block, std::size_t bytes, std::size_t alignment) noexcept
{
    if (!has_pools_ || !is_small(bytes, alignment)) [[unlikely]]
        return deallocate(block);
    if (block == nullptr)
        return;
    auto const size_class = class_of(bytes);
    auto* const base = region_.base();
    if (auto* const cache = image_->pools().cache_of(base, gate_.remembered_number())) [[likely]]
        if (cache->give(base, size_class, block)) [[likely]]
            return;
    take_back(size_class, block);
}

/// Returns a block where the thread's cache has none, or isn't known at once, and fills the cache. Throws
/// std::bad_alloc, what growth does, and nothing changed that anybody has.
void* heap_core::refill(unsigned size_class)
{
    auto const thread = gate_.number_of_thread();
    if (auto* const known = image_->pools().cache_of(region_.base(), thread))
        if (auto* const block = known->take(region_.base(), size_class))
            return block;
    auto const lock = lock_image();
    auto* const cache = cache_for(thread);
    do {
        if (auto* const block = image_->pools().take(region_.base(), size_class, cache))
            return block;
    } while (add_slab(size_class));
    boost::throw_exception(std::bad_alloc());
}

/// Effect: keeps a block for which the thread's cache has no room.
void heap_core::take_back(unsigned size_class, void* block) noexcept
{
    if (torn_)
        return;
    auto* const base = region_.base();
    auto thread = std::uint32_t{ pools::most_caches };
    try {
        thread = gate_.number_of_thread();
    } catch (std::bad_alloc const&) {
        // The thread comes for the first time, and there is no memory for its line: it goes without a cache.
    }
    std::scoped_lock const lock(allocation_mutex_);
    auto* const cache = cache_for(thread);
    if (cache != nullptr && cache->give(base, size_class, block))
        return;
    image_->pools().give(base, size_class, block);
    if (cache != nullptr)
        image_->pools().relieve(base, size_class, *cache);
}

/// The thread's cache, made where there is room. Null where there is none, or too many have one.
/// Precondition: allocation_mutex_ is held.
thread_cache* heap_core::cache_for(std::uint32_t thread) noexcept
{
    if (thread >= pools::most_caches)
        return nullptr;
    auto& pools = image_->pools();
    if (auto* const cache = pools.cache_of(region_.base(), thread))
        return cache;
    if (auto* const room = image_->allocate(sizeof(thread_cache), alignof(thread_cache)))
        pools.add_cache(region_.base(), thread, room);
    return pools.cache_of(region_.base(), thread);
}

/// Effect: the class gets a slab, as large as it should be or as there is room for. Returns false where there is
/// none. Throws what growth does. Precondition: allocation_mutex_ is held.
bool heap_core::add_slab(unsigned size_class)
{
    auto const least = pools::least_slab_bytes(size_class);
    do {
        for (auto bytes = image_->pools().slab_bytes(size_class); bytes >= least; bytes /= 2) {
            if (auto* const room = find_room(bytes, small_alignment)) {
                image_->pools().add_slab(region_.base(), size_class, room, bytes);
                return true;
            }
        }
        if (auto* const room = find_room(least, small_alignment)) {
            image_->pools().add_slab(region_.base(), size_class, room, least);
            return true;
        }
    } while (give_back_slabs());
    return false;
}

/// Effect: the best fit gets the memory of all slabs that nobody uses. Returns false where there is none.
/// Precondition: allocation_mutex_ is held.
bool heap_core::give_back_slabs()
{
    if (!has_pools_)
        return false;
    auto const empty = image_->pools().take_empty_slabs(region_.base());
    for (auto* const slab : empty)
        image_->deallocate(slab);
    return !empty.empty();
}

} // namespace still::heaps
