// SPDX-License-Identifier: BSL-1.0
//
// The parts of the set and map programs, each compiled by itself: optimised, they take a while.

#pragma once

#include "common/plan.hpp"

namespace benchmarks {

void add_set_numbers(plan& all);
void add_set_elements(plan& all);
void add_map_numbers(plan& all);
void add_map_elements(plan& all);

} // namespace benchmarks
