// SPDX-License-Identifier: BSL-1.0
//
// One cut or rollback in progress: who may begin one, the time in which writers are kept out, and the
// clock that measures both.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "heap/heap_core.hpp"

namespace still::heaps {

/// Whoever has one is the only one to cut or roll back; once it has closed, also the only one to write.
class heap_core::cut {
public:
    /// What it is for: a rollback keeps readers out too.
    enum class purpose : std::uint8_t { version, rollback };

    /// Effect: waits for other cuts, and a rollback for other rollbacks first. Throws std::logic_error (in a child of
    /// fork), std::system_error (resource_deadlock_would_occur: this thread holds a guard, for a rollback also one for
    /// reading, and nothing was waited for; timed_out).
    cut(heap_core& heap, deadline until, purpose of = purpose::version);
    cut(cut const&) = delete;
    cut& operator=(cut const&) = delete;
    ~cut();

    /// Effect: keeps writers out, and waits for those inside. Throws std::system_error (timed_out), std::logic_error
    /// (objects outside of the region own versions of containers in it).
    void close(deadline until);
    /// Effect: as `close`, but returns false, and the gate is open, when writers aren't gone by the deadline; that was
    /// a pause as well.
    [[nodiscard]] bool try_close(deadline until) noexcept;
    /// Effect: as `close`, and keeps readers out too. Other cuts may come first, as long as readers hold their guards.
    /// Throws also std::bad_alloc. Precondition: for a rollback.
    void close_to_all(deadline until);
    /// Effect: slows writers down until they are kept out or let in. Precondition: not closed.
    void slow_writers() noexcept;
    /// Effect: makes this thread one of the writers, while all others are kept out; ended by `open`.
    /// Precondition: close_to_all.
    void enter() noexcept;
    /// Effect: lets all in, and notes the pause. Other cuts are kept out until this goes, which lets all in too.
    void open() noexcept;

    [[nodiscard]] std::chrono::steady_clock::time_point closed_at() const noexcept { return closed_at_; }
    /// The longest pause so far.
    [[nodiscard]] std::chrono::nanoseconds pause() const noexcept { return pause_; }
    /// Time since this began.
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept
    {
        return std::chrono::steady_clock::now() - began_;
    }

private:
    void begin(deadline until);
    void wait_for_readers(deadline until);
    void note_pause(std::chrono::steady_clock::time_point end) noexcept;

    heap_core& heap_;
    std::unique_lock<std::timed_mutex> rollback_lock_; // goes after the other
    std::unique_lock<std::timed_mutex> lock_; // let go of only while a rollback waits for readers
    std::chrono::steady_clock::time_point const began_;
    std::chrono::steady_clock::time_point closed_at_{};
    std::chrono::nanoseconds pause_{};
    bool writers_out_ = false;
    bool readers_out_ = false;
    bool slowed_ = false;
    bool entered_ = false;
};

template <class More>
void heap_core::note_times(cut const& now, More&& more)
{
    {
        std::scoped_lock const lock(record_mutex_);
        record_.last_pause = now.pause();
        more(record_);
    }
    note_total(now);
}

inline void heap_core::note_total(cut const& now) noexcept
{
    auto const total = now.elapsed();
    std::scoped_lock const lock(record_mutex_);
    record_.last_total = total;
    record_.longest_total = std::max(record_.longest_total, total);
}

} // namespace still::heaps
