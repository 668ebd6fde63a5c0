// SPDX-License-Identifier: BSL-1.0
//
// Faults in memory: children that must end by one, and addresses that are looked at without.

#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sys/mman.h>

#include <unistd.h>

#include "os/process.hpp"
#include "still/core/frame.hpp"

namespace still_test {

/// Builds whose memory is watched.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool memory_is_watched = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool memory_is_watched = true;
#else
inline constexpr bool memory_is_watched = false;
#endif
#else
inline constexpr bool memory_is_watched = false;
#endif

/// Effect: tells that it ends the program by a fault in memory; sanitizers report that, and exit.
template <class Touch>
void expect_fault(Touch touch)
{
    if (memory_is_watched || still::os::under_thread_sanitizer()) {
        EXPECT_DEATH(touch(), "SEGV");
    } else {
        EXPECT_EXIT(touch(), ::testing::KilledBySignal(SIGSEGV), "");
    }
}

/// Whether something is mapped at an address, be it without access.
[[nodiscard]] inline bool is_mapped(void const* address)
{
    auto* const page
        = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(address) / still::page_bytes * still::page_bytes);
    unsigned char present = 0;
    return ::mincore(page, 1, &present) == 0 || errno != ENOMEM;
}

/// The byte at an address, if it can be read: the system is asked to.
[[nodiscard]] inline std::optional<std::byte> read_at(void const* address)
{
    std::array<int, 2> ends{ -1, -1 };
    auto read = std::byte{};
    auto const got = ::pipe(ends.data()) == 0 && ::write(ends[1], address, 1) == 1 && ::read(ends[0], &read, 1) == 1;
    for (auto const end : ends)
        ::close(end);
    return got ? std::optional(read) : std::nullopt;
}

} // namespace still_test
