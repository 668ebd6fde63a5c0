// SPDX-License-Identifier: BSL-1.0
//
// Hashes of containers out of their elements' hashes.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace still {

/// What std::hash takes, and `==` agrees with.
template <class T>
concept hashable = std::equality_comparable<T> && requires(T const& seen) {
    { std::hash<T>()(seen) } -> std::convertible_to<std::size_t>;
};

namespace core {

/// Adds up hashes, in order. Not a secret: whoever can choose the elements can make hashes collide.
class hash_sum {
public:
    /// Sequences of different lengths start apart.
    explicit hash_sum(std::uint64_t count) noexcept { add(count); }

    template <hashable T>
    void add_hash(T const& seen)
    {
        add(std::hash<T>()(seen));
    }

    [[nodiscard]] std::size_t value() const noexcept { return static_cast<std::size_t>(state_ ^ (state_ >> 29U)); }

private:
    /// One multiplication spreads a word upwards, one shift back down. The constant is 2^64 over the golden
    /// ratio, made odd.
    void add(std::uint64_t word) noexcept
    {
        state_ = (state_ ^ word) * 0x9e37'79b9'7f4a'7c15;
        state_ ^= state_ >> 32U;
    }

    std::uint64_t state_ = 0x5374'696c'6c20'6861;
};

} // namespace core
} // namespace still
