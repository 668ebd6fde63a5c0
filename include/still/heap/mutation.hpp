// SPDX-License-Identifier: BSL-1.0
//
// The guard that a writer holds while the heap's data aren't in order.

#pragma once

#include "still/heap/gate.hpp"

namespace still {

/// As long as it lives, no cut is taken: a snapshot shows all that was written inside the guard, or
/// nothing of it. Guards nest; only the outermost counts. It stays on its thread and in its scope.
class [[nodiscard]] mutation {
public:
    explicit mutation(heaps::gate& entrance)
        : entrance_(entrance)
    {
        entrance_.enter();
    }
    mutation(mutation const&) = delete;
    mutation& operator=(mutation const&) = delete;
    ~mutation() { entrance_.leave(); }

private:
    heaps::gate& entrance_;
};

} // namespace still
