// SPDX-License-Identifier: BSL-1.0

#include "heap/page_set.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

using still::heaps::page_set;

namespace {

std::vector<std::size_t> listed(page_set const& seen)
{
    std::vector<std::size_t> pages;
    seen.for_each([&](std::size_t page) { pages.push_back(page); });
    return pages;
}

TEST(page_set, keeps_what_it_has_when_it_gets_room)
{
    page_set pages;
    EXPECT_EQ(pages.room(), 0U);
    pages.make_room(65);
    EXPECT_GE(pages.room(), 65U);
    pages.insert({ 63, 2 });
    pages.make_room(1000);
    EXPECT_EQ(listed(pages), (std::vector<std::size_t>{ 63, 64 }));
    pages.clear();
    EXPECT_EQ(pages.count(), 0U);
    EXPECT_GE(pages.room(), 1000U);
}

RC_GTEST_PROP(page_set, agrees_with_a_set, ())
{
    constexpr std::size_t room = 400;
    page_set pages;
    pages.make_room(room);
    std::set<std::size_t> model;
    for (auto const& [from, length] : *rc::gen::arbitrary<std::vector<std::pair<std::uint16_t, std::uint8_t>>>()) {
        auto const first = from % room;
        auto const count = length % (room - first + 1);
        pages.insert({ first, count });
        for (auto page = first; page < first + count; ++page)
            model.insert(page);
        RC_ASSERT(listed(pages) == std::vector<std::size_t>(model.begin(), model.end()));
        RC_ASSERT(pages.count() == model.size());
    }
    for (std::size_t page = 0; page < room + 100; ++page)
        RC_ASSERT(pages.contains(page) == model.contains(page));
}

TEST(page_set_death_test, refuses_pages_beyond_its_room)
{
    page_set pages;
    pages.make_room(64);
    EXPECT_DEATH(pages.insert({ 60, 5 }), "broken rule");
}

} // namespace
