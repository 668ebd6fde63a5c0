// SPDX-License-Identifier: BSL-1.0
//
// The members of containers and views that are templates, and the friends, compile and run for elements of
// every kind. (The others: set_instantiation_test.cpp and map_instantiation_test.cpp.)

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "element_kinds.hpp"
#include "still/map.hpp"
#include "still/set.hpp"

namespace {

using namespace still_test;

/// The members that are templates, and the friends, of a container and its view.
template <class Container>
void call_everything(Container one, Container const& other, typename Container::key_type const& key)
{
    auto const view = one.view();
    auto const read = [&](auto const& seen) {
        EXPECT_TRUE(seen.contains(key));
        EXPECT_EQ(seen.count(key), 1u);
        EXPECT_NE(seen.find(key), nullptr);
        static_cast<void>(seen.at(key));
        EXPECT_TRUE(seen.lower_bound(key) == seen.nth(seen.rank(key)));
        EXPECT_EQ(seen.upper_bound(key) - seen.lower_bound(key), 1);
        EXPECT_EQ(std::ranges::distance(seen.equal_range(key)), 1);
        EXPECT_EQ(std::ranges::distance(seen.range(key, key)), 0);
        EXPECT_TRUE(seen.partition_point([](auto const&...) { return true; }) == seen.end());
        std::size_t count = 0;
        seen.for_each_chunk([&](auto keys, auto const&...) { count += keys.size(); });
        EXPECT_EQ(count, seen.size());
        EXPECT_TRUE(seen.same_root(one));
        EXPECT_TRUE(seen == one);
        EXPECT_TRUE(validate(seen));
        EXPECT_TRUE(diff(seen, one, [](auto const&) { return false; }));
        EXPECT_EQ(std::distance(seen.rbegin(), seen.rend()), static_cast<std::ptrdiff_t>(seen.size()));
        EXPECT_GT(seen.footprint().nodes, 0u);
    };
    read(one);
    read(view);
    auto const parts = one.split(key);
    EXPECT_TRUE(parts.found.has_value());
    EXPECT_LT(join(parts.below, parts.above).size(), one.size());
    EXPECT_GE(set_union(one, other).size(), one.size());
    EXPECT_LE(set_intersection(one, other).size(), one.size());
    EXPECT_LE(set_difference(one, other).size(), one.size());
    EXPECT_TRUE(validate(set_symmetric_difference(one, other)));
    EXPECT_TRUE(validate(still::patch(one, diff(one, other))));
    EXPECT_TRUE(validate(one.insert_range(other)));
    EXPECT_EQ(one.erase_keys(std::vector{ key }).size() + 1, one.size());
    auto const less = one.erase(key);
    EXPECT_EQ(less.size() + 1, one.size());
    one = std::move(one).erase(key);
    EXPECT_EQ(less.size(), one.size());
}

template <class Set>
void call_set(typename Set::key_type const& first, typename Set::key_type const& second, Set empty = Set())
{
    auto const one = empty.insert(first).insert(second);
    call_everything<Set>(one, empty.insert(second), first);
    EXPECT_EQ((one | one).size() + (one & one).size() + (one - one).size() + (one ^ one).size(), 4u);
    EXPECT_TRUE(still::merge3(one, one, empty).empty());
}
template <class Map>
void call_map(typename Map::key_type const& first, typename Map::key_type const& second,
    typename Map::mapped_type const& value, Map empty = Map())
{
    auto const one = empty.insert(first, value).insert_or_assign(second, value);
    call_everything<Map>(one, empty.insert(second, value), first);
    auto const left = [](auto const&, auto const& here, auto const&) { return here; };
    EXPECT_EQ(set_union(one, one, left).size(), 2u);
    EXPECT_EQ(set_intersection(one, empty, left).size(), 0u);
}

TEST(tree_instantiation, members_that_are_templates_compile_and_run)
{
    call_set<still::set<int, std::less<>, still::local_policy>>(1, 2);
    call_set<still::set<std::string, std::less<>, still::offset_policy>>("one", "two");
    call_set<still::set<only_ordered>>(only_ordered(1), only_ordered(2));
    call_set<still::set<one_page>>(one_page{ { 1 } }, one_page{ { 2 } });
    call_set<still::set<int, by_distance>>(1, 2, still::set<int, by_distance>(by_distance(0)));
    call_map<still::map<std::string, std::string, std::less<>, still::offset_policy>>("one", "two", "three");
    call_map<still::map<only_ordered, opaque>>(only_ordered(1), only_ordered(2), opaque());
    call_map<still::map<one_byte, one_page>>(one_byte{ 1 }, one_byte{ 2 }, one_page());
}

} // namespace
