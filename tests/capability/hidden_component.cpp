// SPDX-License-Identifier: BSL-1.0
//
// A shared object that is compiled with hidden symbols, and has one function to offer.

#include "hidden_component.hpp"

extern "C" [[gnu::visibility("default")]] void make_a_visit(still_test::visit& made)
{
    made.seen = still_test::once();
    made.said = made.shown.open().error();
    made.unsealed = static_cast<bool>(still::brand("another").unseal(made.envelope));
    made.destroyed = made.doomed.destroy();
}
