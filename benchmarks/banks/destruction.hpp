// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "common/plan.hpp"

namespace benchmarks {

/// Destroying banks with memory of their own beside those without. In a file of its own: what is instantiated once in a
/// program is compiled in the place where it is used, and what is so twice is not.
void add_destruction_of_banks(plan& all);

} // namespace benchmarks
