// SPDX-License-Identifier: BSL-1.0
//
// A jemalloc arena by number, and its threads' caches. An arena that isn't a thread's own has no caches but those
// that are named in each call.

#pragma once

#include <boost/throw_exception.hpp>
#include <jemalloc/jemalloc.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace still::arenas {

/// Of all shelves, since it is seldom taken. Whoever forks has it, so that the child isn't left one that nobody
/// unlocks. Under it jemalloc is called, and never the other way round.
inline constinit std::mutex of_shelves;
/// Whether that holds. Registered as the program is loaded, after jemalloc's own handlers, which take their locks later
/// for that.
inline bool const is_whole_in_children
    = ::pthread_atfork([] { of_shelves.lock(); }, [] { of_shelves.unlock(); }, [] { of_shelves.unlock(); }) == 0;

/// The caches of one arena, those in use and those that threads left when they ended. Shared by the arena and its
/// threads, so that either may go first.
class shelf {
public:
    /// A cache that nobody else has; or nothing, where jemalloc makes no more. Throws std::bad_alloc.
    [[nodiscard]] bool take(unsigned& cache)
    {
        std::scoped_lock const lock(of_shelves);
        if (!left_.empty()) {
            cache = left_.back();
            left_.pop_back();
            return true;
        }
        all_.reserve(all_.size() + 1);
        left_.reserve(all_.size() + 1); // so that `leave` needs none
        auto bytes = sizeof cache;
        if (::mallctl("tcache.create", &cache, &bytes, nullptr, 0) != 0)
            return false;
        all_.push_back(cache);
        return true;
    }
    /// Effect: gives back what lies in the cache, and the cache to whoever comes next.
    void leave(unsigned cache) noexcept
    {
        std::scoped_lock const lock(of_shelves);
        if (is_closed_)
            return;
        ::mallctl("tcache.flush", nullptr, nullptr, &cache, sizeof cache);
        left_.push_back(cache);
    }
    /// Effect: ends all caches. Precondition: nobody uses them.
    void close() noexcept
    {
        std::scoped_lock const lock(of_shelves);
        for (auto cache : all_)
            ::mallctl("tcache.destroy", nullptr, nullptr, &cache, sizeof cache);
        is_closed_ = true;
    }
    [[nodiscard]] bool is_closed() const noexcept
    {
        std::scoped_lock const lock(of_shelves);
        return is_closed_;
    }

private:
    std::vector<unsigned> all_;
    std::vector<unsigned> left_;
    bool is_closed_ = false;
};

/// The caches that a thread has, of all arenas.
class caches_of_thread {
public:
    struct entry {
        std::uint64_t serial;
        int flags;
        unsigned cache;
        bool is_cached;
        std::shared_ptr<shelf> from;
    };

    caches_of_thread() = default;
    caches_of_thread(caches_of_thread const&) = delete;
    caches_of_thread& operator=(caches_of_thread const&) = delete;
    ~caches_of_thread();

    std::vector<entry> entries;
};

/// An arena, by a serial number that is never used twice, and jemalloc's flags for what this thread does there.
struct remembered_flags {
    std::uint64_t serial = 0;
    int flags = 0;
};
inline thread_local constinit remembered_flags remembered{};
/// True once the thread's caches have ended; destructors of its other variables may still free.
inline thread_local constinit bool thread_has_ended = false;

inline caches_of_thread::~caches_of_thread()
{
    thread_has_ended = true;
    remembered = {};
    for (auto const& one : entries)
        if (one.is_cached)
            one.from->leave(one.cache);
}

inline caches_of_thread& of_this_thread()
{
    static thread_local caches_of_thread made;
    return made;
}

/// Arenas without hooks that were emptied, for whoever wants one next: to end an arena takes ten times as long, since
/// its pages go back to the system at once and not by and by. As many as jemalloc has arenas.
class emptied_arenas {
public:
    /// Returns false where there is none.
    [[nodiscard]] bool take(unsigned& number) noexcept
    {
        std::scoped_lock const lock(of_shelves);
        if (count_ == 0)
            return false;
        number = numbers_[--count_];
        return true;
    }
    /// Returns false where there is no room.
    [[nodiscard]] bool keep(unsigned number) noexcept
    {
        std::scoped_lock const lock(of_shelves);
        if (count_ == numbers_.size())
            return false;
        numbers_[count_++] = number;
        return true;
    }

private:
    std::array<unsigned, 4096> numbers_{};
    std::size_t count_ = 0;
};
inline constinit emptied_arenas emptied{};

