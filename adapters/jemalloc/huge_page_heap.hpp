// SPDX-License-Identifier: BSL-1.0
//
// Nodes in huge pages: a jemalloc arena of their own, over memory for which the kernel is asked to use
// pages of 2 MiB. See Note: huge pages.

#pragma once

#include <boost/throw_exception.hpp>
#include <jemalloc/jemalloc.h>
#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "still/core/policy.hpp"

namespace still {

namespace huge_pages {

/// What lies in memory now.
struct usage {
    std::size_t resident_bytes = 0; ///< of the memory that nodes are cut from
    std::size_t huge_bytes = 0; ///< those of them in huge pages: 0 where the system gives none
};

/// The memory that jemalloc's extents are cut from: one reservation, one extent right after the other. It is never
/// unmapped; what nobody uses goes back to the kernel in whole huge pages, so that none is broken up.
class memory {
public:
    static constexpr std::size_t page_bytes = std::size_t{ 2 } << 20;

    /// Effect: reserves addresses, which alone cost nothing. Where so many are more than the process may have, fewer
    /// do.
    memory() noexcept
    {
        for (auto bytes = std::size_t{ 1 } << 40; bytes >= page_bytes * 16; bytes /= 2) {
            void* const mapped = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (mapped == MAP_FAILED)
                continue;
            start_ = reinterpret_cast<std::uintptr_t>(mapped);
            limit_ = (start_ + bytes) / page_bytes * page_bytes; // pages are opened whole
            next_ = open_ = rounded_up(start_, page_bytes);
            return;
        }
    }

    /// Effect: memory of zeros, or null where there is no more. Allocates nothing else: jemalloc calls from inside.
    /// No lock is taken, which a child of fork could find locked for ever.
    [[nodiscard]] void* take(std::size_t bytes, std::size_t alignment) noexcept
    {
        std::uintptr_t first = 0;
        auto seen = next_.load();
        do {
            first = rounded_up(seen, alignment);
            if (first < seen || bytes > limit_ || first > limit_ - bytes || !open_until(first + bytes))
                return nullptr;
        } while (!next_.compare_exchange_weak(seen, first + bytes));
        return reinterpret_cast<void*>(first);
    }

    /// Effect: gives those huge pages that lie in a range as a whole back to the kernel.
    /// Returns true where that was all of it, so that it now reads as zeros.
    [[nodiscard]] static bool give_back(std::uintptr_t start, std::size_t bytes) noexcept
    {
        auto const first = rounded_up(start, page_bytes);
        auto const last = (start + bytes) / page_bytes * page_bytes;
        return first < last && ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED) == 0
            && first == start && last == start + bytes;
    }

    /// Effect: asks the kernel what is in memory, by way of /proc/self/smaps. Throws nothing: zeros if that can't
    /// be read.
    [[nodiscard]] usage in_use() noexcept
    {
        struct closing {
            void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
        };
        std::unique_ptr<std::FILE, closing> const maps(std::fopen("/proc/self/smaps", "re"));
        usage sum;
        bool is_ours = false;
        for (char line[512]; maps && std::fgets(line, sizeof line, maps.get()) != nullptr;) {
            unsigned long long number = 0;
            unsigned long long last = 0;
            if (std::sscanf(line, "%llx-%llx ", &number, &last) == 2)
                is_ours = start_ <= number && last <= limit_;
            else if (is_ours && std::sscanf(line, "Rss: %llu", &number) == 1)
                sum.resident_bytes += number * 1024;
            else if (is_ours && std::sscanf(line, "AnonHugePages: %llu", &number) == 1)
                sum.huge_bytes += number * 1024;
        }
        return sum;
    }

private:
    /// Effect: what lies below `last` may be written. Several threads may open the same.
    [[nodiscard]] bool open_until(std::uintptr_t last) noexcept
    {
        auto const wanted = rounded_up(last, page_bytes);
        for (auto open = open_.load(); open < wanted;) {
            auto* const fresh = reinterpret_cast<void*>(open);
            if (::mprotect(fresh, wanted - open, PROT_READ | PROT_WRITE) != 0)
                return false;
            // Where the kernel has no huge pages, it refuses, and small ones serve.
            static_cast<void>(::madvise(fresh, wanted - open, MADV_HUGEPAGE));
            if (open_.compare_exchange_weak(open, wanted))
                break;
        }
        return true;
    }
    [[nodiscard]] static constexpr std::uintptr_t rounded_up(std::uintptr_t number, std::size_t unit) noexcept
    {
        return (number + unit - 1) / unit * unit;
    }

    // start_ ≤ next_ ≤ open_ ≤ limit_: extents end at next_, and what lies below open_ may be written.
    std::uintptr_t start_ = 0;
    std::uintptr_t limit_ = 0; // 0: nothing is reserved
    std::atomic<std::uintptr_t> next_{ 0 };
    std::atomic<std::uintptr_t> open_{ 0 };
};

/// Held by whoever makes the arena, and by whoever forks, so that the child isn't left half of one: as a static local
/// might be. Under it jemalloc is called, and never the other way round.
inline constinit std::mutex making;
/// Registered as the program is loaded, after jemalloc's own handlers, which take their locks later for that.
inline bool const is_whole_in_children
    = ::pthread_atfork([] { making.lock(); }, [] { making.unlock(); }, [] { making.unlock(); }) == 0;

/// The arena: one for the program, made with the first node and never ended, since versions outlive what made them.
class arena : extent_hooks_t {
public:
    /// Throws std::bad_alloc where jemalloc makes no more arenas.
    [[nodiscard]] static arena& only()
    {
        if (auto* const made = made_.load(std::memory_order_acquire); made != nullptr) [[likely]]
            return *made;
        std::scoped_lock const lock(making);
        if (auto* const made = made_.load(std::memory_order_relaxed); made != nullptr)
            return *made;
        alignas(arena) static constinit std::array<std::byte, sizeof(arena)> place{};
        auto* const made = ::new (static_cast<void*>(place.data())) arena;
        made_.store(made, std::memory_order_release);
        return *made;
    }
    arena(arena const&) = delete;
    arena& operator=(arena const&) = delete;

