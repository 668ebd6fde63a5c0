// SPDX-License-Identifier: BSL-1.0
//
// What a user of an installed Still writes: a header-only container, and something from the library.

#include <still/bank.hpp>

int main()
{
    still::bank const bank(1 << 20);
    bank.charge(4096);
    auto const used = bank.usage();
    bank.refund(4096);
    return used == 4096 && bank.usage() == 0 ? 0 : 1;
}
