// SPDX-License-Identifier: BSL-1.0
//
// Each set and map of Boost.Container in a heap, linked by distances, so that mappings show it too.

#include <boost/container/flat_map.hpp>
#include <boost/container/flat_set.hpp>
#include <boost/container/map.hpp>
#include <boost/container/set.hpp>

#include <functional>
#include <utility>

#include "container_suite.hpp"

namespace still_test {
namespace {

namespace containers = boost::container;
template <class T>
using from_heap = still::heap_allocator<T>;
using entry = std::pair<int const, int>;
using flat_entry = std::pair<int, int>;

using sets = ::testing::Types<containers::set<int, std::less<int>, from_heap<int>>,
    containers::multiset<int, std::less<int>, from_heap<int>>,
    containers::flat_set<int, std::less<int>, from_heap<int>>,
    containers::flat_multiset<int, std::less<int>, from_heap<int>>>;
INSTANTIATE_TYPED_TEST_SUITE_P(boost_sets, heap_containers, sets);

using maps = ::testing::Types<containers::map<int, int, std::less<int>, from_heap<entry>>,
    containers::multimap<int, int, std::less<int>, from_heap<entry>>,
    containers::flat_map<int, int, std::less<int>, from_heap<flat_entry>>,
    containers::flat_multimap<int, int, std::less<int>, from_heap<flat_entry>>>;
INSTANTIATE_TYPED_TEST_SUITE_P(boost_maps, heap_containers, maps);

} // namespace
} // namespace still_test
