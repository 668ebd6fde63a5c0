// SPDX-License-Identifier: BSL-1.0
//
// A page table against its model, a std::map: indices that look like what address spaces hold, scripts
// of random steps, and the comparison of everything that can be read.

#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <ostream>
#include <utility>
#include <vector>

#include "still/page_table.hpp"

namespace still_test {

using still::page_index;

/// An index from one of four worlds: dense at the bottom, clustered around a few far places, anywhere,
/// and beside the edges (0, 2^52 - 1, and where digits of any width carry).
inline rc::Gen<page_index> any_index()
{
    constexpr auto end = still::radix::index_end;
    auto const near = [](page_index base, std::uint64_t spread) {
        return rc::gen::map(
            rc::gen::inRange<std::uint64_t>(0, spread), [base](std::uint64_t offset) { return (base + offset) % end; });
    };
    auto const clustered = rc::gen::map(
        rc::gen::pair(rc::gen::inRange<std::uint64_t>(0, 6), rc::gen::inRange<std::uint64_t>(0, 70)),
        [](auto at) { return ((at.first * 0x9'E377'9B97'F4A7 % end) & ~std::uint64_t{ 1023 }) + 1000 + at.second; });
    auto const edge = rc::gen::map(
        rc::gen::pair(rc::gen::inRange<unsigned>(0, 53), rc::gen::inRange<std::uint64_t>(0, 3)), [](auto at) {
            return ((page_index{ 1 } << at.first) + at.second + end - 1) % end; // 2^k - 1, 2^k, 2^k + 1
        });
    auto const anywhere = rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](std::uint64_t seed) {
        return (seed * 0x9E37'79B9'7F4A'7C15 + 0x1234'5678'9ABC) % end; // small seeds shrink, and lie far apart
    });
    return rc::gen::weightedOneOf<page_index>(
        { { 5, near(0, 150) }, { 4, clustered }, { 2, anywhere }, { 1, edge }, { 1, near(end - 40, 40) } });
}

/// One step of a script on a table.
struct table_step {
    bool erases = false;
    bool in_place = false;
    bool keeps_version = false;
    page_index index = 0;
    page_index count = 1;
    int value = 0;

    friend std::ostream& operator<<(std::ostream& out, table_step const& step)
    {
        out << (step.erases ? "erase " : "assign ") << step.index;
        if (step.count > 1)
            out << " and the next, " << step.count << " in all";
        if (!step.erases)
            out << " = " << step.value;
        return out << (step.in_place ? " in place" : "") << (step.keeps_version ? ", keep" : "");
    }
};

inline rc::Gen<std::vector<table_step>> any_script()
{
    auto const step = rc::gen::build<table_step>(
        rc::gen::set(&table_step::erases, rc::gen::weightedElement<bool>({ { 2, false }, { 1, true } })),
        rc::gen::set(&table_step::in_place), rc::gen::set(&table_step::keeps_version),
        rc::gen::set(&table_step::index, any_index()),
        rc::gen::set(&table_step::count,
            rc::gen::weightedOneOf<page_index>({ { 5, rc::gen::just<page_index>(1) },
                { 2, rc::gen::inRange<page_index>(1, 140) }, { 1, rc::gen::element<page_index>(16, 32, 64, 128) } })),
        rc::gen::set(&table_step::value, rc::gen::inRange<int>(0, 4)));
    return rc::gen::container<std::vector<table_step>>(rc::gen::map(step, [](table_step made) {
        if (made.count > 8 && made.index % 3 == 0) // often a run that fills spans
            made.index -= made.index % 32;
        made.count = std::min(made.count, still::radix::index_end - made.index);
        return made;
    }));
}

template <class Slot>
using table_model = std::map<page_index, Slot>;

/// Effect: fails the running property where table and model differ in anything that can be read.
template <class Table, class Slot>
void check_equal(Table const& table, table_model<Slot> const& model)
{
    auto const structure = validate(table);
    if (!structure)
        RC_LOG() << structure;
    RC_ASSERT(structure.sound());
    RC_ASSERT(table.size() == model.size());
    RC_ASSERT(table.empty() == model.empty());
    RC_ASSERT(std::ranges::equal(table, model, [](auto const& entry, auto const& wanted) {
        return entry.index == wanted.first && entry.slot == wanted.second;
    }));
    auto here = table.end();
    for (auto wanted = model.rbegin(); wanted != model.rend(); ++wanted) {
        --here;
        RC_ASSERT(here->index == wanted->first);
        RC_ASSERT(here->slot == wanted->second);
    }
    RC_ASSERT(here == table.begin());
    page_index number = 0;
    for (auto const& [first, count, slot] : table.runs()) {
        for (page_index i = 0; i < count; ++i, ++number) {
            auto const wanted = model.find(first + i);
            RC_ASSERT((wanted != model.end() && wanted->second == slot));
            RC_ASSERT(table.nth(number)->index == first + i);
            RC_ASSERT(table.rank(first + i) == number);
        }
    }
    RC_ASSERT(number == model.size());
    RC_ASSERT(table.nth(number) == table.end());
}

/// Effect: fails the running property where looking up an index, or from it, differs from the model.
template <class Table, class Slot>
void check_lookups(Table const& table, table_model<Slot> const& model, page_index index)
{
    auto const wanted = model.find(index);
    auto const* const found = table.find(index);
    RC_ASSERT((found != nullptr) == (wanted != model.end()));
    RC_ASSERT(table.contains(index) == (wanted != model.end()));
    if (found != nullptr)
        RC_ASSERT(*found == wanted->second);

    auto const bound = model.lower_bound(index);
    auto const here = table.lower_bound(index);
    RC_ASSERT((here == table.end()) == (bound == model.end()));
    if (bound != model.end())
        RC_ASSERT(here->index == bound->first);
    RC_ASSERT((here == table.begin()) == (bound == model.begin()));
    RC_ASSERT(table.nth(table.rank(index)) == here);
    if (bound != model.begin())
        RC_ASSERT(std::prev(here)->index == std::prev(bound)->first);
}

/// Effect: runs a script on a table and its model side by side; validates after each step, keeps the
/// versions that steps ask for, and checks all of them at the end.
/// make(value) gives the slot that stands for a number.
template <class Table, class Make>
void run_script(Table table, std::vector<table_step> const& script, Make make)
{
    using slot = typename Table::slot_type;
    table_model<slot> model;
    std::vector<std::pair<Table, table_model<slot>>> versions;

    for (auto const& step : script) {
        // Holding the version makes its nodes shared; otherwise the step may edit them in place.
        auto const before = step.keeps_version ? table : Table();
        auto changes = false;
        if (step.erases) {
            for (page_index i = 0; i < step.count; ++i)
                changes = model.erase(step.index + i) > 0 || changes;
            if (step.count > 1)
                table = step.in_place ? std::move(table).erase(step.index, step.count)
                                      : table.erase(step.index, step.count);
            else
                table = step.in_place ? std::move(table).erase(step.index) : table.erase(step.index);
        } else {
            slot const value = make(step.value);
            for (page_index i = 0; i < step.count; ++i) {
                auto const held = model.find(step.index + i);
                if (held != model.end() && held->second == value)
                    continue;
                model.insert_or_assign(step.index + i, value);
                changes = true;
            }
            if (step.count > 1)
                table = step.in_place ? std::move(table).assign(step.index, step.count, value)
                                      : table.assign(step.index, step.count, value);
            else
                table = step.in_place ? std::move(table).assign(step.index, value) : table.assign(step.index, value);
        }
        auto const structure = validate(table);
        if (!structure)
            RC_LOG() << structure;
        RC_ASSERT(structure.sound());
        check_lookups(table, model, step.index);
        if (step.keeps_version) {
            RC_ASSERT(table.same_root(before) == !changes);
            versions.emplace_back(table, model);
        }
    }

    check_equal(table, model);
    for (auto const& [version, wanted] : versions) {
        check_equal(version, wanted);
        for (auto const& step : script)
            check_lookups(version, wanted, step.index);
    }
}

} // namespace still_test
