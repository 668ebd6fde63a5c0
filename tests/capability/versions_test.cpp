// SPDX-License-Identifier: BSL-1.0
//
// Still's own versions under a lease: shown through views that share nothing, read while the writer goes
// on, and paid for by the bank they were built from.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "probe.hpp"
#include "still/heap.hpp"
#include "still/vector.hpp"

namespace {

using namespace still_test;

template <class T>
using view_of = typename still::grantable<T>::view;

// Which versions can be granted.
static_assert(still::can_be_granted<still::set<int>>);
static_assert(still::can_be_granted<still::set<int, std::less<>, still::charged_policy>>);
static_assert(still::can_be_granted<still::map<std::pmr::string, int, std::less<>, still::charged_policy>>);
static_assert(still::can_be_granted<still::page_table<int>>);
static_assert(still::can_be_granted<still::vector<int>>);
static_assert(still::can_be_granted<still::vector<std::pmr::string, still::charged_policy>>);
static_assert(still::can_be_granted<still::segment>);
static_assert(still::can_be_granted<still::snapshot>);
static_assert(still::can_be_granted<still::mapping>);
// Not those whose counts stay on one thread, nor those with elements that share when a reader copies them.
static_assert(!still::can_be_granted<still::set<int, std::less<>, still::local_policy>>);
static_assert(!still::can_be_granted<still::page_table<int, still::local_policy>>);
static_assert(!still::can_be_granted<still::vector<int, still::local_policy>>);
static_assert(!still::can_be_granted<still::vector<int*>>);
static_assert(!still::can_be_granted<still::map<int, still::set<int>>>);
static_assert(!still::can_be_granted<still::map<int, std::shared_ptr<int>>>);
static_assert(!still::can_be_granted<still::map<int, still::capability<still::set<int>>>>);
static_assert(!still::can_be_granted<still::page_table<still::frame>>);

// Elements are shown because somebody said that they may be.
template <class Element>
using charged = still::map<int, Element, std::less<>, still::charged_policy>;
template <class Element>
using uncharged = still::map<int, Element>;
template <class Element>
concept shown = still::can_be_granted<charged<Element>> && still::can_be_granted<uncharged<Element>>;
template <class Element>
concept shown_charged = still::can_be_granted<charged<Element>> && !still::can_be_granted<uncharged<Element>>;
template <class Element>
concept shown_uncharged = !still::can_be_granted<charged<Element>> && still::can_be_granted<uncharged<Element>>;
template <class Element>
concept refused = !still::can_be_granted<charged<Element>> && !still::can_be_granted<uncharged<Element>>;
enum class colour : unsigned char { red };
struct nobody_said {
    int number;
};
struct somebody_said {
    int number;
};
} // namespace

template <>
inline constexpr bool still::may_be_shown<somebody_said> = true;

