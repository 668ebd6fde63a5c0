// SPDX-License-Identifier: BSL-1.0
//
// Counts the program's own allocations, and fails them on schedule. A program that links
// global_new.cpp has its operator new replaced, so such tests live in programs of their own.

#pragma once

#include "schedule.hpp"

namespace still_test {

/// Every `operator new` in the program, whatever its form. events() is the total.
struct global_new {
    static inline schedule allocations;
};

} // namespace still_test
