// SPDX-License-Identifier: BSL-1.0
//
// The tracker that makes pages read-only and notes the faults of those who write to them. Needs nothing
// but mprotect and a signal handler; each first write to a page costs a signal. See Note: trackers.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "heap/tracker.hpp"
#include "os/memory.hpp"
#include "os/write_faults.hpp"

namespace still::heaps {

/// Invariant: a page that is armed and can be written is marked, or about to be by a fault in progress.
/// So a fault first opens its page and then marks it, and a cut first takes the marks and then closes the
/// pages: whatever comes between, no page stays open without a mark.
class protect_tracker final : public tracker, private os::write_fault_resolver {
public:
    /// Precondition: the place is as long as the tracker lives. Throws std::system_error, std::bad_alloc.
    explicit protect_tracker(tracked_place where);
    protect_tracker(protect_tracker const&) = delete;
    protect_tracker& operator=(protect_tracker const&) = delete;
    ~protect_tracker() override;

    /// Effect: writes one of three scratch pages and sees whether exactly that is noticed, once. Throws
    /// std::system_error.
    static void prove();

    [[nodiscard]] tracker_kind kind() const noexcept override { return tracker_kind::protect; }
    void arm(page_span pages) override;
    void watch(page_span pages) override;
    void take(std::size_t pages, page_set& written, writers present) override;
    void look(page_span pages, page_set& written) override;
    void prepare(page_span pages) noexcept override;

private:
    [[nodiscard]] bool resolve(void* address) noexcept override;
    /// Effect: opens the pages, and then marks them. Returns false, and changes nothing, where the system
    /// refuses.
    [[nodiscard]] bool open(page_span pages) noexcept;
    /// Effect: opens the pages, which splits the memory map; or all, in one piece, where no entries of it are left for
    /// that. Returns as `open`.
    [[nodiscard]] bool open_apart(page_span pages) noexcept;
    [[nodiscard]] bool are_marked(page_span pages) const noexcept;
    [[nodiscard]] bool take_entries() noexcept;
    void give_back_entries(std::size_t count) noexcept;
    [[nodiscard]] std::atomic_ref<std::uint64_t> marks(std::size_t word) const noexcept;

    std::byte* const base_;
    os::address_range const memory_; // of the marks, one bit a page
    std::atomic<std::size_t> armed_{ 0 }; // pages, from the base
    std::atomic<std::size_t> entries_{ 0 }; // of the memory map, for pages opened apart
    bool prepared_ = false;
    os::watched_range const watched_;
};

} // namespace still::heaps
