// SPDX-License-Identifier: BSL-1.0
//
// A heap while its process forks, whatever other threads do with it; and what becomes of it in the child. See Note:
// forks.

#include <stdexcept>
#include <string>
#include <thread>

#include "heap/heap_core.hpp"

namespace still::heaps {

std::unique_lock<std::mutex> heap_core::lock_image() const
{
    require_whole();
    return std::unique_lock(allocation_mutex_);
}

void heap_core::require_whole() const
{
    if (torn_) [[unlikely]]
        boost::throw_exception(std::logic_error("still: heap \"" + label()
            + "\" has lent memory, and a thread was at its allocator, or cutting it, when its process forked: this "
              "child "
              "can use its data as they are, and neither allocate, free nor find in it (fork while no other thread "
              "does "
              "more with it than take from the borrower)"));
}

void heap_core::hold() noexcept
{
    // A borrower calls under locks of its own, which its own handlers take after this.
    held_whole_ = !is_lent_.load();
    if (held_whole_) {
        allocation_mutex_.lock();
        tracking_mutex_.lock();
    }
    readers_.hold();
    gate_.hold();
    record_mutex_.lock();
    hooks_mutex_.lock();
}

void heap_core::let_go() noexcept
{
    hooks_mutex_.unlock();
    record_mutex_.unlock();
    gate_.let_go();
    readers_.let_go();
    if (held_whole_) {
        tracking_mutex_.unlock();
        allocation_mutex_.unlock();
    }
}

void heap_core::begin_child() noexcept
{
    hooks_mutex_.unlock();
    record_mutex_.unlock();
    // A hook of a rollback may fork, in the thread that rolls back.
    auto const cuts_here = cutter_.load() == std::this_thread::get_id();
    gate_.begin_child(cuts_here);
    readers_.begin_child(cuts_here && rolls_back_.load());
    if (!cuts_here)
        cutter_.store({}); // who comes by that number later is another; cut_mutex_ is asked for no more
    if (!held_whole_ && !(allocation_mutex_.try_lock() && tracking_mutex_.try_lock())) {
        // What was being changed can't be taken apart either.
        torn_ = true;
        self_ = weak_from_this().lock();
        return;
    }
    tracking_mutex_.unlock();
    allocation_mutex_.unlock();
}

} // namespace still::heaps
