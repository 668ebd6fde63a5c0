// SPDX-License-Identifier: BSL-1.0
//
// Several heaps at one instant. What programs call is `still::cut` (still/cut.hpp).

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "still/heap/snapshot.hpp"

namespace still::heaps {

/// Returns a version of each heap, in their order, all of one instant: writers of all are out then. `meanwhile` is
/// called in that instant, once, by this thread.
/// What was written is copied ahead, while writers go on. Then the heaps are closed one after the other; a thread that
/// is inside of one may wait for another, so that where one isn't free soon all are opened, and tried again, that one
/// first.
/// Costs what the snapshots cost; the pause of each is that of all.
/// Throws std::invalid_argument (a heap that is there twice), std::system_error (timed_out: writers held guards until
/// the deadline), what `meanwhile` throws, and as heap::snapshot; then the heaps go on as they were.
[[nodiscard]] std::vector<snapshot> snapshots_at_once(std::span<heap* const> of,
    std::optional<std::chrono::steady_clock::time_point> until, std::function<void()> const& meanwhile);

} // namespace still::heaps
