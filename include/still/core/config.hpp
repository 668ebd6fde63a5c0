// SPDX-License-Identifier: BSL-1.0
//
// The library's only macros: three costs of checks, chosen by the build.
//
//   STILL_CHECK(rule)   always on; for rules that cost a compare and guard memory safety
//   STILL_ASSERT(rule)  on in debug builds; for preconditions that cost O(1)
//   STILL_AUDIT(rule)   on in deep builds; for invariants that cost O(n)
//
// A broken rule prints the rule and its place to standard error and aborts: it is a fault of the
// program, never an ordinary event.

#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

/// 0: only STILL_CHECK; 1: STILL_ASSERT too; 2: STILL_AUDIT too. Set it alike in the whole program.
#ifndef STILL_CHECK_LEVEL
#ifdef NDEBUG
#define STILL_CHECK_LEVEL 0
#else
#define STILL_CHECK_LEVEL 1
#endif
#endif

namespace still {

/// Effect: prints the broken rule with its place and aborts. Allocates nothing.
[[noreturn]] inline void check_failed(
    char const* rule, std::source_location place = std::source_location::current()) noexcept
{
    std::fprintf(stderr, "still: broken rule \"%s\" in %s at %s:%u\n", rule, place.function_name(), place.file_name(),
        static_cast<unsigned>(place.line()));
    std::abort();
}

} // namespace still

#define STILL_CHECK(rule) ((rule) ? static_cast<void>(0) : ::still::check_failed(#rule))

#if STILL_CHECK_LEVEL >= 1
#define STILL_ASSERT(rule) STILL_CHECK(rule)
#else
#define STILL_ASSERT(rule) static_cast<void>(0)
#endif

#if STILL_CHECK_LEVEL >= 2
#define STILL_AUDIT(rule) STILL_CHECK(rule)
#else
#define STILL_AUDIT(rule) static_cast<void>(0)
#endif
