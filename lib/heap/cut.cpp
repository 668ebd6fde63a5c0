// SPDX-License-Identifier: BSL-1.0
//
// Cuts: taking a version of the live heap, and rolling it back to one.

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>

#include "heap/heap_core.hpp"
#include "os/memory.hpp"
#include "os/process.hpp"

namespace still::heaps {

namespace {

[[noreturn]] void refuse(std::errc reason, std::string const& heap, char const* text)
{
    boost::throw_exception(std::system_error(std::make_error_code(reason), "still: heap \"" + heap + "\": " + text));
}

} // namespace

/// The time in which writers are kept out. Whoever has one has the heap to itself.
class heap_core::cut {
public:
    cut(heap_core& heap, deadline until)
        : heap_(heap)
    {
        if (os::process_generation() != heap.home_)
            boost::throw_exception(std::logic_error("still: heap \"" + heap.label()
                + "\" was made before fork: a child can't snapshot or restore it (make a heap in the child)"));
        if (heap.gate_.inside())
            refuse(std::errc::resource_deadlock_would_occur, heap.label(),
                "this thread holds a guard, and a cut would wait for it (let the guard go first)");
        lock_ = std::unique_lock(heap.cut_mutex_, std::defer_lock);
        if (!until)
            lock_.lock();
        else if (!lock_.try_lock_until(*until))
            refuse(std::errc::timed_out, heap.label(), "another cut was in progress until the deadline");
        began_ = std::chrono::steady_clock::now();
        if (!heap.gate_.close(until))
            refuse(std::errc::timed_out, heap.label(),
                "writers held their guards until the deadline (shorten the guards, or wait longer)");
        closed_ = true;
    }
    cut(cut const&) = delete;
    cut& operator=(cut const&) = delete;
    ~cut() { let_writers_in(); }