    /// What jemalloc calls it.
    [[nodiscard]] unsigned number() const noexcept { return number_; }
    [[nodiscard]] usage in_use() noexcept { return memory_.in_use(); }

private:
    // What is left out stays as it is: extents are kept for further use, and committed for ever.
    arena()
        : extent_hooks_t{}
    {
        alloc = [](extent_hooks_t* self, void* place, std::size_t bytes, std::size_t alignment, bool* is_zero,
                    bool* is_committed, unsigned) -> void* {
            if (place != nullptr)
                return nullptr;
            *is_zero = *is_committed = true;
            return static_cast<arena*>(self)->memory_.take(bytes, alignment);
        };
        purge_forced = [](extent_hooks_t*, void* start, std::size_t, std::size_t offset, std::size_t bytes, unsigned) {
            return !memory::give_back(reinterpret_cast<std::uintptr_t>(start) + offset, bytes);
        };
        split = [](extent_hooks_t*, void*, std::size_t, std::size_t, std::size_t, bool, unsigned) { return false; };
        merge = [](extent_hooks_t*, void*, std::size_t, void*, std::size_t, bool, unsigned) { return false; };
        auto bytes = sizeof number_;
        extent_hooks_t* hooks = this;
        if (::mallctl("arenas.create", &number_, &bytes, static_cast<void*>(&hooks), sizeof(extent_hooks_t*)) != 0)
            boost::throw_exception(std::bad_alloc());
        // An extent is one huge page, instead of growing with each, so that it goes back as one.
        char name[64];
        std::snprintf(name, sizeof name, "arena.%u.retain_grow_limit", number_);
        auto limit = memory::page_bytes;
        ::mallctl(name, nullptr, nullptr, &limit, sizeof limit);
    }

    static inline constinit std::atomic<arena*> made_{ nullptr };

    memory memory_;
    unsigned number_ = 0;
};

/// jemalloc's flags for what this thread does in the arena; 0 before its first node. An arena that isn't the thread's
/// own needs a cache by name, which ends with the thread.
inline thread_local constinit int flags_of_thread = 0;

/// Effect: opens this thread's cache. Without one, each call goes to the arena itself, and so does what this thread
/// frees after its cache has ended. Throws std::bad_alloc where there is no arena yet and none is made.
[[gnu::noinline, gnu::cold]] inline int begin_thread()
{
    struct closing {
        unsigned cache = 0;
        bool is_open = false;
        ~closing()
        {
            if (is_open)
                ::mallctl("tcache.destroy", nullptr, nullptr, &cache, sizeof cache);
            flags_of_thread = uncached();
        }
        [[nodiscard]] static int uncached()
        {
            return static_cast<int>(MALLOCX_ARENA(arena::only().number())) | MALLOCX_TCACHE_NONE;
        }
    };
    flags_of_thread = closing::uncached();
    static thread_local closing at_end;
    auto bytes = sizeof at_end.cache;
    at_end.is_open = ::mallctl("tcache.create", &at_end.cache, &bytes, nullptr, 0) == 0;
    if (at_end.is_open)
        flags_of_thread = static_cast<int>(MALLOCX_ARENA(arena::only().number()) | MALLOCX_TCACHE(at_end.cache));
    return flags_of_thread;
}

/// The flags for a block of this alignment. What every block has isn't asked for, which jemalloc would work out anew.
[[nodiscard]] inline int flags(std::size_t alignment)
{
    auto const of_thread = flags_of_thread != 0 ? flags_of_thread : begin_thread();
    return alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? of_thread : of_thread | MALLOCX_ALIGN(alignment);
}

} // namespace huge_pages

/// A node heap in huge pages, where the kernel gives them: large containers are read with fewer misses of the
/// processor's address cache. What elements allocate themselves comes from elsewhere.
/// Thread contract: any thread. Allocation: one block each, of at most 1 TiB in all. Throws std::bad_alloc.
struct huge_page_heap {
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment)
    {
        void* const block = ::mallocx(bytes, huge_pages::flags(alignment));
        if (block == nullptr)
            boost::throw_exception(std::bad_alloc());
        return block;
    }
    static void deallocate(void* block, std::size_t bytes, std::size_t alignment) noexcept
    {
        ::sdallocx(block, bytes, huge_pages::flags(alignment));
    }
    [[nodiscard]] std::allocator<std::byte> elements() const noexcept { return {}; }
    [[nodiscard]] friend bool operator==(huge_page_heap, huge_page_heap) noexcept { return true; }

    /// How much of all such heaps' memory lies in huge pages. Reads a file of the kernel's: slow.
    /// Throws std::bad_alloc where there is no arena yet and none is made.
    [[nodiscard]] static huge_pages::usage in_use() { return huge_pages::arena::only().in_use(); }
};

/// The default choices, with nodes in huge pages.
struct huge_page_policy : default_policy {
    using heap = huge_page_heap;
};

static_assert(container_policy<huge_page_policy>);

} // namespace still
