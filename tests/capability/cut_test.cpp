// SPDX-License-Identifier: BSL-1.0
//
// One instant of heaps, cells and lists of capabilities.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <type_traits>

#include "probe.hpp"
#include "still/cut.hpp"
#include "still/set.hpp"

namespace still_test {
namespace {

using namespace still::literals;
using number_set = still::set<int, std::less<>, still::charged_policy>;

class joint_instants : public ::testing::Test {
protected:
    [[nodiscard]] number_set numbers(int value) const { return number_set(payer).insert(value); }
    [[nodiscard]] static int in(number_set const& seen) { return *seen.begin(); }

    still::bank payer{ std::size_t{ 1 } << 26U };
};

template <class... Things>
concept can_cut = requires(Things&... things) { still::cut(things...); };
static_assert(can_cut<still::heap, still::atom<number_set>, still::clist>);
static_assert(can_cut<still::heap, still::atom<number_set> const, still::clist const>);
static_assert(!can_cut<still::heap const> && !can_cut<number_set> && !can_cut<still::bank> && !can_cut<>);

TEST_F(joint_instants, have_a_part_for_each_thing)
{
    still::heap heap{ { .capacity = 1_MiB } };
    auto& live = heap.construct<std::uint64_t>("live", 5U);
    still::atom<number_set> const cell(numbers(6), payer);
    still::clist known(payer);
    auto const granted = still::grant(numbers(7), payer);
    known.put(3, granted.capability());

    auto const [list, version, seen] = still::cut(known, cell, heap);
    static_assert(std::is_same_v<decltype(list), still::clist const>);
    static_assert(std::is_same_v<decltype(version), number_set const>);
    live = 0;
    cell.store(numbers(0));
    known.drop(3);
    EXPECT_EQ(*seen.map().find<std::uint64_t>("live"), 5U);
    EXPECT_EQ(in(version), 6);
    EXPECT_TRUE(list.get<number_set>(3).open());
}

// Data, a cell and a list change under one guard: no cut shows one without the others.
TEST_F(joint_instants, see_all_that_was_done_under_a_guard_or_nothing)
{
    still::heap heap{ { .capacity = 1_MiB } };
    auto& live = heap.construct<std::uint64_t>("live", 0U);
    still::atom<number_set> const cell(numbers(0), payer);
    still::clist known(payer);
    auto const granted = still::grant(numbers(0), payer);
    std::atomic<bool> done{ false };
    std::thread writer([&] {
        for (int i = 1; !done.load(); ++i) {
            auto const guard = heap.mutate();
            cell.store(numbers(i));
            known = still::clist(payer);
            known.put(static_cast<still::clist::place>(i), granted.capability());
            live = static_cast<std::uint64_t>(i);
        }
    });
    for (int i = 0; i < 200; ++i) {
        auto const [seen, version, list] = still::cut(heap, cell, known);
        auto const value = *seen.map().find<std::uint64_t>("live");
        EXPECT_EQ(static_cast<std::uint64_t>(in(version)), value);
        if (value > 0) {
            EXPECT_EQ((*list.begin()).place, value);
        }
    }
    done = true;
    writer.join();
}

// Without any heap: the second cell is stored to after the first, each time, so that it is never ahead.
TEST_F(joint_instants, see_cells_alone_at_one_time)
{
    still::atom<number_set> const first(numbers(0), payer);
    still::atom<number_set> const second(numbers(0), payer);
    std::atomic<bool> done{ false };
    std::thread writer([&] {
        for (int i = 1; !done.load(); ++i) {
            first.store(numbers(i));
            second.store(numbers(i));
        }
    });
    for (int i = 0; i < 2000; ++i) {
        auto const [later, earlier] = still::cut(second, first);
        EXPECT_LE(in(later), in(earlier));
        EXPECT_LE(in(earlier), in(later) + 1);
    }
    done = true;
    writer.join();
}

TEST_F(joint_instants, end_where_a_cell_was_taken_back)
{
    still::heap heap{ { .capacity = 1_MiB } };
    still::atom<number_set> cell(numbers(0), payer);
    cell.revoke();
    EXPECT_THROW(static_cast<void>(still::cut(heap, cell)), boost::system::system_error);
    static_cast<void>(heap.mutate());
    EXPECT_EQ(heap.snapshot().number(), 1U) << "nothing was cut";
}

} // namespace
} // namespace still_test
