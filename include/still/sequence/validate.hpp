// SPDX-License-Identifier: BSL-1.0
//
// The rules of sequence/borrowed_version.hpp, checked.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "still/core/ground.hpp"
#include "still/core/report.hpp"
#include "still/radix/position.hpp"
#include "still/radix/validate.hpp"
#include "still/sequence/borrowed_version.hpp"

namespace still::sequence {

/// What a walk over all nodes and chunks of a version finds.
struct inventory {
    std::uint64_t leaves = 0;
    std::uint64_t branches = 0;
    std::uint64_t chunks = 0;
    std::uint64_t elements = 0;
    std::uint64_t bytes = 0; ///< in blocks of nodes and chunks, shared ones too; not what elements own elsewhere
};

/// Returns the first broken rule, or soundness, as far as `ground` lets it be seen. O(chunks). Allocates the report's
/// texts when a rule is broken.
template <class Schema>
[[nodiscard]] report validate(borrowed_version<Schema> seen, core::sound_ground ground = {})
{
    radix::inventory table;
    core::sound_elements slots;
    if (auto nodes = radix::validate(seen.root(), table, ground, slots); !nodes)
        return nodes;
    if (auto const* const rule = ground.count(seen.chunk_count()))
        return { rule, "the chunks" };
    if (seen.size() == 0)
        return seen.root() == nullptr && seen.last_chunk() == nullptr
            ? report()
            : report("an empty version has neither table nor last chunk", "the root");
    if (seen.last_chunk() == nullptr)
        return { "a version with elements has a last chunk", "the root" };
    auto const full = seen.full_chunks();
    auto const in_table = seen.root() == nullptr ? 0 : seen.root()->size();
    if (in_table != full)
        return { "chunks in the table = (size - 1) / chunk_capacity", "the root" };
    if (full != 0 && radix::highest(seen.root()).index() != full - 1)
        return { "the table has no gaps", "the root" };
    std::size_t number = 0;
    report found;
    seen.for_each_chunk([&](chunk<Schema> const& one) {
        auto const broken = [&](char const* rule) {
            if (found)
                found = report(rule, "chunk " + std::to_string(number));
        };
        auto const wanted = number < full ? Schema::chunk_capacity : seen.size() - full * Schema::chunk_capacity;
        if (one.size() != wanted)
            broken("chunks are full, and the last one has the rest");
        if (one.size() > one.capacity() || one.capacity() > Schema::chunk_capacity)
            broken("size(chunk) <= capacity <= chunk_capacity");
        if (one.references.owners() == 0)
            broken("owners >= 1");
        ++number;
    });
    return found;
}

/// Counts the nodes and chunks of a version. O(chunks). Precondition: the version is sound.
template <class Schema>
[[nodiscard]] inventory take_inventory(borrowed_version<Schema> seen)
{
    auto const table = radix::take_inventory(seen.root());
    inventory found{ table.leaves, table.branches, 0, 0, table.bytes };
    seen.for_each_chunk([&](chunk<Schema> const& one) {
        ++found.chunks;
        found.elements += one.size();
        found.bytes += one.bytes();
    });
    return found;
}

} // namespace still::sequence
