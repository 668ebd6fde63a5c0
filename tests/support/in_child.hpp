// SPDX-License-Identifier: BSL-1.0
//
// Work done in a child of `fork`, which answers by its exit code.

#pragma once

#include <sys/wait.h>

#include <unistd.h>

#include <csignal>
#include <cstring>
#include <exception>
#include <string>

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

/// Effect: runs `work` in a child, for twenty seconds at most. Returns what it said: nothing, where it returned 0.
template <class Work>
[[nodiscard]] std::string told_by_child(Work&& work)
{
    auto const child = ::fork();
    if (child == 0) {
        ::alarm(20);
        auto said = 255;
        try {
            said = work();
        } catch (std::exception const& thrown) {
            static_cast<void>(::write(2, thrown.what(), std::strlen(thrown.what())));
        }
        ::_exit(said);
    }
    auto status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child)
        return "no child";
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM ? "it hangs" : "signal " + std::to_string(WTERMSIG(status));
    return WEXITSTATUS(status) == 0 ? "" : "step " + std::to_string(WEXITSTATUS(status));
}

} // namespace still_test