    /// Effect: ends the pause; other cuts are kept out until this one goes.
    std::chrono::nanoseconds let_writers_in() noexcept
    {
        if (closed_) {
            heap_.gate_.open();
            closed_ = false;
            pause_ = std::chrono::steady_clock::now() - began_;
        }
        return pause_;
    }
    [[nodiscard]] std::chrono::steady_clock::time_point began() const noexcept { return began_; }

private:
    heap_core& heap_;
    std::unique_lock<std::timed_mutex> lock_;
    std::chrono::steady_clock::time_point began_{};
    std::chrono::nanoseconds pause_{};
    bool closed_ = false;
};

snapshot heap_core::take(deadline until)
{
    cut now(*this, until);
    // After a rollback the region may have more in use than the image: zeros, which nobody refers to.
    auto const bytes = image_->bytes();
    auto found = copy_pending();
    auto const pause = now.let_writers_in();

    // From here on writers go on. If anything throws, the pages are still pending for the next cut.
    versions_->store->prepare_reading(found.frames);
    auto pages = last_.pages();
    for (std::size_t i = 0; i < found.stored.size(); ++i)
        pages = std::move(pages).assign(found.stored[i], std::move(found.frames[i]));
    for (auto const index : found.zeroed)
        pages = std::move(pages).erase(index);
    segment content(std::move(pages), bytes);
    auto const number = cuts_.load(std::memory_order_relaxed) + 1;
    snapshot result(std::make_shared<version const>(versions_, content, version::origin{ number, now.began(), pause }));

    // Nothing below throws.
    {
        std::scoped_lock const lock(tracking_mutex_);
        pending_.clear();
    }
    versions_->rest_on(content);
    last_ = std::move(content);
    cuts_.store(number, std::memory_order_relaxed);
    note_pause(pause);
    return result;
}

/// Effect: copies the pages written since the last cut that differ from their last frames. They are
/// in pending_ afterwards, whatever happens. Precondition: writers are kept out.
heap_core::findings heap_core::copy_pending()
{
    // Protect first, copy after: what is written once the gate is open belongs to the next cut.
    note_written();
    findings found;
    std::vector<std::byte const*> contents;
    auto const count = pending_.count();
    found.stored.reserve(count);
    contents.reserve(count);
    pending_.for_each([&](std::size_t index) {
        auto const* const content = page(index);
        auto const* const last = last_.pages().find(index);
        if (std::memcmp(content, page_content(last).data(), page_bytes) == 0)
            return;
        if (last != nullptr && std::memcmp(content, zero_page.data(), page_bytes) == 0) {
            found.zeroed.push_back(index);
            return;
        }
        found.stored.push_back(index);
        contents.push_back(content);
    });
    versions_->store->add(contents, found.frames);
    return found;
}

/// Effect: moves what the tracker knows to pending_. Precondition: writers are kept out.
void heap_core::note_written()
{
    std::scoped_lock const lock(tracking_mutex_);
    tracker_->settle();
    tracker_->take(region_.used() / page_bytes, pending_);
}

void heap_core::restore(snapshot const& wanted, deadline until)
{
    if (wanted.version_ == nullptr || &wanted.version_->home() != versions_.get())
        boost::throw_exception(std::invalid_argument("still: heap \"" + label() + "\" can't be restored from a "
            + (wanted.version_ == nullptr ? std::string("snapshot of no heap")
                                          : "snapshot of heap \"" + wanted.label() + "\"")
            + " (take the snapshot from the heap that is restored)"));

    auto const& target = wanted.version_->content();
    cut now(*this, until);
    std::scoped_lock const quiet(allocation_mutex_);
    note_written();
    // Of a page that isn't pending, the live bytes are those of its frame in last_.
    differing_.clear();
    pending_.for_each([&](std::size_t index) { differing_.insert({ index, 1 }); });
    diff(last_.pages(), target.pages(), [&](slot_change<page_slot> const& seen) {
        differing_.insert({ static_cast<std::size_t>(seen.index), static_cast<std::size_t>(seen.count) });
    });

    // Nothing below throws.
    {
        // So that no page costs a fault.
        std::scoped_lock const lock(tracking_mutex_);
        tracker_->prepare({ 0, region_.used() / page_bytes });
    }
    overwrite(target);
    segment content(target);
    {
        std::scoped_lock const lock(tracking_mutex_);
        pending_.clear();
        tracker_->settle();
        try {
            // The pages just written count as written; they aren't, since they hold what last_ says.
            tracker_->take(region_.used() / page_bytes, pending_);
            pending_.clear();
        } catch (std::system_error const&) {
            // Then all pages are pending: the next cut looks at more than it needs to, and is right.
        }
    }
    versions_->rest_on(content);
    last_ = std::move(content);
    note_pause(now.let_writers_in());
}

/// Effect: writes the bytes of `target` to the pages of differing_, where they differ.
void heap_core::overwrite(segment const& target) noexcept
{
    // Long runs of zeros go back to the system; short ones aren't worth a call.
    constexpr std::size_t pages_worth_discarding = 32;
    page_span zeros{ 0, 0 };
    auto const clear = [&] {
        if (zeros.count < pages_worth_discarding || !os::discard(page(zeros.first), zeros.count * page_bytes))
            std::memset(page(zeros.first), 0, zeros.count * page_bytes);
        zeros.count = 0;
    };
    differing_.for_each([&](std::size_t index) {
        auto const* const held = target.pages().find(index);
        auto const content = page_content(held);
        if (std::memcmp(page(index), content.data(), page_bytes) == 0)
            return;
        if (held != nullptr && held->kind() != slot_kind::nothing) {
            std::memcpy(page(index), content.data(), page_bytes);
            return;
        }
        if (zeros.count > 0 && zeros.first + zeros.count != index)
            clear();
        if (zeros.count == 0)
            zeros.first = index;
        ++zeros.count;
    });
    if (zeros.count > 0)
        clear();
}

void heap_core::note_pause(std::chrono::nanoseconds pause) noexcept
{
    last_pause_.store(pause.count(), std::memory_order_relaxed);
    longest_pause_.store(
        std::max(longest_pause_.load(std::memory_order_relaxed), pause.count()), std::memory_order_relaxed);
}

} // namespace still::heaps
