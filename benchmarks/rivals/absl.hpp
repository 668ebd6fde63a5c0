// SPDX-License-Identifier: BSL-1.0
//
// Abseil's B-trees: mutable, the fastest ordered containers that are widely used.

#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>

#include "rivals/standard.hpp"

namespace benchmarks {

template <class Kind>
struct absl_set : standard_set<Kind, absl::btree_set<key_of<Kind>>> {
    static constexpr char const* name = "absl";
};
template <class Kind>
struct absl_map : standard_map<Kind, absl::btree_map<key_of<Kind>, std::uint64_t>> {
    static constexpr char const* name = "absl";
};

} // namespace benchmarks
