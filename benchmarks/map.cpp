// SPDX-License-Identifier: BSL-1.0
//
// still::map beside mutable ordered maps, with random 64-bit keys and 8-byte values. Other elements: map_elements.cpp.

#include "ordered/programs.hpp"
#include "ordered/still.hpp"
#include "ordered/suite.hpp"
#include "rivals/absl.hpp"
#include "rivals/flat.hpp"
#include "rivals/std.hpp"

void benchmarks::add_map_numbers(plan& all)
{
    add_numbers<still_map, still_map_local, still_map_charged, still_map_huge_pages, absl_map, std_map, flat_map>(all);
}

int main(int count, char** arguments)
{
    benchmarks::plan all;
    benchmarks::add_map_numbers(all);
    benchmarks::add_map_elements(all);
    return all.run(count, arguments);
}
