// SPDX-License-Identifier: BSL-1.0
//
// Indices, their digits, and the spans of indices that digits name.

#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace still {

/// A position in an address space of pages: at most 2^52 - 1, so that pages of 4 KiB fill 64 bits of bytes.
using page_index = std::uint64_t;

namespace radix {

inline constexpr unsigned index_bits = 52;
/// One past the highest index.
inline constexpr page_index index_end = page_index{ 1 } << index_bits;

/// Indices read as digits of `DigitBits` bits, the lowest being digit 0. A span of level L is the 2^(DigitBits·(L+1))
/// indices that agree in all digits above digit L. Spans nest or are disjoint.
template <unsigned DigitBits>
struct digits {
    static_assert(DigitBits >= 2 && DigitBits <= 6, "still: the bitmap of a node has 4 to 64 bits");

    /// A bit for each value of a digit.
    using bitmap = std::conditional_t<(DigitBits <= 5), std::uint32_t, std::uint64_t>;

    static constexpr unsigned digit_bits = DigitBits;
    static constexpr unsigned fan_out = 1U << DigitBits;
    static constexpr unsigned levels = (index_bits + DigitBits - 1) / DigitBits;
    static_assert(levels * DigitBits < 64);

    /// A bit for every value that a digit can have.
    static constexpr bitmap every_digit = fan_out == std::numeric_limits<bitmap>::digits
        ? std::numeric_limits<bitmap>::max()
        : static_cast<bitmap>((bitmap{ 1 } << (fan_out - 1) << 1) - 1);

    [[nodiscard]] static constexpr unsigned digit_of(page_index index, unsigned level) noexcept
    {
        return static_cast<unsigned>(index >> (level * DigitBits)) & (fan_out - 1);
    }
    /// Indices in a span of this level, but one: the bits of an index that tell where in the span it is.
    [[nodiscard]] static constexpr page_index span_mask(unsigned level) noexcept
    {
        return (page_index{ 1 } << ((level + 1) * DigitBits)) - 1;
    }
    /// The start of the span of `level` that holds `index`.
    [[nodiscard]] static constexpr page_index start_of(page_index index, unsigned level) noexcept
    {
        return index & ~span_mask(level);
    }
    /// The start of the span of `level` - 1 that `digit` names in a span. Precondition: level ≥ 1.
    [[nodiscard]] static constexpr page_index start_in(page_index first, unsigned level, unsigned digit) noexcept
    {
        return first + (page_index{ digit } << (level * DigitBits));
    }
    /// The lowest level with a span that holds both indices.
    [[nodiscard]] static constexpr unsigned level_of_both(page_index one, page_index other) noexcept
    {
        auto const width = static_cast<unsigned>(std::bit_width(one ^ other));
        return width == 0 ? 0 : (width - 1) / DigitBits;
    }
    [[nodiscard]] static constexpr bitmap bit_of(unsigned digit) noexcept
    {
        return static_cast<bitmap>(bitmap{ 1 } << digit);
    }
    /// The bits of all digits from one to another, both in it. Precondition: low ≤ high < fan_out.
    [[nodiscard]] static constexpr bitmap bits_between(unsigned low, unsigned high) noexcept
    {
        auto const up_to_high = static_cast<bitmap>(every_digit >> (fan_out - 1 - high));
        return static_cast<bitmap>(up_to_high & ~static_cast<bitmap>(bit_of(low) - 1));
    }
};

/// The digits whose bits are set, in ascending order.
///
///   for (auto const digit : each_bit(present)) ...
template <class Bitmap>
class each_bit {
public:
    explicit constexpr each_bit(Bitmap bits) noexcept
        : left_(bits)
    {
    }
    [[nodiscard]] constexpr each_bit begin() const noexcept { return *this; }
    [[nodiscard]] static constexpr each_bit end() noexcept { return each_bit(0); }
    [[nodiscard]] constexpr unsigned operator*() const noexcept
    {
        return static_cast<unsigned>(std::countr_zero(left_));
    }
    constexpr each_bit& operator++() noexcept
    {
        left_ = static_cast<Bitmap>(left_ & (left_ - 1));
        return *this;
    }
    [[nodiscard]] friend constexpr bool operator==(each_bit, each_bit) noexcept = default;

private:
    Bitmap left_;
};

} // namespace radix
} // namespace still
