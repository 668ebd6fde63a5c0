// SPDX-License-Identifier: BSL-1.0
//
// Every member of sets and their views compiles for elements of every kind, by explicit instantiation. What a
// type can't do has to be constrained away. (Members that are templates: instantiation_test.cpp.)

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "element_kinds.hpp"
#include "faulty_value.hpp"
#include "still/bank.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

template class still::set<int>;
template class still::set<int, std::greater<int>, still::local_policy>;
template class still::set<int, std::less<>, still::offset_policy>;
template class still::set<int, std::less<>, still::charged_policy>;
template class still::set<int, std::less<>, still_test::tiny_policy>;
template class still::set<double>;
template class still::set<char const*>;
template class still::set<std::string>;
template class still::set<std::string, std::less<std::string>, still::offset_policy>;
template class still::set<still_test::only_ordered>;
template class still::set<still_test::over_aligned>;
template class still::set<still_test::one_byte>;
template class still::set<still_test::one_page>;
template class still::set<still_test::faulty_value>;
template class still::set<still_test::faulty_moving_value>;
template class still::set<int, still_test::by_distance>;
template class still::set<std::pair<int, std::string>>;
template class still::set_view<int>;
template class still::set_view<std::string, std::less<std::string>, still::offset_policy>;
template class still::set_view<still_test::only_ordered>;
template class still::set_view<still_test::one_page>;
template class still::set_view<int, still_test::by_distance>;

// Elements that can't be copied: containers that can't be either.
template class still::set<std::unique_ptr<int>>;
template class still::set_view<std::unique_ptr<int>>;
