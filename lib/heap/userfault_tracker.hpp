// SPDX-License-Identifier: BSL-1.0
//
// The tracker that leaves the work to the kernel: asynchronous write-protection, read page by page
// from the page tables. A writer's first write to a page costs a fault that the kernel resolves.

#pragma once

#include "heap/tracker.hpp"
#include "os/write_tracking.hpp"

namespace still::heaps {

class userfault_tracker final : public tracker {
public:
    /// Effect: opens the kernel's interfaces and proves them on a scratch page. Throws
    /// std::system_error that names what doesn't work.
    explicit userfault_tracker(std::byte* base);

    [[nodiscard]] tracker_kind kind() const noexcept override { return tracker_kind::userfault; }
    void arm(page_span pages) override;
    void watch(page_span pages) override;
    void take(std::size_t pages, page_set& written, writers present) override;
    void look(page_span pages, page_set& written) override;

private:
    std::byte* base_;
    os::write_tracking tracking_;
};

} // namespace still::heaps
