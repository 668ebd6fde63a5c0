// SPDX-License-Identifier: BSL-1.0
//
// Banks, and the policy by which containers charge them: `still::bank`, `still::charged_policy`,
// `still::quota_exceeded`.

#pragma once

#include "still/core/bank.hpp"
#include "still/core/charged_heap.hpp"
#include "still/core/quota.hpp"
