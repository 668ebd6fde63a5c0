// SPDX-License-Identifier: BSL-1.0
//
// Each container of Boost.Container in a heap, linked by distances, so that mappings show them too.

#include <boost/container/deque.hpp>
#include <boost/container/flat_map.hpp>
#include <boost/container/flat_set.hpp>
#include <boost/container/list.hpp>
#include <boost/container/map.hpp>
#include <boost/container/set.hpp>
#include <boost/container/slist.hpp>
#include <boost/container/stable_vector.hpp>
#include <boost/container/string.hpp>
#include <boost/container/vector.hpp>

#include <functional>
#include <utility>

#include "container_script.hpp"

namespace still_test {
namespace {

namespace containers = boost::container;
template <class T>
using from_heap = still::heap_allocator<T>;
using entry = std::pair<int const, int>;
using flat_entry = std::pair<int, int>;

using sequences = ::testing::Types<containers::vector<int, from_heap<int>>, containers::deque<int, from_heap<int>>,
    containers::list<int, from_heap<int>>, containers::slist<int, from_heap<int>>,
    containers::stable_vector<int, from_heap<int>>,
    containers::basic_string<char32_t, std::char_traits<char32_t>, from_heap<char32_t>>>;
INSTANTIATE_TYPED_TEST_SUITE_P(boost_sequences, heap_containers, sequences);

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
