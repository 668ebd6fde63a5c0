// SPDX-License-Identifier: BSL-1.0
//
// Batches of slots: in any order, with repeated indices, each touched node copied once.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "faulty_value.hpp"
#include "live_count.hpp"
#include "radix_model.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;
using table = still::page_table<int, test_policy>;
using node = still::radix::node<int, test_policy>;
using batch = std::vector<std::pair<page_index, int>>;

rc::Gen<batch> any_batch()
{
    return rc::gen::container<batch>(rc::gen::pair(any_index(), rc::gen::inRange(0, 4)));
}

table build(batch const& slots)
{
    table made;
    for (auto const& [index, slot] : slots)
        made = std::move(made).assign(index, slot);
    return made;
}

RC_GTEST_PROP(page_table_batches, agree_with_one_by_one, ())
{
    live_count const seen;
    {
        auto const base = build(*any_batch());
        auto slots = *any_batch();
        if (*rc::gen::arbitrary<bool>())
            std::ranges::sort(slots);
        auto wanted = base;
        for (auto const& [index, slot] : slots)
            wanted = std::move(wanted).assign(index, slot);
        auto const together = base.assign_all(slots);
        RC_ASSERT(validate(together).sound());
        RC_ASSERT(together == wanted);
        RC_ASSERT(together.same_root(base) == (wanted == base));
        auto mine = build(batch());
        for (auto const [index, slot] : base)
            mine = std::move(mine).assign(index, slot);
        mine = std::move(mine).assign_all(slots); // in place
        RC_ASSERT(validate(mine).sound());
        RC_ASSERT(mine == wanted);
        RC_ASSERT(base.assign_all(wanted) == (base.assign_all(slots))); // a table is a batch
    }
    RC_ASSERT(seen.balanced());
}

void collect(node const* from, std::set<node const*>& all)
{
    if (from == nullptr || !all.insert(from).second || !from->is_branch())
        return;
    for (unsigned i = 0; i < from->entries(); ++i)
        collect(from->child_at(i), all);
}

std::uint64_t nodes_not_in(std::set<node const*> const& before, node const* now)
{
    if (now == nullptr || before.contains(now))
        return 0;
    std::uint64_t count = 1;
    for (unsigned i = 0; now->is_branch() && i < now->entries(); ++i)
        count += nodes_not_in(before, now->child_at(i));
    return count;
}

RC_GTEST_PROP(page_table_batches, allocate_each_new_node_once, ())
{
    table base;
    for (page_index i = 0; i < 3'000; ++i)
        base = std::move(base).assign(i, static_cast<int>(i));
    std::set<node const*> before;
    collect(base.root().get(), before);
    // Present indices: each allocation is a copy of a node, in any order.
    batch slots;
    for (auto const index : *rc::gen::container<std::vector<page_index>>(rc::gen::inRange<page_index>(0, 3'000)))
        slots.emplace_back(index, -1 - static_cast<int>(index));
    auto const from = heap_ledger::allocations.events();
    auto const now = base.assign_all(slots);
    RC_ASSERT(heap_ledger::allocations.events() - from == nodes_not_in(before, now.root().get()));
}

class page_table_batch : public live_count_test { };

TEST_F(page_table_batch, of_slots_that_are_there_changes_nothing)
{
    auto const base = build({ { 1, 1 }, { 2, 2 }, { 70, 3 }, { page_index{ 1 } << 45U, 4 } });
    auto const from = heap_ledger::allocations.events();
    EXPECT_TRUE(base.assign_all(base).same_root(base));
    EXPECT_TRUE(base.assign_all(std::map<page_index, int>()).same_root(base));
    EXPECT_EQ(heap_ledger::allocations.events(), from + 0);
    EXPECT_EQ(base.assign_all(std::map<page_index, int>{ { 5, 5 }, { 70, 6 } }),
        build({ { 1, 1 }, { 2, 2 }, { 5, 5 }, { 70, 6 }, { page_index{ 1 } << 45U, 4 } }));
}

TEST_F(page_table_batch, with_an_index_past_the_end_is_refused_whole)
{
    auto mine = build({ { 1, 1 } });
    auto const before = mine;
    batch const wrong{ { 2, 2 }, { still::radix::index_end, 3 } };
    EXPECT_THROW((void)before.assign_all(wrong), std::out_of_range);
    EXPECT_THROW(mine = std::move(mine).assign_all(wrong), std::out_of_range);
    EXPECT_TRUE(mine.same_root(before));
}

struct numbered {
    page_index index;
    int slot;
    friend std::istream& operator>>(std::istream& in, numbered& seen) { return in >> seen.index >> seen.slot; }
};

TEST_F(page_table_batch, may_be_readable_only_once)
{
    std::istringstream text("9 1 7 2 9 3");
    EXPECT_EQ(table().assign_all(std::ranges::istream_view<numbered>(text)), build({ { 7, 2 }, { 9, 3 } }));
}

TEST_F(page_table_batch, survives_faults)
{
    using faulty_table = still::page_table<faulty_value, test_policy>;
    std::vector<std::pair<page_index, faulty_value>> slots;
    for (page_index i = 0; i < 40; ++i)
        slots.emplace_back(i * 3, faulty_value(static_cast<int>(i)));
    auto const base = faulty_table().assign(0, 50, faulty_value(77)).assign(90, faulty_value(3));
    auto const wanted = base.assign_all(slots);
    auto const attempt = [&](auto) {
        live_count const seen;
        try {
            EXPECT_TRUE(base.assign_all(slots).size() == wanted.size());
        } catch (injected_fault const&) { // NOLINT(bugprone-empty-catch): what was thrown is done
        } catch (std::bad_alloc const&) { // NOLINT(bugprone-empty-catch): what was thrown is done
        }
        EXPECT_TRUE(seen.balanced());
    };
    EXPECT_GT(at_each_allocation(attempt), 4);
    EXPECT_GT(at_each_copy(attempt), 40);
    EXPECT_GT(at_each_comparison(attempt), 10);
    EXPECT_TRUE(validate(base));
    EXPECT_EQ(base, faulty_table().assign(0, 50, faulty_value(77)).assign(90, faulty_value(3)));
}

} // namespace
