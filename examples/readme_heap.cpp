// SPDX-License-Identifier: BSL-1.0
#include <boost/container/vector.hpp>

#include <iostream>

#include "still/heap.hpp"

using namespace still::literals;
using numbers = boost::container::vector<int, still::heap_allocator<int>>;

int main()
{
    still::heap heap({ .capacity = 1_GiB }); // reserves addresses, not memory
    auto& live = heap.construct<numbers>("numbers", heap.allocator<int>());
    {
        auto const guard = heap.mutate(); // no cut is taken while a writer is at work
        live.assign(10'000, 1);
    }
    still::snapshot const before = heap.snapshot(); // a consistent cut, without fork
    {
        auto const guard = heap.mutate();
        live[5'000] = 2;
    }
    still::snapshot const after = heap.snapshot();

    for (still::page_run const run : diff(before, after)) // what changed, by pages
        std::cout << run.page_count << " page changed\n"; // prints: 1 page changed

    still::mapping const then = before.map(); // read-only, while writers go on
    std::cout << (*then.find<numbers>("numbers"))[5'000] << " then, "; // prints: 1 then,
    std::cout << live[5'000] << " now\n"; // prints: 2 now

    heap.restore(before); // rolls back the data, and the allocator with it
    std::cout << live[5'000] << " again\n"; // prints: 1 again
}
