// SPDX-License-Identifier: BSL-1.0
//
// The tracker that lays a region over a file of its own, privately: a page that is written is copied by the kernel,
// and from then on isn't the file's. Each cut brings the file up to date and drops the copies. See Note: trackers.

#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/tracker.hpp"
#include "os/memory_file.hpp"
#include "os/private_pages.hpp"

namespace still::heaps {

/// Invariant: the base has the bytes of each armed page as they were when it was last taken (zeros at first), and a
/// page that shows the base holds them. So what is private is all that was written; a page goes into the base first,
/// and its copy is dropped after.
///
/// Children of fork show the base too, where they have no copy. So while one lives nothing is written to it: pages
/// that were written stay private, and are reported again.
class private_file_tracker final : public tracker {
public:
    using way = os::private_pages::way;

    /// Throws std::system_error, std::bad_alloc; not_supported where huge pages are wanted, which such a mapping
    /// doesn't have.
    explicit private_file_tracker(tracked_place where, way wanted = way::best);

    /// Effect: writes one of three scratch pages and sees whether exactly that is noticed, once, and kept. Throws
    /// std::system_error.
    static void prove(way wanted = way::best);

    [[nodiscard]] tracker_kind kind() const noexcept override { return tracker_kind::private_file; }
    /// Precondition: the pages are zeros.
    void arm(page_span pages) override;
    void take(std::size_t pages, page_set& written, writers present) override;
    [[nodiscard]] bool takes_from_writers() const noexcept override { return false; }
    void look(page_span pages, page_set& written) override;
    [[nodiscard]] bool has_own_mapping() const noexcept override { return true; }

private:
    void take_all(std::size_t pages, page_set& written, bool settling);
    [[nodiscard]] bool is_base_shared() const noexcept;
    void settle(page_span run) noexcept;
    [[nodiscard]] bool bring_base_up_to_date(page_span run) noexcept;
    [[nodiscard]] bool write_to_base(page_span run) noexcept;
    [[nodiscard]] std::size_t count_zeros(page_span run) const noexcept;

    std::byte* const place_;
    std::uint64_t const born_; // forks that were done by then
    os::private_pages private_;
    os::memory_file base_;
    std::size_t base_pages_ = 0;
};

} // namespace still::heaps
