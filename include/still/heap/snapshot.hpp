// SPDX-License-Identifier: BSL-1.0
//
// A version of a heap.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "still/heap/mapping.hpp"
#include "still/heap/version_info.hpp"
#include "still/segment.hpp"

namespace still {

class heap;

namespace heaps {
class version;
class heap_core;
} // namespace heaps

/// What a heap was at one cut: its bytes, and with them its allocator and named objects. A snapshot is a
/// segment: what takes a segment takes a snapshot. A regular value, cheap to copy (two counts), which
/// outlives the heap. A default-made one is of no heap and has no bytes.
/// Who assigns to one as to a segment, or moves from one as from a segment, changes what it shows as a segment. What
/// knows of heaps goes on with the version that it is of: `map`, `cost`, and the heap's `restore`, `become`, `branch`.
/// Thread contract: distinct snapshots from any threads, also when they share frames; one snapshot by the
/// standard library's rule.
class snapshot : public segment {
public:
    snapshot() noexcept = default;

    /// The page table stays with its version.
    using segment::pages;
    void pages() && = delete;

    /// Returns the version mapped for reading, at an address that the system chooses. Costs one entry of
    /// the process's memory map for each run of frames that lie together, and no copy; where that would
    /// take too many entries, a copy (see mapping::materialised). Whoever reads after its end finds what `late` says.
    /// Throws std::system_error, std::bad_alloc; std::logic_error for a snapshot of no heap; std::length_error for one
    /// of 64 GiB or more, unless late = late_reads::unmapped.
    [[nodiscard]] mapping map(late_reads late = late_reads::unmapped) const;

    /// What this version costs: frames that it alone has, and frames it shares with other versions of
    /// its heap or with the live heap's last cut. O(pages changed since the neighbouring versions, and
    /// for those the number of versions); without other versions O(pages).
    [[nodiscard]] footprint cost() const;

    /// The number of the cut, from 1, and when it was taken; the label that it was given, else the heap's.
    /// Zero, the epoch and nothing for a snapshot of no heap.
    [[nodiscard]] std::uint64_t number() const noexcept;
    [[nodiscard]] std::chrono::steady_clock::time_point taken_at() const noexcept;
    [[nodiscard]] std::string const& label() const noexcept;
    /// How long the cut kept writers out, waiting for guards included; and how long it took in all, until there was
    /// this version: what the call went on to let rest isn't in it, but in heap_statistics::last_total.
    [[nodiscard]] std::chrono::nanoseconds pause() const noexcept;
    [[nodiscard]] std::chrono::nanoseconds total() const noexcept;

    /// Effect: takes the root out; the snapshot is of no heap from then on. For a reclaimer.
    [[nodiscard]] friend auto give_root(snapshot& of) noexcept
    {
        of.version_.reset();
        segment& pages = of;
        return give_root(pages);
    }

private:
    friend class heaps::heap_core;
    explicit snapshot(std::shared_ptr<heaps::version const> version) noexcept;

    std::shared_ptr<heaps::version const> version_;
};

/// The runs of pages whose bytes differ, as for two segments: O(changes · levels) for versions of one
/// heap, whatever its size.
[[nodiscard]] inline segment_diff diff(snapshot const& before, snapshot const& after) noexcept
{
    return diff(static_cast<segment const&>(before), static_cast<segment const&>(after));
}
segment_diff diff(snapshot const&&, snapshot const&) = delete;
segment_diff diff(snapshot const&, snapshot const&&) = delete;
segment_diff diff(snapshot const&&, snapshot const&&) = delete;

} // namespace still
