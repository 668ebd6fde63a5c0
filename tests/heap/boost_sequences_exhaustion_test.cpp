// SPDX-License-Identifier: BSL-1.0
//
// Each sequence of Boost.Container in a heap that is used up at one allocation after another.

#include <boost/container/deque.hpp>
#include <boost/container/devector.hpp>
#include <boost/container/list.hpp>
#include <boost/container/slist.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/container/stable_vector.hpp>
#include <boost/container/string.hpp>
#include <boost/container/vector.hpp>

#include "container_exhaustion.hpp"

namespace still_test {
namespace {

namespace containers = boost::container;
template <class T>
using from_heap = exhaustible_allocator<T>;

using arrays = ::testing::Types<containers::vector<int, from_heap<int>>, containers::deque<int, from_heap<int>>,
    containers::devector<int, from_heap<int>>, containers::small_vector<int, 20, from_heap<int>>,
    containers::basic_string<char32_t, std::char_traits<char32_t>, from_heap<char32_t>>>;
INSTANTIATE_TYPED_TEST_SUITE_P(boost_arrays, exhausted_containers, arrays);

using lists = ::testing::Types<containers::list<int, from_heap<int>>, containers::slist<int, from_heap<int>>,
    containers::stable_vector<int, from_heap<int>>>;
INSTANTIATE_TYPED_TEST_SUITE_P(boost_lists, exhausted_containers, lists);

} // namespace
} // namespace still_test
