// SPDX-License-Identifier: BSL-1.0
//
// The guard that a writer holds while the heap's data aren't in order.

#pragma once

#include <cstddef>
#include <span>

#include "still/heap/gate.hpp"

namespace still {

namespace heaps {
class heap_core;
}

/// As long as it lives, no cut is taken: a snapshot shows all that was written inside the guard, or
/// nothing of it. Guards nest; only the outermost counts. It stays on its thread and in its scope.
/// Guards of several heaps nest in any order as far as they go, and `still::cut` minds that. Snapshots and rollbacks of
/// single heaps don't: where two of them run at a time, each of one of the heaps, all threads are to nest these heaps'
/// guards in one order. Under a guard of one heap, cut no other. See Note: guards.
class [[nodiscard]] mutation {
public:
    explicit mutation(heaps::gate& entrance, heaps::heap_core* home = nullptr)
        : entrance_(entrance)
        , home_(home)
    {
        entrance_.enter();
    }
    mutation(mutation const&) = delete;
    mutation& operator=(mutation const&) = delete;
    ~mutation() { entrance_.leave(); }

    /// Effect: makes the bytes ready for system calls that write to them (`read`, `recv`, `pread`), as long
    /// as this guard or one around it lives. With tracker_kind::protect such calls fail with EFAULT
    /// without this; with the other trackers it does nothing. Costs a call of the system then, and their
    /// pages count as written.
    /// Throws std::out_of_range, and changes nothing, when they aren't all in the heap.
    void prepare(std::span<std::byte const> bytes) const;

private:
    heaps::gate& entrance_;
    heaps::heap_core* home_;
};

} // namespace still
