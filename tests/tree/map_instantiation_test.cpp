// SPDX-License-Identifier: BSL-1.0
//
// Every member of maps and their views compiles for elements of every kind, by explicit instantiation. What a
// type can't do has to be constrained away. (Members that are templates: instantiation_test.cpp.)

#include <functional>
#include <memory>
#include <string>

#include "element_kinds.hpp"
#include "faulty_value.hpp"
#include "still/bank.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

template class still::map<int, int>;
template class still::map<int, int, std::greater<int>, still::local_policy>;
template class still::map<int, int, std::less<>, still::offset_policy>;
template class still::map<int, int, std::less<>, still::charged_policy>;
template class still::map<int, int, std::less<>, still_test::tiny_policy>;
template class still::map<std::string, std::string>;
template class still::map<std::string, std::string, std::less<std::string>, still::offset_policy>;
template class still::map<still_test::only_ordered, still_test::opaque>;
template class still::map<int, still_test::over_aligned>;
template class still::map<still_test::one_byte, still_test::one_page>;
template class still::map<still_test::one_page, still_test::one_byte>;
template class still::map<still_test::faulty_value, still_test::faulty_value>;
template class still::map<still_test::faulty_moving_value, still_test::faulty_moving_value>;
template class still::map<int, std::string, still_test::by_distance>;
template class still::map<int, still::map<int, still::set<int>>>;
template class still::map_view<int, int>;
template class still::map_view<std::string, std::string, std::less<std::string>, still::offset_policy>;
template class still::map_view<still_test::only_ordered, still_test::opaque>;
template class still::map_view<int, std::string, still_test::by_distance>;

// Elements that can't be copied: containers that can't be either.
template class still::map<int, std::unique_ptr<int>>;
template class still::map<std::unique_ptr<int>, int>;
template class still::map_view<int, std::unique_ptr<int>>;
