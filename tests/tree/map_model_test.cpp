// SPDX-License-Identifier: BSL-1.0
//
// Maps under random scripts, from trees of any legal shape. See set_model_test.cpp for other policies.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "live_count.hpp"
#include "tree_model.hpp"

namespace {

using namespace still_test;

template <class Policy>
void run_maps()
{
    live_count const seen;
    run_tree_script<still::map<int, int, std::less<>, Policy>>(*any_tree_script(), *rc::gen::arbitrary<unsigned>());
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(map_model, agrees_with_a_map, ())
{
    run_maps<tiny_policy>();
}
RC_GTEST_PROP(map_model, agrees_with_a_map_on_plain_counts, ())
{
    run_maps<tiny_local_policy>();
}
RC_GTEST_PROP(map_model, agrees_with_a_map_on_offset_links, ())
{
    run_maps<tiny_offset_policy>();
}
RC_GTEST_PROP(map_model, agrees_with_a_map_in_nodes_of_full_size, ())
{
    run_maps<test_policy>();
}

} // namespace