namespace {
static_assert(shown<int> && shown<double> && shown<bool> && shown<colour> && shown<std::byte>);
static_assert(shown<std::array<int, 3>> && shown<std::pair<int, colour>> && shown<std::optional<double>>);
static_assert(shown<std::pair<std::optional<int>, std::array<std::pair<char, bool>, 2>>>);
static_assert(shown<somebody_said> && shown<std::optional<somebody_said>>);
static_assert(shown<probe>); // which is granted by reference
static_assert(shown_charged<std::pmr::string> && shown_charged<std::pmr::u16string>);
static_assert(shown_charged<std::pmr::vector<int>> && shown_charged<std::pmr::vector<std::pmr::string>>);
static_assert(shown_charged<std::pair<std::pmr::string, int>>);
static_assert(shown_uncharged<std::string> && shown_uncharged<std::pair<int, std::string>>);
static_assert(refused<int*> && refused<int const*> && refused<void (*)()> && refused<std::string_view>);
static_assert(refused<std::shared_ptr<int>> && refused<std::weak_ptr<int>> && refused<std::function<void()>>);
static_assert(refused<still::set<int>> && refused<still::segment> && refused<still::snapshot>);
static_assert(refused<still::capability<probe>> && refused<still::bank> && refused<still::frame>);
static_assert(refused<nobody_said> && refused<std::vector<int>> && refused<std::pmr::vector<int*>>);
static_assert(refused<std::array<int*, 2>> && refused<std::pair<int, int*>> && refused<std::optional<int*>>);
static_assert(refused<std::array<std::pmr::string, 2>> && refused<std::optional<std::pmr::string>>);
static_assert(refused<std::pmr::vector<std::array<std::pmr::string, 1>>>);
static_assert(still::can_be_granted<still::page_table<std::pmr::string, still::charged_policy>>);
static_assert(!still::can_be_granted<still::set<int*>> && !still::can_be_granted<still::page_table<int*>>);

// A view gives back no version, however it is asked.
template <class T>
concept leads_back = std::is_convertible_v<view_of<T>, T> || std::is_constructible_v<T, view_of<T>>;
static_assert(!leads_back<still::set<int>>);
static_assert(!leads_back<still::map<int, int>>);
static_assert(!leads_back<still::page_table<int>>);
static_assert(!leads_back<still::vector<int>>);
static_assert(!leads_back<still::segment>);
static_assert(!leads_back<still::snapshot>);
static_assert(!leads_back<still::mapping>);

// Operations that make a version, share its nodes or its frames: no view has them.
template <class View>
concept makes_versions
    = requires(View view) { view.insert(1); } || requires(View view) { view.insert(std::pair(1, 1)); }
    || requires(View view) { view.erase(1); } || requires(View view) { view.insert_or_assign(1, 1); }
    || requires(View view) { view.assign(1, 1); } || requires(View view) { view.split(1); }
    || requires(View view) { set_union(view, view); } || requires(View view) { set_difference(view, view); }
    || requires(View view) { set_intersection(view, view); } || requires(View view) { view.pages(); }
    || requires(View view) { view.map(); } || requires(View view) { view.snapshot(); }
    || requires(View view) { view.heap(); } || requires(View view) { view.root(); }
    || requires(View view) { view.push_back(1); } || requires(View view) { view.take(1); };
static_assert(makes_versions<still::set<int>> && makes_versions<still::page_table<int>>); // it can tell
static_assert(makes_versions<still::vector<int>>);
static_assert(makes_versions<still::segment> && makes_versions<still::snapshot>);
static_assert(!makes_versions<view_of<still::set<int>>>);
static_assert(!makes_versions<view_of<still::map<int, int>>>);
static_assert(!makes_versions<view_of<still::page_table<int>>>);
static_assert(!makes_versions<view_of<still::vector<int>>>);
static_assert(!makes_versions<view_of<still::segment>>);
static_assert(!makes_versions<view_of<still::snapshot>>);
static_assert(!makes_versions<view_of<still::mapping>>);

// Views are small values, and iterators own nothing.
static_assert(std::is_trivially_copyable_v<view_of<still::segment>>);
static_assert(std::is_trivially_copyable_v<view_of<still::page_table<int>>>);
static_assert(std::is_trivially_copyable_v<view_of<still::vector<int>>>);

class granted_versions : public capability_test { };

TEST_F(granted_versions, a_set_is_read_while_its_writer_goes_on)
{
    using numbers = still::set<int, std::less<>, still::charged_policy>;
    {
        numbers moving(still::charged_heap{ bank });
        for (int i = 0; i < 2'000; ++i)
            moving = std::move(moving).insert(i * 2);
        auto const mine = still::grant(moving, bank);
        std::atomic<bool> reading{ false };
        std::atomic<bool> wrote{ false };
        std::thread reader([&, capability = mine.capability()] {
            auto const lease = capability.open();
            ASSERT_TRUE(lease);
            auto const seen = **lease;
            do {
                reading = true;
                ASSERT_EQ(seen.size(), 2'000U);
                int expected = 0;
                for (int const number : seen) {
                    ASSERT_EQ(number, expected);
                    expected += 2;
                }
                ASSERT_FALSE(seen.contains(1));
            } while (!wrote);
        });
        while (!reading)
            std::this_thread::yield();
        for (int i = 0; i < 2'000; ++i) {
            moving = std::move(moving).insert((i * 2) + 1);
            moving = std::move(moving).erase(i * 2);
        }
        wrote = true;
        reader.join();
        EXPECT_EQ(moving.size(), 2'000U);
    }
    EXPECT_EQ(bank.usage(), 0U);
}

TEST_F(granted_versions, a_map_with_charged_keys_gives_all_its_bytes_back)
{
    using words = still::map<std::pmr::string, int, std::less<>, still::charged_policy>;
    auto const word = [](int number) { return "a word long enough to need storage " + std::to_string(number); };
    {
        words counts(still::charged_heap{ bank });
        for (int i = 0; i < 200; ++i)
            counts = std::move(counts).insert_or_assign(std::string_view(word(i)), i);
        auto mine = still::grant(std::move(counts), bank);
        counts = words();
        auto const capability = mine.capability();
        auto const held = bank.usage();
        {
            auto const lease = capability.open();
            ASSERT_TRUE(lease);
            EXPECT_EQ((*lease)->at(std::string_view(word(7))), 7);
            mine.revoke();
            EXPECT_EQ(bank.usage(), held - still::slots::slot_bytes);
            EXPECT_EQ((*lease)->at(std::string_view(word(199))), 199);
        }
    }
    EXPECT_EQ(bank.usage(), 0U);
}

// What may be shown because the container's bank pays for its storage: it does, whatever memory the element
// was handed over in.
TEST_F(granted_versions, storage_of_charged_elements_is_charged)
{
    constexpr std::size_t length = 10'000;
    std::pmr::string const text(length, 'x');
    std::pmr::vector<std::pmr::string> const texts(3, text);
    still::charged_heap const heap{ bank };
    auto const charged_more = [this](std::size_t least, auto const& make) {
        auto const before = bank.usage();
        auto const version = make();
        EXPECT_GT(bank.usage(), before + least);
    };
    charged_more(length, [&] { return charged<std::pmr::string>(heap).insert_or_assign(1, text); });
    charged_more(length, [&] { return charged<std::pmr::string>(heap).insert_or_assign(1, std::pmr::string(text)); });
    charged_more(3 * length, [&] {
        using words = charged<std::pmr::vector<std::pmr::string>>;
        return words(heap).insert_or_assign(1, std::pmr::vector<std::pmr::string>(texts));
    });
    charged_more(length, [&] {
        return charged<std::pair<std::pmr::string, int>>(heap).insert_or_assign(
            1, std::pair(std::pmr::string(text), 1));
    });
    charged_more(length, [&] {
        using pairs = still::set<std::pair<int, std::pmr::string>, std::less<>, still::charged_policy>;
        return pairs(heap).insert(std::pair(1, std::pmr::string(text)));
    });
    charged_more(length, [&] {
        using table = still::page_table<std::pmr::string, still::charged_policy>;
        return table(heap).assign(1, std::pmr::string(text)).assign(2, text);
    });
}

TEST_F(granted_versions, a_page_table_is_read_through_its_view)
{
    auto const before = still::page_table<int>().assign(3, 30).assign(900, 9);
    auto const after = before.assign(3, 31);
    auto const first = still::grant(before, bank);
    auto const second = still::grant(after, bank);
    auto const one = first.capability().open();
    auto const other = second.capability().open();
    EXPECT_EQ((*one)->size(), 2U);
    EXPECT_EQ((*one)->at(3), 30);
    EXPECT_EQ(*(*other)->find(900), 9);
    EXPECT_EQ((*one)->find(4), nullptr);
    EXPECT_EQ((*one)->lower_bound(4)->index, 900U);
    EXPECT_EQ((*one)->nth(1)->index, 900U);
    EXPECT_EQ((*one)->rank(900), 1U);
    EXPECT_EQ((*one)->runs().begin()->count, 1U);
    EXPECT_EQ((*one)->runs(4).begin()->first, 900U);
    EXPECT_FALSE((*one)->same_root(**other));
    EXPECT_NE(**one, **other);
    std::vector<still::page_index> changed;
    for (auto const& [index, count, change] : diff(**one, **other))
        changed.push_back(index);
    EXPECT_EQ(changed, std::vector<still::page_index>{ 3 });
    EXPECT_EQ(std::distance((*one)->begin(), (*one)->end()), 2);
}

TEST_F(granted_versions, a_vector_is_read_through_its_view)
{
    using numbers = still::vector<int, still::charged_policy>;
    {
        auto const before = numbers({ 1, 2, 3 }, bank);
        auto const after = before.assign(1, 20).push_back(4);
        auto const first = still::grant(before, bank);
        auto const second = still::grant(after, bank);
        auto const one = first.capability().open();
        auto const other = second.capability().open();
        EXPECT_EQ((*one)->size(), 3U);
        EXPECT_EQ((**one)[1], 2);
        EXPECT_EQ((*other)->at(1), 20);
        EXPECT_NE(**one, **other);
        std::vector<std::size_t> changed;
        for (auto const& [index, change] : diff(**one, **other))
            changed.push_back(index);
        EXPECT_EQ(changed, (std::vector<std::size_t>{ 1, 3 }));
        EXPECT_EQ(std::distance((*one)->begin(), (*one)->end()), 3);
    }
}

TEST_F(granted_versions, a_heaps_snapshots_are_read_while_it_moves_on)
{
    still::heap heap({ .capacity = 1U << 24U });
    auto& value = heap.construct<std::uint64_t>("value", std::uint64_t{ 1 });
    auto const before = heap.snapshot();
    {
        auto const guard = heap.mutate();
        value = 2;
    }
    auto const after = heap.snapshot();
    auto const first = still::grant(before, bank);
    auto second = still::grant(after, bank);
    std::thread([one = first.capability(), other = second.capability()] {
        auto const old_lease = one.open();
        auto const new_lease = other.open();
        ASSERT_TRUE(old_lease && new_lease);
        auto const seen = **old_lease;
        EXPECT_GT(seen.size(), 0U);
        EXPECT_LT(seen.number(), (*new_lease)->number());
        EXPECT_FALSE(diff(seen, **new_lease).empty());
        EXPECT_NE(seen, **new_lease);
        // The whole, page by page without a copy, is the same as read into a buffer.
        std::vector<std::byte> copied(seen.size());
        seen.read(0, copied);
        std::uint64_t offset = 0;
        while (offset < seen.size()) {
            auto const page = seen.page_bytes_at(offset);
            ASSERT_TRUE(std::ranges::equal(page, std::span(copied).subspan(offset, page.size())));
            offset += page.size();
        }
        EXPECT_EQ(offset, seen.size());
        EXPECT_THROW(static_cast<void>(seen.page_bytes_at(seen.size())), std::out_of_range);
    }).join();
    second.revoke();
    EXPECT_FALSE(second.capability().open());
    EXPECT_TRUE(first.capability().open());
}

TEST_F(granted_versions, a_mapping_shows_named_objects)
{
    still::heap heap({ .capacity = 1U << 24U });
    auto& value = heap.construct<std::uint64_t>("value", std::uint64_t{ 41 });
    auto const mine = still::grant(heap.snapshot().map(), bank);
    {
        auto const guard = heap.mutate();
        value = 42;
    }
    auto const lease = mine.capability().open();
    ASSERT_TRUE(lease);
    auto const* const seen = (*lease)->find<std::uint64_t>("value");
    ASSERT_NE(seen, nullptr);
    EXPECT_EQ(*seen, 41U);
    EXPECT_EQ((*lease)->find<std::uint64_t>("no such name"), nullptr);
    EXPECT_GT((*lease)->bytes().size(), 0U);
}

// A type of one's own, with storage from the bank.
struct settings {
    std::pmr::vector<int> values;
};

} // namespace

template <>
struct still::grantable<settings> : still::shown_by_reference<settings> { };

namespace {

TEST_F(granted_versions, a_users_own_type_is_granted_by_a_line)
{
    still::capability<settings> capability;
    {
        settings mine{ std::pmr::vector<int>(100, 5, bank.memory_resource()) };
        auto const granted = still::grant(std::move(mine), bank);
        capability = granted.capability();
        auto const lease = capability.open();
        ASSERT_TRUE(lease);
        EXPECT_EQ((*lease)->values.size(), 100U);
        EXPECT_GT(bank.usage(), 100 * sizeof(int));
    }
    EXPECT_EQ(capability.open().error(), still::capability_error::revoked);
    EXPECT_EQ(bank.usage(), 0U);
}

} // namespace
