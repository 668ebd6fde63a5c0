// SPDX-License-Identifier: BSL-1.0
//
// Three-way merges of page tables: right against a model of intervals, for descendants and strangers, at the cost
// of what changed, and safe from faults.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "faulty_value.hpp"
#include "live_count.hpp"
#include "run_model.hpp"
#include "still/core/charged_heap.hpp"
#include "still/page_table.hpp"

namespace {

using namespace still_test;
using table = still::page_table<int, test_policy>;

struct edit {
    still::index_run run{ 0, 0 };
    std::optional<int> slot;
};

std::vector<edit> any_edits()
{
    std::vector<edit> all;
    for (auto const& run : *rc::gen::container<std::vector<still::index_run>>(any_run()))
        all.push_back(
            { run, *rc::gen::weightedElement<std::optional<int>>({ { 1, std::nullopt }, { 1, 1 }, { 1, 2 } }) });
    return all;
}

template <class Table>
void make(Table& now, run_model& model, std::vector<edit> const& edits)
{
    for (auto const& [run, slot] : edits) {
        if (slot) {
            now = std::move(now).assign(run.first, run.count, *slot);
            set_run(model, run.first, run.count, *slot);
        } else {
            now = std::move(now).erase(run.first, run.count);
            erase_run(model, run.first, run.count);
        }
    }
}

std::optional<int> slot_in(run_model const& model, page_index index)
{
    auto const at = model.find(index);
    return at == model.end() ? std::nullopt : std::optional(at->second);
}

/// Both gone is no conflict; otherwise the sum, and 3 of each kind is none.
std::optional<int> settled(std::optional<int> base, std::optional<int> ours, std::optional<int> theirs)
{
    auto const sum = base.value_or(0) + 3 * ours.value_or(0) + 5 * theirs.value_or(0);
    return sum % 4 == 0 ? std::nullopt : std::optional(sum % 4 == 1 ? ours.value_or(7) : sum);
}

run_model merged_model(run_model const& base, run_model const& ours, run_model const& theirs)
{
    std::set<page_index> edges;
    for (auto const* model : { &base, &ours, &theirs }) {
        for (auto const& run : runs_of(*model)) {
            edges.insert(run.first);
            edges.insert(run.first + run.count);
        }
    }
    run_model merged;
    for (auto edge = edges.begin(); edge != edges.end() && std::next(edge) != edges.end(); ++edge) {
        auto const before = slot_in(base, *edge);
        auto const our = slot_in(ours, *edge);
        auto const their = slot_in(theirs, *edge);
        auto const after = their == before || their == our ? our : our == before ? their : settled(before, our, their);
        if (after)
            set_run(merged, *edge, *std::next(edge) - *edge, *after);
    }
    return merged;
}

std::optional<int> at(int const* slot)
{
    return slot == nullptr ? std::nullopt : std::optional(*slot);
}

template <class Table>
Table merged(Table const& base, Table const& ours, Table const& theirs)
{
    page_index reached = 0;
    return merge3(base, ours, theirs, [&](still::index_run run, int const* before, int const* our, int const* their) {
        RC_ASSERT((run.count >= 1U && run.first % run.count == 0U && run.first >= reached));
        reached = run.first + run.count;
        RC_ASSERT((our != nullptr || their != nullptr));
        for (auto const index : { run.first, reached - 1 }) {
            RC_ASSERT(at(base.find(index)) == at(before));
            RC_ASSERT(at(ours.find(index)) == at(our));
            RC_ASSERT(at(theirs.find(index)) == at(their));
        }
        return settled(at(before), at(our), at(their));
    });
}

template <class Table>
void check_merge(Table const& base, run_model const& base_model, Table const& ours, run_model const& our_model,
    Table const& theirs, run_model const& their_model)
{
    auto const wanted = merged_model(base_model, our_model, their_model);
    auto const result = merged(base, ours, theirs);
    check_runs(result, wanted);
    if (wanted == our_model && our_model != base_model)
        RC_ASSERT(result.same_root(ours));
    if (our_model == base_model && their_model != base_model && ours.heap() == theirs.heap())
        RC_ASSERT(result.same_root(theirs));
}

RC_GTEST_PROP(page_table_merges3, of_descendants_agree_with_a_model, ())
{
    live_count const seen;
    {
        table base;
        run_model base_model;
        make(base, base_model, any_edits());
        auto ours = base;
        auto our_model = base_model;
        make(ours, our_model, any_edits());
        auto theirs = base;
        auto their_model = base_model;
        make(theirs, their_model, any_edits());
        check_merge(base, base_model, ours, our_model, theirs, their_model);
        check_merge(ours, our_model, base, base_model, theirs, their_model);
        check_merge(table(), {}, ours, our_model, theirs, their_model);
    }
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(page_table_merges3, of_strangers_agree_with_a_model, ())
{
    table tables[3];
    run_model models[3];
    for (unsigned i = 0; i < 3; ++i)
        make(tables[i], models[i], any_edits());
    check_merge(tables[0], models[0], tables[1], models[1], tables[2], models[2]);
}

/// Nodes of theirs can't be shared: our bank pays for the result.
RC_GTEST_PROP(page_table_merges3, across_banks_copy, ())
{
    using charged = still::page_table<int, still::charged_policy>;
    still::bank const our_bank(std::size_t{ 1 } << 24U);
    still::bank const their_bank(std::size_t{ 1 } << 24U);
    {
        charged base(our_bank);
        run_model base_model;
        make(base, base_model, any_edits());
        auto ours = base;
        auto our_model = base_model;
        make(ours, our_model, any_edits());
        charged theirs(their_bank);
        run_model their_model;
        make(theirs, their_model, any_edits());
        check_merge(base, base_model, ours, our_model, theirs, their_model);
        auto const usage = our_bank.usage();
        auto const result = merged(base, ours, theirs);
        theirs = charged();
        RC_ASSERT(their_bank.usage() == 0U); // nothing of it is in the result
        RC_ASSERT((result.heap().payer() == our_bank && our_bank.usage() >= usage));
    }
    RC_ASSERT(our_bank.usage() == 0U);
}

class page_table_merge3 : public live_count_test { };

template <class Action>
std::uint64_t allocations(Action&& action)
{
    auto const before = heap_ledger::allocations.events();
    action();
    return heap_ledger::allocations.events() - before;
}

int no_conflict(still::index_run, int const*, int const*, int const*)
{
    ADD_FAILURE() << "nothing is to be resolved";
    return 0;
}

TEST_F(page_table_merge3, of_no_changes_on_one_side_is_the_other)
{
    table base;
    for (page_index i = 0; i < 10'000; ++i)
        base = std::move(base).assign(i, static_cast<int>(i));
    auto const changed = base.assign(17, -1).erase(9'000, 100);
    auto const back = changed.assign(17, 17); // not base, and not equal to it
    EXPECT_EQ(allocations([&] {
        EXPECT_TRUE(merge3(base, changed, base, no_conflict).same_root(changed));
        EXPECT_TRUE(merge3(base, base, changed, no_conflict).same_root(changed));
        EXPECT_TRUE(merge3(base, changed, changed, no_conflict).same_root(changed));
        EXPECT_TRUE(merge3(base, changed, back, no_conflict).same_root(changed));
    }),
        0U);
    // Changed and changed back: as if nothing had been.
    auto const same = base.assign(5, -1).assign(5, 5);
    EXPECT_FALSE(same.same_root(base));
    EXPECT_TRUE(merge3(base, same, changed, no_conflict).same_root(changed));
    EXPECT_TRUE(merge3(base, changed, same, no_conflict).same_root(changed));
}

TEST_F(page_table_merge3, costs_what_changed)
{
    using counted = still::page_table<faulty_value, test_policy>;
    counted base;
    for (page_index i = 0; i < 100'000; ++i)
        base = std::move(base).assign(i, faulty_value(static_cast<int>(i)));
    auto ours = base;
    auto theirs = base;
    for (page_index i = 0; i < 100'000; i += 10'000) {
        ours = std::move(ours).assign(i, faulty_value(-1));
        theirs = std::move(theirs).assign(i + 5'000, faulty_value(-2));
    }
    auto const compared = value_ledger::comparisons.events();
    auto const cost = allocations([&] {
        auto const merged = merge3(base, ours, theirs,
            [](auto, auto const*, auto const*, auto const*) -> std::optional<faulty_value> { return std::nullopt; });
        EXPECT_EQ(merged.size(), 100'000U);
        EXPECT_EQ(merged.at(5'000).key(), -2);
        EXPECT_EQ(merged.at(10'000).key(), -1);
        // Leaves of theirs are shared: copied are the branches above them alone.
        EXPECT_EQ(merged.find(5'000), theirs.find(5'000));
        EXPECT_EQ(merged.find(10'000), ours.find(10'000));
    });
    EXPECT_LE(cost, 40U);
    EXPECT_LE(value_ledger::comparisons.events() - compared, 32U); // until base and ours were seen to differ
}

TEST_F(page_table_merge3, compares_nothing_in_what_both_share)
{
    using counted = still::page_table<faulty_value, test_policy>;
    counted base;
    for (page_index i = 0; i < 10'000; ++i)
        base = std::move(base).assign(i, faulty_value(static_cast<int>(i)));
    auto both = base;
    for (page_index i = 0; i < 10'000; i += 100)
        both = std::move(both).assign(i, faulty_value(-1));
    auto const ours = both.assign(5, faulty_value(-2));
    auto const theirs = both.assign(9'005, faulty_value(-3));
    auto const compared = value_ledger::comparisons.events();
    auto const merged = merge3(base, ours, theirs,
        [](auto, auto const*, auto const*, auto const*) -> std::optional<faulty_value> { return std::nullopt; });
    EXPECT_LE(value_ledger::comparisons.events() - compared, 2U * 3U * 32U); // in the two leaves they don't share
    EXPECT_EQ(merged.at(100).key(), -1);
    EXPECT_EQ(merged, both.assign(5, faulty_value(-2)).assign(9'005, faulty_value(-3)));
}

TEST_F(page_table_merge3, resolves_a_run_at_once)
{
    auto const base = table().assign(0, 1 << 20, 1);
    auto const ours = base.assign(0, 1 << 20, 2);
    auto const theirs = base.erase(0, 1 << 20).assign(1 << 20, 5);
    int calls = 0;
    auto const merged
        = merge3(base, ours, theirs, [&](still::index_run run, int const* before, int const* our, int const* their) {
              ++calls;
              EXPECT_EQ(run, (still::index_run{ 0, 1 << 20 }));
              EXPECT_EQ(*before, 1);
              EXPECT_EQ(*our, 2);
              EXPECT_EQ(their, nullptr);
              return 3; // a slot, or an optional
          });
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(merged, table().assign(0, 1 << 20, 3).assign(1 << 20, 5));
    // What equals ours leaves it.
    EXPECT_TRUE(merge3(base, ours, base.erase(0, 1 << 20), [](auto, auto const*, int const* our, auto const*) {
        return std::optional(*our);
    }).same_root(ours));
}

// Faults: at each allocation, copy, comparison and call.

using faulty_table = still::page_table<faulty_value, test_policy>;

struct three {
    faulty_table base;
    faulty_table ours;
    faulty_table theirs;
};

three conflicting()
{
    three made;
    made.base = faulty_table().assign(0, 100, faulty_value(1)).assign(5'000, faulty_value(2));
    made.ours = made.base.assign(3, faulty_value(7)).assign(64, 8, faulty_value(3)).assign(9'000, faulty_value(9));
    made.theirs = made.base.assign(4, faulty_value(8)).assign(66, 20, faulty_value(4)).erase(5'000);
    return made;
}

TEST_F(page_table_merge3, survives_faults)
{
    auto const [base, ours, theirs] = conflicting();
    auto const kept = conflicting();
    schedule calls;
    auto const attempt = [&](auto) {
        live_count const seen;
        auto thrown = false;
        try {
            auto const result = merge3(base, ours, theirs, [&](auto, auto const*, auto const* our, auto const* their) {
                if (calls.step())
                    boost::throw_exception(injected_fault());
                return std::optional<faulty_value>(faulty_value(our->key() * 10 + their->key()));
            });
            EXPECT_TRUE(validate(result)) << validate(result);
            EXPECT_EQ(result.at(66).key(), 34);
            EXPECT_EQ(result.at(3).key(), 7);
            EXPECT_EQ(result.at(80).key(), 4);
            EXPECT_FALSE(result.contains(5'000));
        } catch (injected_fault const&) {
            thrown = true;
        } catch (std::bad_alloc const&) {
            thrown = true;
        }
        static_cast<void>(thrown);
        EXPECT_TRUE(seen.balanced());
    };
    EXPECT_GT(at_each_allocation(attempt), 3);
    EXPECT_GT(at_each_copy(attempt), 20);
    EXPECT_GT(at_each_comparison(attempt), 10);
    EXPECT_EQ(at_each_fault(calls, attempt), 6);
    EXPECT_EQ(base, kept.base);
    EXPECT_EQ(ours, kept.ours);
    EXPECT_EQ(theirs, kept.theirs);
}

} // namespace
