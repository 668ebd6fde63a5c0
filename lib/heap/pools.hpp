// SPDX-License-Identifier: BSL-1.0
//
// Small blocks of a region, by size class. All state is in the region, the threads' caches too, so that a cut
// finds it complete and a rollback rolls it back. See Note: allocation.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

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

/// Free blocks that one thread has at hand: taken and given without a lock.
/// Thread contract: one thread at a time, the one that has its number; `free_bytes` from any.
class thread_cache {
public:
    /// A block, or null where there is none. O(1).
    [[nodiscard]] void* take(std::byte* base, unsigned of) noexcept
    {
        auto& list = lists_[of];
        if (list.count == 0)
            return nullptr;
        count_bytes(0 - class_bytes(of));
        return list.pop(base);
    }
    /// Effect: keeps a block. Returns false when there are now so many that some should go to all. O(1).
    [[nodiscard]] bool give(std::byte* base, unsigned of, void* block) noexcept
    {
        auto& list = lists_[of];
        list.push(base, block);
        count_bytes(class_bytes(of));
        return list.count <= 2 * batch(of);
    }
    [[nodiscard]] std::uint64_t free_bytes() const noexcept { return free_bytes_.load(std::memory_order_relaxed); }
    [[nodiscard]] block_list const& list(unsigned of) const noexcept { return lists_[of]; }

    /// Blocks that go between a thread and all at once: 2 KiB of them, 4 at least and 64 at most.
    [[nodiscard]] static constexpr std::uint64_t batch(unsigned of) noexcept
    {
        auto const fit = 2048 / class_bytes(of);
        return fit < 4 ? 4 : fit > 64 ? 64 : fit;
    }

private:
    /// One thread writes, so that no locked instruction is needed.
    void count_bytes(std::uint64_t change) noexcept
    {
        free_bytes_.store(free_bytes() + change, std::memory_order_relaxed);
    }

    block_list lists_[size_classes];
    std::atomic<std::uint64_t> free_bytes_{ 0 };
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

    /// A block, or null where a slab is needed. `cache`, if there is one, gets more of them. O(batch).
    [[nodiscard]] void* take(std::byte* base, unsigned of, thread_cache* cache) noexcept;
    /// Effect: keeps a block for all.
    void give(std::byte* base, unsigned of, void* block) noexcept;
    /// Effect: takes a batch from a cache.
    void relieve(std::byte* base, unsigned of, thread_cache& cache) noexcept;

    /// Bytes of blocks in no use, and of slabs.
    [[nodiscard]] std::uint64_t free_bytes(std::byte* base) const noexcept;
    [[nodiscard]] std::uint64_t slab_bytes() const noexcept { return slab_bytes_; }

    /// Effect: takes a slab out all of whose blocks are free for all, for its memory to be given back. Returns it, or
    /// null where there is none. O(slabs + free blocks) · log slabs. Throws std::bad_alloc, and nothing changed.
    [[nodiscard]] void* take_empty_slab(std::byte* base);

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
    std::uint64_t slab_bytes_ = 0;
    place caches_[most_caches] = {};
};

} // namespace still::heaps
