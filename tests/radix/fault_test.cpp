// SPDX-License-Identifier: BSL-1.0
//
// Faults at every allocation, copy, comparison and move: what goes in stays as it was, nothing is lost.

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <map>
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
using model = std::map<page_index, int>;

template <class Slot>
using table_of = still::page_table<Slot, test_policy>;

/// Tables on which updates take every way through the engine.
std::vector<model> shapes()
{
    std::vector<model> all(1); // the first is empty
    model grown;
    auto const add = [&](page_index index) {
        grown[index] = 1;
        all.push_back(grown);
    };
    for (page_index i = 0; i < 5; ++i) // a leaf, full at 1, 2 and 4
        add(i);
    for (page_index i = 1; i < 5; ++i) // branches, full at 2 and 4
        add(i * 32);
    for (page_index i = 1; i < 4; ++i) // more levels
        add((i << 30U) + i * 1'024);
    return all;
}

/// Present, absent in a leaf, in a branch, beside a node, and far away.
constexpr page_index interesting[] = { 0, 2, 4, 5, 32, 64, 128, 160, 1'024, (page_index{ 1 } << 30U) + 1'024,
    (page_index{ 1 } << 30U) + 1'025, page_index{ 3 } << 30U, still::radix::index_end - 1 };

template <class Slot>
table_of<Slot> build(model const& wanted)
{
    table_of<Slot> result;
    for (auto const& [index, key] : wanted)
        result = std::move(result).assign(index, Slot(key));
    return result;
}

template <class Slot>
model contents(table_of<Slot> const& table)
{
    EXPECT_TRUE(validate(table)) << validate(table);
    model all;
    for (auto [index, slot] : table)
        all.emplace(index, slot.key());
    EXPECT_EQ(all.size(), table.size());
    return all;
}

enum class form { copying, in_place, in_place_on_shared_nodes };

/// Effect: runs `update` in every form, on every shape and index, with the n-th event of one kind
/// failing, for every n. Whatever was thrown, operands and other versions must be as they were.
/// Returns the number of faults that were thrown.
template <class Slot, class Fault, class Update, class Model>
int survive(Update const& update, Model const& update_model)
{
    int thrown_faults = 0;
    for (auto const& wanted : shapes()) {
        for (auto const index : interesting) {
            for (auto const how : { form::copying, form::in_place, form::in_place_on_shared_nodes }) {
                live_count const seen;
                auto changed = wanted;
                update_model(changed, index);
                auto fired = true;
                for (std::int64_t n = 1; fired; ++n) {
                    SCOPED_TRACE(std::to_string(wanted.size()) + " slots, index " + std::to_string(index) + ", form "
                        + std::to_string(static_cast<int>(how)) + ", fault " + std::to_string(n));
                    auto mine = build<Slot>(wanted);
                    auto const other = how == form::in_place_on_shared_nodes ? mine : table_of<Slot>();
                    table_of<Slot> result;
                    auto thrown = false;
                    {
                        Fault const faults(n);
                        try {
                            result = how == form::copying ? update(std::as_const(mine), index)
                                                          : update(std::move(mine), index);
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
                        EXPECT_EQ(contents(mine), wanted);
                    }
                    if (!thrown) {
                        EXPECT_EQ(contents(result), changed);
                    }
                    if (how == form::in_place_on_shared_nodes) {
                        EXPECT_EQ(contents(other), wanted);
                    }
                }
                EXPECT_TRUE(seen.balanced());
            }
        }
    }
    return thrown_faults;
}

template <class Slot>
struct assigning {
    template <class Table>
    table_of<Slot> operator()(Table&& table, page_index index) const
    {
        return std::forward<Table>(table).assign(index, slot);
    }
    static void in_model(model& wanted, page_index index) { wanted[index] = 2; }
    Slot slot = Slot(2);
};

struct erasing {
    template <class Table>
    auto operator()(Table&& table, page_index index) const
    {
        return std::forward<Table>(table).erase(index);
    }
    static void in_model(model& wanted, page_index index) { wanted.erase(index); }
};

template <class Slot, class Fault>
int survive_assigning()
{
    return survive<Slot, Fault>(assigning<Slot>(), assigning<Slot>::in_model);
}
template <class Slot, class Fault>
int survive_erasing()
{
    return survive<Slot, Fault>(erasing(), erasing::in_model);
}

TEST(page_table_faults, allocations_in_assign)
{
    EXPECT_GT((survive_assigning<faulty_value, fail_at>()), 100);
    EXPECT_GT((survive_assigning<faulty_moving_value, fail_at>()), 100);
}
TEST(page_table_faults, allocations_in_erase)
{
    EXPECT_GT((survive_erasing<faulty_value, fail_at>()), 50);
    EXPECT_GT((survive_erasing<faulty_moving_value, fail_at>()), 50);
}
TEST(page_table_faults, copies_in_assign)
{
    EXPECT_GT((survive_assigning<faulty_value, fail_at_copy>()), 100);
    EXPECT_GT((survive_assigning<faulty_moving_value, fail_at_copy>()), 100);
}
TEST(page_table_faults, copies_in_erase)
{
    EXPECT_GT((survive_erasing<faulty_value, fail_at_copy>()), 50);
    EXPECT_GT((survive_erasing<faulty_moving_value, fail_at_copy>()), 50);
}
TEST(page_table_faults, comparisons_in_assign)
{
    EXPECT_GT((survive_assigning<faulty_value, fail_at_comparison>()), 50);
    EXPECT_EQ((survive_erasing<faulty_value, fail_at_comparison>()), 0);
}

/// A slot that moves without throwing goes in last, so that it survives what is thrown before.
TEST(page_table_faults, leave_the_slot_that_was_to_be_moved_in)
{
    auto const put = [](auto&& table, page_index index) {
        faulty_value slot(2);
        struct check {
            faulty_value const& slot;
            int const thrown_before = std::uncaught_exceptions();
            ~check()
            {
                if (std::uncaught_exceptions() > thrown_before) {
                    EXPECT_EQ(slot.key(), 2);
                }
            }
        } const surviving{ slot };
        return std::forward<decltype(table)>(table).assign(index, std::move(slot));
    };
    EXPECT_GT((survive<faulty_value, fail_at>(put, assigning<faulty_value>::in_model)), 100);
    EXPECT_GT((survive<faulty_value, fail_at_copy>(put, assigning<faulty_value>::in_model)), 50);
}

/// Slots whose move throws are moved in at most once, into a leaf that nobody sees yet.
TEST(page_table_faults, moves_in_assign)
{
    auto const put = [](auto&& table, page_index index) {
        return std::forward<decltype(table)>(table).assign(index, faulty_moving_value(2));
    };
    EXPECT_GT((survive<faulty_moving_value, fail_at_move>(put, assigning<faulty_moving_value>::in_model)), 50);
}

TEST(page_table_faults, comparisons_in_diff_and_equality)
{
    live_count const seen;
    {
        auto const before = build<faulty_value>(shapes().back());
        auto const after = before.assign(4, faulty_value(3)).assign(1'000, faulty_value(3));
        std::int64_t const faults = at_each_comparison([&](auto) {
            try {
                std::vector<page_index> indices;
                for (auto const& change : diff(before, after))
                    indices.push_back(change.index);
                EXPECT_EQ(indices, (std::vector<page_index>{ 4, 1'000 }));
            } catch (injected_fault const&) { // NOLINT(bugprone-empty-catch): what was thrown is done
            }
        });
        EXPECT_GT(faults, 0);
        auto const same = before.assign(4, faulty_value(3)).assign(4, faulty_value(1));
        EXPECT_GT(at_each_comparison([&](auto) {
            try {
                EXPECT_TRUE(before == same);
            } catch (injected_fault const&) { // NOLINT(bugprone-empty-catch): what was thrown is done
            }
        }),
            0);
    }
    EXPECT_TRUE(seen.balanced());
}

} // namespace
