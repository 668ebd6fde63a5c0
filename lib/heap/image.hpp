// SPDX-License-Identifier: BSL-1.0
//
// What a region starts with: the allocator, the pools of small blocks, and the names of its objects. All of it is
// inside the region, so that a rollback rolls it back; no lock is, so that none ever is. See Note: allocation.

#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/interprocess/indexes/iset_index.hpp>
#include <boost/interprocess/offset_ptr.hpp>
#include <boost/interprocess/segment_manager.hpp>

#include "heap/best_fit.hpp"
#include "heap/pools.hpp"

namespace still::heaps {

/// Everything inside is linked by distances, so an image can be read at any address.
/// Thread contract: as a standard container; the heap's lock is around every call.
class image {
public:
    /// Bytes in use at least, for the image's own records.
    static constexpr std::size_t least_bytes = 4096;

    /// Effect: makes an empty image of `bytes`. Precondition: base is a page's start; the bytes are
    /// zero and writable; bytes ≥ least_bytes.
    static image& create(std::byte* base, std::size_t bytes);

    /// Bytes that the image manages, itself included.
    [[nodiscard]] std::size_t bytes() const noexcept;
    /// Bytes that can still be allocated, though perhaps not in one piece.
    [[nodiscard]] std::size_t free_bytes() const noexcept;

    /// Effect: manages `more` bytes that follow the present end. Precondition: they are writable.
    void grow(std::size_t more);

    /// Returns null when no free block is large enough. Alignment is a power of two.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment);
    void deallocate(void* block) noexcept;

    /// The small blocks. What they get is theirs to cut up: it comes from `allocate`.
    [[nodiscard]] heaps::pools& pools() noexcept { return pools_; }

    /// Precondition: base is where the bytes of an image begin.
    [[nodiscard]] static image& at(std::byte* base) noexcept;

    /// An object's name in the image. `type` is a key of its type, `built_in` the number of the heap
    /// that constructed the object.
    struct entry {
        std::uint64_t type;
        std::uint64_t built_in;
        boost::interprocess::offset_ptr<void> object;
    };

    /// The number of the heap whose image this is; 0 in a mapping.
    [[nodiscard]] std::uint64_t serial() const noexcept;

    /// The entry of a name, or null. Writes nothing: also right in read-only memory.
    [[nodiscard]] entry const* find(char const* name) const;
    /// Effect: names an object. Returns false when there is no room.
    /// Precondition: the name is not in use.
    [[nodiscard]] bool insert(char const* name, std::uint64_t type, void* object);
    /// Effect: a name is of another object from now on. Precondition: it is in use.
    void replace(char const* name, std::uint64_t type, void* object) noexcept;
    /// Effect: forgets a name. Precondition: it is in use.
    void erase(char const* name);

    /// Returns the first broken rule of the allocator's records, or soundness: each byte is free or owned, never both;
    /// slabs, threads' caches and named objects are in blocks of their own. O(blocks · log blocks).
    /// Throws std::bad_alloc. Precondition: as many bytes as it manages can be read.
    [[nodiscard]] report validate();

private:
    using manager_type = boost::interprocess::segment_manager<char, best_fit, boost::interprocess::iset_index>;

    explicit image(std::size_t bytes);
    [[nodiscard]] manager_type& manager() noexcept;
    [[nodiscard]] manager_type const& manager() const noexcept;

    std::uint64_t const mark_ = expected_mark;
    static constexpr std::uint64_t expected_mark = 0x31'6c'6c'69'74'73; // "still1"
    heaps::pools pools_;
    /// The segment manager manages the memory behind itself, so it comes last.
    static constexpr std::size_t manager_offset = (sizeof(std::uint64_t) + sizeof(heaps::pools) + 63) / 64 * 64;
};

} // namespace still::heaps
