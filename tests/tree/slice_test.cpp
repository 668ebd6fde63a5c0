// SPDX-License-Identifier: BSL-1.0
//
// Slices by number, and gaps by key.

#include <gtest/gtest.h>

#include <iterator>

#include "tree_cases.hpp"

namespace {

using namespace still_test;

class tree_slice : public live_count_test { };

model_map sliced(model_map const& model, std::size_t first, std::size_t last)
{
    model_map part;
    std::size_t number = 0;
    for (auto const& entry : model) {
        if (first <= number && number < last)
            part.insert(part.end(), entry);
        ++number;
    }
    return part;
}

template <class Container>
void slices_anything()
{
    for_any_shape<Container>(
        [](auto const& seen, auto const& model, auto& random) {
            for (int tries = 0; tries < 12; ++tries) {
                auto const first = random() % (model.size() + 3);
                auto const last = random() % (model.size() + 3);
                EXPECT_TRUE(holds(seen.slice(first, last), sliced(model, first, last))) << first << ' ' << last;
                EXPECT_TRUE(holds(seen.take(last), sliced(model, 0, last)));
                EXPECT_TRUE(holds(seen.drop(first), sliced(model, first, model.size())));
                auto const low = static_cast<int>(random() % 120);
                auto const high = static_cast<int>(random() % 120);
                auto rest = model;
                if (low < high)
                    rest.erase(rest.lower_bound(low), rest.lower_bound(high));
                auto const without = seen.erase_range(low, high);
                EXPECT_TRUE(holds(without, rest)) << low << ' ' << high;
                EXPECT_EQ(without.same_root(seen), rest == model);
            }
        },
        300);
}

TEST_F(tree_slice, maps_agree_with_the_model)
{
    slices_anything<shaped_map>();
}
TEST_F(tree_slice, sets_agree_with_the_model)
{
    slices_anything<shaped_set>();
}
TEST_F(tree_slice, sets_on_offset_links_agree_with_the_model)
{
    slices_anything<still::set<int, std::less<>, tiny_offset_policy>>();
}

TEST_F(tree_slice, everything_is_the_same_root_and_nothing_is_empty)
{
    still::set<int, std::less<>, test_policy> numbers;
    for (int number = 0; number < 5'000; ++number)
        numbers = std::move(numbers).insert(number);
    auto const before = allocations();
    EXPECT_TRUE(numbers.slice(0, 5'000).same_root(numbers));
    EXPECT_TRUE(numbers.slice(0, 9'000).same_root(numbers));
    EXPECT_TRUE(numbers.take(7'000).same_root(numbers));
    EXPECT_TRUE(numbers.drop(0).same_root(numbers));
    EXPECT_TRUE(numbers.erase_range(5'000, 9'000).same_root(numbers));
    EXPECT_TRUE(numbers.erase_range(70, 70).same_root(numbers));
    EXPECT_TRUE(numbers.erase_range(80, 70).same_root(numbers));
    EXPECT_TRUE(numbers.take(0).empty());
    EXPECT_TRUE(numbers.drop(5'000).empty());
    EXPECT_TRUE(numbers.drop(9'000).empty());
    EXPECT_TRUE(numbers.slice(70, 60).empty());
    EXPECT_TRUE(numbers.erase_range(-1, 5'000).empty());
    EXPECT_EQ(allocations(), before);
}

TEST_F(tree_slice, all_but_the_edges_is_shared)
{
    still::set<int, std::less<>, test_policy> numbers;
    for (int number = 0; number < 100'000; ++number)
        numbers = std::move(numbers).insert(number);
    auto const blocks = [](auto make) {
        auto const before = allocations();
        auto const part = make();
        EXPECT_TRUE(validate(part)) << validate(part);
        return allocations() - before;
    };
    EXPECT_LE(blocks([&] { return numbers.slice(30'001, 70'007); }), 24u);
    EXPECT_LE(blocks([&] { return numbers.slice(50'000, 50'003); }), 4u) << "what lies together needs no path";
    EXPECT_LE(blocks([&] { return numbers.take(77'777); }), 12u);
    EXPECT_LE(blocks([&] { return numbers.drop(77'777); }), 12u);
    EXPECT_LE(blocks([&] { return numbers.erase_range(3, 99'000); }), 24u);
}

template <class Faulty>
class tree_slice_faults : public live_count_test { };
using kinds = ::testing::Types<faulty_by_copy, faulty_by_move>;
TYPED_TEST_SUITE(tree_slice_faults, kinds);

TYPED_TEST(tree_slice_faults, leave_the_version_as_it_was)
{
    auto const whole = TypeParam::make_map(60);
    auto const check = [&] { ASSERT_TRUE(TypeParam::intact(whole, 60)); };
    EXPECT_GT(at_every_fault([&] { EXPECT_TRUE(TypeParam::intact(whole.take(31), 31)); }, check), 5);
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(whole.slice(11, 50).size(), 39u); }, check), 5);
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(whole.drop(31).size(), 29u); }, check), 5);
    EXPECT_GT(at_every_fault([&] { EXPECT_EQ(whole.erase_range(11, 50).size(), 21u); }, check), 5);
}

} // namespace
