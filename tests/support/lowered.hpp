// SPDX-License-Identifier: BSL-1.0
//
// The system's limits, for a scope.

#pragma once

#include <sys/resource.h>

namespace still_test {

/// A soft limit of the process, for a scope.
class lowered {
public:
    lowered(__rlimit_resource what, rlim_t to)
        : what_(what)
    {
        ::getrlimit(what_, &before_);
        auto now = before_;
        now.rlim_cur = to;
        done_ = ::setrlimit(what_, &now) == 0;
    }
    lowered(lowered const&) = delete;
    lowered& operator=(lowered const&) = delete;
    ~lowered() { ::setrlimit(what_, &before_); }
    [[nodiscard]] bool done() const { return done_; }

private:
    __rlimit_resource what_;
    rlimit before_{};
    bool done_ = false;
};

} // namespace still_test
