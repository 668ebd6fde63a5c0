// SPDX-License-Identifier: BSL-1.0
//
// How a failed system call is told: std::system_error with the call's name.

#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include <boost/throw_exception.hpp>

namespace still::os {

/// Precondition: `errno` is the failed call's. Throws std::system_error.
[[noreturn]] inline void throw_failure(char const* call)
{
    auto const code = errno;
    boost::throw_exception(std::system_error(code, std::generic_category(), std::string("still: ") + call));
}

} // namespace still::os
