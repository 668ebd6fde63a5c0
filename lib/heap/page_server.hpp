// SPDX-License-Identifier: BSL-1.0
//
// Asks keepers for the pages of a mapping as they are touched. See Note: mappings.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "still/segment.hpp"

namespace still::heaps {

/// Pages of a mapping that a keeper has: `count` from `first` on, which the keeper counts from `inner` on.
struct kept_run {
    page_index first;
    std::uint64_t count;
    segments::keeper_record const* whom;
    page_index inner;
};

/// A thread that is told of touched pages, and for each question that is open at a time another that asks, so that a
/// keeper that hangs stalls nobody but those who wait for its page.
///
/// A keeper's answer is taken as far as it goes. When it refuses or throws, whoever touched the page gets SIGSEGV
/// (SIGBUS before Linux 6.13, once the process has no entries of its memory map to spare for that):
/// there is no other way to tell a load that it failed. `fetch` beforehand tells the error.
class page_server {
public:
    /// Effect: from now on the pages of these runs are absent until somebody touches them.
    /// Preconditions: `start` is where page 0 is mapped, as private anonymous memory, never touched; the runs are the
    /// content's. Throws std::system_error, std::bad_alloc.
    page_server(std::byte* start, std::vector<kept_run> runs, segment content);
    page_server(page_server const&) = delete;
    page_server& operator=(page_server const&) = delete;
    /// Doesn't wait for keepers. In a child of fork, which has no threads that could be stopped, only forgets them.
    /// Precondition: nobody touches the pages any longer.
    ~page_server();

    /// Effect: all kept pages of [first, end) are present. Asks for those that aren't, in this thread, also for those
    /// that were refused before. Throws what keepers make it throw; what came before stays present. In a child of fork,
    /// where the pages aren't: std::logic_error.
    void fetch(page_index first, page_index end);

    /// Entries of the process's memory map that refused pages take.
    [[nodiscard]] std::size_t entries() const;

    /// True where this system lets a program wait for touches of pages.
    [[nodiscard]] static bool works() noexcept;

private:
    class state;
    struct running;

    std::uint32_t const made_in_; // the process
    std::unique_ptr<running> running_;
};

} // namespace still::heaps
