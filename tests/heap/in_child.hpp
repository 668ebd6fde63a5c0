// SPDX-License-Identifier: BSL-1.0
//
// Work done in a child of `fork`, which answers by its exit code.

#pragma once

#include <sys/wait.h>

#include <unistd.h>

namespace still_test {

/// Effect: runs `work` in a child. Returns true when it said so, false also when it threw.
template <class Work>
[[nodiscard]] bool in_child(Work&& work)
{
    auto const child = ::fork();
    if (child == 0) {
        auto done = false;
        try {
            done = work();
        } catch (...) {
            done = false;
        }
        ::_exit(done ? 0 : 1);
    }
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace still_test
