// SPDX-License-Identifier: BSL-1.0
//
// The builder, fed single elements and whole trees of any legal shape, in any mixture.

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <random>
#include <string>

#include "live_count.hpp"
#include "still/set.hpp"
#include "still/tree/builder.hpp"
#include "tree_model.hpp"

namespace {

using namespace still_test;

template <class Policy>
void build_from_any_mixture(unsigned seed)
{
    using set = still::set<int, std::less<>, Policy>;
    using schema = typename set::schema;
    live_count const seen;
    for (; seed % 1'000 != 0; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        set result;
        auto& core = still::tree::internals::core(result);
        tree_model all;
        {
            std::deque<int> bounds; // outlive the builder
            std::less<> const less;
            still::tree::builder<schema, std::less<>> built(core.heap(), less);
            int next = 0;
            for (auto pieces = random() % 12; pieces > 0; --pieces) {
                tree_model piece;
                for (auto count = random() % (random() % 2 == 0 ? 4 : 150); count > 0; --count)
                    piece.emplace(next += 2 + static_cast<int>(random() % 3), 0);
                all.insert(piece.begin(), piece.end());
                if (random() % 2 == 0) {
                    for (auto const& entry : piece)
                        built.add(still::tree::incoming{ entry.first, entry.second });
                } else if (!piece.empty()) {
                    auto const whole = any_shape<set>(piece, random);
                    auto const& low = bounds.emplace_back(piece.begin()->first - static_cast<int>(random() % 2));
                    auto const& high = bounds.emplace_back(next + 1);
                    auto const known = random() % 2 == 0; // bounds needn't be known, and may be loose
                    built.add({ still::tree::internals::core(whole).root().get(), known ? &low : nullptr,
                        known ? &high : nullptr });
                }
            }
            core = core.with(built.finish());
        }
        ASSERT_TRUE(reads_as(result, all));
    }
    EXPECT_TRUE(seen.balanced());
}

TEST(tree_builder, builds_from_any_mixture_in_tiny_nodes)
{
    build_from_any_mixture<tiny_policy>(20'261'700);
}
TEST(tree_builder, builds_from_any_mixture_in_odd_nodes)
{
    build_from_any_mixture<tiny_local_policy>(20'262'700);
}
TEST(tree_builder, builds_from_any_mixture_in_nodes_of_full_size)
{
    build_from_any_mixture<test_policy>(20'263'850);
}

/// A tree that fills the highest level alone, then an element or two: the way down the right edge is
/// opened again from the top, and nothing of it may be lost.
TEST(tree_builder, a_short_tail_behind_one_whole_tree_is_shared_out)
{
    using set = still::set<int, std::less<>, tiny_policy>;
    for (int size = 1; size < 700; size += 1 + size / 9) {
        tree_model model;
        for (int key = 0; key < size; ++key)
            model.emplace(key, 0);
        std::mt19937 random(static_cast<unsigned>(size));
        auto const whole = any_shape<set>(model, random);
        auto const both = set_union(whole, set{ size + 5 });
        ASSERT_TRUE(validate(both)) << validate(both);
        ASSERT_EQ(both.size(), whole.size() + 1);
    }
}

} // namespace
