// SPDX-License-Identifier: BSL-1.0
//
// The changes from one segment's table to another's, with the memory of those that come next asked for ahead.
//
// Between a change of a table and the bytes of its two pages lie two records: memory that is cold, and that a
// processor would wait for one after the other, change by change. See Note: page table nodes.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "still/core/config.hpp"
#include "still/segment/slot.hpp"

namespace still::segments {

/// A slot that changed from `before` to `after`, of which one may be null, at `count` indices from `first` on.
struct coming_change {
    page_index first = 0;
    std::uint64_t count = 0;
    page_slot const* before = nullptr;
    page_slot const* after = nullptr;
};

/// A queue of changes, filled from a walk over two tables. Owns nothing; copies are independent. Nothing allocates.
/// The first change costs what it costs alone: the queue grows as changes are taken.
class coming_changes {
public:
    /// At the end.
    coming_changes() noexcept = default;
    /// At the first change.
    explicit coming_changes(segment_table::diff_type const& changes)
        : source_(changes.begin())
    {
        fill();
    }

    /// True when all changes were taken.
    [[nodiscard]] bool at_end() const noexcept { return waiting_ == 0; }
    /// Precondition: not at the end.
    [[nodiscard]] coming_change const& front() const noexcept
    {
        STILL_ASSERT(!at_end());
        return queue_[next_];
    }
    /// Effect: moves on to the next change, or to the end. Precondition: not at the end.
    void advance()
    {
        STILL_ASSERT(!at_end());
        next_ = (next_ + 1) % most_ahead;
        --waiting_;
        if (wanted_ < most_ahead)
            ++wanted_;
        fill();
        // Halfway through the queue: by now the records are there.
        if (waiting_ > most_ahead / 2)
            ask_for_bytes(queue_[(next_ + most_ahead / 2) % most_ahead]);
    }

private:
    static constexpr std::size_t most_ahead = 16;

    void fill()
    {
        for (; waiting_ < wanted_ && source_ != std::default_sentinel; ++source_) {
            auto const seen = *source_;
            auto& place = queue_[(next_ + waiting_) % most_ahead];
            place = { seen.index, seen.count, seen.change.before, seen.change.after };
            ++waiting_;
            if (place.before != nullptr)
                place.before->prefetch();
            if (place.after != nullptr)
                place.after->prefetch();
        }
    }
    /// Effect: asks for what a comparison of the two pages reads first.
    static void ask_for_bytes(coming_change const& coming) noexcept
    {
        auto const* const before = coming.before == nullptr ? nullptr : coming.before->frame();
        auto const* const after = coming.after == nullptr ? nullptr : coming.after->frame();
        if (before == nullptr || after == nullptr)
            return;
        __builtin_prefetch(before->bytes + after->telling);
        __builtin_prefetch(after->bytes + after->telling);
    }

    segment_table::diff_type::iterator source_;
    std::array<coming_change, most_ahead> queue_{};
    std::size_t next_ = 0;
    std::size_t waiting_ = 0;
    std::size_t wanted_ = 1;
};

} // namespace still::segments
