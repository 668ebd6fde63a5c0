// SPDX-License-Identifier: BSL-1.0
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

#include "still/page_table.hpp"

int main()
{
    // Sparse and ordered: indices up to 2^52, and memory only for what is in use.
    still::page_table<std::string> before;
    before = std::move(before).assign(7, "seven").assign(std::uint64_t{ 1 } << 40, "far away");

    // An update copies one small node a level, and shares the rest.
    auto const after = before.assign(9, "nine").erase(7);

    for (auto const [index, slot] : after)
        std::cout << index << ' ' << slot << '\n';
    // prints: 9 nine
    // prints: 1099511627776 far away

    for (auto const& [index, count, change] : diff(before, after))
        std::cout << index << (change.kind == still::change_kind::added ? " added" : " removed") << '\n';
    // prints: 7 removed
    // prints: 9 added

    std::cout << *before.find(7) << ", as before\n"; // prints: seven, as before

    // A run of indices costs its ends, however long it is.
    auto const wide = after.assign(1 << 20, 1 << 20, "a million times");
    for (auto const [first, count, slot] : wide.runs())
        std::cout << count << " from " << first << '\n';
    // prints: 1 from 9
    // prints: 1048576 from 1048576
    // prints: 1 from 1099511627776
}
