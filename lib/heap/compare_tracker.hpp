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
    void take(std::size_t pages, page_set& written) override { look(pages, written); }
    void look(std::size_t pages, page_set& written) override
    {
        if (pages > 0)
            written.insert({ 0, pages });
    }
};

} // namespace still::heaps
