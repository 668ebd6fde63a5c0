// SPDX-License-Identifier: BSL-1.0
//
// Each container of the standard library in a heap, by its memory resource: linked by addresses, which rollbacks leave
// right, and which branches refuse.

#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory_resource>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "container_suite.hpp"

namespace still_test {
namespace {

using sequences = ::testing::Types<std::pmr::vector<int>, std::pmr::deque<int>, std::pmr::list<int>,
    std::pmr::forward_list<int>, std::pmr::u32string>;
INSTANTIATE_TYPED_TEST_SUITE_P(standard_sequences, heap_containers, sequences);

using ordered = ::testing::Types<std::pmr::set<int>, std::pmr::multiset<int>, std::pmr::map<int, int>,
    std::pmr::multimap<int, int>>;
INSTANTIATE_TYPED_TEST_SUITE_P(standard_ordered, heap_containers, ordered);

using hashed = ::testing::Types<std::pmr::unordered_set<int>, std::pmr::unordered_multiset<int>,
    std::pmr::unordered_map<int, int>, std::pmr::unordered_multimap<int, int>>;
INSTANTIATE_TYPED_TEST_SUITE_P(standard_hashed, heap_containers, hashed);

} // namespace
} // namespace still_test
