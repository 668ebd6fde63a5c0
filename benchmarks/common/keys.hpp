// SPDX-License-Identifier: BSL-1.0
//
// Keys from a seed: the same on every machine and with every standard library.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/options.hpp"

namespace benchmarks {

/// The SplitMix64 sequence. It visits every 64-bit number once, so that keys are distinct.
class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) noexcept
        : state_(seed)
    {
    }

    [[nodiscard]] std::uint64_t next() noexcept
    {
        state_ += 0x9e3779b97f4a7c15;
        auto mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }

    /// A number below `bound`, even enough for shuffling. Precondition: 0 < bound < 2^32.
    [[nodiscard]] std::size_t below(std::size_t bound) noexcept { return ((next() >> 32) * bound) >> 32; }

private:
    std::uint64_t state_;
};

} // namespace benchmarks
