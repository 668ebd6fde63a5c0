// SPDX-License-Identifier: BSL-1.0

#include "os/memory.hpp"

#include <utility>

#include <sys/mman.h>
#include <sys/syscall.h>

#include <unistd.h>

#include "os/failure.hpp"
#include "os/kernel_interface.hpp"

// Defined by the leak sanitizer's runtime, which the address sanitizer's contains, and by nothing else.
extern "C" [[gnu::weak]] void __lsan_register_root_region(void const* start, std::size_t bytes);
extern "C" [[gnu::weak]] void __lsan_unregister_root_region(void const* start, std::size_t bytes);

namespace still::os {

address_range::address_range(address_range&& other) noexcept
    : start_(std::exchange(other.start_, nullptr))
    , bytes_(std::exchange(other.bytes_, 0))
{
}

address_range& address_range::operator=(address_range&& other) noexcept
{
    address_range taken(std::move(other));
    std::swap(start_, taken.start_);
    std::swap(bytes_, taken.bytes_);
    return *this;
}

address_range::~address_range()
{
    if (start_ != nullptr)
        ::munmap(start_, bytes_);
}

bool address_range::unmap() noexcept
{
    if (start_ != nullptr && ::munmap(start_, bytes_) != 0)
        return false;
    release();
    return true;
}

namespace {

address_range map_anywhere(std::size_t bytes, int access, int more_flags)
{
    auto* const start = ::mmap(nullptr, bytes, access, MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1, 0);
    if (start == MAP_FAILED)
        throw_failure("mmap");
    return { start, bytes };
}

} // namespace

address_range reserve_at(void* place, std::size_t bytes)
{
    auto* const start = ::mmap(
        place, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | kernel::map_fixed_noreplace, -1, 0);
    if (start == MAP_FAILED) {
        // EEXIST: taken. ENOMEM and EPERM and EINVAL: beyond what this machine lets a program address.
        if (errno == EEXIST || errno == ENOMEM || errno == EPERM || errno == EINVAL)
            return {};
        throw_failure("mmap");
    }
    address_range reserved(start, bytes);
    // A kernel that doesn't know the flag takes the place for a hint.
    if (start != place)
        return {};
    return reserved;
}

address_range reserve(std::size_t bytes)
{
    return map_anywhere(bytes, PROT_NONE, MAP_NORESERVE);
}

void commit(void* start, std::size_t bytes)
{
    if (::mprotect(start, bytes, PROT_READ | PROT_WRITE) != 0)
        throw_failure("mprotect");
}

void make_read_only(void* start, std::size_t bytes)
{
    if (::mprotect(start, bytes, PROT_READ) != 0)
        throw_failure("mprotect");
}

bool make_writable(void* start, std::size_t bytes) noexcept
{
    return ::mprotect(start, bytes, PROT_READ | PROT_WRITE) == 0;
}

void refuse_huge_pages(void* start, std::size_t bytes)
{
    if (::madvise(start, bytes, MADV_NOHUGEPAGE) != 0 && errno != EINVAL)
        throw_failure("madvise");
}

void ask_for_huge_pages(void* start, std::size_t bytes)
{
    if (::madvise(start, bytes, MADV_HUGEPAGE) != 0 && errno != EINVAL)
        throw_failure("madvise");
}

void populate(void* start, std::size_t bytes) noexcept
{
    ::madvise(start, bytes, kernel::advice_populate_write);
}

void prepare_reading(void const* start, std::size_t bytes) noexcept
{
    ::madvise(const_cast<void*>(start), bytes, kernel::advice_populate_read);
}

bool discard(void* start, std::size_t bytes) noexcept
{
    return ::madvise(start, bytes, MADV_DONTNEED) == 0;
}

address_range map_zeros(std::size_t bytes)
{
    return map_anywhere(bytes, PROT_READ | PROT_WRITE, 0);
}

address_range map_zeros_read_only(std::size_t bytes)
{
    return map_anywhere(bytes, PROT_READ, MAP_NORESERVE);
}

namespace {

bool try_to_map_over(void* place, std::size_t bytes, int access, int flags, int file, std::size_t offset) noexcept
{
    return ::mmap(place, bytes, access, flags | MAP_FIXED | MAP_NORESERVE, file, static_cast<off_t>(offset))
        != MAP_FAILED;
}

void map_over(void* place, std::size_t bytes, int access, int flags, int file, std::size_t offset)
{
    if (!try_to_map_over(place, bytes, access, flags, file, offset))
        throw_failure("mmap");
}

} // namespace

void map_zeros_at(void* place, std::size_t bytes)
{
    map_over(place, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

bool map_guard_at(void* place, std::size_t bytes) noexcept
{
    return try_to_map_over(place, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

bool map_zeros_read_only_at(void* place, std::size_t bytes) noexcept
{
    return try_to_map_over(place, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

bool seal(void* start, std::size_t bytes) noexcept
{
    return ::syscall(kernel::call_of_mseal, start, bytes, 0UL) == 0;
}

void search_for_leaks(void const* start, std::size_t bytes) noexcept
{
    if (&__lsan_register_root_region != nullptr)
        __lsan_register_root_region(start, bytes);
}

void stop_searching_for_leaks(void const* start, std::size_t bytes) noexcept
{
    if (&__lsan_unregister_root_region != nullptr)
        __lsan_unregister_root_region(start, bytes);
}

void map_file_privately(void* place, int file, std::size_t offset, std::size_t bytes)
{
    map_over(place, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, offset);
}

void map_file_read_only(void* place, int file, std::size_t offset, std::size_t bytes)
{
    map_over(place, bytes, PROT_READ, MAP_SHARED, file, offset);
}

} // namespace still::os
