// SPDX-License-Identifier: BSL-1.0
//
// Address space: reserve, commit, map, discard, unmap.
//
// Addresses and sizes are multiples of the page size everywhere; sizes are in bytes and not zero.
// Failures throw std::system_error with the call's name, and then nothing changed.

#pragma once

#include <cstddef>
#include <utility>

namespace still::os {

/// A range of address space that is unmapped when its owner goes. Moves only.
class address_range {
public:
    address_range() noexcept = default;
    /// Precondition: the range is mapped, and nobody else unmaps it.
    address_range(void* start, std::size_t bytes) noexcept
        : start_(static_cast<std::byte*>(start))
        , bytes_(bytes)
    {
    }
    address_range(address_range&& other) noexcept;
    address_range& operator=(address_range&& other) noexcept;
    ~address_range();

    /// Effect: unmaps it now. Returns false where the system refuses (no entries of the process's memory map are left
    /// to part it from its neighbours), and then it is still there.
    [[nodiscard]] bool unmap() noexcept;
    /// Effect: leaves it to the caller.
    std::byte* release() noexcept
    {
        bytes_ = 0;
        return std::exchange(start_, nullptr);
    }

    [[nodiscard]] std::byte* start() const noexcept { return start_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] explicit operator bool() const noexcept { return start_ != nullptr; }

private:
    std::byte* start_ = nullptr;
    std::size_t bytes_ = 0;
};

/// Effect: reserves exactly this place without access and without memory. Empty when something is
/// there already, or the place isn't the program's to use. Throws for any other failure.
[[nodiscard]] address_range reserve_at(void* place, std::size_t bytes);

/// Effect: reserves address space anywhere, without access and without memory.
[[nodiscard]] address_range reserve(std::size_t bytes);

/// Effect: gives read and write access. Precondition: the range was reserved; its pages then read as
/// zeros and cost memory when first written.
void commit(void* start, std::size_t bytes);

/// Effect: takes write access away. Precondition: the range is private and mapped.
void make_read_only(void* start, std::size_t bytes);

/// Effect: gives write access back. Async-signal-safe. Returns false where the system refuses (no entries
/// of the process's memory map are left, say), and then nothing changed. Precondition: as above.
[[nodiscard]] bool make_writable(void* start, std::size_t bytes) noexcept;

/// Effect: keeps the kernel from backing the range with huge pages. Kernels that have none are content.
void refuse_huge_pages(void* start, std::size_t bytes);

/// Effect: lets the kernel back the range with huge pages, where it has any.
void ask_for_huge_pages(void* start, std::size_t bytes);

/// Effect: gives the range its memory now instead of at the first write, in huge pages where that was asked for. Only a
/// hint: where the system refuses (before Linux 5.14, or for lack of memory), nothing changes that can be seen.
/// Precondition: committed.
void populate(void* start, std::size_t bytes) noexcept;

/// Effect: enters the range into the page tables for reading, so that reading it doesn't fault. Only a
/// hint: where the system refuses (before Linux 5.14), nothing changes.
/// Precondition: mapped, and without holes: a hole of a memory file would be allocated.
void prepare_reading(void const* start, std::size_t bytes) noexcept;

/// Effect: gives the range's memory back. Anonymous pages read as zeros again, and a tracker sees them as
/// written; pages of a private file mapping read as the file again, and a tracker sees them as before.
/// Returns false where the system refuses, and then nothing changed. Precondition: private memory, committed.
[[nodiscard]] bool discard(void* start, std::size_t bytes) noexcept;

/// Effect: maps anonymous memory anywhere, for reading and writing, zeros at first.
[[nodiscard]] address_range map_zeros(std::size_t bytes);

/// Effect: maps anonymous memory anywhere, for reading only. Reading it costs no memory.
[[nodiscard]] address_range map_zeros_read_only(std::size_t bytes);

/// Effect: puts anonymous memory for reading and writing at `place`, zeros at first, over what is there. For other
/// threads there is no moment without either. Precondition: the caller owns the place.
void map_zeros_at(void* place, std::size_t bytes);

/// Effect: puts pages that can't be accessed at `place`, over what is there, as map_zeros_at. They take no memory.
/// Returns false where the system refuses (for want of entries of the process's memory map, or by a limit of its
/// addresses), and then nothing changed. Precondition: the caller owns the place.
[[nodiscard]] bool map_guard_at(void* place, std::size_t bytes) noexcept;

/// Effect: puts zeros that can only be read at `place`. They take no memory. As map_guard_at.
[[nodiscard]] bool map_zeros_read_only_at(void* place, std::size_t bytes) noexcept;

/// Effect: from now on nobody in the process can unmap the range, map anything over it, move it or change its
/// protection; a child of `fork` can't, either. Writing goes on. There is no way back. Returns false, and nothing
/// changed, where the system can't (before Linux 6.10) or won't. Precondition: mapped.
[[nodiscard]] bool seal(void* start, std::size_t bytes) noexcept;

/// Effect: checkers of leaks that the program was built with look for pointers in the range, too. Else nothing.
void search_for_leaks(void const* start, std::size_t bytes) noexcept;
/// Effect: they don't any more. Precondition: the same range was given to search_for_leaks.
void stop_searching_for_leaks(void const* start, std::size_t bytes) noexcept;

/// Effect: maps bytes of a file for reading and writing at `place`, over what is there, as map_zeros_at. Pages that
/// are written become private; those that aren't go on showing what is in the file.
/// Precondition: the caller owns the place; the file has the bytes, and no holes among them.
void map_file_privately(void* place, int file, std::size_t offset, std::size_t bytes);

/// Effect: maps bytes of a file for reading at `place`, over what is there, shared with the file.
/// Precondition: the caller owns the place; the file has the bytes.
void map_file_read_only(void* place, int file, std::size_t offset, std::size_t bytes);

} // namespace still::os
