// SPDX-License-Identifier: BSL-1.0
//
// Pages that are absent until somebody supplies them: userfaultfd in its mode for missing pages. Whoever touches one
// waits.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "os/descriptor.hpp"

namespace still::os {

/// How who touches a page is told that nobody will supply it.
enum class refusal : std::uint8_t {
    guard, ///< SIGSEGV, by a mark in the page tables (Linux 6.13)
    protection, ///< SIGSEGV, by an entry of the process's memory map and one for what is behind it
    poison, ///< SIGBUS, by a mark in the page tables (Linux 6.6)
};

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
    /// Effect: who waits for a page, or touches it later, gets a signal. Returns false where the system has no such
    /// refusal, and then nothing changed. Precondition: the page wasn't supplied or refused.
    [[nodiscard]] bool refuse(std::byte* page, refusal by) noexcept;
    /// Effect: who waits for a page looks at it once more.
    void wake(std::byte* page) noexcept;
    /// Effect: the page is absent again. Throws std::system_error.
    void allow(std::byte* page, refusal refused_by);

private:
    bool poisons_ = true;
    descriptor faults_;
    descriptor stopped_;
};

} // namespace still::os
