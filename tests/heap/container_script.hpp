// SPDX-License-Identifier: BSL-1.0
//
// A container in a heap, under a random script with snapshots and rollbacks between the steps, beside a model of all
// its versions. Works for any container that takes an allocator.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <new>
#include <random>
#include <type_traits>
#include <vector>

#include "still/heap.hpp"
#include "use_up.hpp"

namespace still_test {

template <class Container>
concept associative = requires { typename Container::key_type; };
template <class Container>
concept with_values = associative<Container> && requires { typename Container::mapped_type; };
template <class Container>
concept with_back = requires(Container& of) { of.pop_back(); };

/// What a container holds, as plain numbers: in ascending order where it is associative, else in its own.
template <class Container>
[[nodiscard]] std::vector<int> numbers_of(Container const& seen)
{
    std::vector<int> numbers;
    for (auto const& element : seen) {
        if constexpr (with_values<Container>)
            numbers.push_back(static_cast<int>(element.first));
        else
            numbers.push_back(static_cast<int>(element));
    }
    if constexpr (associative<Container>)
        std::sort(numbers.begin(), numbers.end());
    return numbers;
}

/// Effect: one number goes in; the model follows when it is in.
template <class Container>
void put_in(Container& of, std::vector<int>& model, int number)
{
    if constexpr (associative<Container>) {
        auto const before = of.size();
        if constexpr (with_values<Container>)
            of.emplace(number, number);
        else
            of.emplace(static_cast<typename Container::value_type>(number));
        if (of.size() != before)
            model.insert(std::upper_bound(model.begin(), model.end(), number), number);
    } else if constexpr (with_back<Container>) {
        of.push_back(static_cast<typename Container::value_type>(number));
        model.push_back(number);
    } else {
        of.push_front(static_cast<typename Container::value_type>(number));
        model.insert(model.begin(), number);
    }
}

/// Effect: one number goes out, if it or any is there.
template <class Container>
void take_out(Container& of, std::vector<int>& model, int number)
{
    if constexpr (associative<Container>) {
        auto const range = std::equal_range(model.begin(), model.end(), number);
        of.erase(static_cast<typename Container::key_type>(number));
        model.erase(range.first, range.second);
    } else if (!model.empty()) {
        if constexpr (with_back<Container>) {
            of.pop_back();
            model.pop_back();
        } else {
            of.pop_front();
            model.erase(model.begin());
        }
    }
}

/// How a container is made in a heap: by `heap::allocator` or by `heap::memory_resource`.
template <class Container>
[[nodiscard]] Container& construct_in(still::heap& heap)
{
    if constexpr (std::constructible_from<typename Container::allocator_type, std::pmr::memory_resource*>)
        return heap.construct<Container>("data", typename Container::allocator_type(heap.memory_resource()));
    else
        return heap.construct<Container>("data", heap.allocator<typename Container::value_type>());
}

/// Effect: runs a script from this seed, in a heap with so many bytes left, if a number is given. Counts how often it
/// ran out of them.
template <class Container>
void run_container_script(std::uint_fast32_t seed, std::size_t bytes_left, int& failures)
{
    auto const may_run_out = bytes_left > 0;
    std::mt19937 random(seed);
    auto const below = [&](std::uint_fast32_t end) { return static_cast<int>(random() % end); };
    still::heap heap{ { .capacity = std::size_t{ 1 } << (may_run_out ? 17U : 26U) } };
    auto& live = construct_in<Container>(heap);
    if (may_run_out)
        use_up(heap, bytes_left);
    auto const numbers = may_run_out ? 10'000U : 100U;
    std::vector<int> model;
    struct version {
        still::snapshot cut;
        std::vector<int> model;
    };
    std::vector<version> versions;
    versions.push_back({ heap.snapshot(), model });
    for (int step = 0; step < 800; ++step) {
        auto const what = below(100);
        if (what < 2) {
            versions.push_back({ heap.snapshot(), model });
        } else if (what < 4 && !may_run_out) {
            auto const& back = versions[random() % versions.size()];
            heap.restore(back.cut);
            model = back.model;
            ASSERT_EQ(numbers_of(live), model);
            ASSERT_TRUE(heap.validate()) << heap.validate();
        } else if (what < (may_run_out ? 95 : 70)) {
            try {
                auto const guard = heap.mutate();
                put_in(live, model, below(numbers));
            } catch (std::bad_alloc const&) {
                ASSERT_TRUE(may_run_out);
                ++failures;
                ASSERT_EQ(numbers_of(live), model); // nothing is half in, and nothing is lost
                ASSERT_TRUE(heap.validate()) << heap.validate();
                heap.restore(versions.back().cut);
                model = versions.back().model;
            }
        } else {
            auto const guard = heap.mutate();
            take_out(live, model, below(numbers));
        }
    }
    ASSERT_EQ(numbers_of(live), model);
    for (auto const& [cut, then] : versions) {
        if constexpr (still::relocatable_v<Container>) {
            auto const mapped = cut.map();
            auto const* const seen = mapped.template find<Container>("data");
            ASSERT_NE(seen, nullptr);
            ASSERT_EQ(numbers_of(*seen), then);
        }
        heap.restore(cut);
        ASSERT_EQ(numbers_of(live), then);
        ASSERT_TRUE(heap.validate()) << heap.validate();
    }
    EXPECT_TRUE(heap.destroy<Container>("data"));
    ASSERT_TRUE(heap.validate()) << heap.validate();
}

template <class Container>
class heap_containers : public ::testing::Test { };
TYPED_TEST_SUITE_P(heap_containers);

TYPED_TEST_P(heap_containers, agree_with_a_model_across_snapshots_and_rollbacks)
{
    auto failures = 0;
    for (std::uint_fast32_t seed = 1; seed <= 2; ++seed)
        run_container_script<TypeParam>(seed, 0, failures);
    EXPECT_EQ(failures, 0);
}

TYPED_TEST_P(heap_containers, are_whole_where_the_heap_is_used_up)
{
    auto failures = 0;
    for (std::uint_fast32_t seed = 1; seed <= 2; ++seed)
        run_container_script<TypeParam>(seed, 300 * seed, failures);
    EXPECT_GT(failures, 1);
}

REGISTER_TYPED_TEST_SUITE_P(
    heap_containers, agree_with_a_model_across_snapshots_and_rollbacks, are_whole_where_the_heap_is_used_up);

} // namespace still_test
