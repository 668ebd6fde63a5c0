// SPDX-License-Identifier: BSL-1.0
//
// A file descriptor that is closed when its owner goes.

#pragma once

#include <utility>

namespace still::os {

/// Moves only. Empty is -1.
class descriptor {
public:
    descriptor() noexcept = default;
    /// Precondition: open, and nobody else closes it; or -1.
    explicit descriptor(int number) noexcept
        : number_(number)
    {
    }
    descriptor(descriptor&& other) noexcept
        : number_(std::exchange(other.number_, -1))
    {
    }
    descriptor& operator=(descriptor&& other) noexcept
    {
        descriptor taken(std::move(other));
        std::swap(number_, taken.number_);
        return *this;
    }
    ~descriptor();

    [[nodiscard]] int get() const noexcept { return number_; }

private:
    int number_ = -1;
};

} // namespace still::os
