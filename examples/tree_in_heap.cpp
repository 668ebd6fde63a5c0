// SPDX-License-Identifier: BSL-1.0
//
// A map in a heap, among whatever else lives there: snapshots show it as it was, differences cost what changed, and a
// rollback takes it back. An older version is kept beside it in the heap.

#include <boost/container/vector.hpp>

#include <functional>
#include <iostream>
#include <utility>

#include "still/heap.hpp"
#include "still/map.hpp"

using prices = still::map<int, int, std::less<>, still::region_policy>;
using history = boost::container::vector<prices, still::heap_allocator<prices>>;

int main()
{
    still::heap heap;
    auto& live = heap.construct<prices>("prices", heap.allocator());
    auto& kept = heap.construct<history>("kept", heap.allocator<prices>());
    {
        auto const guard = heap.mutate();
        for (auto item = 0; item < 100'000; ++item)
            live = std::move(live).insert(item, 10); // in place
        kept.push_back(live); // one count: objects of the heap own versions
    }
    still::snapshot const before = heap.snapshot();
    {
        auto const guard = heap.mutate();
        live = std::move(live).insert_or_assign(77, 12).erase(5);
    }
    still::snapshot const after = heap.snapshot();

    still::mapping const old = before.map(); // elsewhere, and read-only
    still::mapping const now = after.map();
    auto const& one = *old.find<prices>("prices");
    auto const& other = *now.find<prices>("prices");
    for (auto const& change : still::diff(one, other)) { // looks at the nodes that differ, and no others
        if (change.after)
            std::cout << change.after->first << " costs " << change.after->second << '\n'; // prints: 5 is gone
        else
            std::cout << change.before->first << " is gone\n"; // prints: 77 costs 12
    }

    heap.restore(before);
    std::cout << live.at(77) << ' ' << (live == one) << ' ' << live.same_root(kept[0]) << '\n'; // prints: 10 1 1
}
