// SPDX-License-Identifier: BSL-1.0
//
// What a user of an installed Still writes: a header-only container, and something from the library.

#include <still/heap.hpp>
#include <still/set.hpp>

int main()
{
    still::set<int> const before{ 1, 2, 3 };
    auto const after = before.insert(4);

    still::heap heap({ .capacity = 1 << 20 });
    auto const empty = heap.snapshot();
    heap.construct<int>("answer", 42);
    auto const full = heap.snapshot();

    auto const right = after.size() == before.size() + 1 && *full.map().find<int>("answer") == 42 && !(empty == full);
    return right ? 0 : 1;
}
