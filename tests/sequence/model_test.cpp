// SPDX-License-Identifier: BSL-1.0
//
// Vectors under random scripts, with each choice of policy and several sizes of chunks.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "faulty_value.hpp"
#include "live_count.hpp"
#include "vector_model.hpp"

namespace {

using namespace still_test;

template <class T, class Policy, class Make>
void run(Make make)
{
    live_count const seen;
    {
        auto const script = *any_vector_script();
        run_vector_script(still::vector<T, Policy>(), script, make);
    }
    RC_ASSERT(seen.balanced());
}
int number(int value)
{
    return value;
}

RC_GTEST_PROP(vector_model, agrees_with_a_vector, ())
{
    run<int, test_policy>(number);
}
RC_GTEST_PROP(vector_model, agrees_with_a_vector_in_small_chunks, ())
{
    run<int, tiny_policy>(number);
}
RC_GTEST_PROP(vector_model, agrees_with_a_vector_in_chunks_of_one, ())
{
    run<int, small_chunks<local_test_policy, 1>>(number);
}
RC_GTEST_PROP(vector_model, agrees_with_a_vector_in_chunks_of_three, ())
{
    run<int, small_chunks<test_policy, 3>>(number);
}
RC_GTEST_PROP(vector_model, agrees_with_a_vector_on_offset_links, ())
{
    run<int, small_chunks<offset_test_policy>>(number);
}
RC_GTEST_PROP(vector_model, agrees_with_a_vector_of_strings, ())
{
    run<std::string, tiny_policy>([](int value) { return std::string(static_cast<std::size_t>(value) * 12, 'x'); });
}
RC_GTEST_PROP(vector_model, agrees_with_a_vector_of_elements_that_know_their_place, ())
{
    run<faulty_value, tiny_policy>([](int value) { return faulty_value(value); });
}
RC_GTEST_PROP(vector_model, agrees_with_a_vector_of_elements_whose_move_may_throw, ())
{
    run<faulty_moving_value, tiny_policy>([](int value) { return faulty_moving_value(value); });
}

/// Longer than rapidcheck's scripts get: the table gains and loses levels many times over.
TEST(vector_model, agrees_with_a_vector_over_a_long_life)
{
    std::uint64_t const seed = 20'261'122;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    live_count const live;
    {
        using action = vector_step::action;
        still::vector<int, tiny_policy> seen;
        std::vector<int> model;
        std::vector<std::pair<still::vector<int, tiny_policy>, std::vector<int>>> versions;
        for (int step = 0; step < 6'000; ++step) {
            auto const grows = (step / 500) % 2 == 0;
            auto const chance = random() % 10;
            auto const what = chance < 3 ? action::assign
                : chance < 4             ? action::alter
                : chance < 9             ? (grows ? action::push : action::pop)
                : grows                  ? action::append
                                         : action::update;
            make_step(
                seen, model, { what, random() % 3 != 0, false, random(), static_cast<int>(random() % 5) }, number);
            if (step % 100 == 0) {
                ASSERT_TRUE(validate(seen)) << validate(seen);
                ASSERT_TRUE(std::equal(seen.begin(), seen.end(), model.begin(), model.end()));
                versions.emplace_back(seen, model);
            }
        }
        for (auto const& [version, wanted] : versions) {
            ASSERT_TRUE(validate(version)) << validate(version);
            ASSERT_TRUE(std::equal(version.begin(), version.end(), wanted.begin(), wanted.end()));
        }
    }
    EXPECT_TRUE(live.balanced());
}

} // namespace
