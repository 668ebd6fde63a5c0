// SPDX-License-Identifier: BSL-1.0
//
// Letting go of large versions in slices.
//
//   still::reclaimer bin;
//   bin.take(std::move(version));         // O(1), and the version is empty
//   while (bin.step(1000)) ...            // each time a bounded piece of work, where it suits
//
// The last owner of a version pays for its nodes: dropping one of ten million elements takes as long as it
// takes to visit its nodes. A reclaimer parts that into steps.

#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "still/core/dismantle.hpp"
#include "still/radix/dismantle.hpp"
#include "still/tree/dismantle.hpp"

namespace still {

/// Versions that can be let go in slices: sets, maps, page tables, segments and snapshots.
template <class Version>
concept reclaimable = core::dismantlable<Version>;

/// Holds versions of any types until their nodes have been let go, some at a time. Moves only.
///
/// Each node is let go once: it is destroyed when its last owner goes, and counted down where other
/// versions share it, which live on. The work of a step is bounded in nodes; what the elements'
/// destructors do is theirs. An element's destructor may hand versions to the same reclaimer, so that
/// versions within versions go in slices as well.
///
/// Thread contract: one reclaimer by the standard library's rule, a thread at a time. Versions may come
/// from any thread where their policy's counts may, and share nodes with versions that others read.
class reclaimer {
public:
    reclaimer() noexcept = default;
    reclaimer(reclaimer&&) noexcept = default;
    /// Releases first what this one has.
    reclaimer& operator=(reclaimer&& other) noexcept
    {
        reclaimer(std::move(other)).swap(*this);
        return *this;
    }
    /// Releases the rest, however long that takes; it needs no more stack than a step.
    ~reclaimer()
    {
        while (step(std::numeric_limits<std::size_t>::max())) { }
    }

    /// Effect: exchanges what two have to release. O(1).
    void swap(reclaimer& other) noexcept
    {
        waiting_.swap(other.waiting_);
        current_.swap(other.current_);
    }
    friend void swap(reclaimer& one, reclaimer& other) noexcept { one.swap(other); }

    /// Effect: takes a version, which is empty from then on and may be used again. Where other versions
    /// have its root, it is counted down and nothing is pending.
    /// O(1) amortised. Allocates an entry of a list now and then; throws std::bad_alloc, and the version
    /// is as it was.
    template <class Version>
        requires(!std::is_reference_v<Version> && !std::is_const_v<Version> && reclaimable<Version>)
    void take(Version&& version)
    {
        waiting_.emplace_back(); // the only thing that throws
        if constexpr (requires { version.heap().note_strays(); })
            version.heap().note_strays();
        auto* const root = give_root(version).release();
        if (root != nullptr && root->references.release())
            waiting_.back() = core::remains(root);
        else
            waiting_.pop_back();
    }

    /// Effect: lets go of nodes, `nodes` at most. Returns whether there is more to do.
    /// O(nodes). Allocates and throws nothing. Precondition: not from the destructor of an element that a
    /// step destroys.
    bool step(std::size_t nodes) noexcept
    {
        while (nodes > 0 && pending() > 0) {
            if (current_.done()) {
                auto const next = waiting_.back();
                waiting_.pop_back();
                current_.start(next);
            }
            nodes = current_.step(nodes);
        }
        return pending() > 0;
    }

    /// The number of versions that have nodes left to let go. O(1).
    [[nodiscard]] std::size_t pending() const noexcept { return waiting_.size() + (current_.done() ? 0 : 1); }

private:
    std::vector<core::remains> waiting_;
    core::dismantling current_;
};

} // namespace still
