// SPDX-License-Identifier: BSL-1.0
//
// The standard library's set and map: mutable, binary trees of one element a node.

#pragma once

#include <map>
#include <set>

#include "rivals/standard.hpp"

namespace benchmarks {

template <class Kind>
struct std_set : standard_set<Kind, std::set<key_of<Kind>>> {
    static constexpr char const* name = "std";
};
template <class Kind>
struct std_map : standard_map<Kind, std::map<key_of<Kind>, std::uint64_t>> {
    static constexpr char const* name = "std";
};

} // namespace benchmarks
