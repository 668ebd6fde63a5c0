// SPDX-License-Identifier: BSL-1.0
//
// Every part of every legal tree of a few elements: slices, ranges of keys, and subsets, against sets of bits,
// with the validator after each.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <ios>
#include <optional>

#include "every_tree.hpp"
#include "live_count.hpp"

namespace {

using namespace still_test;

/// How many elements a tree has at most whose parts of one kind are all taken: of each tree there are about
/// count² / 2 slices, 2 · count² ranges that start and end at a key or in a gap, and 2^count subsets.
template <class Policy>
struct bounds {
    static constexpr int slice_most = 8;
    static constexpr int range_most = 5;
    static constexpr int subset_most = 6;
};
template <>
struct bounds<short_root_policy> {
    static constexpr int slice_most = 13; // branches below the root
    static constexpr int range_most = 7;
    static constexpr int subset_most = 8;
};

template <class Policy>
class tree_exhaustive_parts : public live_count_test { };

TYPED_TEST_SUITE(tree_exhaustive_parts, exhaustive_policies);

/// The elements with numbers in [first, last) of 1, 3, 5, ...
constexpr bits numbered(bits elements, int first, int last)
{
    return elements & bits_below(2 * last) & ~bits_below(2 * first);
}

TYPED_TEST(tree_exhaustive_parts, slices_between_every_two_numbers)
{
    for (int count = 0; count <= bounds<TypeParam>::slice_most; ++count) {
        for (auto const& whole : trees_of_size<TypeParam>(count, 1)) {
            for (int first = 0; first <= count + 1; ++first) {
                auto const low = static_cast<std::size_t>(first);
                ASSERT_EQ(bits_of(whole.version.take(low)), numbered(whole.elements, 0, first));
                ASSERT_EQ(bits_of(whole.version.drop(low)), numbered(whole.elements, first, count));
                for (int last = std::max(0, first - 1); last <= count + 1; ++last) {
                    auto const slice = whole.version.slice(low, static_cast<std::size_t>(last));
                    auto const expected = numbered(whole.elements, first, last);
                    ASSERT_EQ(bits_of(slice), expected) << first << ' ' << last;
                    ASSERT_EQ(slice.same_root(whole.version), expected == whole.elements);
                }
            }
            ASSERT_EQ(bits_of(whole.version), whole.elements);
        }
    }
}

TYPED_TEST(tree_exhaustive_parts, ranges_between_every_two_keys_and_gaps)
{
    for (int count = 0; count <= bounds<TypeParam>::slice_most; ++count) {
        auto const step = count <= bounds<TypeParam>::range_most ? 1 : 2; // in the higher trees from keys to gaps only
        for (auto const& whole : trees_of_size<TypeParam>(count, 1)) {
            for (int low = step - 1; low <= 2 * count; low += step) {
                for (int high = std::max(0, low - 1); high <= 2 * count; high += step) {
                    auto const range = bits_below(high) & ~bits_below(low);
                    auto const rest = whole.version.erase_range(low, high);
                    ASSERT_EQ(bits_of(rest), whole.elements & ~range) << low << ' ' << high;
                    ASSERT_EQ(rest.same_root(whole.version), (whole.elements & range) == 0);
                }
            }
            ASSERT_EQ(bits_of(whole.version), whole.elements);
        }
    }
}

TYPED_TEST(tree_exhaustive_parts, every_subset)
{
    for (int count = 0; count <= bounds<TypeParam>::subset_most; ++count) {
        for (auto const& whole : trees_of_size<TypeParam>(count, 1)) {
            for (bits chosen = 0; chosen <= bits_below(count); ++chosen) {
                bits subset = 0;
                for (int number = 0; number < count; ++number)
                    subset |= (chosen >> number & 1) << (2 * number + 1);
                auto const is_in = [&](int element) { return (subset >> element & 1) != 0; };
                auto const parts = whole.version.partition(is_in);
                ASSERT_EQ(bits_of(parts.matching), subset) << std::hex << whole.elements;
                ASSERT_EQ(bits_of(parts.rest), whole.elements & ~subset) << std::hex << subset;
                ASSERT_EQ(parts.matching.same_root(whole.version), subset == whole.elements);
                ASSERT_EQ(parts.rest.same_root(whole.version), subset == 0);
                // Partitions are two filters side by side: one filter stands for the others.
                auto const filtered = whole.version.filter(is_in);
                ASSERT_EQ(filtered, parts.matching);
                // Elements that come in between those that stay.
                auto const moved = whole.version.filter_transform(
                    [&](int element) { return std::optional(is_in(element) ? element : element + 1); });
                ASSERT_EQ(bits_of(moved), subset | (whole.elements & ~subset) << 1U) << std::hex << subset;
            }
            ASSERT_EQ(bits_of(whole.version), whole.elements);
        }
    }
}

} // namespace
