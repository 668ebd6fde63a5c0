// SPDX-License-Identifier: BSL-1.0
//
// Pages that are absent until somebody supplies them: userfaultfd in its mode for missing pages. Whoever touches one
// waits.

#pragma once

#include <cstddef>
#include <optional>

#include "os/descriptor.hpp"

namespace still::os {

/// Thread contract: `next_touched` from one thread at a time, everything else from any.
///
/// In a child of `fork` the pages aren't there at all: it could wait for nobody.
class absent_pages {
public:
    /// Throws std::system_error: userfaultfd (not on this kernel, or forbidden), eventfd.
    absent_pages();

    /// Effect: the pages are absent from now on. Precondition: private anonymous memory, never touched, which stays
    /// mapped as long as anybody may touch it. Throws std::system_error, and then nothing changed that matters.
    void watch(void* start, std::size_t bytes);

    /// Waits until a thread touches an absent page, and returns it; or nothing, once `stop` was called. A page may
    /// come several times, once for each thread that waits for it.
    [[nodiscard]] std::optional<std::byte*> next_touched();
    /// Effect: ends waiting, now and later.
    void stop() noexcept;

    /// Effect: a page holds these bytes from now on, unless it was supplied before; who waits for it goes on.
    /// Throws std::system_error.
    void supply(std::byte* page, std::byte const* bytes);
    /// Effect: who waits for a page, or touches it later, gets SIGSEGV.
    void refuse(std::byte* page) noexcept;

private:
    descriptor faults_;
    descriptor stopped_;
};

} // namespace still::os
