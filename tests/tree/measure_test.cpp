// SPDX-License-Identifier: BSL-1.0
//
// Measures: kept right through every update, asked for any part, and searched.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <iterator>
#include <numeric>
#include <ranges>
#include <vector>

#include "live_count.hpp"
#include "tree_model.hpp"

namespace {

using namespace still_test;

using measured_set = still::set<int, std::less<>, tiny_measured_policy>;
using measured_map = still::map<int, int, std::less<>, tiny_measured_policy>;

static_assert(
    sizeof(still::tree::branch<still::tree::schema<std::uint64_t, still::tree::no_value, still::default_policy>>)
        == 256,
    "who measures nothing pays nothing");

// The validator compares each measure with the elements below it, after every step.
RC_GTEST_PROP(measures, stay_right_in_sets, ())
{
    live_count const seen;
    run_tree_script<measured_set>(*any_tree_script(), *rc::gen::arbitrary<unsigned>());
    RC_ASSERT(seen.balanced());
}
RC_GTEST_PROP(measures, stay_right_in_maps, ())
{
    live_count const seen;
    run_tree_script<measured_map>(*any_tree_script(), *rc::gen::arbitrary<unsigned>());
    RC_ASSERT(seen.balanced());
}

[[nodiscard]] auto fold(auto first, auto last)
{
    auto sum = digits_measure::identity();
    for (; first != last; ++first)
        sum = digits_measure::combine(sum, digits_measure::of(first->first, first->second));
    return sum;
}

RC_GTEST_PROP(measures, of_any_part_is_the_fold_of_its_elements, (std::map<int, int> const& entries, unsigned seed))
{
    std::mt19937 random(seed);
    auto const seen = any_shape<measured_map>(entries, random);
    RC_ASSERT(seen.aggregate() == fold(entries.begin(), entries.end()));
    auto const any_key = [&] { // mostly an element's
        if (entries.empty() || random() % 8 == 0)
            return static_cast<int>(random());
        return std::next(entries.begin(), static_cast<std::ptrdiff_t>(random() % entries.size()))->first;
    };
    for (int tries = 0; tries < 20; ++tries) {
        auto const low = any_key();
        auto const high = any_key();
        auto const first = entries.lower_bound(low);
        auto const last = low < high ? entries.lower_bound(high) : first;
        RC_ASSERT(seen.aggregate(low, high) == fold(first, last));
        RC_ASSERT(seen.view().aggregate(low, high) == fold(first, last));
    }
}

/// The number of elements so far: searching it finds an element by its number.
struct length_measure {
    using value_type = std::size_t;
    static value_type identity() noexcept { return 0; }
    static value_type of(int) noexcept { return 1; }
    static value_type combine(value_type low, value_type high) noexcept { return low + high; }
};
using counted = still::set<int, std::less<>, still::measured<length_measure, tiny_policy>>;

RC_GTEST_PROP(measures, are_searched_from_any_place, (std::map<int, int> const& entries, unsigned seed))
{
    std::mt19937 random(seed);
    auto const seen = any_shape<counted>(entries, random);
    for (std::size_t from = 0; from <= entries.size(); ++from) {
        for (std::size_t wanted = 1; wanted <= entries.size() + 1; ++wanted) {
            std::size_t calls = 0;
            auto const found = seen.search(from, [&](std::size_t length) {
                ++calls;
                return length >= wanted;
            });
            auto const expected = std::min(from + wanted - 1, entries.size());
            RC_ASSERT(found - seen.begin() == static_cast<std::ptrdiff_t>(expected));
            RC_ASSERT(calls <= 60u);
        }
    }
    RC_ASSERT(seen.search([](std::size_t) { return false; }) == seen.end());
}

TEST(measures, are_asked_and_searched_without_looking_at_all_elements)
{
    struct sum_measure {
        using value_type = long;
        static value_type identity() noexcept { return 0; }
        static value_type of(int key) noexcept { return key; }
        static value_type combine(value_type low, value_type high) noexcept { return low + high; }
    };
    using numbers = still::set<int, std::less<>, still::measured<sum_measure, still::default_policy>>;
    auto const seen = numbers::from_sorted(std::views::iota(1, 100'001));
    EXPECT_EQ(seen.aggregate(), 100'000L * 100'001 / 2);
    EXPECT_EQ(seen.aggregate(10, 13), 10 + 11 + 12);
    EXPECT_EQ(seen.aggregate(13, 10), 0);
    std::size_t calls = 0;
    auto const found = seen.search([&](long sum) {
        ++calls;
        return sum >= 5'000'050'000 / 2;
    });
    EXPECT_EQ(*found, 70'711);
    EXPECT_LT(calls, 200u);
    numbers const none;
    EXPECT_EQ(none.aggregate(), 0);
    EXPECT_TRUE(none.search([](long) { return true; }) == none.end());
}

} // namespace
