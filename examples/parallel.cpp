// SPDX-License-Identifier: BSL-1.0
//
// Operations on large sets on more than one thread. The threads are the program's own, by an executor of a few lines;
// still/adapters/tbb_executor.hpp has one for oneTBB.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <future>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

#include "still/parallel.hpp"
#include "still/set.hpp"

namespace {

/// Runs two calls at the same time, one of them on a thread of its own.
struct async_executor {
    static std::size_t concurrency() { return std::max(2U, std::thread::hardware_concurrency()); }
    template <class First, class Second>
    static void invoke(First&& first, Second&& second)
    {
        auto other = std::async(std::launch::async, std::ref(second)); // waits where it is destroyed
        first();
        other.get();
    }
};

std::vector<int> every(int step, int end)
{
    std::vector<int> made;
    for (int number = 0; number < end; number += step)
        made.push_back(number);
    return made;
}

} // namespace

int main()
{
    async_executor const threads;
    auto const even = still::from_sorted<still::set<int>>(threads, every(2, 1'000'000));
    auto const thirds = still::from_sorted<still::set<int>>(threads, every(3, 1'000'000));

    // As set_union(even, thirds), parted among threads.
    auto const either = still::set_union(threads, even, thirds);
    std::cout << either.size() << '\n'; // prints: 666667
    std::cout << (either == set_union(even, thirds)) << '\n'; // prints: 1

    // What changes nothing gives the same version back, as ever.
    std::cout << still::set_union(threads, either, even).same_root(either) << '\n'; // prints: 1

    auto large = still::filter(threads, either, [](int number) { return number >= 500'000; });
    std::cout << large.size() << '\n'; // prints: 333334
    still::release(threads, std::move(large)); // the last owner's nodes go on all threads
}
