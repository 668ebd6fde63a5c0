// SPDX-License-Identifier: BSL-1.0
//
// The replaced operator new. Array and nothrow forms lead here by the standard's defaults.

#include "global_new.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

void* counted(std::size_t bytes, std::size_t alignment)
{
    if (still_test::global_new::allocations.step())
        throw std::bad_alloc();
    void* const block = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
        ? std::malloc(bytes == 0 ? 1 : bytes)
        : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (block == nullptr)
        throw std::bad_alloc();
    return block;
}

} // namespace

void* operator new(std::size_t bytes)
{
    return counted(bytes, 1);
}
void* operator new(std::size_t bytes, std::align_val_t alignment)
{
    return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept
{
    std::free(block);
}
void operator delete(void* block, std::size_t) noexcept
{
    std::free(block);
}
void operator delete(void* block, std::align_val_t) noexcept
{
    std::free(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept
{
    std::free(block);
}
