// SPDX-License-Identifier: BSL-1.0
//
// The guard that a reader of the live heap holds while a rollback would pull its data away.

#pragma once

#include "still/heap/gate.hpp"

namespace still {

/// As long as it lives, the heap isn't rolled back; cuts are taken, by its own thread as well, and other threads may
/// write. A rollback that waits for it holds no cut up. Guards nest, also with mutations. It stays on its thread and in
/// its scope.
class [[nodiscard]] reading {
public:
    /// Precondition: both gates are one heap's.
    reading(heaps::gate& readers, heaps::gate const& writers)
        : entrance_(readers)
    {
        // Who is writing keeps rollbacks out already, and must not wait for one that waits for it.
        if (writers.inside())
            entrance_.enter_regardless();
        else
            entrance_.enter();
    }
    reading(reading const&) = delete;
    reading& operator=(reading const&) = delete;
    ~reading() { entrance_.leave(); }

private:
    heaps::gate& entrance_;
};

} // namespace still
