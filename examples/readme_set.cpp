// SPDX-License-Identifier: BSL-1.0
#include <iostream>
#include <string>
#include <utility>

#include "still/map.hpp"
#include "still/set.hpp"

int main()
{
    still::map<std::string, int> const before{ { "apples", 3 }, { "pears", 1 } };
    auto after = before.insert_or_assign("plums", 7); // a new version; `before` stays as it was
    after = std::move(after).erase("pears"); // edits in place what `after` alone owns

    // The difference, at the cost of what changed, however large the maps are.
    for (auto const& change : still::diff(before, after)) {
        if (change.kind == still::change_kind::removed)
            std::cout << "removed " << change.before->first << '\n'; // prints: removed pears
        else
            std::cout << "added " << change.after->first << '\n'; // prints: added plums
    }

    // What changes nothing gives the same version back: nothing is copied, and comparing is free.
    std::cout << after.insert_or_assign("apples", 3).same_root(after) << '\n'; // prints: 1

    still::set<int> const odd{ 1, 3, 5, 7 };
    still::set<int> const prime{ 2, 3, 5, 7 };
    for (auto const number : set_intersection(odd, prime))
        std::cout << number << ' '; // prints: 3 5 7
    std::cout << *odd.nth(2) << ' ' << odd.rank(5) << '\n'; // prints: 5 2
}
