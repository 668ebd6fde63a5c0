// SPDX-License-Identifier: BSL-1.0

#include "heap/image.hpp"

#include <new>
#include <string>

#include "still/core/config.hpp"
#include "still/heap/threshold.hpp"

namespace still::heaps {

image::image(std::size_t bytes)
{
    static_assert(sizeof(image) <= manager_offset);
    ::new (reinterpret_cast<std::byte*>(this) + manager_offset) manager_type(bytes - manager_offset);
}

image& image::create(std::byte* base, std::size_t bytes)
{
    return *::new (static_cast<void*>(base)) image(bytes);
}

image& image::at(std::byte* base) noexcept
{
    return *std::launder(reinterpret_cast<image*>(base));
}

image::manager_type& image::manager() noexcept
{
    STILL_ASSERT(mark_ == expected_mark);
    return *std::launder(reinterpret_cast<manager_type*>(reinterpret_cast<std::byte*>(this) + manager_offset));
}

image::manager_type const& image::manager() const noexcept
{
    return const_cast<image*>(this)->manager();
}

std::size_t image::bytes() const noexcept
{
    return manager_offset + manager().get_size();
}

std::size_t image::free_bytes() const noexcept
{
    return manager().get_free_memory();
}

void image::grow(std::size_t more)
{
    manager().grow(more);
}

void* image::allocate(std::size_t bytes, std::size_t alignment)
{
    // What the algorithm aligns blocks to by itself.
    if (alignment <= best_fit::Alignment)
        return manager().allocate(bytes, std::nothrow);
    return manager().allocate_aligned(bytes, alignment, std::nothrow);
}

void image::deallocate(void* block) noexcept
{
    manager().deallocate(block);
}

image::entry const* image::find(char const* name) const
{
    // The function isn't const, and reads only: without its lock it writes nothing.
    return const_cast<manager_type&>(manager()).find_no_lock<entry>(name).first;
}

std::uint64_t image::serial() const noexcept
{
    return threshold::of(reinterpret_cast<region_start const*>(this)).serial;
}

bool image::insert(char const* name, std::uint64_t type, void* object)
{
    return manager().construct<entry>(name, std::nothrow)(entry{ type, serial(), object }) != nullptr;
}

void image::replace(char const* name, std::uint64_t type, void* object) noexcept
{
    *manager().find_no_lock<entry>(name).first = { type, serial(), object };
}

void image::erase(char const* name)
{
    manager().destroy<entry>(name);
}

report image::validate()
{
    if (mark_ != expected_mark)
        return { "an image begins with its mark", std::to_string(mark_) };
    block_census blocks;
    // The segment manager is one, but says so to itself only.
    if (auto seen = blocks.take((best_fit const&)manager()); !seen)
        return seen;
    auto* const base = reinterpret_cast<std::byte*>(this);
    if (auto seen = pools_.validate(base, bytes()); !seen)
        return seen;
    for (auto const& room : pools_.rooms(base))
        if (!blocks.claim(base + room.at, room.bytes))
            return { "slabs and caches are in blocks of their own", std::to_string(room.at) };
    for (auto named = manager().named_begin(); named != manager().named_end(); ++named)
        if (!blocks.claim(static_cast<entry const*>(named->value())->object.get(), 1))
            return { "named objects are in blocks of their own", named->name() };
    return {};
}

} // namespace still::heaps
