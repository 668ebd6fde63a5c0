// SPDX-License-Identifier: BSL-1.0
//
// Batches, builds, filters and releases on several threads give what they give on one.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <random>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "executors.hpp"
#include "operands.hpp"

namespace {

using namespace still_test;

using shaped_set = still::set<int, std::less<>, tiny_policy>;
using shaped_map = still::map<int, int, std::less<>, tiny_policy>;

template <class Container>
using element_of = std::conditional_t<is_map<Container>, std::pair<int, int>, int>;

/// Up to 150 elements in any order, some of them twice; in order now and then.
template <class Container>
std::vector<element_of<Container>> any_batch(std::mt19937& random)
{
    std::vector<element_of<Container>> batch;
    auto const most = 1 + random() % 300;
    for (auto wanted = random() % 150; wanted > 0; --wanted) {
        auto const key = static_cast<int>(random() % most);
        if constexpr (is_map<Container>)
            batch.emplace_back(key, any_value<Container>(random));
        else
            batch.push_back(key);
    }
    if (random() % 4 == 0)
        std::ranges::sort(batch);
    return batch;
}

template <class Container, class Executor, class Check>
void for_any_operand(unsigned cases, Check check)
{
    live_count const seen;
    auto const forks_before = invocations.events();
    Executor on;
    auto const seed = std::random_device()();
    for (unsigned number = 0; number < cases && !::testing::Test::HasFailure(); ++number) {
        std::mt19937 random(seed + number);
        auto const operand = any_operand<Container>(random, 150);
        parallel<Container, Executor> const apart{ { on, 1 + random() % 12, random() % 8 } };
        check(apart, operand.version, random);
        EXPECT_TRUE(same_elements(operand.version, operand.model)) << "the operand changed";
        if (::testing::Test::HasFailure())
            ADD_FAILURE() << "seed " << seed + number;
    }
    EXPECT_GT(invocations.events() - forks_before, cases) << "trees were parted";
    EXPECT_TRUE(seen.balanced());
}

template <class Container>
void expect_same(Container const& made, Container const& wanted, Container const& before)
{
    EXPECT_EQ(made, wanted);
    EXPECT_TRUE(validate(made)) << validate(made);
    EXPECT_EQ(made.same_root(before), wanted.same_root(before)) << "no change gives the same root";
}

template <class Container, class Executor>
void batches_agree(unsigned cases)
{
    for_any_operand<Container, Executor>(cases, [](auto const& apart, auto const& version, auto& random) {
        auto const batch = any_batch<Container>(random);
        expect_same(apart.insert_range(version, batch), version.insert_range(batch), version);
        std::vector<int> keys;
        for (auto const& element : batch) {
            if constexpr (is_map<Container>)
                keys.push_back(element.first);
            else
                keys.push_back(element);
        }
        expect_same(apart.erase_keys(version, keys), version.erase_keys(keys), version);
        std::vector<long> const numbers(keys.begin(), keys.end()); // of another type
        expect_same(apart.erase_keys(version, numbers), version.erase_keys(numbers), version);
        expect_same(apart.insert_range(version, version), version, version);
    });
}
TEST(parallel_batches, of_sets)
{
    batches_agree<shaped_set, first_then_second>(300);
    batches_agree<shaped_set, second_then_first>(100);
}
TEST(parallel_batches, of_sets_on_threads)
{
    batches_agree<shaped_set, thread_executor>(40);
}
TEST(parallel_batches, of_maps)
{
    batches_agree<shaped_map, second_then_first>(300);
}
TEST(parallel_batches, of_maps_on_threads)
{
    batches_agree<shaped_map, thread_executor>(40);
}

TEST(parallel_batches, of_elements_that_are_sorted_by_their_addresses)
{
    using wide = std::pair<std::string, std::string>; // larger than what is moved about
    using container = still::set<wide, std::less<>, tiny_policy>;
    std::vector<wide> batch;
    std::mt19937 random(11);
    for (int count = 0; count < 300; ++count)
        batch.emplace_back(std::to_string(random() % 200), std::string(30, 'x'));
    first_then_second on;
    parallel<container, first_then_second> const apart{ { on, 7, 4 } };
    auto const half = container().insert_range(std::span(batch).first(150));
    EXPECT_EQ(apart.insert_range(half, batch), half.insert_range(batch));
    EXPECT_TRUE(apart.erase_keys(half, batch).empty());
}

template <class Container, class Executor>
void builds_agree(unsigned cases)
{
    for_any_operand<Container, Executor>(cases, [](auto const& apart, auto const& version, auto&) {
        std::vector<element_of<Container>> const elements(version.begin(), version.end());
        auto const made = apart.from_sorted(elements);
        auto const wanted = Container::from_sorted(elements);
        EXPECT_EQ(made, wanted);
        EXPECT_TRUE(validate(made)) << validate(made);
        EXPECT_EQ(made.footprint().alone_bytes, wanted.footprint().alone_bytes) << "packed as densely";
    });
}
TEST(parallel_build, of_sets)
{
    builds_agree<shaped_set, second_then_first>(200);
}
TEST(parallel_build, of_maps_on_threads)
{
    builds_agree<shaped_map, thread_executor>(40);
}

TEST(parallel_build, what_does_not_ascend_is_refused_wherever_it_is)
{
    live_count const seen;
    {
        first_then_second on;
        parallel<shaped_set, first_then_second> const apart{ { on, 16, 0 } };
        std::vector<int> elements(200);
        for (std::size_t index = 0; index < elements.size(); ++index)
            elements[index] = static_cast<int>(index) * 2;
        for (std::size_t index = 1; index < elements.size(); ++index) {
            auto const before = std::exchange(elements[index], elements[index - 1]);
            EXPECT_THROW(static_cast<void>(apart.from_sorted(elements)), std::invalid_argument) << index;
            elements[index] = before;
        }
        EXPECT_EQ(apart.from_sorted(elements).size(), 200u);
    }
    EXPECT_TRUE(seen.balanced());
}

TEST(parallel_build, elements_that_cannot_be_copied_are_moved)
{
    using container = still::set<std::unique_ptr<int>, std::less<>, tiny_policy>;
    std::vector<std::unique_ptr<int>> elements(100);
    std::ranges::generate(elements, [] { return std::make_unique<int>(1); });
    std::ranges::sort(elements);
    thread_executor on;
    parallel<container, thread_executor> const apart{ { on, 10, 0 } };
    auto const made = apart.from_sorted(
        std::ranges::subrange(std::make_move_iterator(elements.begin()), std::make_move_iterator(elements.end())));
    EXPECT_EQ(made.size(), 100u);
    EXPECT_TRUE(std::ranges::all_of(elements, [](auto const& left) { return left == nullptr; }));
}

TEST(parallel_build, what_a_program_calls_moves_as_well)
{
    using container = still::map<int, std::unique_ptr<int>>;
    std::vector<std::pair<int, std::unique_ptr<int>>> elements;
    for (int key = 0; key < 40'000; ++key)
        elements.emplace_back(key, std::make_unique<int>(-key));
    thread_executor on;
    auto const made = still::from_sorted<container>(
        on, std::ranges::subrange(std::make_move_iterator(elements.begin()), std::make_move_iterator(elements.end())));
    EXPECT_EQ(made.size(), 40'000u);
    EXPECT_EQ(*made.at(39'999), -39'999);
    EXPECT_TRUE(std::ranges::all_of(elements, [](auto const& left) { return left.second == nullptr; }));
}

template <class Container, class Executor>
void filters_agree(unsigned cases)
{
    for_any_operand<Container, Executor>(cases, [](auto const& apart, auto const& version, auto& random) {
        auto const seed = static_cast<unsigned>(random());
        auto const stays = [seed](int key) { return (static_cast<unsigned>(key) * 2654435761u ^ seed) % 3 != 0; };
        std::atomic<std::size_t> calls{ 0 };
        auto const made = apart.filter(version, [&](auto at) {
            ++calls;
            return stays(*at.key());
        });
        EXPECT_EQ(calls, version.size()) << "one call an element";
        expect_same(made, version.filter([&](auto const& key, auto const&...) { return stays(key); }), version);
        expect_same(apart.filter(version, [](auto) { return true; }), version, version);
        EXPECT_TRUE(apart.filter(version, [](auto) { return false; }).empty());
    });
}
TEST(parallel_filter, of_sets)
{
    filters_agree<shaped_set, second_then_first>(200);
}
TEST(parallel_filter, of_sets_on_threads)
{
    filters_agree<shaped_set, thread_executor>(40);
}
TEST(parallel_filter, of_maps)
{
    filters_agree<shaped_map, first_then_second>(200);
}

template <class Container, class Executor>
void releases(unsigned cases)
{
    for_any_operand<Container, Executor>(cases, [](auto const& apart, auto const& version, auto& random) {
        live_count const before;
        // A tree of its own, one that shares most, and one that others have altogether.
        std::vector<element_of<Container>> const elements(version.begin(), version.end());
        auto alone = Container::from_sorted(elements);
        auto derived = version.erase_keys(std::vector<int>{ static_cast<int>(random() % 150), 3 });
        auto shared = version;
        apart.release(std::move(alone));
        EXPECT_EQ(before.blocks(), static_cast<std::int64_t>(nodes_beside(derived, version)))
            << "what others have stays";
        apart.release(std::move(derived));
        apart.release(std::move(shared));
        EXPECT_TRUE(before.balanced());
        EXPECT_TRUE(alone.empty() && derived.empty() && shared.empty());
    });
}
TEST(parallel_release, of_sets)
{
    releases<shaped_set, second_then_first>(200);
}
TEST(parallel_release, of_maps_on_threads)
{
    releases<shaped_map, thread_executor>(60);
}

TEST(parallel_release, an_executor_that_fails_leaves_nothing_behind)
{
    auto const fails_at_each = [](auto on) {
        live_count const seen;
        using executor = decltype(on);
        std::vector<int> elements(200);
        for (std::size_t index = 0; index < elements.size(); ++index)
            elements[index] = static_cast<int>(index);
        auto const failures = at_each_fault(invocations, [&](std::int64_t n) {
            auto version = shaped_set::from_sorted(elements);
            auto thrown = false;
            try {
                parallel<shaped_set, executor>{ { on, 5, 0 } }.release(std::move(version));
            } catch (std::bad_alloc const&) {
                thrown = true;
            }
            EXPECT_TRUE(seen.balanced()) << n;
            EXPECT_TRUE(version.empty());
            EXPECT_TRUE(thrown || n > 10);
        });
        EXPECT_GT(failures, 10);
    };
    fails_at_each(failing_executor<false>());
    fails_at_each(failing_executor<true>());
}

TEST(parallel_parts, public_functions_agree_on_large_versions)
{
    thread_executor on;
    std::mt19937 random(5);
    std::vector<std::pair<int, int>> entries(100'000);
    for (auto& [key, value] : entries) {
        key = static_cast<int>(random() % 1'000'000);
        value = static_cast<int>(random() % 10);
    }
    using map = still::map<int, int>;
    auto const half = std::span(entries).first(60'000);
    auto const version = map().insert_range(half);
    auto const before = invocations.events();
    EXPECT_EQ(still::insert_range(on, version, entries), version.insert_range(entries));
    EXPECT_TRUE(still::insert_range(on, version, half).same_root(version));
    EXPECT_EQ(still::insert_range(on, map(), entries), map().insert_range(entries));
    auto const keys = std::views::keys(half.subspan(20'000));
    EXPECT_EQ(still::erase_keys(on, version, keys), version.erase_keys(keys));
    auto const is_odd = [](int, int value) { return value % 2 == 1; };
    EXPECT_EQ(still::filter(on, version, is_odd), version.filter(is_odd));
    auto const is_small = [](auto entry) { return entry.second < 5; };
    EXPECT_EQ(still::filter(on, version, is_small), version.filter(is_small));
    std::vector<std::pair<int, int>> const sorted(version.begin(), version.end());
    auto built = still::from_sorted<map>(on, sorted);
    EXPECT_EQ(built, version);
    EXPECT_GE(invocations.events() - before, 7u);
    auto const asked = invocations.events();
    still::release(on, std::move(built));
    EXPECT_TRUE(built.empty());
    EXPECT_GT(invocations.events(), asked);
    auto const alone = invocations.events();
    still::inline_executor const here;
    EXPECT_EQ(still::insert_range(here, version, entries), version.insert_range(entries));
    EXPECT_EQ(still::from_sorted<map>(here, sorted), version);
    still::release(here, map(version));
    EXPECT_EQ(invocations.events(), alone);
}

/// Orders what pointers point to, and finds fault with one that was moved from.
struct by_number {
    bool operator()(std::shared_ptr<int> const& one, std::shared_ptr<int> const& other) const
    {
        EXPECT_TRUE(one && other) << "compared after it was moved";
        return one && other && *one < *other;
    }
};

TEST(parallel_batches, a_long_run_in_the_middle_is_found_without_looking_at_the_other_part)
{
    std::vector<std::shared_ptr<int>> batch;
    for (int number = 0; number < 80'000; ++number)
        batch.push_back(std::make_shared<int>(std::min(number, 40'000)));
    using set = still::set<std::shared_ptr<int>, by_number>;
    EXPECT_EQ(still::insert_range(first_then_second(), set(), batch).size(), 40'001U);
    EXPECT_EQ(still::insert_range(second_then_first(), set(), batch).size(), 40'001U);
}

} // namespace
