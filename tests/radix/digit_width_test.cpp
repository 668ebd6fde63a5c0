// SPDX-License-Identifier: BSL-1.0
//
// The engine itself, with narrower and wider nodes than page tables use: what it does must not depend
// on where digits begin and end.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

#include "live_count.hpp"
#include "radix_model.hpp"
#include "still/radix/assign.hpp"
#include "still/radix/diff.hpp"
#include "still/radix/erase.hpp"
#include "still/radix/position.hpp"
#include "still/radix/run.hpp"
#include "still/radix/validate.hpp"

namespace {

using namespace still_test;
namespace radix = still::radix;

template <class Node>
std::map<page_index, int> contents(Node const* root)
{
    std::map<page_index, int> all;
    for (auto here = radix::lowest(root); here.leaf != nullptr; here = radix::next(root, here))
        RC_ASSERT(all.emplace_hint(all.end(), here.index(), here.slot())->second == here.slot());
    return all;
}

template <unsigned DigitBits>
void run_engine()
{
    using node = radix::node<int, test_policy, DigitBits>;
    live_count const seen;
    {
        test_heap heap;
        still::owned<node> root;
        std::map<page_index, int> model;
        std::vector<std::pair<still::owned<node>, std::map<page_index, int>>> versions;
        auto const script = *any_script();
        for (auto const& step : script) {
            auto const shared = still::owned<node>::share(step.in_place ? nullptr : root.get());
            auto const before = model;
            auto const last = step.index + (step.count - 1);
            for (auto index = step.index; index <= last; ++index) {
                if (step.erases)
                    model.erase(index);
                else
                    model[index] = step.value;
            }
            auto changed = false;
            if (step.count > 1)
                changed = radix::write_run(heap, root, step.index, last, step.erases ? nullptr : &step.value);
            else if (step.erases)
                changed = radix::erase(heap, root, step.index);
            else
                changed = radix::assign(heap, root, step.index, step.value);
            RC_ASSERT(changed == (model != before));
            auto const structure = radix::validate(root.get());
            if (!structure)
                RC_LOG() << structure;
            RC_ASSERT(structure.sound());
            if (step.keeps_version)
                versions.emplace_back(still::owned<node>::share(root.get()), model);
        }
        RC_ASSERT(contents(root.get()) == model);
        for (auto const& [version, wanted] : versions) {
            RC_ASSERT(contents(version.get()) == wanted);
            // From the version to the newest, and back: patching with the changes leads there.
            auto patched = wanted;
            for (radix::diff_cursor<node> seen_change(version.get(), root.get()); !seen_change.at_end();
                seen_change.advance()) {
                for (page_index i = 0; i < seen_change.count(); ++i) {
                    if (seen_change.what().after != nullptr)
                        patched[seen_change.index() + i] = *seen_change.what().after;
                    else
                        RC_ASSERT(patched.erase(seen_change.index() + i) == 1U);
                }
            }
            RC_ASSERT(patched == model);
        }
    }
    RC_ASSERT(seen.balanced());
}

RC_GTEST_PROP(radix_engine, with_digits_of_2_bits, ())
{
    run_engine<2>();
}
RC_GTEST_PROP(radix_engine, with_digits_of_3_bits, ())
{
    run_engine<3>();
}
RC_GTEST_PROP(radix_engine, with_digits_of_4_bits, ())
{
    run_engine<4>();
}
RC_GTEST_PROP(radix_engine, with_digits_of_6_bits, ())
{
    run_engine<6>();
}

// The shape follows from the indices in use alone.

template <class Node>
void expect_same_shape(Node const* one, Node const* other)
{
    ASSERT_EQ(one == nullptr, other == nullptr);
    if (one == nullptr)
        return;
    ASSERT_EQ(one->level(), other->level());
    ASSERT_EQ(one->first(), other->first());
    ASSERT_EQ(one->present(), other->present());
    ASSERT_EQ(one->is_uniform(), other->is_uniform());
    if (one->is_branch())
        for (unsigned i = 0; i < one->entries(); ++i)
            expect_same_shape(one->child_at(i), other->child_at(i));
}

TEST(radix_engine, gives_equal_tables_equal_shapes)
{
    using node = radix::node<int, test_policy>;
    test_heap heap;
    std::vector<page_index> const indices{ 0, 1, 31, 32, 1'000, 1'023, 1'024, 70'000, page_index{ 1 } << 40U,
        (page_index{ 1 } << 40U) + 33, radix::index_end - 33, radix::index_end - 1 };
    still::owned<node> upward;
    for (auto index : indices)
        radix::assign(heap, upward, index, 1);
    still::owned<node> downward; // the other way round, with detours that are taken back
    for (auto index = indices.rbegin(); index != indices.rend(); ++index) {
        for (page_index detour : { *index ^ 1U, *index ^ 1'024U, *index ^ (page_index{ 1 } << 50U) })
            radix::assign(heap, downward, detour, 2);
        radix::assign(heap, downward, *index, 1);
    }
    for (auto index : indices)
        for (page_index detour : { index ^ 1U, index ^ 1'024U, index ^ (page_index{ 1 } << 50U) })
            if (std::ranges::find(indices, detour) == indices.end())
                radix::erase(heap, downward, detour);
            else
                radix::assign(heap, downward, detour, 1);
    expect_same_shape(upward.get(), downward.get());
    EXPECT_TRUE(radix::equal(upward.get(), downward.get()));
}

} // namespace
