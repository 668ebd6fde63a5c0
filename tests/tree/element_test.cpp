// SPDX-License-Identifier: BSL-1.0
//
// Element types, comparators, policies: that every member compiles and works for them, and that what
// would be misuse does not compile.

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <functional>
#include <map>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "live_count.hpp"
#include "still/bank.hpp"
#include "still/map.hpp"
#include "still/set.hpp"
#include "tree_shapes.hpp"

// Every member compiles.
template class still::set<int>;
template class still::set<std::string>;
template class still::set<int, std::greater<>, still::local_policy>;
template class still::set<int, std::less<>, still::offset_policy>;
template class still::map<int, std::string>;
template class still::map<std::string, int, std::less<std::string>>;
template class still::set_view<int>;
template class still::map_view<int, int>;

namespace {

using namespace still_test;
using numbers = still::set<int>;
using words = still::map<std::string, int>;

static_assert(std::regular<numbers> && std::regular<words>);
static_assert(std::is_nothrow_move_constructible_v<numbers> && std::is_nothrow_move_assignable_v<words>);
static_assert(std::ranges::bidirectional_range<numbers> && std::ranges::sized_range<numbers>);
static_assert(std::ranges::bidirectional_range<words> && std::ranges::sized_range<words>);
static_assert(sizeof(numbers) == sizeof(void*), "a version is one pointer");
static_assert(std::is_trivially_copyable_v<still::set_view<int>>, "a view touches no count");
static_assert(std::is_trivially_copyable_v<numbers::iterator>);

// A leaf of 63 eight-byte keys and a branch of 15 children fill their cache lines to the byte.
using wide = still::tree::schema<std::uint64_t, still::tree::no_value, still::default_policy>;
static_assert(wide::leaf_capacity == 63 && sizeof(still::tree::leaf<wide>) == 512);
using entries = still::tree::map_schema<std::uint64_t, std::uint64_t, std::less<>, still::default_policy>;
static_assert(entries::leaf_capacity == 47 && sizeof(still::tree::leaf<entries>) == 760);
static_assert(wide::branch_capacity == 15 && sizeof(still::tree::branch<wide>) == 256);
static_assert(sizeof(still::tree::middle_branch<wide>) <= 320, "a size class below that of 64-bit sizes");
static_assert(still::tree::node_bytes<wide>(2) == sizeof(still::tree::middle_branch<wide>)
    && still::tree::node_bytes<wide>(3) == sizeof(still::tree::high_branch<wide>));

// What a heap adds to a block takes room from the node, so that the two still fill the same lines.
using charged = still::tree::schema<std::uint64_t, still::tree::no_value, still::charged_policy>;
static_assert(still::block_overhead<wide::heap> == 0 && still::block_overhead<charged::heap> == sizeof(void*));
static_assert(sizeof(still::tree::leaf<charged>) + still::block_overhead<charged::heap> == 512);
static_assert(sizeof(still::tree::branch<charged>) + still::block_overhead<charged::heap> <= 256);
static_assert(sizeof(still::tree::middle_branch<charged>) + still::block_overhead<charged::heap> <= 320);

/// A heap that adds more to a block than a node may have bytes.
struct lavish_heap : still::standard_heap {
    static constexpr std::size_t block_overhead = 4096;
};
struct lavish_policy : still::default_policy {
    using heap = lavish_heap;
};
using lavish = still::tree::schema<std::uint64_t, std::uint64_t, lavish_policy>;
static_assert(lavish::leaf_capacity == 8 && lavish::branch_capacity == 14);

// Nothing that points into a version is taken from a temporary; views of living versions give it all.
template <class Set>
concept begins = requires(Set&& set) { std::forward<Set>(set).begin(); };
template <class Set>
concept finds = requires(Set&& set) { std::forward<Set>(set).find(1); };
template <class Set>
concept bounds = requires(Set&& set) { std::forward<Set>(set).lower_bound(1); };
template <class Set>
concept counts_off = requires(Set&& set) { std::forward<Set>(set).nth(1); };
template <class Set>
concept views = requires(Set&& set) { std::forward<Set>(set).view(); };
template <class Before, class After>
concept differs
    = requires(Before&& before, After&& after) { diff(std::forward<Before>(before), std::forward<After>(after)); };
static_assert(begins<numbers&> && finds<numbers&> && bounds<numbers&> && counts_off<numbers&> && views<numbers&>);
static_assert(!begins<numbers> && !finds<numbers> && !bounds<numbers> && !counts_off<numbers> && !views<numbers>);
static_assert(!begins<numbers const> && !finds<numbers const>);
static_assert(begins<still::set_view<int>> && finds<still::set_view<int>>);
static_assert(differs<numbers&, numbers&> && !differs<numbers, numbers&> && !differs<numbers&, numbers>);
static_assert(!differs<numbers, numbers> && differs<still::set_view<int>, still::set_view<int>>);

// A view has no way back to an owner, and none to a new version.
template <class View>
concept owns_or_makes = requires(View view) { view.insert(1); } || requires(View view) { view.erase(1); }
    || requires(View view) { view.split(1); } || requires(View view) { view.heap(); }
    || std::constructible_from<numbers, View> || requires(View view) { set_union(view, view); };
static_assert(!owns_or_makes<still::set_view<int>> && owns_or_makes<numbers>);

template <std::size_t Bytes>
struct alignas(Bytes < 64 ? 1 : 64) block {
    std::array<unsigned char, Bytes> bytes{};
    explicit block(int number)
    {
        for (std::size_t index = 0; index < Bytes && index < 4; ++index)
            bytes[index] = static_cast<unsigned char>(number >> (8 * (index < 3 ? index : 3)));
    }
    friend auto operator<=>(block const&, block const&) = default;
};

template <std::size_t Bytes>
void holds_blocks()
{
    live_count const seen;
    {
        still::set<block<Bytes>, std::less<>, test_policy> set;
        for (int number = 0; number < 200; ++number)
            set = std::move(set).insert(block<Bytes>((number * 37) % 200));
        EXPECT_EQ(set.size(), 200u);
        EXPECT_TRUE(validate(set)) << validate(set);
        for (int number = 0; number < 200; ++number)
            EXPECT_TRUE(set.contains(block<Bytes>(number)));
        for (auto const& element : set)
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&element) % alignof(block<Bytes>), 0u);
        auto const half = set.split(block<Bytes>(100)).below;
        EXPECT_EQ(set_difference(set, half).size() + half.size(), 200u);
    }
    EXPECT_TRUE(seen.balanced());
}

