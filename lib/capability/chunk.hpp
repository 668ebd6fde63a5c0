// SPDX-License-Identifier: BSL-1.0
//
// Chunks of slots, each in pages of its own. See Note: capability table.

#pragma once

#include <cstdint>

#include "still/capability/slot.hpp"

namespace still::slots {

/// How long the slots of a table stay where they are.
enum class stay : std::uint8_t {
    as_the_table, ///< until it is destroyed
    for_good, ///< whatever anybody calls, where the system seals memory (mseal, Linux 6.10)
};

/// Effect: makes a chunk of free slots. One that stays for good can't be unmapped, replaced, moved or protected by
/// anybody from then on, where the system seals memory; elsewhere nothing keeps them from it.
/// O(chunk_slots); takes chunk_slots · slot_bytes from the system. Throws std::bad_alloc.
[[nodiscard]] slot* make_chunk(stay how_long);

/// Effect: gives the pages back. Preconditions: it stays as the table, and nobody looks at its slots any more.
void unmake_chunk(slot* chunk) noexcept;

} // namespace still::slots
