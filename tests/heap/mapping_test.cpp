// SPDX-License-Identifier: BSL-1.0

#include <gtest/gtest.h>

#include <array>
#include <concepts>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <boost/container/deque.hpp>
#include <boost/container/flat_map.hpp>
#include <boost/container/list.hpp>
#include <boost/container/map.hpp>
#include <boost/container/scoped_allocator.hpp>
#include <boost/container/set.hpp>
#include <boost/container/slist.hpp>
#include <boost/container/stable_vector.hpp>
#include <boost/container/string.hpp>
#include <boost/container/vector.hpp>

#include "every_tracker.hpp"
#include "few_entries.hpp"

namespace still_test {

struct opted_in {
    int left;
    int right;
};
struct not_opted_in {
    int left;
};
struct ordered_by_pointer {
    int const* base;
    bool operator()(int left, int right) const { return base[left] < base[right]; }
};

} // namespace still_test

template <>
struct still::relocatable<still_test::opted_in> : std::true_type { };

namespace still_test {
namespace {

template <class T>
using allocator = still::heap_allocator<T>;
template <class T>
using scoped = boost::container::scoped_allocator_adaptor<allocator<T>>;
using text = boost::container::basic_string<char, std::char_traits<char>, allocator<char>>;
template <class T>
using vector = boost::container::vector<T, allocator<T>>;
template <class K, class V, class Less = std::less<>>
using map = boost::container::map<K, V, Less, allocator<std::pair<K const, V>>>;
using nest = map<text, vector<std::pair<std::uint32_t, std::uint32_t>>>;

// What can be read in a mapping ...
static_assert(still::relocatable_v<int>);
static_assert(still::relocatable_v<double const>);
static_assert(still::relocatable_v<std::byte>);
static_assert(still::relocatable_v<std::array<std::pair<int, char>, 3>>);
static_assert(still::relocatable_v<int[4]>);
static_assert(still::relocatable_v<opted_in>);
static_assert(still::relocatable_v<text>);
static_assert(still::relocatable_v<nest>);
static_assert(still::relocatable_v<boost::container::vector<int, scoped<int>>>);
static_assert(still::relocatable_v<boost::container::list<text, allocator<text>>>);
static_assert(still::relocatable_v<boost::container::slist<int, allocator<int>>>);
static_assert(still::relocatable_v<boost::container::deque<opted_in, allocator<opted_in>>>);
static_assert(still::relocatable_v<boost::container::stable_vector<int, allocator<int>>>);
static_assert(still::relocatable_v<boost::container::set<text, std::less<>, allocator<text>>>);
static_assert(still::relocatable_v<boost::container::multiset<int, std::greater<>, allocator<int>>>);
static_assert(
    still::relocatable_v<boost::container::multimap<int, text, std::less<>, allocator<std::pair<int const, text>>>>);
static_assert(still::relocatable_v<boost::container::flat_map<int, int, std::less<>, allocator<std::pair<int, int>>>>);
static_assert(still::relocatable_v<boost::interprocess::offset_ptr<int>>);

// ... and what can't, because something in it is an address.
static_assert(!still::relocatable_v<int*>);
static_assert(!still::relocatable_v<not_opted_in>);
static_assert(!still::relocatable_v<std::string>);
static_assert(!still::relocatable_v<std::vector<int, allocator<int>>>);
static_assert(!still::relocatable_v<std::map<int, int>>);
static_assert(!still::relocatable_v<boost::container::vector<int>>);
static_assert(!still::relocatable_v<boost::container::string>);
static_assert(!still::relocatable_v<vector<int*>>);
static_assert(!still::relocatable_v<vector<std::string>>);
static_assert(!still::relocatable_v<map<int, vector<char const*>>>);
static_assert(!still::relocatable_v<map<int, int, ordered_by_pointer>>);
static_assert(!still::relocatable_v<map<int, int, bool (*)(int, int)>>);
static_assert(!still::relocatable_v<std::pair<int, int*>>);
static_assert(!still::relocatable_v<std::array<void*, 2>>);
static_assert(!still::relocatable_v<boost::interprocess::offset_ptr<int*>>);

static_assert(std::regular<still::snapshot>);
static_assert(std::regular<still::mapping>);
static_assert(std::is_nothrow_move_constructible_v<still::snapshot>);
static_assert(std::convertible_to<still::snapshot const&, still::segment const&>);
static_assert(!std::copyable<still::heap> && std::movable<still::heap>);
static_assert(!std::movable<still::mutation>);

class mappings : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, mappings, trackers, tracker_name);

TEST_P(mappings, show_nested_containers_as_they_were)
{
    auto heap = make();
    auto& words = heap.construct<nest>("words", heap.allocator<nest::value_type>());
    auto const add = [&](std::uint32_t from, std::uint32_t to) {
        auto const guard = heap.mutate();
        for (auto i = from; i < to; ++i) {
            auto const word = "a word of some length, number " + std::to_string(i % 700);
            words
                .try_emplace(text(word.c_str(), heap.allocator<char>()),
                    heap.allocator<std::pair<std::uint32_t, std::uint32_t>>())
                .first->second.emplace_back(i, i + 1);
        }
    };
    add(0, 5000);
    auto const before = heap.snapshot();
    add(5000, 9000);
    auto const after = heap.snapshot();

    auto const count = [](nest const& seen) {
        std::size_t entries = 0;
        for (auto const& [word, places] : seen)
            for (auto const& [line, next] : places)
                entries += next == line + 1 ? 1 : 0;
        return entries;
    };
    auto const then = before.map();
    auto const later = after.map();
    auto const* const old = then.find<nest>("words");
    ASSERT_NE(old, nullptr);
    EXPECT_EQ(old->size(), 700U);
    EXPECT_EQ(count(*old), 5000U);
    EXPECT_EQ(count(*later.find<nest>("words")), 9000U);
    auto const guard = heap.mutate();
    words.clear();
    EXPECT_EQ(count(*old), 5000U);
    // What is found is inside the mapping, links and all.
    auto const inside = [&](void const* address) {
        auto const* const byte = static_cast<std::byte const*>(address);
        return byte >= then.bytes().data() && byte < then.bytes().data() + then.bytes().size();
    };
    EXPECT_TRUE(inside(old));
    EXPECT_TRUE(inside(&*old->begin()));
    EXPECT_TRUE(inside(old->begin()->first.data()));
    EXPECT_TRUE(inside(old->begin()->second.data()));
}

TEST_P(mappings, know_names_and_types)
{
    auto heap = make();
    heap.construct<int>("number", 7);
    auto const mapped = heap.snapshot().map();
    EXPECT_EQ(*mapped.find<int>("number"), 7);
    EXPECT_EQ(mapped.find<int>("another"), nullptr);
    EXPECT_THROW(static_cast<void>(mapped.find<unsigned>("number")), std::invalid_argument);
    EXPECT_EQ(still::mapping().find<int>("number"), nullptr);
    EXPECT_TRUE(still::mapping().bytes().empty());
    EXPECT_THROW(static_cast<void>(still::snapshot().map()), std::logic_error);
}

TEST_P(mappings, have_the_bytes_of_the_version_and_outlive_everything)
{
    still::mapping survivor;
    std::vector<std::byte> expected;
    {
        auto heap = make();
        auto& data = heap.construct<vector<int>>("data", heap.allocator<int>());
        data.assign(10'000, 1);
        auto const seen = heap.snapshot();
        survivor = seen.map();
        expected = content(seen);
        EXPECT_EQ(survivor, still::mapping(survivor));
        EXPECT_FALSE(survivor == seen.map());
    }
    EXPECT_TRUE(std::ranges::equal(survivor.bytes(), expected));
    EXPECT_EQ(survivor.find<vector<int>>("data")->size(), 10'000U);
}

TEST_P(mappings, coalesce_neighbours)
{
    auto heap = make();
    auto& data = heap.construct<vector<std::uint64_t>>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 300, 1);
    auto const whole = heap.snapshot().map();
    EXPECT_LT(whole.map_entries(), 10U);
    EXPECT_FALSE(whole.materialised());
    // Every third page changes: its frame is elsewhere.
    for (std::size_t page = 0; page < 300; page += 3)
        data[page * 512 + 100] = 2;
    auto const scattered = heap.snapshot();
    auto const mapped = scattered.map();
    EXPECT_GT(mapped.map_entries(), 150U);
    EXPECT_TRUE(std::ranges::equal(mapped.bytes(), content(scattered)));
}

TEST_P(mappings, are_copies_when_entries_run_out)
{
    auto heap = make();
    auto& data = heap.construct<vector<std::uint64_t>>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 60, 1);
    static_cast<void>(heap.snapshot());
    for (std::size_t page = 0; page < 60; page += 3)
        data[page * 512 + 100] = 2;
    auto const seen = heap.snapshot();
    entry_limit const few(seen.map().map_entries() + 5);
    {
        auto const first = seen.map();
        EXPECT_FALSE(first.materialised());
        auto const second = seen.map();
        EXPECT_TRUE(second.materialised());
        EXPECT_EQ(second.map_entries(), 1U);
        EXPECT_TRUE(std::ranges::equal(second.bytes(), content(seen)));
        EXPECT_EQ(*second.find<vector<std::uint64_t>>("data"), *first.find<vector<std::uint64_t>>("data"));
        EXPECT_DEATH(*const_cast<std::byte volatile*>(second.bytes().data()) = std::byte{ 1 }, "");
    }
    // The entries are free again.
    EXPECT_FALSE(seen.map().materialised());
}

TEST_P(mappings, give_no_memory)
{
    auto heap = make();
    auto& live = heap.construct<vector<std::uint64_t>>("data", heap.allocator<std::uint64_t>());
    live.assign(100, 1);
    heap.construct<text>("text", "a text that is too long to lie in the string itself", heap.allocator<char>());
    auto const mapped = heap.snapshot().map();
    auto const* const then = mapped.find<vector<std::uint64_t>>("data");
    EXPECT_THROW((vector<std::uint64_t>(*then)), std::logic_error);
    EXPECT_THROW((text(*mapped.find<text>("text"))), std::logic_error);
    EXPECT_THROW((void)then->get_allocator().allocate(1), std::logic_error);
    EXPECT_THROW((void)then->get_allocator().allocate(100'000), std::logic_error); // no small object
    live.clear();
    live = *then; // but what is in the heap takes memory there
    EXPECT_EQ(live, *then);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(mappings, die_when_written_to)
{
    auto heap = make();
    heap.construct<int>("number", 7);
    auto const mapped = heap.snapshot().map();
    EXPECT_DEATH(*const_cast<int volatile*>(mapped.find<int>("number")) = 8, "");
    EXPECT_EQ(*mapped.find<int>("number"), 7);
}

} // namespace
} // namespace still_test
