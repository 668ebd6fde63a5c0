// SPDX-License-Identifier: BSL-1.0
//
// Writes into memory that was made read-only, and what is done about them: a SIGSEGV handler that
// resolves those in watched ranges and passes every other signal on to the handler before it.

#pragma once

#include <cstddef>

namespace still::os {

/// What is asked when a thread writes where it may not.
class write_fault_resolver {
public:
    /// Effect: lets the write be done. Called in the signal handler of the thread that writes, so it may
    /// do only what is async-signal-safe: no lock, no allocation. Returns false when the fault isn't its.
    [[nodiscard]] virtual bool resolve(void* address) noexcept = 0;

protected:
    write_fault_resolver() = default;
    write_fault_resolver(write_fault_resolver const&) = default;
    write_fault_resolver& operator=(write_fault_resolver const&) = default;
    ~write_fault_resolver() = default;
};

/// A range whose write faults go to a resolver, as long as this lives. It stays where it was made.
class watched_range {
public:
    /// Effect: installs the handler if this is the program's first watched range.
    /// Precondition: the resolver outlives this, and ranges don't overlap.
    /// Throws std::bad_alloc, std::system_error: sigaction, or another handler was put before this one, so
    /// that nobody knows whether faults still come here.
    watched_range(void* start, std::size_t bytes, write_fault_resolver& resolver);
    watched_range(watched_range const&) = delete;
    watched_range& operator=(watched_range const&) = delete;
    /// Precondition: no thread writes into the range any longer.
    ~watched_range();

private:
    struct place;
    place* place_;

    friend class watched_places;
};

} // namespace still::os
