// SPDX-License-Identifier: BSL-1.0

#include "os/process.hpp"

#include <atomic>
#include <cstdlib>

#include <fcntl.h>
#include <pthread.h>

#include <unistd.h>

#include "os/descriptor.hpp"
#include "os/failure.hpp"

// Defined by the thread sanitizer's runtime, and by nothing else.
extern "C" [[gnu::weak]] void __tsan_init();

namespace still::os {

namespace {

constinit std::atomic<std::uint32_t> generation{ 0 };
constinit int failure = 0;

void become_child() noexcept
{
    generation.fetch_add(1, std::memory_order_relaxed);
}

/// Before all initialisers of the program's: a first use that registers would be caught in the middle by forks. See
/// Note: forks.
[[gnu::constructor(101)]] void register_handler() noexcept
{
    failure = ::pthread_atfork(nullptr, nullptr, become_child);
}

} // namespace

void require_generations()
{
    if (failure != 0) {
        errno = failure;
        throw_failure("pthread_atfork");
    }
}

std::uint32_t process_generation() noexcept
{
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
