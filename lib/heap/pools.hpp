// SPDX-License-Identifier: BSL-1.0
//
// Small blocks of a region, by size class. All state is in the region, the threads' caches too, so that a cut
// finds it complete and a rollback rolls it back. See Note: allocation.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "heap/size_class.hpp"
#include "still/core/report.hpp"

namespace still::heaps {

/// Where something is in a region: its distance in bytes from the region's start. 0 is nowhere, since the image's
/// own records are there.
using place = std::uint64_t;

/// Free blocks of one class, each of which begins with the place of the next.
struct block_list {
    place first = 0;
    std::uint64_t count = 0;

    void push(std::byte* base, void* block) noexcept;
    /// Precondition: count > 0.
    [[nodiscard]] void* pop(std::byte* base) noexcept;
};

/// Blocks that go between a thread and all at once: 4 KiB of them, 8 at least and 32 at most.
[[nodiscard]] constexpr std::uint32_t batch(unsigned of) noexcept
{
    auto const fit = 4096 / class_bytes(of);
    return static_cast<std::uint32_t>(fit < 8 ? 8 : fit > 32 ? 32 : fit);
}
/// Where a class's blocks are among all that a thread's cache has room for: for each class two batches.
inline constexpr auto cache_starts = [] {
    std::array<std::uint16_t, size_classes + 1> made{};
    for (unsigned of = 0; of < size_classes; ++of)
        made[of + 1] = static_cast<std::uint16_t>(made[of] + 2 * batch(of));
    return made;
}();

/// Free blocks that one thread has at hand: taken and given without a lock, the last given first. Blocks aren't
/// written to, so that no page is for their sake.
/// Thread contract: one thread at a time, the one that has its number; `free_bytes` from any.
class thread_cache {
public:
    thread_cache() noexcept
    {
        for (unsigned of = 0; of < size_classes; ++of)
            ends_[of].store(cache_starts[of], std::memory_order_relaxed);
    }

    /// A block, or null where there is none. O(1).
    [[nodiscard]] void* take(std::byte* base, unsigned of) noexcept
    {
        auto const end = end_of(of);
        if (end == cache_starts[of])
            return nullptr;
        ends_[of].store(end - 1, std::memory_order_relaxed);
        return base + blocks_[end - 1];
    }
    /// Effect: keeps a block. Returns false, with nothing done, where there is no room. O(1).
    [[nodiscard]] bool give(std::byte const* base, unsigned of, void* block) noexcept
    {
        auto const end = end_of(of);
        if (end == cache_starts[of + 1])
            return false;
        blocks_[end] = static_cast<place>(static_cast<std::byte*>(block) - base);
        ends_[of].store(end + 1, std::memory_order_relaxed);
        return true;
    }
    /// O(classes).
    [[nodiscard]] std::uint64_t free_bytes() const noexcept
    {
        std::uint64_t sum = 0;
        for (unsigned of = 0; of < size_classes; ++of)
            sum += (end_of(of) - cache_starts[of]) * class_bytes(of);
        return sum;
    }
    /// The blocks of a class.
    [[nodiscard]] std::span<place const> blocks(unsigned of) const noexcept
    {
        return { blocks_ + cache_starts[of], end_of(of) - cache_starts[of] };
    }

private:
    [[nodiscard]] std::uint32_t end_of(unsigned of) const noexcept { return ends_[of].load(std::memory_order_relaxed); }

    /// Written by one thread, so that no locked instruction is needed; read by those who count free bytes.
    std::atomic<std::uint32_t> ends_[size_classes];
    place blocks_[cache_starts[size_classes]] = {};
};

/// What all threads share: free blocks, the slabs that blocks are cut from, and where the caches are. It gets slabs
/// and caches from whoever has memory, and asks for none itself.
/// Invariants, which `validate` checks: a slab's blocks lie side by side behind its header; what was cut from it is
/// owned or in one list, of its class; lists count right.
/// Thread contract: under the heap's lock, but for `cache_of`, which a thread asks for its own number.
class pools {
public:
    static constexpr unsigned most_caches = 64;

    /// The cache of the thread with this number, or null.
    [[nodiscard]] thread_cache* cache_of(std::byte* base, unsigned number) const noexcept
    {
        if (number >= most_caches || caches_[number] == 0)
            return nullptr;
        return reinterpret_cast<thread_cache*>(base + caches_[number]);
    }
    /// Effect: makes a cache in `room`. Precondition: number < most_caches has none; the room is aligned and large
    /// enough.
    void add_cache(std::byte* base, unsigned number, void* room) noexcept;

    /// Bytes that the next slab of a class should have; and at least, to hold a block.
    [[nodiscard]] std::size_t slab_bytes(unsigned of) const noexcept;
    [[nodiscard]] static std::size_t least_slab_bytes(unsigned of) noexcept;
    /// Effect: cuts blocks from `room` from now on. Precondition: `bytes` hold one at least.
    void add_slab(std::byte* base, unsigned of, void* room, std::size_t bytes) noexcept;

    /// A block, or null where a slab is needed. `cache`, if there is one, gets more of them. O(batch). Precondition:
    /// the cache has none of this class.
    [[nodiscard]] void* take(std::byte* base, unsigned of, thread_cache* cache) noexcept;
    /// Effect: keeps a block for all.
    void give(std::byte* base, unsigned of, void* block) noexcept;
    /// Effect: takes a batch from a cache.
    void relieve(std::byte* base, unsigned of, thread_cache& cache) noexcept;

    /// Bytes of blocks in no use, and of slabs.
    [[nodiscard]] std::uint64_t free_bytes(std::byte* base) const noexcept;
    [[nodiscard]] std::uint64_t bytes_in_slabs() const noexcept;

    /// Effect: takes all slabs out whose blocks are free for all, for their memory to be given back, and returns them.
    /// O(slabs + free blocks) · log slabs. Throws std::bad_alloc, and nothing changed.
    [[nodiscard]] std::vector<void*> take_empty_slabs(std::byte* base);

    /// Memory that pools have been given.
    struct extent {
        place at;
        std::size_t bytes;
    };
    /// All slabs and caches. O(slabs). Throws std::bad_alloc. Precondition: `validate` finds nothing broken.
    [[nodiscard]] std::vector<extent> rooms(std::byte* base) const;

    /// Returns the first broken rule, or soundness. O(blocks · log slabs). Precondition: nobody takes or gives.
    [[nodiscard]] report validate(std::byte* base, std::size_t image_bytes) const;

private:
    struct slab;
    class census;
    /// What was not cut yet of a class's latest slab.
    struct uncut {
        place next = 0;
        place end = 0;
    };

    [[nodiscard]] void* cut(std::byte* base, unsigned of, thread_cache* cache) noexcept;

    block_list free_[size_classes];
    uncut uncut_[size_classes];
    std::uint64_t of_class_[size_classes] = {}; // bytes of slabs
    place slabs_ = 0;
    place caches_[most_caches] = {};
};

} // namespace still::heaps
