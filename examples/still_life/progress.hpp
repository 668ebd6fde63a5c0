// SPDX-License-Identifier: BSL-1.0
//
// One line on the terminal that says how far the program is. Nothing where standard error is no terminal.

#pragma once

#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace still_life {

class progress {
public:
    progress() noexcept
        : shown_(::isatty(STDERR_FILENO) == 1)
    {
    }
    progress(progress const&) = delete;
    progress& operator=(progress const&) = delete;
    /// Effect: clears the line.
    ~progress() { show(""); }

    void show(std::string_view text) const noexcept
    {
        if (shown_)
            std::fprintf(stderr, "\r\033[K%.*s", static_cast<int>(text.size()), text.data());
    }

private:
    bool shown_;
};

} // namespace still_life
