// SPDX-License-Identifier: BSL-1.0
//
// Builds of region trees, whose nodes nobody owns before they are done: what elements and ranges do meanwhile cuts
// nothing and rolls nothing back.

#include <atomic>
#include <functional>
#include <initializer_list>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "executors.hpp"
#include "region_kinds.hpp"

namespace still_test {
namespace {

/// An element that calls a function when it is copied, moved or compared. Copies may throw, by that function.
struct watched {
    static inline std::function<void(bool may_throw)> watch;

    watched(int number) // NOLINT(google-explicit-constructor)
        : value(number)
    {
    }
    watched(watched const& other)
        : value(other.value)
    {
        tell(true);
    }
    watched(watched&& other) noexcept
        : value(other.value)
    {
        tell(false);
    }
    watched& operator=(watched const&) = default;
    watched& operator=(watched&&) noexcept = default;
    ~watched() = default;
    [[nodiscard]] friend bool operator<(watched const& one, watched const& other)
    {
        tell(true);
        return one.value < other.value;
    }

    int value;

private:
    static void tell(bool may_throw)
    {
        if (watch)
            watch(may_throw);
    }
};

} // namespace
} // namespace still_test

template <>
struct still::relocatable<still_test::watched> : std::true_type { };

namespace still_test {
namespace {

using keys = still::set<watched, std::less<>, small_region_policy>;
using index = still::map<watched, int, std::less<>, small_region_policy>;

class region_builds : public ::testing::Test {
protected:
    /// Effect: builds, and tries at some of the elements' functions to cut the heap.
    template <class Build>
    void expect_nothing_cut_within(Build const& build, int size)
    {
        auto const before = heap.snapshot();
        {
            std::atomic<int> called = 0;
            std::atomic<int> tried = 0;
            watched::watch = [&](bool) {
                if (++called % (size / 20) != 0)
                    return;
                ++tried;
                EXPECT_NE(refusal().find("updates"), std::string::npos);
                EXPECT_THROW(heap.restore(before), std::logic_error);
            };
            auto const made = build();
            watched::watch = nullptr;
            EXPECT_GE(tried, 20);
            EXPECT_EQ(made.size(), static_cast<std::size_t>(size));
            EXPECT_TRUE(validate(made));
            EXPECT_NE(refusal().find("1 versions"), std::string::npos);
        }
        EXPECT_EQ(refusal(), "");
        expect_out_of_hand_after_a_throw(build, size);
        heap.restore(before);
        EXPECT_TRUE(heap.validate()) << heap.validate();
    }
    template <class Build>
    void expect_out_of_hand_after_a_throw(Build const& build, int size)
    {
        std::atomic<int> left = size;
        watched::watch = [&](bool may_throw) {
            if (--left <= 0 && may_throw)
                throw std::runtime_error("no");
        };
        EXPECT_THROW(static_cast<void>(build()), std::runtime_error);
        watched::watch = nullptr;
        EXPECT_EQ(refusal(), "");
    }
    /// The message of a std::logic_error that a cut throws; nothing where it is taken.
    [[nodiscard]] std::string refusal()
    {
        try {
            static_cast<void>(heap.snapshot());
        } catch (std::logic_error const& failure) {
            return failure.what();
        }
        return {};
    }
    [[nodiscard]] still::region_heap place() { return heap.allocator(); }

    still::heap heap{ { .capacity = std::size_t{ 1 } << 26U, .label = "built" } };
    static constexpr auto as_entry = [](int number) { return std::pair<watched, int>(number, -number); };
};

TEST_F(region_builds, of_iterators)
{
    std::vector<watched> some;
    std::vector<std::pair<watched, int>> entries;
    for (auto number = 400; number-- > 0;) {
        some.emplace_back(number);
        entries.push_back(as_entry(number));
    }
    expect_nothing_cut_within([&] { return keys(some.begin(), some.end(), {}, place()); }, 400);
    expect_nothing_cut_within([&] { return index(entries.begin(), entries.end(), {}, place()); }, 400);
}

TEST_F(region_builds, of_lists)
{
    std::initializer_list<watched> const some{ 7, 1, 5, 2, 9, 3, 8, 4, 6, 0, 17, 11, 15, 12, 19, 13, 18, 14, 16, 10 };
    expect_nothing_cut_within([&] { return keys(some, {}, place()); }, 20);
    std::initializer_list<index::value_type> const entries{ { 7, 1 }, { 1, 1 }, { 5, 1 }, { 2, 1 }, { 9, 1 }, { 3, 1 },
        { 8, 1 }, { 4, 1 }, { 6, 1 }, { 0, 1 }, { 17, 1 }, { 11, 1 }, { 15, 1 }, { 12, 1 }, { 19, 1 }, { 13, 1 },
        { 18, 1 }, { 14, 1 }, { 16, 1 }, { 10, 1 } };
    expect_nothing_cut_within([&] { return index(entries, {}, place()); }, 20);
}

TEST_F(region_builds, of_sorted_ranges)
{
    std::vector<watched> const some(std::views::iota(0, 400).begin(), std::views::iota(0, 400).end());
    expect_nothing_cut_within([&] { return keys::from_sorted(some, {}, place()); }, 400);
    auto const entries = std::views::iota(0, 400) | std::views::transform(as_entry);
    expect_nothing_cut_within([&] { return index::from_sorted(entries, {}, place()); }, 400);
}

TEST_F(region_builds, of_sorted_ranges_in_parts)
{
    constexpr auto size = 40'000; // more than is worth a fork
    auto const entries = std::views::iota(0, size) | std::views::transform(as_entry);
    auto const build = [&](auto on) {
        return [&entries, this, on] { return still::from_sorted<index>(*on, entries, {}, place()); };
    };
    first_then_second first;
    thread_executor threads;
    auto const forks = invocations.events();
    expect_nothing_cut_within(build(&first), size);
    expect_nothing_cut_within(build(&threads), size);
    EXPECT_GT(invocations.events(), forks);
}

TEST_F(region_builds, in_a_mappings_place_are_refused)
{
    heap.construct<keys>("keys", heap.allocator());
    auto const cut = heap.snapshot();
    auto const mapped = cut.map();
    auto const there = mapped.find<keys>("keys")->heap();
    std::vector<watched> const some{ 1, 2, 3 };
    std::vector<watched> const many(std::views::iota(0, 40'000).begin(), std::views::iota(0, 40'000).end());
    first_then_second on;
    EXPECT_THROW(static_cast<void>(keys(some.begin(), some.end(), {}, there)), std::logic_error);
    EXPECT_THROW(static_cast<void>(keys::from_sorted(some, {}, there)), std::logic_error);
    EXPECT_THROW(static_cast<void>(still::from_sorted<keys>(on, many, {}, there)), std::logic_error);
    EXPECT_EQ(refusal(), "");
}

} // namespace
} // namespace still_test
