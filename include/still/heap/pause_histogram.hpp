// SPDX-License-Identifier: BSL-1.0
//
// How often pauses of each length were seen.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace still {

/// Counts times in buckets, eight to each doubling, so that a percentile is at most an eighth too high.
/// Times from 18 minutes on share the last one. A regular value of 2.5 KB; nothing allocates.
class pause_histogram {
public:
    static constexpr std::size_t buckets = 312;

    /// Effect: counts one. Precondition: time ≥ 0.
    void add(std::chrono::nanoseconds time) noexcept
    {
        ++counts_[bucket_of(time)];
        longest_ = std::max(longest_, time);
    }

    /// How many were counted. O(buckets).
    [[nodiscard]] std::uint64_t count() const noexcept
    {
        std::uint64_t all = 0;
        for (auto const counted : counts_)
            all += counted;
        return all;
    }
    [[nodiscard]] std::chrono::nanoseconds longest() const noexcept { return longest_; }

    /// A time that `percent` of those counted don't exceed: 50 is the median. At most an eighth above the
    /// least such time, and never above the longest. Zero where nothing was counted. O(buckets).
    /// Precondition: 0 ≤ percent ≤ 100.
    [[nodiscard]] std::chrono::nanoseconds percentile(double percent) const noexcept
    {
        auto const all = count();
        auto const share = static_cast<double>(all) * percent / 100;
        std::uint64_t below = 0;
        for (std::size_t bucket = 0; bucket < buckets && all > 0; ++bucket) {
            below += counts_[bucket];
            if (below > 0 && static_cast<double>(below) >= share)
                return std::min(longest_, end_of(bucket));
        }
        return longest_;
    }

    /// Bucket 8k + i, k > 0, counts times of [8 + i, 8 + i + 1) · 2^(k-1) ns; the first eight one each.
    [[nodiscard]] std::uint64_t operator[](std::size_t bucket) const noexcept { return counts_[bucket]; }

    [[nodiscard]] friend bool operator==(pause_histogram const&, pause_histogram const&) noexcept = default;

private:
    [[nodiscard]] static std::size_t bucket_of(std::chrono::nanoseconds time) noexcept
    {
        auto const value = static_cast<std::uint64_t>(time.count());
        if (value < 8)
            return static_cast<std::size_t>(value);
        auto const doublings = static_cast<std::size_t>(std::bit_width(value)) - 4;
        return std::min(buckets - 1, (doublings + 1) * 8 + static_cast<std::size_t>(value >> doublings & 7));
    }
    /// The longest time that a bucket counts; of the last one as if it ended like the others.
    [[nodiscard]] static std::chrono::nanoseconds end_of(std::size_t bucket) noexcept
    {
        if (bucket < 8)
            return std::chrono::nanoseconds(bucket);
        return std::chrono::nanoseconds(((8 + bucket % 8 + 1) << (bucket / 8 - 1)) - 1);
    }

    std::array<std::uint64_t, buckets> counts_{};
    std::chrono::nanoseconds longest_{};
};

} // namespace still
