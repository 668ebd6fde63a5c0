// SPDX-License-Identifier: BSL-1.0

#include "os/core_order.hpp"

#include <atomic>
#include <cerrno>

#include <linux/membarrier.h>
#include <sys/syscall.h>

#include <unistd.h>

#include "os/process.hpp"
#include "still/core/config.hpp"

namespace still::os {

namespace {

long barrier(int command) noexcept
{
    return ::syscall(SYS_membarrier, command, 0, 0);
}

} // namespace

bool can_synchronize_cores() noexcept
{
    // Several threads may ask at first, and the first answer is everybody's. The guard of a static local might stay
    // closed in a child of fork.
    enum answer { unknown, yes, no };
    static constinit std::atomic<answer> works{ unknown };
    if (works.load() == unknown) {
        auto const seen = !under_thread_sanitizer() && barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0
            && barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
        auto expected = unknown;
        works.compare_exchange_strong(expected, seen ? yes : no);
    }
    return works.load() == yes;
}

void synchronize_cores() noexcept
{
    while (barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) {
        // The kernel may want memory for a moment, and a process that was restored from a checkpoint be registered
        // anew. Else a sandbox has come to forbid it: threads that rely on it would be out of order.
        auto const again
            = errno == ENOMEM || (errno == EPERM && barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0);
        STILL_CHECK(again);
    }
}

} // namespace still::os