/// Holds an arena of jemalloc's, from birth until `end`.
class hold {
public:
    /// Whether an arena may have served before.
    enum class arena_is : std::uint8_t { fresh, used_again };

    /// Effect: makes an arena, whose number it tells. Throws std::bad_alloc.
    explicit hold(unsigned& number, arena_is which = arena_is::fresh)
        : caches_(std::make_shared<shelf>())
    {
        auto bytes = sizeof number_;
        if (!(which == arena_is::used_again && emptied.take(number_))
            && ::mallctl("arenas.create", &number_, &bytes, nullptr, 0) != 0)
            boost::throw_exception(std::bad_alloc());
        number = number_;
    }
    hold(hold const&) = delete;
    hold& operator=(hold const&) = delete;
    ~hold()
    {
        if (!is_ended_)
            static_cast<void>(end());
    }

    /// Effect: ends the caches and the arena, with all that is allocated from it. Precondition: not ended before.
    /// Returns false where jemalloc keeps the arena, since some thread has chosen it for its own.
    [[nodiscard]] bool end() noexcept
    {
        is_ended_ = true;
        caches_->close();
        return tell("destroy");
    }
    /// Effect: ends the caches, and leaves the arena to others, without what was allocated from it: its pages go back
    /// to the system by and by, as what is freed does. Again: no effect. Preconditions: as `end`; the arena has no
    /// hooks.
    void end_for_others() noexcept
    {
        if (is_ended_)
            return;
        is_ended_ = true;
        caches_->close();
        if (!tell("reset") || !emptied.keep(number_))
            static_cast<void>(tell("destroy"));
    }

    /// Effect: sets an option of the arena's. Returns false where jemalloc doesn't have it.
    template <class Value>
    bool set(char const* option, Value value) const noexcept
    {
        char name[64];
        std::snprintf(name, sizeof name, "arena.%u.%s", number_, option);
        return ::mallctl(name, nullptr, nullptr, static_cast<void*>(&value), sizeof value) == 0;
    }

    /// jemalloc's flags for what this thread does in the arena. Without memory for a cache, each call goes to the
    /// arena itself.
    [[nodiscard]] int flags() const noexcept { return remembered.serial == serial_ ? remembered.flags : find_flags(); }
    /// The same for a block of this alignment. What every block has isn't asked for: jemalloc would work it out anew.
    [[nodiscard]] int flags(std::size_t alignment) const noexcept
    {
        return alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? flags() : flags() | MALLOCX_ALIGN(alignment);
    }

private:
    /// Effect: has jemalloc do something with the arena. Returns whether it did.
    [[nodiscard]] bool tell(char const* order) const noexcept
    {
        char name[64];
        std::snprintf(name, sizeof name, "arena.%u.%s", number_, order);
        return ::mallctl(name, nullptr, nullptr, nullptr, 0) == 0;
    }
    [[gnu::noinline]] int find_flags() const noexcept
    {
        auto const uncached = static_cast<int>(MALLOCX_ARENA(number_)) | MALLOCX_TCACHE_NONE;
        if (thread_has_ended)
            return uncached;
        try {
            auto& entries = of_this_thread().entries;
            auto found
                = std::find_if(entries.begin(), entries.end(), [&](auto const& one) { return one.serial == serial_; });
            if (found == entries.end()) {
                std::erase_if(entries, [](auto const& one) { return one.from->is_closed(); });
                entries.push_back({ serial_, uncached, 0, false, caches_ });
                found = entries.end() - 1;
                if (caches_->take(found->cache)) {
                    found->is_cached = true;
                    found->flags = static_cast<int>(MALLOCX_ARENA(number_) | MALLOCX_TCACHE(found->cache));
                }
            }
            remembered = { serial_, found->flags };
            return found->flags;
        } catch (std::bad_alloc const&) {
            return uncached;
        }
    }
    [[nodiscard]] static std::uint64_t next_serial() noexcept
    {
        static std::atomic<std::uint64_t> last{ 0 };
        return last.fetch_add(1, std::memory_order_relaxed) + 1;
    }

    std::uint64_t const serial_ = next_serial();
    std::shared_ptr<shelf> const caches_;
    unsigned number_ = 0;
    bool is_ended_ = false;
};

} // namespace still::arenas
