// SPDX-License-Identifier: BSL-1.0
//
// The script of containers, as a test of each type of container that takes an allocator or a memory resource.

#pragma once

#include "container_script.hpp"

namespace still_test {

template <class Container>
class heap_containers : public ::testing::Test { };
TYPED_TEST_SUITE_P(heap_containers);

TYPED_TEST_P(heap_containers, agree_with_a_model_across_snapshots_rollbacks_mappings_and_branches)
{
    subject_of<TypeParam> const subject;
    run_container_scripts(subject);
}

REGISTER_TYPED_TEST_SUITE_P(heap_containers, agree_with_a_model_across_snapshots_rollbacks_mappings_and_branches);

} // namespace still_test
