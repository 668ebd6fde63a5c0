// SPDX-License-Identifier: BSL-1.0
//
// What a test and a shared object with hidden symbols, which is loaded into it, know of each other.

#pragma once

#include <cstdint>
#include <functional>

#include "still/capability.hpp"
#include "still/content_hash.hpp"
#include "still/heap/region_places.hpp"
#include "still/set.hpp"

namespace still_test {

using numbers = still::set<int, std::less<>, still::charged_policy>;

/// Addresses of what there is once in a program, and its hash of nothing.
struct once {
    void const* tree_of_banks = &still::core::bank_record::tree();
    void const* table_of_grants = &still::core::grants_of_the_destroyed;
    void const* frames = &still::frames_in_memory;
    void const* regions = &still::heaps::all_regions;
    std::uint64_t hash = still::process_key::hash(nullptr, 0).low;
    [[nodiscard]] friend bool operator==(once const&, once const&) noexcept = default;
};

/// What the shared object is given, and what it finds.
struct visit {
    still::capability<numbers> shown{};
    still::sealed<numbers> envelope{};
    still::bank doomed{};

    once seen{};
    boost::system::error_code said{};
    bool unsealed = false;
    still::destruction destroyed{};
};

using visit_function = void(visit&);

} // namespace still_test
