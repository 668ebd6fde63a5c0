// SPDX-License-Identifier: BSL-1.0
//
// Bytes as a program for an interpreter.

#pragma once

#include <cstdint>
#include <span>

namespace still_test {

/// The bytes that are left. Past the end it reads zeros.
class program_bytes {
public:
    explicit program_bytes(std::span<std::uint8_t const> all) noexcept
        : rest_(all)
    {
    }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] unsigned next() noexcept
    {
        if (rest_.empty())
            return 0;
        auto const byte = rest_.front();
        rest_ = rest_.subspan(1);
        return byte;
    }

private:
    std::span<std::uint8_t const> rest_;
};

} // namespace still_test
