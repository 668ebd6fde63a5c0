// SPDX-License-Identifier: BSL-1.0
//
// Two copies of a table that came by different ways, and so share no memory: are they equal, and if not,
// where do they differ? A hash of the content in each node tells, without a walk through either.

#include <iostream>
#include <string>

#include "still/content_hash.hpp"
#include "still/map.hpp"

int main()
{
    using prices = still::map<std::string, int, std::less<>, still::hashed<>>;

    prices mine;
    prices yours;
    for (int number = 0; number < 10'000; ++number) {
        mine = std::move(mine).insert("item " + std::to_string(number), number);
        yours = std::move(yours).insert("item " + std::to_string(9'999 - number), 9'999 - number);
    }
    std::cout << (mine.aggregate() == yours.aggregate()) << '\n'; // prints: 1

    yours = std::move(yours).insert_or_assign("item 777", 5).erase("item 8");
    diff_by_content(mine, yours, [](auto const& change) {
        std::cout << change.before->first; // prints: item 777
        if (change.after)
            std::cout << ' ' << change.before->second << " -> " << change.after->second << '\n'; // prints: 777 -> 5
        else
            std::cout << " is gone\n"; // prints: item 8 is gone
    });
}
