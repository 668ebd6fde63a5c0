// SPDX-License-Identifier: BSL-1.0
//
// Where the kernel tells a program of faults on its own pages, or resolves them for it: userfaultfd(2).

#pragma once

#include <cstdint>

#include "os/descriptor.hpp"

namespace still::os {

/// Effect: opens one with these features, for faults in user mode only, which needs no privilege.
/// Throws std::system_error: userfaultfd (not on this kernel, or forbidden), ioctl(UFFDIO_API) (not these features).
[[nodiscard]] descriptor open_userfaults(std::uint64_t features);

} // namespace still::os
