// SPDX-License-Identifier: BSL-1.0
//
// A fence that one thread executes for all: membarrier(2). With it, two threads that each write a word and then read
// the other's need no fence on the side that must be cheap.

#pragma once

namespace still::os {

/// True when `synchronize_cores` works in this process. Where it does once it does for good.
/// False under the thread sanitizer, which doesn't know of it.
[[nodiscard]] bool can_synchronize_cores() noexcept;

/// Effect: every other thread of the process has executed a full fence between the beginning and the end of this
/// call, as has this one. A few microseconds. Precondition: can_synchronize_cores().
void synchronize_cores() noexcept;

} // namespace still::os
