// SPDX-License-Identifier: BSL-1.0
//
// The tracker that needs nothing of the system: it suspects every page, and the comparison with the
// last frames, which each cut makes anyway, finds the ones that were written.

#pragma once

#include "heap/tracker.hpp"

namespace still::heaps {

class compare_tracker final : public tracker {
public:
    [[nodiscard]] tracker_kind kind() const noexcept override { return tracker_kind::compare; }
    void arm(page_span) override { }
    void take(std::size_t pages, page_set& written, writers) override { look({ 0, pages }, written); }
    [[nodiscard]] bool takes_from_writers() const noexcept override { return false; }
    void look(page_span pages, page_set& written) override { written.insert(pages); }
};

} // namespace still::heaps
