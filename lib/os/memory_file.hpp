// SPDX-License-Identifier: BSL-1.0
//
// A file that lives in memory (memfd): it can be written by whoever has it and mapped read-only.
//
// Offsets and sizes are in bytes. Failures throw std::system_error with the call's name.

#pragma once

#include <cstddef>
#include <span>

#include "os/descriptor.hpp"

namespace still::os {

class memory_file {
public:
    /// Effect: makes an empty file. `name` shows in the process's maps. It can't be executed.
    explicit memory_file(char const* name);

    /// Effect: sets the length. New bytes are holes: they read as zeros and cost no memory.
    void resize(std::size_t bytes);

    /// Effect: writes the pieces one after another from `offset` on, in as many calls as it takes.
    /// Precondition: offset + all pieces ≤ length. A failure may leave some of them written.
    void write(std::size_t offset, std::span<std::span<std::byte const> const> pieces);

    /// Effect: gives back the memory of a run of pages, which become holes. Returns false where the
    /// system refuses, and then nothing changed.
    [[nodiscard]] bool punch(std::size_t offset, std::size_t bytes) noexcept;

    /// Bytes of memory that the file occupies now.
    [[nodiscard]] std::size_t occupied() const;

    [[nodiscard]] int handle() const noexcept { return descriptor_.get(); }

private:
    descriptor descriptor_;
};

} // namespace still::os
