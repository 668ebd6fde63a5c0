// SPDX-License-Identifier: BSL-1.0
//
// Elements of every kind: of one byte, large, over-aligned, strings, such as take an allocator, can't be copied, or
// hold vectors of themselves.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "still/bank.hpp"
#include "still/core/charged_heap.hpp"
#include "still/vector.hpp"
#include "vector_model.hpp"

namespace {

using namespace still_test;

class vector_elements : public live_count_test { };

/// Effect: grows a vector of an element type, edits it, and compares it with its model.
template <class T, class Make>
void exercise(std::size_t size, Make make)
{
    using values = still::vector<T, test_policy>;
    values seen;
    std::vector<T> model;
    for (std::size_t i = 0; i < size; ++i) {
        seen = std::move(seen).push_back(make(i));
        model.push_back(make(i));
    }
    auto const before = seen;
    for (std::size_t i = 0; i < size; i += 7) {
        seen = i % 2 == 0 ? std::move(seen).assign(i, make(i + 1)) : seen.assign(i, make(i + 1));
        model[i] = make(i + 1);
    }
    ASSERT_TRUE(validate(seen)) << validate(seen);
    EXPECT_TRUE(std::equal(seen.begin(), seen.end(), model.begin(), model.end()));
    for (std::size_t i = 0; i < size; ++i) {
        ASSERT_EQ(seen[i], model[i]);
        ASSERT_EQ(before[i], make(i));
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(&seen[i]) % alignof(T), 0U);
    }
    EXPECT_EQ(seen.take(size / 2), values(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(size / 2)));
}

TEST_F(vector_elements, of_one_byte)
{
    exercise<unsigned char>(3'000, [](std::size_t i) { return static_cast<unsigned char>(i); });
    exercise<bool>(3'000, [](std::size_t i) { return i % 3 == 0; });
}

TEST_F(vector_elements, numbers_and_strings)
{
    exercise<std::uint64_t>(3'000, [](std::size_t i) { return i * i; });
    exercise<std::string>(1'000, [](std::size_t i) { return std::string(i % 40, 'x') + std::to_string(i); });
}

TEST_F(vector_elements, larger_than_a_chunk)
{
    using large = std::array<int, 1'500>;
    static_assert(still::sequence::schema<large, test_policy>::chunk_capacity == 1);
    exercise<large>(100, [](std::size_t i) {
        large made{};
        made.fill(static_cast<int>(i));
        return made;
    });
}

struct alignas(64) aligned {
    std::uint32_t value = 0;
    friend bool operator==(aligned const&, aligned const&) = default;
};

TEST_F(vector_elements, with_large_alignment)
{
    exercise<aligned>(300, [](std::size_t i) { return aligned{ static_cast<std::uint32_t>(i) }; });
}

TEST_F(vector_elements, that_cannot_be_copied_make_a_vector_that_moves_only)
{
    using owners = still::vector<std::unique_ptr<int>, tiny_policy>;
    static_assert(!std::is_copy_constructible_v<owners> && !std::is_copy_assignable_v<owners>);
    static_assert(std::is_nothrow_move_constructible_v<owners> && std::is_nothrow_move_assignable_v<owners>);
    owners made;
    for (int i = 0; i < 100; ++i)
        made = std::move(made).push_back(std::make_unique<int>(i));
    made = std::move(made).emplace_back(new int(100));
    made = std::move(made).assign(7, std::make_unique<int>(70)).update(8, [](std::unique_ptr<int> const& held) {
        return std::make_unique<int>(*held * 10);
    });
    made = std::move(made).alter(9, [](std::unique_ptr<int>&& held) {
        *held *= 10;
        return std::move(held);
    });
    std::vector<std::unique_ptr<int>> more;
    for (int i = 101; i < 130; ++i)
        more.push_back(std::make_unique<int>(i));
    made = std::move(made).append_range(
        std::ranges::subrange(std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())));
    EXPECT_TRUE(validate(made)) << validate(made);
    EXPECT_EQ(made.size(), 130U);
    for (std::size_t i = 0; i < made.size(); ++i)
        EXPECT_EQ(*made[i], static_cast<int>(7 <= i && i <= 9 ? i * 10 : i));
    made = std::move(made).pop_back().take(50);
    EXPECT_TRUE(validate(made)) << validate(made);
    EXPECT_EQ(*made.back(), 49);
    auto const taken = std::move(made);
    EXPECT_EQ(std::accumulate(taken.begin(), taken.end(), 0, [](int sum, auto const& held) { return sum + *held; }),
        49 * 50 / 2 + 9 * (7 + 8 + 9));
}

/// A type that holds vectors of itself.
struct part {
    int name = 0;
    still::vector<part> parts;
    friend bool operator==(part const& one, part const& other)
    {
        return one.name == other.name && one.parts == other.parts;
    }
};

TEST_F(vector_elements, may_hold_vectors_of_their_own_kind)
{
    part whole{ 1, {} };
    for (int i = 0; i < 20; ++i)
        whole.parts = std::move(whole.parts).push_back({ i, { { 100 + i, {} } } });
    auto const before = whole;
    whole.parts = std::move(whole.parts).alter(3, [](part&& inner) {
        inner.parts = std::move(inner.parts).push_back({ 7, {} });
        return std::move(inner);
    });
    EXPECT_EQ(before.parts[3].parts.size(), 1U);
    EXPECT_EQ(whole.parts[3].parts.size(), 2U);
    EXPECT_NE(before, whole);
}

TEST_F(vector_elements, that_take_an_allocator_get_the_banks)
{
    still::bank const bank(1 << 20);
    using words = still::vector<std::pmr::string, still::charged_policy>;
    {
        std::pmr::string const word(200, 'x');
        words seen(bank);
        for (int i = 0; i < 40; ++i)
            seen = std::move(seen).push_back(word);
        EXPECT_GE(bank.usage(), 40U * 200U);
        for (auto const& element : seen)
            EXPECT_EQ(element.get_allocator().resource(), bank.memory_resource());
        auto const version = seen.assign(3, std::pmr::string(300, 'y'))
                                 .emplace_back(250U, 'z')
                                 .update(4, [](std::pmr::string const& held) { return held + "!"; });
        for (auto const index : { 3U, 4U, 5U, 40U })
            EXPECT_EQ(version[index].get_allocator().resource(), bank.memory_resource());
        EXPECT_EQ(version[4].size(), 201U);
        EXPECT_THROW(static_cast<void>(seen.push_back(std::pmr::string(1 << 21, 'x'))), still::quota_exceeded);
        EXPECT_EQ(seen.size(), 40U);
    }
    EXPECT_EQ(bank.usage(), 0U);
}

} // namespace
