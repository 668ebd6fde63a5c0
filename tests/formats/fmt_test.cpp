// SPDX-License-Identifier: BSL-1.0
//
// What the formatters write, and what they refuse.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/xchar.h>

#include "still/fmt.hpp"

namespace {

using numbers = still::set<int>;
using words = still::set<std::string>;
using counts = still::map<std::string, int>;

struct opaque {
    int key = 0;
    [[maybe_unused]] friend auto operator<=>(opaque, opaque) = default;
};

struct smaller {
    bool operator()(words const& one, words const& other) const { return one.size() < other.size(); }
};
using nested = still::set<words, smaller>;

static_assert(fmt::is_formattable<numbers>::value);
static_assert(!fmt::is_formattable<still::set<opaque>>::value, "what has no formatter gets none");
static_assert(!fmt::is_formattable<still::map<int, opaque>>::value);
static_assert(!fmt::is_formattable<still::map<opaque, int>>::value);
static_assert(!fmt::is_formattable<still::page_table<opaque>>::value);
static_assert(!fmt::is_formattable<still::vector<opaque>>::value);
static_assert(!fmt::is_formattable<still::change<opaque const*>>::value);

TEST(formats, sets_and_maps_are_written_as_the_standard_ones_are)
{
    EXPECT_EQ(fmt::format("{}", numbers{ 3, 1, 2 }), fmt::format("{}", std::set<int>{ 3, 1, 2 }));
    EXPECT_EQ(fmt::format("{}", numbers{ 3, 1, 2 }), "{1, 2, 3}");
    EXPECT_EQ(fmt::format("{}", numbers()), "{}");
    EXPECT_EQ(fmt::format("{}", words{ "one", "t\"wo" }), fmt::format("{}", std::set<std::string>{ "one", "t\"wo" }));
    EXPECT_EQ(fmt::format("{}", words{ "one", "t\"wo" }), R"({"one", "t\"wo"})");
    EXPECT_EQ(fmt::format("{}", counts{ { "pears", 1 }, { "apples", 3 } }), R"({"apples": 3, "pears": 1})");
    EXPECT_EQ(
        fmt::format("{}", counts{ { "pears", 1 } }), fmt::format("{}", std::map<std::string, int>{ { "pears", 1 } }));
    EXPECT_EQ(fmt::format("{}", still::map<char, char>{ { 'a', 'b' } }), "{'a': 'b'}");
}

TEST(formats, specs_are_passed_on_to_elements_and_values)
{
    EXPECT_EQ(fmt::format("{::#x}", numbers{ 10, 255 }), "{0xa, 0xff}");
    EXPECT_EQ(fmt::format("{:n}", numbers{ 1, 2 }), "1, 2");
    EXPECT_EQ(fmt::format("{:n:03}", numbers{ 1, 2 }), "001, 002");
    EXPECT_EQ(fmt::format("{::>5}", words{ "one" }), "{  one}");
    EXPECT_EQ(fmt::format("{::{}}", numbers{ 1, 2 }, 3), "{  1,   2}");
    EXPECT_EQ(fmt::format("{::#x}", counts{ { "apples", 10 } }), R"({"apples": 0xa})");
    EXPECT_EQ(fmt::format("{:n}", counts{ { "apples", 10 }, { "b", 2 } }), R"("apples": 10, "b": 2)");
    EXPECT_EQ(fmt::format("{0} and {0::x}", numbers{ 10 }), "{10} and {a}");
}

TEST(formats, a_wrong_spec_is_refused)
{
    for (auto const* const spec : { "{:x}", "{:nx}", "{::q}", "{:n", "{::" })
        EXPECT_THROW((void)fmt::format(fmt::runtime(spec), numbers{ 1 }), fmt::format_error) << spec;
    EXPECT_THROW((void)fmt::format(fmt::runtime("{::q}"), counts{ { "a", 1 } }), fmt::format_error);
}

TEST(formats, views_and_nested_versions)
{
    numbers const some{ 1, 2 };
    counts const few{ { "a", 1 } };
    EXPECT_EQ(fmt::format("{} {::#x}", some.view(), some.view()), "{1, 2} {0x1, 0x2}");
    EXPECT_EQ(fmt::format("{} {::02}", few.view(), few.view()), R"({"a": 1} {"a": 01})");
    EXPECT_EQ(fmt::format("{}", nested{ { "a" }, { "b", "c" } }), R"({{"a"}, {"b", "c"}})");
    EXPECT_EQ(fmt::format("{:::>2}", nested{ { "a" }, { "b", "c" } }), R"({{ a}, { b,  c}})");
    EXPECT_EQ(fmt::format("{}", still::map<int, numbers>{ { 1, { 2, 3 } } }), "{1: {2, 3}}");
    EXPECT_EQ(fmt::format("{::n}", still::map<words, numbers, smaller>{ { { "a" }, { 2, 3 } } }), R"({{"a"}: 2, 3})");
    EXPECT_EQ(fmt::format("{}", std::vector{ some, numbers{ 3 } }), "[{1, 2}, {3}]");
    EXPECT_EQ(fmt::format("{}", still::set<std::vector<int>>{ { 1, 2 } }), "{[1, 2]}");
}

