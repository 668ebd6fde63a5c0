// SPDX-License-Identifier: BSL-1.0
//
// Faults at every allocation of whatever kind: segments stay as they were. And what allocates nothing.

#include <gtest/gtest.h>

#include <functional>
#include <new>

#include "global_new.hpp"
#include "support.hpp"

namespace {

using namespace still_test;

class segment_memory : public segment_test { };

TEST_F(segment_memory, a_fault_leaves_all_as_it_was)
{
    auto const told = std::make_shared<notebook>();
    auto const kept = std::make_shared<counting_keeper>();
    auto const inner = zeros(8).write(0, filled(8 * page_bytes, 4));
    auto const base = zeros(100)
                          .write(page_bytes, filled(40 * page_bytes, 1))
                          .keep(50 * page_bytes, 4 * page_bytes, kept)
                          .mount(60 * page_bytes, inner, 0, 8 * page_bytes)
                          .watch(70 * page_bytes, 10, told);
    auto const other = base.write(3 * page_bytes, filled(2 * page_bytes, 6)).resize(90 * page_bytes);
    auto const data = filled(3 * page_bytes, 5);
    auto const wanted = content(base);
    struct operation {
        char const* name;
        std::function<segment(segment)> run;
    };
    operation const operations[] = {
        { "write", [&](segment of) { return std::move(of).write(2 * page_bytes + 5, data); } },
        { "store", [&](segment of) { return std::move(of).store<int>(0, 5); } },
        { "store over a frame", [&](segment of) { return std::move(of).store<int>(page_bytes, 5); } },
        { "write to a keeper's", [&](segment of) { return std::move(of).write(50 * page_bytes + 5, data); } },
        { "write to a mount", [&](segment of) { return std::move(of).write(60 * page_bytes + 5, data); } },
        { "write to a watched range", [&](segment of) { return std::move(of).write(70 * page_bytes, data); } },
        { "resize", [&](segment of) { return std::move(of).resize(30 * page_bytes + 5); } },
        { "mount", [&](segment of) { return std::move(of).mount(20 * page_bytes, inner, 0, 8 * page_bytes); } },
        { "keep", [&](segment of) { return std::move(of).keep(20 * page_bytes, 8 * page_bytes, kept); } },
        { "watch", [&](segment of) { return std::move(of).watch(69 * page_bytes, 8 * page_bytes, told); } },
        { "unwatch", [&](segment of) { return std::move(of).unwatch(*told); } },
        { "fetch", [&](segment of) { return std::move(of).fetch(0, 60 * page_bytes); } },
        { "fetch where it is mounted twice",
            [&](segment of) {
                auto const mounted = zeros(100).mount(0, of, 50 * page_bytes, 4 * page_bytes);
                auto const twice = mounted.mount(8 * page_bytes, of, 50 * page_bytes, 4 * page_bytes);
                return twice.fetch(0, twice.size());
            } },
        { "freeze", [&](segment of) { return std::move(of).freeze(); } },
        { "patch", [&](segment of) { return patch(of, diff(base, other)); } },
        { "byte patch", [&](segment of) { return patch(of, make_patch(base, other)); } },
    };
    for (auto const& [name, run] : operations) {
        auto const right = content(run(base));
        auto const paid = bank_.usage();
        auto const faults = at_each_fault(global_new::allocations, [&](std::int64_t) {
            auto given = base;
            try {
                ASSERT_EQ(content(run(given)), right) << name;
            } catch (std::bad_alloc const&) {
                ASSERT_TRUE(given.same_root(base)) << name;
                ASSERT_EQ(bank_.usage(), paid) << name;
            }
        });
        EXPECT_GT(faults, 0) << name;
        EXPECT_EQ(bank_.usage(), paid) << name;
    }
    EXPECT_EQ(content(base), wanted);
}

TEST_F(segment_memory, a_fault_in_a_transaction_or_a_meld_leaves_all_as_it_was)
{
    auto const base = zeros(50).write(page_bytes, filled(20 * page_bytes, 1));
    for (auto const grain : { still::tracking::pages, still::tracking::bytes }) {
        auto const paid = bank_.usage();
        auto melds = 0;
        auto const faults = at_each_fault(global_new::allocations, [&](std::int64_t) {
            still::transaction one(base, grain);
            still::transaction other(base, grain);
            auto stage = 0;
            try {
                one.write(page_bytes + 5, filled(3 * page_bytes, 2));
                stage = 1;
                other.store<int>(10 * page_bytes, 3);
                other.store<int>(40 * page_bytes, 3);
                stage = 2;
                auto const both = meld(base, one, other);
                ASSERT_TRUE(both);
                ASSERT_EQ(both.version(), one.current().store<int>(10 * page_bytes, 3).store<int>(40 * page_bytes, 3));
                ++melds;
            } catch (std::bad_alloc const&) {
                if (stage == 0) {
                    ASSERT_TRUE(one.current().same_root(base));
                } else if (stage == 2) {
                    ASSERT_EQ(other.current().load<int>(40 * page_bytes), 3);
                }
            }
        });
        EXPECT_GT(faults, 10);
        EXPECT_EQ(melds, 1);
        EXPECT_EQ(bank_.usage(), paid);
    }
}

TEST_F(segment_memory, a_fault_while_editing_in_place_leaves_all_as_it_was)
{
    for (std::uint64_t const offset : { std::uint64_t{ 0 }, 5 * page_bytes + 7, 40 * page_bytes - 2 }) {
        auto const wanted = content(zeros(64).write(page_bytes, filled(8 * page_bytes, 2)));
        std::int64_t n = 1;
        for (auto fired = true; fired; ++n) {
            auto alone = zeros(64).write(page_bytes, filled(8 * page_bytes, 2));
            schedule::scope const fault(global_new::allocations, n);
            try {
                alone = std::move(alone).store<std::uint32_t>(offset, 0x05050505);
                EXPECT_EQ(alone.load<std::uint32_t>(offset), 0x05050505U);
            } catch (std::bad_alloc const&) {
                ASSERT_EQ(content(alone), wanted); // NOLINT(bugprone-use-after-move): promised
            }
            fired = fault.fired();
        }
    }
}

TEST_F(segment_memory, what_changes_nothing_allocates_nothing)
{
    auto const inner = zeros(2).store<int>(0, 1);
    auto const told = std::make_shared<notebook>();
    auto base = zeros(100).write(0, filled(10 * page_bytes, 1)).mount(20 * page_bytes, inner, 0, 2 * page_bytes);
    auto const data = filled(2 * page_bytes, 1);
    auto const nothing = filled(2 * page_bytes, 0);
    bytes target(30 * page_bytes);
    auto const before = global_new::allocations.events();
    auto const same = base.write(100, data).write(15 * page_bytes, nothing).resize(base.size()).unwatch(*told);
    auto const copy = base.snapshot();
    EXPECT_TRUE(same.same_root(copy));
    (void)base.load<int>(5);
    (void)base.load<int>(20 * page_bytes);
    base.read(0, std::span(target).first(19 * page_bytes));
    EXPECT_TRUE(diff(base, copy).empty());
    EXPECT_EQ(base, same);
    EXPECT_EQ(global_new::allocations.events(), before);
    // In place: one that has frames and nodes to itself.
    auto alone = zeros(4).store<int>(0, 1).write(2 * page_bytes, filled(2 * page_bytes, 1));
    auto const across = filled(page_bytes, 2);
    auto const in_place = global_new::allocations.events();
    alone = std::move(alone).store<int>(8, 2).store<int>(4'092, 3).write(2 * page_bytes + 100, across);
    EXPECT_EQ(global_new::allocations.events(), in_place);
}

} // namespace
