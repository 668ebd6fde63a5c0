// SPDX-License-Identifier: BSL-1.0
//
// All of Still.

#pragma once

#include "still/bank.hpp"
#include "still/capability.hpp"
#include "still/check.hpp"
#include "still/cut.hpp"
#include "still/heap.hpp"
#include "still/map.hpp"
#include "still/page_table.hpp"
#include "still/reclaimer.hpp"
#include "still/segment.hpp"
#include "still/set.hpp"
#include "still/vector.hpp"
