// SPDX-License-Identifier: BSL-1.0
//
// still::set beside mutable ordered sets, with random 64-bit keys. Other elements: set_elements.cpp.

#include "ordered/programs.hpp"
#include "ordered/still.hpp"
#include "ordered/suite.hpp"
#include "rivals/absl.hpp"
#include "rivals/flat.hpp"
#include "rivals/std.hpp"

void benchmarks::add_set_numbers(plan& all)
{
    add_numbers<still_set, still_set_local, still_set_charged, still_set_huge_pages, absl_set, std_set, flat_set>(all);
}

int main(int count, char** arguments)
{
    benchmarks::plan all;
    benchmarks::add_set_numbers(all);
    benchmarks::add_set_elements(all);
    return all.run(count, arguments);
}
