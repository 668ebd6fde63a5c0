// SPDX-License-Identifier: BSL-1.0
//
// Whether the process has had more than one thread. See Note: counting.

#pragma once

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace still::core {

/// True while no other thread can be running: then counts change without locked instructions. It may turn
/// false when the caller makes a thread, and at no other time. False where the C library doesn't tell.
[[nodiscard]] inline bool single_threaded() noexcept
{
#if __has_include(<sys/single_threaded.h>)
    return __libc_single_threaded != 0;
#else
    return false;
#endif
}

} // namespace still::core
