// SPDX-License-Identifier: BSL-1.0
//
// Children of `fork`, which go on seeing what this process has mapped from a file: as long as one lives, what
// it may see must stay. See Note: resting.

#pragma once

#include <cstdint>

namespace still::os {

/// Effect: from now on forks are counted, and their children watched until they exit or execute another program,
/// their own children included. Costs a fork about 25 us. A child made by a raw system call (`clone`) isn't noticed;
/// one that shares its parent's memory (`vfork`, `posix_spawn`) needs no watching.
/// Waits for a fork in progress, the first time. Throws std::system_error. May be called often.
void watch_children();

/// Forks of this process since they are watched: those that have begun, which is counted before the child is there,
/// and those that are done.
[[nodiscard]] std::uint64_t forks_begun() noexcept;
[[nodiscard]] std::uint64_t forks_done() noexcept;

/// What was there when forks_done() was `born`, and went when forks_begun() was `gone`, may have been seen by the
/// children of the forks in (born, gone].
struct fork_span {
    std::uint64_t born;
    std::uint64_t gone;
};

/// The oldest and the newest fork whose child may live; none, where the oldest is greater.
struct living_children {
    std::uint64_t oldest = ~std::uint64_t{ 0 };
    std::uint64_t newest = 0;

    /// False only when none of them lives that may have seen it.
    [[nodiscard]] bool may_see(fork_span seen) const noexcept { return oldest <= seen.gone && newest > seen.born; }
};

/// O(children that lived when it was last asked).
[[nodiscard]] living_children find_living_children() noexcept;

} // namespace still::os
