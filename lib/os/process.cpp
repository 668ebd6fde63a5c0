// SPDX-License-Identifier: BSL-1.0

#include "os/process.hpp"

#include <atomic>
#include <cstdlib>

#include <fcntl.h>
#include <pthread.h>

#include <unistd.h>

#include "os/descriptor.hpp"

// Defined by the thread sanitizer's runtime, and by nothing else.
extern "C" [[gnu::weak]] void __tsan_init();

namespace still::os {

namespace {

std::atomic<std::uint32_t> generation{ 0 };

void become_child() noexcept
{
    generation.fetch_add(1, std::memory_order_relaxed);
}

} // namespace

std::uint32_t process_generation() noexcept
{
    static bool const watched = ::pthread_atfork(nullptr, nullptr, become_child) == 0;
    static_cast<void>(watched);
    return generation.load(std::memory_order_relaxed);
}

bool under_thread_sanitizer() noexcept
{
    return &__tsan_init != nullptr;
}

std::size_t most_map_entries() noexcept
{
    constexpr std::size_t kernel_default = 65530;
    descriptor const setting(::open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC));
    if (setting.get() < 0)
        return kernel_default;
    char text[32] = {};
    if (::read(setting.get(), text, sizeof(text) - 1) <= 0)
        return kernel_default;
    auto const entries = std::strtoull(text, nullptr, 10);
    return entries == 0 ? kernel_default : static_cast<std::size_t>(entries);
}

} // namespace still::os
