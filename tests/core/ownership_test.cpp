// SPDX-License-Identifier: BSL-1.0
//
// Owners: a node goes exactly once, with the last of them.

#include "still/core/ownership.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <tuple>
#include <type_traits>
#include <vector>

#include "live_count.hpp"
#include "still/core/count.hpp"

namespace {

struct node {
    still::atomic_count references;
    still_test::faulty_value value;

    explicit node(int key)
        : value(key)
    {
    }
    static void dispose(node* gone) noexcept
    {
        gone->~node();
        still_test::test_heap::deallocate(gone, sizeof(node), alignof(node));
    }
};

using owner = still::owned<node>;

owner make(int key)
{
    still_test::test_heap heap;
    return owner::adopt(::new (heap.allocate(sizeof(node), alignof(node))) node(key));
}

static_assert(!std::is_copy_constructible_v<owner> && !std::is_copy_assignable_v<owner>);
static_assert(std::is_nothrow_move_constructible_v<owner> && std::is_nothrow_move_assignable_v<owner>);
static_assert(std::is_trivially_copyable_v<still::borrowed<node>>);

class ownership : public still_test::live_count_test { };

TEST_F(ownership, null_is_nobodys)
{
    owner const none;
    EXPECT_FALSE(none);
    EXPECT_FALSE(none.unique());
    EXPECT_FALSE(owner::share(nullptr));
    EXPECT_FALSE(none.borrow());
    owner::drop(nullptr);
}

TEST_F(ownership, the_last_owner_disposes)
{
    still_test::live_count const live;
    auto first = make(1);
    EXPECT_TRUE(first.unique());
    {
        auto const second = owner::share(first.borrow());
        EXPECT_EQ(second.get(), first.get());
        EXPECT_FALSE(first.unique());
    }
    EXPECT_TRUE(first.unique());
    EXPECT_EQ(live.blocks(), 1);
    first = owner();
    EXPECT_EQ(live.blocks(), 0);
    EXPECT_EQ(live.values(), 0);
}

TEST_F(ownership, moves_hand_on_the_same_unit)
{
    auto first = make(1);
    auto const* const seen = first.get();
    auto second = std::move(first);
    EXPECT_FALSE(first); // NOLINT(bugprone-use-after-move): the moved-from state is what is tested
    EXPECT_EQ(second.get(), seen);
    EXPECT_TRUE(second.unique());
    auto third = make(2);
    third = std::move(second);
    EXPECT_EQ(third->value.key(), 1);
    auto* const raw = third.release();
    EXPECT_FALSE(third);
    EXPECT_TRUE(owner::adopt(raw).unique());
}

TEST_F(ownership, assigning_an_owner_to_itself_keeps_the_node)
{
    auto first = make(3);
    auto& alias = first;
    first = std::move(alias);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->value.key(), 3);
}

TEST_F(ownership, a_unique_node_may_be_edited)
{
    auto first = make(1);
    first.edit().value = still_test::faulty_value(5);
    EXPECT_EQ(first->value.key(), 5);
}

// A random script over a few owners, against a model that counts them by hand.
RC_GTEST_PROP(ownership_script, matches_counting_by_hand, ())
{
    still_test::live_count const live;
    {
        std::vector<owner> owners(4);
        std::vector<int> model(4, -1);
        auto const steps = *rc::gen::container<std::vector<std::tuple<int, std::size_t, std::size_t>>>(rc::gen::tuple(
            rc::gen::inRange(0, 4), rc::gen::inRange<std::size_t>(0, 4), rc::gen::inRange<std::size_t>(0, 4)));
        int next = 0;
        for (auto const& [what, from, to] : steps) {
            switch (what) {
            case 0:
                owners[to] = make(next);
                model[to] = next++;
                break;
            case 1:
                owners[to] = owner::share(owners[from].borrow());
                model[to] = model[from];
                break;
            case 2:
                if (from != to) {
                    owners[to] = std::move(owners[from]);
                    model[to] = std::exchange(model[from], -1);
                }
                break;
            default:
                owners[to] = owner();
                model[to] = -1;
            }
            std::set<int> nodes;
            for (std::size_t i = 0; i < owners.size(); ++i) {
                RC_ASSERT(static_cast<bool>(owners[i]) == (model[i] >= 0));
                if (owners[i]) {
                    RC_ASSERT(owners[i]->value.key() == model[i]);
                    RC_ASSERT(owners[i]->references.owners()
                        == static_cast<unsigned>(std::count(model.begin(), model.end(), model[i])));
                    nodes.insert(model[i]);
                }
            }
            RC_ASSERT(live.blocks() == static_cast<std::int64_t>(nodes.size()));
        }
    }
    RC_ASSERT(live.balanced());
}

TEST_F(ownership, threads_may_share_and_drop_at_will)
{
    auto root = make(9);
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([mine = owner::share(root.borrow())] {
            for (int n = 0; n < 20'000; ++n) {
                auto const again = owner::share(mine.borrow());
                EXPECT_EQ(again->value.key(), 9);
            }
        });
    root = owner();
    for (auto& thread : threads)
        thread.join();
}

} // namespace
