// SPDX-License-Identifier: BSL-1.0
//
// The name of a block in a region. See Note: trees in regions.

#pragma once

#include <cstdint>

namespace still::heaps {

struct region_start;

/// What lies before each block: where in the region it is, and in which generation its content became what it is.
/// The two together name that content, in all versions of a heap and of its branches.
struct birth {
    std::uint64_t offset;
    std::uint64_t generation;

    [[nodiscard]] static birth& of(void* block) noexcept { return *(static_cast<birth*>(block) - 1); }
    [[nodiscard]] static birth const& of(void const* block) noexcept { return *(static_cast<birth const*>(block) - 1); }
    /// Where the region, or the mapping, starts that a block is in.
    [[nodiscard]] static region_start* home_of(void const* block) noexcept
    {
        return reinterpret_cast<region_start*>(reinterpret_cast<std::uintptr_t>(block) - of(block).offset);
    }
    [[nodiscard]] friend bool operator==(birth const&, birth const&) noexcept = default;
};

} // namespace still::heaps
