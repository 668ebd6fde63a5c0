// SPDX-License-Identifier: BSL-1.0
//
// The next version of a heap while it is being copied: first ahead, while writers go on, then what is
// left, while they are kept out. See Note: pre-copy.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "heap/frame_store.hpp"
#include "heap/page_set.hpp"
#include "still/segment.hpp"

namespace still::heaps {

/// Invariant: for each page that wasn't written since it was last shown to the draft, the draft's slot has
/// its bytes. Dropping a draft undoes it.
class draft {
public:
    /// Starts as the last version. Precondition: all three outlive the draft, and `last` isn't changed.
    draft(frame_store& store, segment const& last, std::byte const* base) noexcept;
    draft(draft const&) = delete;
    draft& operator=(draft const&) = delete;

    /// Effect: copies the pages that differ from what the draft has. Others may write to them meanwhile;
    /// then they may be torn here, and must be shown again. Returns how many were stored.
    /// Throws quota_exceeded, std::bad_alloc, std::system_error; the draft is fit to be dropped then.
    std::size_t copy_ahead(page_set const& written);

    /// Effect: as copy_ahead. Precondition: nobody writes to the pages. What doesn't need them still isn't
    /// done here, but by `finish`.
    std::size_t copy_residue(page_set const& written);

    /// Effect: gives the version. When its content is the last one's, so is its root.
    [[nodiscard]] segment finish(std::uint64_t bytes) &&;

private:
    /// What a page is found to hold.
    struct findings {
        std::vector<page_index> stored;
        std::vector<std::byte const*> contents; // of `stored`
        std::vector<std::uint32_t> telling; // of `stored`: where each differs from what it replaces
        std::vector<frame> frames; // of `stored`, once they are
        std::vector<page_index> zeroed;
        std::vector<page_index> reverted; // to what the last version has
        void clear() noexcept;
    };

    void look(page_index index, std::byte const* content);
    void store();
    void apply();

    frame_store& store_;
    segment const& last_;
    std::byte const* const base_;
    segment_table pages_;
    findings found_;
    bool may_have_reverted_ = false;
};

} // namespace still::heaps
