// SPDX-License-Identifier: BSL-1.0
//
// Memory runs out at each allocation in turn: whatever fails, the heap and its versions are as they
// were, and the next attempt is right.

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <new>
#include <vector>

#include "every_tracker.hpp"
#include "global_new.hpp"
#include "in_child.hpp"

namespace still_test {
namespace {

class exhaustion : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, exhaustion, trackers, tracker_name);

/// Effect: for n = 1, 2, ...: `prepare()`, then `attempt()` with the n-th allocation failing, then
/// `check(done)` with none failing; until an attempt makes fewer allocations. Returns how many failed.
template <class Prepare, class Attempt, class Check>
std::int64_t at_each_allocation(Prepare&& prepare, Attempt&& attempt, Check&& check)
{
    for (std::int64_t n = 1;; ++n) {
        prepare();
        auto done = false;
        auto fired = false;
        {
            schedule::scope const faults(global_new::allocations, n);
            try {
                attempt();
                done = true;
            } catch (std::bad_alloc const&) {
            }
            fired = faults.fired();
        }
        check(done);
        if (!fired) {
            EXPECT_TRUE(done);
            return n - 1;
        }
    }
}

/// Effect: takes snapshots with failing allocations. `ahead`: pages are copied before writers are kept out.
void exhaust_snapshots(still::heap& heap, still::bank const& payer, bool ahead)
{
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 40, 1);
    auto const first = heap.snapshot();
    auto const first_content = content(first);
    std::uint64_t value = 1;
    std::size_t used = 0;
    still::snapshot seen;
    auto const faults = at_each_allocation(
        [&] {
            ++value;
            // A cut copies ahead when the last one had much to copy.
            if (ahead) {
                for (std::size_t page = 0; page < 40; ++page)
                    data[page * 512] = value;
                static_cast<void>(heap.snapshot());
            }
            for (std::size_t page = 0; page < 40; page += 1 + value % 3)
                data[page * 512 + value % 512] = value;
            seen = still::snapshot();
            used = payer.usage();
        },
        [&] { seen = heap.snapshot(); },
        [&](bool done) {
            auto const now = copy(heap.bytes());
            if (done) {
                EXPECT_TRUE(same(content(seen), now));
                EXPECT_TRUE(!ahead || heap.statistics().pages_copied_ahead > 0);
            } else {
                EXPECT_EQ(payer.usage(), used);
            }
            // A page that was written before the refusal is in the next snapshot.
            EXPECT_TRUE(same(content(heap.snapshot()), now));
            EXPECT_TRUE(same(content(first), first_content));
            EXPECT_TRUE(heap.validate()) << heap.validate();
            EXPECT_EQ(payer.usage(), heap.statistics().retained_bytes);
        });
    EXPECT_GT(faults, 3);
}

TEST_P(exhaustion, of_a_snapshot_loses_nothing)
{
    for (auto const ahead : { false, true }) {
        still::bank const payer(64_MiB);
        {
            auto heap = make(64_MiB, payer);
            exhaust_snapshots(heap, payer, ahead);
        }
        EXPECT_EQ(payer.usage(), 0U);
    }
}

TEST_P(exhaustion, of_a_restore_changes_nothing)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 40, 1);
    auto const first = heap.snapshot();
    std::fill(data.begin(), data.end(), 2);
    auto const second = heap.snapshot();
    auto const first_content = content(first);
    static_cast<void>(at_each_allocation(
        [&] {
            heap.restore(second);
            std::fill(data.begin(), data.end(), 3);
        },
        [&] { heap.restore(first); },
        [&](bool done) {
            EXPECT_EQ(std::count(data.begin(), data.end(), done ? 1U : 3U), 512 * 40);
            if (done) {
                EXPECT_TRUE(same(copy(heap.bytes()), first_content));
            }
        }));
}

TEST_P(exhaustion, of_making_a_heap_or_a_mapping_leaks_nothing)
{
    still::bank const payer(64_MiB);
    auto const faults = at_each_allocation([] {},
        [&] {
            auto heap = make(1_MiB, payer);
            heap.construct<int>("number", 7);
            auto const mapped = heap.snapshot().map();
            EXPECT_EQ(*mapped.find<int>("number"), 7);
        },
        [&](bool) { EXPECT_EQ(payer.usage(), 0U); });
    EXPECT_GT(faults, 5);
}

TEST_P(exhaustion, of_growth_changes_nothing)
{
    auto heap = make();
    auto allocator = heap.allocator<std::byte>();
    auto const snapshot = heap.snapshot();
    std::size_t before = 0;
    auto const faults = at_each_allocation([&] { before = heap.bytes().size(); },
        [&] { static_cast<void>(allocator.allocate(20_MiB)); },
        [&](bool done) {
            EXPECT_EQ(heap.bytes().size() > before, done);
            EXPECT_TRUE(heap.validate()) << heap.validate();
        });
    EXPECT_GT(faults, 0);
    heap.restore(snapshot);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

// The capacity isn't used up, but the system gives no more.
TEST_P(exhaustion, of_the_systems_memory_is_no_other_error)
{
    EXPECT_TRUE(in_child([&] {
        auto heap = make(1024_MiB);
        auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
        data.assign(1000, 7);
        rlimit limit{};
        ::getrlimit(RLIMIT_DATA, &limit);
        limit.rlim_cur = 48U << 20U;
        if (::setrlimit(RLIMIT_DATA, &limit) != 0)
            return false;
        auto refused = 0;
        try {
            for (;;)
                data.insert(data.end(), 1000, 7);
        } catch (std::bad_alloc const&) {
            ++refused;
        }
        try {
            static_cast<void>(heap.memory_resource()->allocate(100U << 20U));
        } catch (std::bad_alloc const&) {
            ++refused;
        }
        return refused == 2 && data.size() < (1024U << 20U) / 16 && data.back() == 7 && heap.validate();
    }));
}

} // namespace
} // namespace still_test