TEST(tree_elements, of_one_byte)
{
    holds_blocks<1>();
}
TEST(tree_elements, of_seven_bytes)
{
    holds_blocks<7>();
}
TEST(tree_elements, over_aligned)
{
    holds_blocks<64>();
}
TEST(tree_elements, of_four_kibibytes)
{
    holds_blocks<4096>();
}

/// The largest nodes there may be.
struct widest_policy : still::default_policy {
    static constexpr std::size_t leaf_capacity = 255;
    static constexpr std::size_t branch_capacity = 255;
};

TEST(tree_elements, the_largest_nodes_know_how_much_is_below_them)
{
    constexpr int count = 200'000; // full branches of level 1 below the root, 65 025 elements each
    auto const made = still::set<int, std::less<>, widest_policy>::from_sorted(std::views::iota(0, count));
    EXPECT_TRUE(validate(made)) << validate(made);
    EXPECT_EQ(made.size(), std::size_t{ count });
    for (int position : { 0, 65'024, 65'025, 131'071, count - 1 })
        EXPECT_EQ(*made.nth(static_cast<std::size_t>(position)), position);
}

TEST(tree_elements, strings_are_found_by_what_compares_with_them)
{
    words seen{ { "one", 1 }, { "two", 2 } };
    EXPECT_TRUE(seen.contains("one"));
    EXPECT_TRUE(seen.contains(std::string_view("two")));
    EXPECT_EQ(seen.insert(std::string_view("three"), 3).at("three"), 3);
    still::map<std::string, int, std::less<std::string>> converting{ { "one", 1 } };
    EXPECT_TRUE(converting.contains("one"));
    EXPECT_EQ(converting.insert("two", 2).size(), 2u);
    EXPECT_THROW(static_cast<void>(seen.at("four")), std::out_of_range);
    std::string key(100, 'k');
    auto const with = seen.insert(key, 1);
    EXPECT_EQ(key.size(), 100u) << "an lvalue key is copied, not moved from";
}

TEST(tree_elements, a_maps_iterators_step_back_with_std_prev)
{
    still::map<int, int> const seen{ { 1, 10 }, { 2, 20 }, { 3, 30 } };
    EXPECT_EQ(std::prev(seen.end())->first, 3);
    EXPECT_EQ((*std::prev(seen.end(), 2)).second, 20);
    EXPECT_EQ(std::ranges::prev(seen.end())->second, 30);
    EXPECT_EQ(std::distance(seen.begin(), seen.end()), 3);
}

TEST(tree_elements, numbers_of_other_types_are_looked_up_by_their_values)
{
    still::set<std::uint32_t> const small{ 0, 1, 2 };
    EXPECT_TRUE(small.contains(1));
    EXPECT_TRUE(small.contains(std::uint64_t{ 2 }));
    EXPECT_FALSE(small.contains(std::uint64_t{ 1 } << 32));
    EXPECT_FALSE(small.contains(-1));
    EXPECT_TRUE(small.erase(std::uint64_t{ 1 } << 32).same_root(small));
    EXPECT_EQ(small.rank(std::uint64_t{ 1 } << 40), 3u);
    EXPECT_EQ(small.rank(-5), 0u);
    still::set<int> const whole{ 2, 3 };
    EXPECT_FALSE(whole.contains(2.5));
    EXPECT_EQ(*whole.lower_bound(2.5), 3);
    still::set<int, std::greater<>> const falling{ 1, 5 };
    EXPECT_TRUE(falling.contains(5L));
    EXPECT_FALSE(falling.contains(1L << 40));
}

TEST(tree_elements, a_value_that_would_be_stored_as_it_is_changes_nothing)
{
    auto const fraction = still::map<int, float>{}.insert_or_assign(1, 0.1);
    EXPECT_TRUE(fraction.insert_or_assign(1, 0.1).same_root(fraction));
    auto const flag = still::map<int, bool>{}.insert_or_assign(1, 2);
    EXPECT_TRUE(flag.insert_or_assign(1, 2).same_root(flag));
    auto const number = still::map<int, int>{}.insert_or_assign(1, 2u);
    EXPECT_TRUE(number.insert_or_assign(1, 2u).same_root(number));
}

TEST(tree_elements, bools_come_in_batches)
{
    still::set<bool> seen{ true, false, true };
    EXPECT_EQ(seen.size(), 2u);
    std::vector<bool> const bits{ true, true };
    seen = seen.erase_keys(bits);
    EXPECT_EQ(seen, (still::set<bool>{ false }));
    EXPECT_TRUE(seen.insert_range(bits).contains(true));
    EXPECT_EQ((still::map<bool, bool>{ { true, false } }.at(true)), false);
}

TEST(tree_elements, entries_become_pairs_and_reverse_iterators_point)
{
    still::map<int, int> const seen{ { 1, 10 }, { 2, 20 } };
    EXPECT_EQ(seen.rbegin()->first, 2);
    std::map<int, int> const copied(seen.begin(), seen.end());
    EXPECT_EQ(copied.at(2), 20);
    std::vector const given{ 3, 1, 2 };
    still::set const deduced(given.begin(), given.end());
    EXPECT_EQ(deduced, (still::set<int>{ 1, 2, 3 }));
    still::set const descending(given.begin(), given.end(), std::greater<>());
    EXPECT_EQ(descending.front(), 3);
    EXPECT_EQ(*std::ranges::find(deduced.view(), 2), 2);
}

TEST(tree_elements, a_difference_is_read_once_however_often_it_is_begun)
{
    still::set<int> const before;
    still::set<int> const after{ 1, 2, 3 };
    auto changes = diff(before, after);
    ASSERT_FALSE(changes.begin() == changes.end());
    int seen = 0;
    for (auto const& change : changes)
        seen += *change.after;
    EXPECT_EQ(seen, 6);
}

/// Orders by distance from a centre it was made with.
struct around {
    int centre = 0;
    bool operator()(int one, int other) const { return std::abs(one - centre) < std::abs(other - centre); }
};

TEST(tree_elements, a_stateful_comparator_goes_with_its_versions)
{
    still::set<int, around> seen(around{ 10 });
    for (int number : { 0, 13, 10, 11 })
        seen = std::move(seen).insert(number);
    EXPECT_TRUE(std::ranges::equal(seen, std::array{ 10, 11, 13, 0 }));
    EXPECT_EQ(seen.erase(9).size(), 3u) << "9 is as far from 10 as 11 is";
    auto other = still::set<int, around>(around{ 100 });
    other = seen;
    EXPECT_EQ(other.key_comp().centre, 10);
}

TEST(tree_elements, input_that_is_not_sorted_is_refused)
{
    EXPECT_THROW(static_cast<void>(numbers::from_sorted(std::array{ 1, 3, 2 })), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(numbers::from_sorted(std::array{ 1, 1 })), std::invalid_argument);
    EXPECT_TRUE(numbers::from_sorted(std::array<int, 0>{}).empty());
    auto const thousand = numbers::from_sorted(std::views::iota(0, 1'000));
    EXPECT_TRUE(validate(thousand)) << validate(thousand);
    EXPECT_TRUE(std::ranges::equal(thousand, std::views::iota(0, 1'000)));
}

TEST(tree_elements, a_visitor_may_stop_early)
{
    auto const before = numbers::from_sorted(std::views::iota(0, 100));
    auto const after = before.erase(3).erase(50).insert(200);
    int seen = 0;
    EXPECT_FALSE(diff(before, after, [&](auto const&) { return ++seen < 2; }));
    EXPECT_EQ(seen, 2);
    EXPECT_TRUE(diff(before, after, [&](auto const&) { ++seen; }));
    EXPECT_EQ(seen, 5);
}

/// No operation needs a deep stack, whatever the size of the tree.
TEST(tree_elements, a_small_stack_suffices)
{
    auto const work = [](void*) -> void* {
        using tree = still::set<int, std::less<>, tiny_policy>;
        tree seen;
        for (int number = 0; number < 20'000; ++number)
            seen = std::move(seen).insert(number * 7919 % 20'000);
        auto const evens
            = tree::from_sorted(std::views::iota(0, 10'000) | std::views::transform([](int n) { return 2 * n; }));
        auto const odd = set_difference(seen, evens);
        bool const right = odd.size() == 10'000 && seen.split(777).below.size() == 777;
        return right ? const_cast<char*>("right") : nullptr;
    };
    pthread_attr_t attributes;
    ASSERT_EQ(pthread_attr_init(&attributes), 0);
    ASSERT_EQ(pthread_attr_setstacksize(&attributes, 64 * 1024), 0);
    pthread_t thread;
    ASSERT_EQ(pthread_create(&thread, &attributes, work, nullptr), 0);
    void* answer = nullptr;
    ASSERT_EQ(pthread_join(thread, &answer), 0);
    EXPECT_NE(answer, nullptr);
    pthread_attr_destroy(&attributes);
}

} // namespace
