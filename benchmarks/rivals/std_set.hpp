// SPDX-License-Identifier: BSL-1.0
//
// The standard library's set: mutable, a binary tree of one element a node.

#pragma once

#include <cstdint>
#include <set>

namespace benchmarks {

struct std_set {
    static constexpr char const* name = "std";
    using container = std::set<std::uint64_t>;

    static void insert(container& set, std::uint64_t key) { set.insert(key); }
    [[nodiscard]] static bool contains(container const& set, std::uint64_t key) { return set.contains(key); }
};

} // namespace benchmarks
