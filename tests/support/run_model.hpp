// SPDX-License-Identifier: BSL-1.0
//
// A page table of runs of any length against its model: an interval map of Boost.ICL, which joins neighbours.

#pragma once

#include <boost/icl/interval_map.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <ostream>
#include <utility>
#include <vector>

#include "radix_model.hpp"
#include "still/page_table.hpp"

namespace still_test {

/// Absent is not zero: a slot may be any number.
using run_model = boost::icl::interval_map<page_index, int, boost::icl::partial_enricher>;
using model_run = boost::icl::interval<page_index>;

/// Neighbouring runs with one slot, as long as can be.
struct joined_run {
    page_index first;
    std::uint64_t count;
    int slot;

    [[nodiscard]] friend bool operator==(joined_run const&, joined_run const&) noexcept = default;
    friend std::ostream& operator<<(std::ostream& out, joined_run const& seen)
    {
        return out << seen.count << " from " << seen.first << ": " << seen.slot;
    }
};

inline std::vector<joined_run> runs_of(run_model const& model)
{
    std::vector<joined_run> all;
    for (auto const& [interval, slot] : model)
        all.push_back({ boost::icl::first(interval), boost::icl::cardinality(interval), slot });
    return all;
}

template <class Table>
std::vector<joined_run> runs_of(Table const& table)
{
    std::vector<joined_run> all;
    for (auto const& [first, count, slot] : table.runs()) {
        if (!all.empty() && all.back().first + all.back().count == first && all.back().slot == slot)
            all.back().count += count;
        else
            all.push_back({ first, count, slot });
    }
    return all;
}

inline void set_run(run_model& model, page_index first, std::uint64_t count, int slot)
{
    if (count > 0)
        model.set({ model_run::right_open(first, first + count), slot });
}
inline void erase_run(run_model& model, page_index first, std::uint64_t count)
{
    if (count > 0)
        model.erase(model_run::right_open(first, first + count));
}

/// A run anywhere, of any length: within a leaf, whole spans, spans but for their ends, half of everything.
inline rc::Gen<still::index_run> any_run()
{
    constexpr auto end = still::radix::index_end;
    auto const around_a_span
        = rc::gen::map(rc::gen::tuple(rc::gen::inRange<unsigned>(0, 53), any_index(), rc::gen::inRange<int>(-2, 3),
                           rc::gen::inRange<int>(-2, 3), rc::gen::inRange<std::uint64_t>(1, 4)),
            [](auto const& drawn) {
                auto const [bits, where, low, high, spans] = drawn;
                auto const span = page_index{ 1 } << bits;
                auto const start = where & ~(span - 1);
                auto const first = std::clamp<std::int64_t>(static_cast<std::int64_t>(start) + low, 0, end - 1);
                auto const stop = std::clamp<std::int64_t>(
                    static_cast<std::int64_t>(start + (span * spans)) + high, first, static_cast<std::int64_t>(end));
                return still::index_run{ static_cast<page_index>(first), static_cast<std::uint64_t>(stop - first) };
            });
    auto const between = rc::gen::map(rc::gen::pair(any_index(), any_index()), [](auto const& drawn) {
        auto const [low, high] = std::minmax(drawn.first, drawn.second);
        return still::index_run{ low, high - low };
    });
    auto const single = rc::gen::map(any_index(), [](page_index index) { return still::index_run{ index, 1 }; });
    return rc::gen::weightedOneOf<still::index_run>({ { 5, around_a_span }, { 2, between }, { 2, single } });
}

/// Effect: fails the running property where table and model differ in anything that can be read at a run's cost.
template <class Table>
void check_runs(Table const& table, run_model const& model)
{
    auto const structure = validate(table);
    if (!structure)
        RC_LOG() << structure;
    RC_ASSERT(structure.sound());
    RC_ASSERT(runs_of(table) == runs_of(model));
    RC_ASSERT(table.size() == boost::icl::cardinality(model));
    std::uint64_t before = 0;
    for (auto const& [interval, slot] : model) {
        auto const first = boost::icl::first(interval);
        auto const last = boost::icl::last(interval);
        for (auto const index : { first, last, first + (last - first) / 3 }) {
            RC_ASSERT((table.find(index) != nullptr && *table.find(index) == slot));
            RC_ASSERT(table.rank(index) == before + (index - first));
            RC_ASSERT(table.nth(before + (index - first))->index == index);
            RC_ASSERT(table.lower_bound(index)->index == index);
        }
        before += boost::icl::cardinality(interval);
        if (!boost::icl::contains(model, last + 1) && last + 1 < still::radix::index_end) {
            RC_ASSERT(table.find(last + 1) == nullptr);
            RC_ASSERT(std::prev(table.lower_bound(last + 1))->index == last);
        }
    }
}

} // namespace still_test
