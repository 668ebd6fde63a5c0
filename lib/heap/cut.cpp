// SPDX-License-Identifier: BSL-1.0

#include "heap/cut.hpp"

#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace still::heaps {

namespace {

[[noreturn]] void refuse(std::errc reason, std::string const& heap, char const* text)
{
    boost::throw_exception(std::system_error(std::make_error_code(reason), "still: heap \"" + heap + "\": " + text));
}

/// How long readers are waited for under the lock of cuts, which one of them may want: guards are short, as a rule.
constexpr std::chrono::microseconds patience{ 200 };

std::unique_lock<std::timed_mutex> lock_until(std::timed_mutex& wanted, deadline until, std::string const& heap)
{
    std::unique_lock lock(wanted, std::defer_lock);
    if (!until)
        lock.lock();
    else if (!lock.try_lock_until(*until))
        refuse(std::errc::timed_out, heap, "another cut was in progress until the deadline");
    return lock;
}

} // namespace

heap_core::cut::cut(heap_core& heap, deadline until, purpose of)
    : heap_(heap)
    , began_(std::chrono::steady_clock::now())
{
    if (heap.is_inherited())
        boost::throw_exception(std::logic_error("still: heap \"" + heap.label()
            + "\" was made before fork: a child can't snapshot or restore it (make a heap in the child)"));
    if (heap.gate_.inside())
        refuse(std::errc::resource_deadlock_would_occur, heap.label(),
            "this thread holds a guard, and a cut would wait for it (let the guard go first)");
    if (of == purpose::rollback) {
        // Before any lock: who waits for this thread's guard may have it.
        if (heap.readers_.inside())
            refuse(std::errc::resource_deadlock_would_occur, heap.label(),
                "this thread holds a guard for reading, and a rollback would wait for it (let the guard go first)");
        rollback_lock_ = lock_until(heap.rollback_mutex_, until, heap.label());
    }
    begin(until);
}

heap_core::cut::~cut()
{
    open();
    if (!lock_.owns_lock())
        return;
    heap_.rolls_back_.store(false);
    heap_.cutter_.store({});
}

void heap_core::cut::begin(deadline until)
{
    lock_ = lock_until(heap_.cut_mutex_, until, heap_.label());
    heap_.cutter_.store(std::this_thread::get_id());
}

void heap_core::cut::close(deadline until)
{
    if (!try_close(until))
        refuse(std::errc::timed_out, heap_.label(),
            "writers held their guards until the deadline (shorten the guards, or wait longer)");
    heap_.require_no_owners_outside();
}

/// Throws std::logic_error where an object outside of the region owns a tree in it, or an update has a root in hand, or
/// an object inside owns another heap's.
void heap_core::require_no_owners_outside() const
{
    auto const& here = region_.threshold();
    if (auto const outside = here.owned_outside.load(std::memory_order_relaxed); outside != 0)
        boost::throw_exception(std::logic_error("still: heap \"" + label() + "\": " + std::to_string(outside)
            + " versions of its containers are owned by objects outside of it, or in the hands of updates, where a "
              "rollback would leave them without their nodes (keep them in objects of the heap, or let go of them "
              "before the guard under which they were made; destroy objects that own some in another heap before that "
              "heap ends; call no cut from the function of an update or a build; views own nothing)"));
    if (auto const foreign = here.foreign.load(std::memory_order_relaxed); foreign != 0)
        boost::throw_exception(std::logic_error("still: heap \"" + label() + "\": " + std::to_string(foreign)
            + " objects in it own versions of another heap's containers, and would own them once more after a rollback "
              "(construct these objects with the allocator of the heap that they are in, and assign to them: that "
              "copies)"));
}

bool heap_core::cut::try_close(deadline until) noexcept
{
    closed_at_ = std::chrono::steady_clock::now();
    slowed_ = false;
    writers_out_ = heap_.gate_.close(until);
    if (!writers_out_)
        note_pause(std::chrono::steady_clock::now());
    return writers_out_;
}

void heap_core::cut::close_to_all(deadline until)
{
    STILL_ASSERT(rollback_lock_.owns_lock());
    heap_.gate_.expect();
    // Readers first: one of them may have to write before it goes, while no writer waits for readers.
    auto const soon = std::chrono::steady_clock::now() + patience;
    readers_out_ = heap_.readers_.close(until ? std::min(soon, *until) : soon);
    if (!readers_out_)
        wait_for_readers(until);
    heap_.rolls_back_.store(true);
    close(until);
}

/// Effect: keeps readers out for good. One of them may have to cut before it goes, so that the others go first.
void heap_core::cut::wait_for_readers(deadline until)
{
    heap_.cutter_.store({});
    lock_.unlock();
    readers_out_ = heap_.readers_.close(until);
    if (!readers_out_)
        refuse(std::errc::timed_out, heap_.label(),
            "readers held their guards until the deadline (shorten the guards, or wait longer)");
    begin(until);
}

void heap_core::cut::slow_writers() noexcept
{
    heap_.gate_.slow();
    slowed_ = true;
}

void heap_core::cut::enter() noexcept
{
    heap_.gate_.enter_regardless();
    entered_ = true;
}

void heap_core::cut::open() noexcept
{
    if (entered_)
        heap_.gate_.leave();
    else
        heap_.gate_.expect_no_more();
    if (writers_out_ || slowed_)
        heap_.gate_.open();
    auto const opened = std::chrono::steady_clock::now();
    if (readers_out_)
        heap_.readers_.open();
    if (writers_out_)
        note_pause(opened);
    entered_ = writers_out_ = slowed_ = readers_out_ = false;
}

/// Effect: notes that writers were kept out until then. Whatever comes of the cut, they waited.
void heap_core::cut::note_pause(std::chrono::steady_clock::time_point end) noexcept
{
    std::chrono::nanoseconds const pause = end - closed_at_;
    pause_ = std::max(pause_, pause);
    std::scoped_lock const lock(heap_.record_mutex_);
    heap_.record_.pauses.add(pause);
}

} // namespace still::heaps
