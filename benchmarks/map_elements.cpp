// SPDX-License-Identifier: BSL-1.0
//
// still::map beside mutable ordered maps, with strings as keys.

#include "ordered/programs.hpp"
#include "ordered/still.hpp"
#include "ordered/suite.hpp"
#include "rivals/absl.hpp"
#include "rivals/std.hpp"

void benchmarks::add_map_elements(plan& all)
{
    add_costly<still_map, absl_map, std_map, std::string>(all);
}
