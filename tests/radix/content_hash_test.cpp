// SPDX-License-Identifier: BSL-1.0
//
// Hashes of what tables hold: equal for equal contents whatever their histories, forgotten by edits in place, and a
// difference that is pruned by them.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "live_count.hpp"
#include "run_model.hpp"

namespace still_test {

/// A slot that tells how often it was compared.
struct hashed_slot {
    int number = 0;
    static inline int comparisons = 0;

    [[nodiscard]] friend bool operator==(hashed_slot one, hashed_slot other) noexcept
    {
        ++comparisons;
        return one.number == other.number;
    }
    [[nodiscard]] friend std::uint64_t hash_of_content(hashed_slot const& seen) noexcept
    {
        return static_cast<std::uint64_t>(seen.number) * 0x9E37'79B9'7F4A'7C15 + 1;
    }
};

} // namespace still_test

#include "still/page_table.hpp"
#include "still/radix/content_hash.hpp"

namespace {

using namespace still_test;
namespace radix = still::radix;
using table = still::page_table<hashed_slot, test_policy>;
using node = radix::node<hashed_slot, test_policy>;

static_assert(radix::content_hashed<hashed_slot> && !radix::content_hashed<int>);

std::uint64_t hash_of(table const& seen, page_index first = 0, page_index last = radix::index_end - 1)
{
    return radix::content_hash(radix::part<node>(seen.root().get()), first, last);
}

struct edit {
    still::index_run run{ 0, 0 };
    int slot = 0; // 0: erase
};

std::vector<edit> any_edits()
{
    std::vector<edit> all;
    for (auto const& run : *rc::gen::container<std::vector<still::index_run>>(any_run()))
        all.push_back({ run, *rc::gen::inRange(0, 3) });
    return all;
}

/// In place, and asked for its hash on the way, so that what was learnt has to be forgotten.
void make(table& now, run_model& model, std::vector<edit> const& edits)
{
    for (auto const& [run, slot] : edits) {
        static_cast<void>(hash_of(now));
        if (slot != 0) {
            now = run.count == 1 ? std::move(now).assign(run.first, hashed_slot{ slot })
                                 : std::move(now).assign(run.first, run.count, hashed_slot{ slot });
            set_run(model, run.first, run.count, slot);
        } else {
            now = run.count == 1 ? std::move(now).erase(run.first) : std::move(now).erase(run.first, run.count);
            erase_run(model, run.first, run.count);
        }
    }
}

table build(run_model const& model, page_index first = 0, page_index last = radix::index_end - 1)
{
    table made;
    for (auto const& run : runs_of(model))
        made = std::move(made).assign(run.first, run.count, hashed_slot{ run.slot });
    made = std::move(made).erase(0, first);
    return std::move(made).erase(last + 1, radix::index_end - 1 - last);
}

RC_GTEST_PROP(page_table_hashes, follow_from_the_content_of_any_range, ())
{
    table now;
    run_model model;
    make(now, model, any_edits());
    auto const other = build(model);
    RC_ASSERT(hash_of(now) == hash_of(other));
    for (int i = 0; i < 4; ++i) {
        auto const ends = *rc::gen::pair(any_index(), any_index());
        auto const [first, last] = std::minmax(ends.first, ends.second);
        RC_ASSERT(hash_of(now, first, last) == hash_of(build(model, first, last)));
    }
    auto changed = now;
    auto changed_model = model;
    make(changed, changed_model, any_edits());
    RC_ASSERT((hash_of(changed) == hash_of(now)) == (changed_model == model));
}

RC_GTEST_PROP(page_table_hashes, prune_differences, ())
{
    table one;
    run_model model;
    make(one, model, any_edits());
    auto const other = build(model);
    hashed_slot::comparisons = 0;
    RC_ASSERT((radix::diff_cursor<node, true>(one.root().get(), other.root().get()).at_end()));
    RC_ASSERT(hashed_slot::comparisons == 0);
    auto changed = other;
    auto remade = model;
    make(changed, remade, any_edits());
    auto patched = model;
    for (radix::diff_cursor<node, true> seen(one.root().get(), changed.root().get()); !seen.at_end(); seen.advance()) {
        if (seen.what().after == nullptr)
            erase_run(patched, seen.index(), seen.count());
        else
            set_run(patched, seen.index(), seen.count(), seen.what().after->number);
    }
    RC_ASSERT(patched == remade);
}

} // namespace
