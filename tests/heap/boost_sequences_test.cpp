// SPDX-License-Identifier: BSL-1.0
//
// Each sequence of Boost.Container in a heap, linked by distances, so that mappings show it too: also those that keep
// elements in themselves.

#include <boost/container/deque.hpp>
#include <boost/container/devector.hpp>
#include <boost/container/list.hpp>
#include <boost/container/slist.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/container/stable_vector.hpp>
#include <boost/container/static_vector.hpp>
#include <boost/container/string.hpp>
#include <boost/container/vector.hpp>

#include "container_suite.hpp"

namespace still_test {
namespace {

namespace containers = boost::container;
template <class T>
using from_heap = still::heap_allocator<T>;

using arrays = ::testing::Types<containers::vector<int, from_heap<int>>, containers::deque<int, from_heap<int>>,
    containers::devector<int, from_heap<int>>, containers::small_vector<int, 20, from_heap<int>>,
    containers::static_vector<int, 500>,
    containers::basic_string<char32_t, std::char_traits<char32_t>, from_heap<char32_t>>>;
INSTANTIATE_TYPED_TEST_SUITE_P(boost_arrays, heap_containers, arrays);

using lists = ::testing::Types<containers::list<int, from_heap<int>>, containers::slist<int, from_heap<int>>,
    containers::stable_vector<int, from_heap<int>>>;
INSTANTIATE_TYPED_TEST_SUITE_P(boost_lists, heap_containers, lists);

template <class Container>
constexpr auto is_relocatable = still::relocatable_v<Container>;
static_assert(is_relocatable<containers::vector<int, from_heap<int>>>
    && is_relocatable<containers::deque<int, from_heap<int>>>
    && is_relocatable<containers::devector<int, from_heap<int>>>
    && is_relocatable<containers::small_vector<int, 20, from_heap<int>>>
    && is_relocatable<containers::static_vector<int, 500>>
    && is_relocatable<containers::basic_string<char32_t, std::char_traits<char32_t>, from_heap<char32_t>>>
    && is_relocatable<containers::list<int, from_heap<int>>> && is_relocatable<containers::slist<int, from_heap<int>>>
    && is_relocatable<containers::stable_vector<int, from_heap<int>>>);
// With links or elements that are addresses they aren't.
static_assert(!is_relocatable<containers::devector<int>> && !is_relocatable<containers::small_vector<int, 20>>
    && !is_relocatable<containers::static_vector<int*, 500>>
    && !is_relocatable<containers::small_vector<int*, 20, from_heap<int*>>>);

} // namespace
} // namespace still_test
