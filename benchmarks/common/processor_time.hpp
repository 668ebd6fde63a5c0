// SPDX-License-Identifier: BSL-1.0
//
// What the calling thread has cost.

#pragma once

#include <ctime>

namespace benchmarks {

/// Seconds of processor time that this thread has taken, in the program and in the system.
[[nodiscard]] inline double processor_time() noexcept
{
    std::timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

} // namespace benchmarks