TEST(formats, vectors_are_written_as_the_standard_ones_are)
{
    using scores = still::vector<int>;
    scores const before{ 3, 1, 2 };
    EXPECT_EQ(fmt::format("{}", before), fmt::format("{}", std::vector<int>{ 3, 1, 2 }));
    EXPECT_EQ(fmt::format("{} {}", before, before.view()), "[3, 1, 2] [3, 1, 2]");
    EXPECT_EQ(fmt::format("{:n} {::02} {}", before, before, scores()), "3, 1, 2 [03, 01, 02] []");
    EXPECT_EQ(fmt::format("{}", still::vector<std::string>{ "one", "t\"wo" }), R"(["one", "t\"wo"])");
    EXPECT_EQ(fmt::format("{}", still::vector<numbers>{ { 1 }, { 2, 3 } }), "[{1}, {2, 3}]");
    auto const after = before.assign(1, 7).push_back(9);
    std::string shown;
    for (auto const& change : diff(before, after))
        shown += fmt::format("{} ", change);
    EXPECT_EQ(shown, "1: 1 -> 7 +3: 9 ");
}

TEST(formats, page_tables_are_written_as_maps)
{
    auto const table = still::page_table<std::string>().assign(9, "nine").assign(7, "seven");
    EXPECT_EQ(fmt::format("{}", table), R"({7: "seven", 9: "nine"})");
    EXPECT_EQ(fmt::format("{:n:>6}", table), "7:  seven, 9:   nine");
    EXPECT_EQ(fmt::format("{}", still::page_table<int>()), "{}");
}

TEST(formats, entries_are_written_as_pairs)
{
    counts const few{ { "a", 10 } };
    EXPECT_EQ(fmt::format("{}", *few.begin()), fmt::format("{}", std::pair<std::string, int>("a", 10)));
    EXPECT_EQ(fmt::format("{:x}", *few.begin()), R"(("a", a))");
    auto const table = still::page_table<int>().assign(9, 1);
    EXPECT_EQ(fmt::format("{}", *table.begin()), "(9, 1)");
}

template <class Changes>
std::string joined(Changes&& changes)
{
    std::string text;
    for (auto const& change : changes)
        text += fmt::format("{} ", change);
    return text;
}

TEST(formats, changes)
{
    counts const before{ { "apples", 3 }, { "pears", 1 } };
    auto const after = before.insert("plums", 7).erase("pears").insert_or_assign("apples", 4);
    EXPECT_EQ(joined(diff(before, after)), R"("apples": 3 -> 4 -"pears": 1 +"plums": 7 )");
    numbers const few{ 1, 2 };
    auto const others = few.erase(1).insert(10);
    EXPECT_EQ(joined(diff(few, others)), "-1 +10 ");
    auto changes = diff(few, others);
    EXPECT_EQ(fmt::format("{::#x}", changes), "[-0x1, +0xa]");
    auto const one = still::page_table<int>().assign(9, 1).assign(10, 1);
    auto const other = one.erase(9).assign(10, 2).assign(11, 3);
    EXPECT_EQ(joined(diff(one, other)), "-9: 1 10: 1 -> 2 +11: 3 ");
    for (auto const& change : diff(before, after))
        EXPECT_EQ(fmt::format("{:>8}", change.kind).size(), 8u);
    EXPECT_EQ(
        fmt::format("{} {} {}", still::change_kind::added, still::change_kind::removed, still::change_kind::changed),
        "added removed changed");
}

TEST(formats, reports_runs_and_errors)
{
    EXPECT_EQ(fmt::format("{}", validate(numbers{ 1 })), "sound");
    EXPECT_EQ(fmt::format("{}", still::report("a < b", "node 3")), "broken: a < b at node 3");
    EXPECT_EQ(fmt::format("{:>8}", still::report()), "   sound");
    EXPECT_EQ(fmt::format("{}", still::page_run{ 3, 4 }), "[3, 7)");
    EXPECT_EQ(fmt::format("{}", still::capability_error::revoked),
        make_error_code(still::capability_error::revoked).message());
}

TEST(formats, other_characters)
{
    EXPECT_EQ(fmt::format(L"{}", numbers{ 1, 2 }), L"{1, 2}");
    EXPECT_EQ(fmt::format(L"{::#x}", still::map<int, int>{ { 1, 10 } }), L"{1: 0xa}");
}

} // namespace
