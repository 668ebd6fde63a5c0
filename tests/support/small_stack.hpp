// SPDX-License-Identifier: BSL-1.0
//
// Runs code on a thread with a stack of 64 KiB, the least that embedded and coroutine-like threads get.

#pragma once

#include <gtest/gtest.h>
#include <pthread.h>

#include <cstddef>

namespace still_test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool instrumented_frames = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool instrumented_frames = true;
#else
inline constexpr bool instrumented_frames = false;
#endif
#else
inline constexpr bool instrumented_frames = false;
#endif

/// Under a sanitizer eight times as much: red zones and unshared slots make frames several times larger, and
/// the sanitizer's own calls run on the same stack. A recursion without bound still shows, at these sizes.
inline constexpr std::size_t small_stack_bytes = std::size_t{ 64 } * 1024 * (instrumented_frames ? 8 : 1);

/// Effect: runs `act` to its end on a small stack. An overflow ends the program.
template <class Act>
void on_small_stack(Act act)
{
    pthread_attr_t attributes;
    ASSERT_EQ(pthread_attr_init(&attributes), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&attributes, small_stack_bytes), 0);
    auto const run = [](void* told) -> void* {
        (*static_cast<Act*>(told))();
        return nullptr;
    };
    pthread_t thread{};
    ASSERT_EQ(pthread_create(&thread, &attributes, run, &act), 0);
    ASSERT_EQ(pthread_join(thread, nullptr), 0);
    pthread_attr_destroy(&attributes);
}

} // namespace still_test
