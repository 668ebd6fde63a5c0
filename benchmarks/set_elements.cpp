// SPDX-License-Identifier: BSL-1.0
//
// still::set beside mutable ordered sets, with strings and with elements of 64 bytes.

#include "ordered/programs.hpp"
#include "ordered/still.hpp"
#include "ordered/suite.hpp"
#include "rivals/absl.hpp"
#include "rivals/std.hpp"

void benchmarks::add_set_elements(plan& all)
{
    add_costly<still_set, absl_set, std_set, std::string>(all);
    add_costly<still_set, absl_set, std_set, wide_key>(all);
}
