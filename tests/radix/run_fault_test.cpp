// SPDX-License-Identifier: BSL-1.0
//
// Faults while runs are written, cut and completed: what goes in stays as it was, nothing is lost.

#include <gtest/gtest.h>

#include <cstdint>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "faulty_value.hpp"
#include "live_count.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;
using still::page_index;

template <class Slot>
using table_of = still::page_table<Slot, test_policy>;

struct step {
    page_index first;
    std::uint64_t count;
    int slot; // 0: erase
};

template <class Slot>
table_of<Slot> taken(table_of<Slot>&& now, step const& one)
{
    if (one.count == 1)
        return one.slot == 0 ? std::move(now).erase(one.first) : std::move(now).assign(one.first, Slot(one.slot));
    return one.slot == 0 ? std::move(now).erase(one.first, one.count)
                         : std::move(now).assign(one.first, one.count, Slot(one.slot));
}
template <class Slot>
table_of<Slot> taken(table_of<Slot> const& now, step const& one)
{
    if (one.count == 1)
        return one.slot == 0 ? now.erase(one.first) : now.assign(one.first, Slot(one.slot));
    return one.slot == 0 ? now.erase(one.first, one.count) : now.assign(one.first, one.count, Slot(one.slot));
}

/// What is there before, each made anew for each fault.
std::vector<std::vector<step>> const shapes{
    {},
    { { 0, 1'024, 1 } }, // uniform
    { { 0, 1'024, 1 }, { 500, 1, 2 } }, // one index short of that, in slot
    { { 0, 1'024, 1 }, { 500, 1, 0 } }, // and in number
    { { 0, 1'024, 1 }, { 480, 40, 0 } },
    { { 3, 1, 1 }, { 40, 1, 2 }, { page_index{ 1 } << 30U, 70, 3 } },
};
std::vector<step> const updates{ { 500, 1, 1 }, { 500, 1, 2 }, { 500, 1, 0 }, { 480, 40, 1 }, { 480, 40, 2 },
    { 480, 40, 0 }, { 0, 1'024, 1 }, { 0, 1'024, 0 }, { 1'000, 2'000, 1 }, { 32, 32, 3 }, { 3, 1, 0 },
    { 0, page_index{ 1 } << 31U, 0 }, { page_index{ 1 } << 30U, 32, 4 } };

/// The shape follows from the content, and so do its runs.
struct seen_run {
    page_index first;
    std::uint64_t count;
    int slot;
    friend bool operator==(seen_run const&, seen_run const&) = default;
};

template <class Slot>
std::vector<seen_run> contents(table_of<Slot> const& table)
{
    EXPECT_TRUE(validate(table)) << validate(table);
    std::vector<seen_run> all;
    for (auto [first, count, slot] : table.runs())
        all.push_back({ first, count, slot.key() });
    return all;
}

template <class Slot>
table_of<Slot> build(std::vector<step> const& steps)
{
    table_of<Slot> made;
    for (auto const& one : steps)
        made = taken(std::move(made), one);
    return made;
}

enum class form { copying, in_place, in_place_on_shared_nodes };

/// Effect: takes every update on every shape in every form with the n-th event of one kind failing, for every n.
/// Returns the number of faults that were thrown.
template <class Slot, class Fault>
int survive()
{
    auto thrown_faults = 0;
    for (std::size_t shape = 0; shape < shapes.size(); ++shape) {
        auto const before = contents(build<Slot>(shapes[shape]));
        for (std::size_t update = 0; update < updates.size(); ++update) {
            auto const wanted = contents(taken(build<Slot>(shapes[shape]), updates[update]));
            for (auto const how : { form::copying, form::in_place, form::in_place_on_shared_nodes }) {
                live_count const seen;
                auto fired = true;
                for (std::int64_t n = 1; fired; ++n) {
                    SCOPED_TRACE("shape " + std::to_string(shape) + ", update " + std::to_string(update) + ", form "
                        + std::to_string(static_cast<int>(how)) + ", fault " + std::to_string(n));
                    auto mine = build<Slot>(shapes[shape]);
                    auto const other = how == form::in_place_on_shared_nodes ? mine : table_of<Slot>();
                    table_of<Slot> result;
                    auto thrown = false;
                    {
                        Fault const faults(n);
                        try {
                            result = how == form::copying ? taken(std::as_const(mine), updates[update])
                                                          : taken(std::move(mine), updates[update]);
                        } catch (injected_fault const&) {
                            thrown = true;
                        } catch (std::bad_alloc const&) {
                            thrown = true;
                        }
                        fired = faults.fired();
                    }
                    EXPECT_EQ(thrown, fired);
                    thrown_faults += thrown ? 1 : 0;
                    if (thrown || how == form::copying) {
                        // NOLINTNEXTLINE(bugprone-use-after-move): a throw undoes the move
                        EXPECT_EQ(contents(mine), before);
                    }
                    if (!thrown) {
                        EXPECT_EQ(contents(result), wanted);
                    }
                    if (how == form::in_place_on_shared_nodes) {
                        EXPECT_EQ(contents(other), before);
                    }
                }
                EXPECT_TRUE(seen.balanced());
            }
        }
    }
    return thrown_faults;
}

TEST(page_table_run_faults, in_allocations)
{
    EXPECT_GT((survive<faulty_value, fail_at>()), 500);
}
TEST(page_table_run_faults, in_copies)
{
    EXPECT_GT((survive<faulty_value, fail_at_copy>()), 500);
    EXPECT_GT((survive<faulty_moving_value, fail_at_copy>()), 500);
}
TEST(page_table_run_faults, in_comparisons)
{
    EXPECT_GT((survive<faulty_value, fail_at_comparison>()), 500);
}

} // namespace
