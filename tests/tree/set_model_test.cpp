// SPDX-License-Identifier: BSL-1.0
//
// Sets under random scripts, from trees of any legal shape. Sets and maps are one engine, so they share
// the policies out between them: map_model_test.cpp has plain counts and offset links.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "live_count.hpp"
#include "tree_model.hpp"

namespace {

using namespace still_test;

template <class Policy>
void run_sets()
{
    live_count const seen;
    run_tree_script<still::set<int, std::less<>, Policy>>(*any_tree_script(), *rc::gen::arbitrary<unsigned>());
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(set_model, agrees_with_a_map, ())
{
    run_sets<tiny_policy>();
}
RC_GTEST_PROP(set_model, agrees_with_a_map_on_plain_counts, ())
{
    run_sets<tiny_local_policy>();
}
RC_GTEST_PROP(set_model, agrees_with_a_map_on_offset_links, ())
{
    run_sets<tiny_offset_policy>();
}
RC_GTEST_PROP(set_model, agrees_with_a_map_in_nodes_of_full_size, ())
{
    run_sets<test_policy>();
}

} // namespace
