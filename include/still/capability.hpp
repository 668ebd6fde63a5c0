// SPDX-License-Identifier: BSL-1.0
//
// Capabilities: show a version to anyone, and take it back.
//
//   still::bank bank(1 << 20);
//   auto mine = still::grant(version, bank);               // holds the version; its end takes all back
//   auto [lent, revoker] = mine.capability().forward(bank); // lend it
//   if (auto const lease = lent.open())                     // on any thread
//       read((*lease)->...);
//   revoker.revoke();                                       // and take it back
//
// Grantable out of the box: sets, maps, page tables, segments, heap snapshots, mappings; a type of your own by
// specialising `still::grantable`.

#pragma once

#include "still/bank.hpp"
#include "still/capability/adopt.hpp"
#include "still/capability/any_capability.hpp"
#include "still/capability/atom.hpp"
#include "still/capability/brand.hpp"
#include "still/capability/capability.hpp"
#include "still/capability/clist.hpp"
#include "still/capability/error.hpp"
#include "still/capability/factory.hpp"
#include "still/capability/grant.hpp"
#include "still/capability/grantable.hpp"
#include "still/capability/keepers.hpp"
#include "still/capability/lease.hpp"
#include "still/capability/membrane.hpp"
#include "still/capability/rights.hpp"
#include "still/capability/versions.hpp"
#include "still/capability/views.hpp"
