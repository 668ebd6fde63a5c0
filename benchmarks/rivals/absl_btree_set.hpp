// SPDX-License-Identifier: BSL-1.0
//
// Abseil's B-tree set: mutable, the fastest ordered set that is widely used.

#pragma once

#include <absl/container/btree_set.h>

#include <cstdint>

namespace benchmarks {

struct absl_btree_set {
    static constexpr char const* name = "absl";
    using container = absl::btree_set<std::uint64_t>;

    static void insert(container& set, std::uint64_t key) { set.insert(key); }
    [[nodiscard]] static bool contains(container const& set, std::uint64_t key) { return set.contains(key); }
};

} // namespace benchmarks
