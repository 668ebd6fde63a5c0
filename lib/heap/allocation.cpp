// SPDX-License-Identifier: BSL-1.0
//
// Memory and names inside the region, and its growth.

#include <algorithm>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "heap/heap_core.hpp"
#include "heap/named.hpp"

namespace still::heaps {

heap_core& heap_core::to_allocate_from(region_start* start)
{
    if (start == nullptr) [[unlikely]]
        refuse_without_heap();
    auto* const found = static_cast<heap_core*>(region::keeper_of(start));
    if (found == nullptr) [[unlikely]]
        refuse_in_mapping();
    return *found;
}

void* allocate(region_start* start, std::size_t bytes, std::size_t alignment)
{
    return heap_core::to_allocate_from(start).allocate(bytes, alignment);
}

void deallocate(region_start* start, void* block) noexcept
{
    heap_core::of(start).deallocate(block);
}

void refuse_in_mapping()
{
    boost::throw_exception(
        std::logic_error("still: a container in a mapping can be read only: none is copied, shared or made with its "
                         "allocator (read it in place; or assign it to a container of a heap, which copies it, and "
                         "elements that allocate too, where they have an allocator_type and take one)"));
}

void refuse_without_heap()
{
    boost::throw_exception(std::logic_error(
        "still: a container in a heap has no heap to take memory from: it was made without one (make it "
        "with heap.allocator(), or assign to it one that has a heap)"));
}

void* heap_core::allocate(std::size_t bytes, std::size_t alignment)
{
    if (bytes > region_.capacity() || alignment > region_.capacity())
        boost::throw_exception(std::bad_alloc());
    auto const lock = lock_image();
    do {
        if (auto* const block = find_room(bytes, alignment))
            return block;
    } while (give_back_slabs());
    boost::throw_exception(std::bad_alloc());
}

/// Returns a block of the best fit, or null; the heap grows as far as it may. Throws what growth does.
/// Precondition: allocation_mutex_ is held.
void* heap_core::find_room(std::size_t bytes, std::size_t alignment)
{
    // The allocator's records and the padding of an aligned block, at most.
    auto const needed = bytes + alignment + 64;
    if (needed > region_.capacity())
        return nullptr;
    do {
        if (auto* const block = image_->allocate(std::max<std::size_t>(bytes, 1), alignment))
            return block;
    } while (grow(needed));
    return nullptr;
}

void heap_core::deallocate(void* block) noexcept
{
    if (block == nullptr || torn_)
        return;
    std::scoped_lock const lock(allocation_mutex_);
    image_->deallocate(block);
}

void heap_core::require_unused(std::string_view name) const
{
    auto const text = checked_name(name);
    auto const lock = lock_image();
    require_unused_locked(text);
}

/// Precondition: allocation_mutex_ is held.
void heap_core::require_unused_locked(std::string const& name) const
{
    if (image_->find(name.c_str()) != nullptr)
        refuse_used(name);
}

void heap_core::insert_name(std::string_view name, std::uint64_t type, void* object)
{
    auto const text = checked_name(name);
    auto const lock = lock_image();
    // Another thread may have taken the name while the object was built.
    require_unused_locked(text);
    enter_name_locked(text, type, object);
}

/// Effect: names an object; the heap grows as far as it may. Throws std::bad_alloc, and nothing changed that anybody
/// sees. Precondition: allocation_mutex_ is held; the name is unused.
void heap_core::enter_name_locked(std::string const& name, std::uint64_t type, void* object)
{
    while (!image_->insert(name.c_str(), type, object))
        if (!grow(name.size() + 256) && !give_back_slabs())
            boost::throw_exception(std::bad_alloc());
}

void* heap_core::take_object(std::string_view name, std::uint64_t type, bool relocatable)
{
    auto const text = checked_name(name);
    auto const lock = lock_image();
    auto* const found = heaps::find_object(*image_, text, { type, relocatable });
    if (found != nullptr)
        image_->erase(text.c_str());
    return found;
}

void* heap_core::find_object(std::string_view name, std::uint64_t type, bool relocatable) const
{
    auto const text = checked_name(name);
    auto const lock = lock_image();
    return heaps::find_object(*image_, text, { type, relocatable });
}

void heap_core::prepare(std::span<std::byte const> bytes)
{
    if (bytes.empty())
        return;
    require_whole();
    std::scoped_lock const lock(tracking_mutex_);
    auto const* const base = region_.base();
    if (bytes.data() < base || bytes.size() > region_.used()
        || static_cast<std::size_t>(bytes.data() - base) > region_.used() - bytes.size())
        boost::throw_exception(std::out_of_range("still: heap \"" + label()
            + "\": bytes outside the heap can't be prepared (prepare what was allocated from it)"));
    auto const offset = static_cast<std::size_t>(bytes.data() - base);
    auto const first = offset / page_bytes;
    tracker_->prepare({ first, (offset + bytes.size() - 1) / page_bytes + 1 - first });
}

/// Effect: makes the image larger, by `bytes` if it may be. Returns false when it is as large as it may
/// be. Precondition: allocation_mutex_ is held.
bool heap_core::grow(std::size_t bytes)
{
    // Small steps cost system calls; large ones arm page tables before they are needed.
    constexpr std::size_t smallest_step = 256 * 1024;
    constexpr std::size_t largest_step = 32 * 1024 * 1024;
    auto const had = image_->bytes();
    if (had == region_.capacity())
        return false;
    auto const step = std::max(bytes, std::clamp(had / 4, smallest_step, largest_step));
    auto wanted = step > region_.capacity() - had ? region_.capacity() : had + step;
    wanted = std::min(region_.capacity(), (wanted + page_bytes - 1) / page_bytes * page_bytes);
    // After a rollback the region may have more in use than the image. The step follows from the image
    // alone all the same, so that the same work after a rollback gives the same bytes.
    if (wanted > region_.used())
        try {
            use_until(region_.rounded(wanted));
        } catch (std::system_error const&) { // no memory, as the system has it: a limit, or its own records
            boost::throw_exception(std::bad_alloc());
        }
    image_->grow(wanted - had);
    return true;
}

/// Effect: commits and arms [used, bytes). Throws std::system_error, std::bad_alloc, and then nothing
/// changed that matters: what is committed and armed already can be so again.
void heap_core::use_until(std::size_t bytes)
{
    std::scoped_lock const lock(tracking_mutex_);
    auto const used = region_.used();
    pending_.make_room(bytes / page_bytes);
    round_.make_room(bytes / page_bytes);
    differing_.make_room(bytes / page_bytes);
    resting_.make_room(bytes / page_bytes);
    region_.commit(bytes);
    page_span const added{ used / page_bytes, (bytes - used) / page_bytes };
    // A child of fork takes no cuts, and the tracker is its parent's: it would be told of the parent's pages.
    if (!is_inherited()) {
        if (region_.has_huge_pages())
            tracker_->watch(added);
        else
            tracker_->arm(added);
    }
    region_.use(bytes);
}

} // namespace still::heaps
