// SPDX-License-Identifier: BSL-1.0
#include <functional>
#include <iostream>
#include <thread>

#include "still/capability.hpp"
#include "still/set.hpp"

using numbers = still::set<int, std::less<>, still::charged_policy>;

int main()
{
    still::bank const bank(1 << 20); // a quota in bytes: whoever allocates pays
    auto const version = numbers(bank).insert(1).insert(2).insert(3);

    auto const granted = still::grant(version, bank); // its end takes everything back
    auto [lent, revoker] = granted.capability().forward(bank); // what is lent can be taken back alone

    auto const read = [](still::capability<numbers> given) {
        if (auto const lease = given.open()) // a short scope in which the version is sure to stay
            std::cout << (*lease)->size() << " numbers\n";
        else
            std::cout << lease.error().message() << '\n';
    };
    std::thread(read, lent).join(); // prints: 3 numbers
    revoker.revoke(); // at once, whatever the reader does
    std::thread(read, lent).join(); // prints: the capability was taken back (ask its giver for a new one)
    read(granted.capability()); // prints: 3 numbers

    std::cout << (bank.usage() <= bank.limit()) << '\n'; // prints: 1
}
