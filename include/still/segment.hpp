// SPDX-License-Identifier: BSL-1.0
//
// A versioned address space of bytes, over frames of 4 KiB.
//
//   still::segment const before(1 << 30);                  // a gibibyte of zeros, which costs nothing
//   auto after = before.store(4096, 17);                   // a new version; `before` stays as it was
//   after = std::move(after).write(8192, bytes);           // edited in place
//   int const seen = after.load<int>(4096);
//   for (still::page_run run : diff(before, after)) ...    // what changed, in order; diff_bytes: exactly
//   patch(before, diff(before, after)) == after
//
// The rooms: segment/version.hpp (the type), diff.hpp, patch.hpp, transaction.hpp, meld.hpp; errors in error.hpp;
// segment/hash.hpp, which needs xxHash, is for whoever includes it.

#pragma once

#include "still/segment/diff.hpp"
#include "still/segment/error.hpp"
#include "still/segment/meld.hpp"
#include "still/segment/patch.hpp"
#include "still/segment/transaction.hpp"
#include "still/segment/version.hpp"
