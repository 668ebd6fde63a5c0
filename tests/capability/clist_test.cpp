// SPDX-License-Identifier: BSL-1.0
//
// Lists of capabilities: moved, copied, dropped and listed; who pays; and what comes weak out of a weak one.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "probe.hpp"
#include "still/set.hpp"

namespace {

using namespace still_test;
using numbers = still::set<int>;
using still::any_capability;
using still::clist;
using still::rights;

class clists : public capability_test { };

TEST_F(clists, hold_capabilities_of_any_type)
{
    auto const first = still::grant(probe(1), bank);
    auto const second = still::grant(numbers{ 1, 2 }, bank);
    clist known(bank);
    EXPECT_TRUE(known.empty());
    EXPECT_EQ(known.hold(first.capability()), 0U);
    EXPECT_EQ(known.hold(second.capability()), 1U);
    EXPECT_EQ(known.size(), 2U);
    EXPECT_EQ(key_through(known.get<probe>(0)), 1);
    EXPECT_EQ(known.get<numbers>(1), second.capability());
    EXPECT_FALSE(known.get<numbers>(0)) << "of another type";
    EXPECT_FALSE(known.get<probe>(7)) << "none there";
    EXPECT_TRUE(known.at(1).names<numbers>());
    EXPECT_FALSE(known.at(1).names<probe>());
}

TEST_F(clists, are_paid_for_by_their_bank)
{
    auto const mine = still::grant(probe(1), bank);
    auto const payer = bank.child(1U << 14U);
    {
        clist known(payer);
        EXPECT_EQ(payer.usage(), 0U);
        std::size_t held = 0;
        auto const fill = [&] {
            for (;; ++held)
                known.hold(held % 2 == 0 ? mine.capability() : mine.capability().attenuate(rights::read));
        };
        EXPECT_THROW(fill(), still::quota_exceeded);
        EXPECT_GT(held, 10U);
        EXPECT_EQ(known.size(), held) << "as it was";
        EXPECT_GT(payer.usage(), held * sizeof(any_capability)) << "as they differ; a run of one would cost less";
        auto const copied = known;
        EXPECT_TRUE(copied.same_root(known));
        EXPECT_LE(payer.usage(), payer.limit());
    }
    EXPECT_EQ(payer.usage(), 0U);
    clist nobodys;
    EXPECT_THROW(nobodys.hold(mine.capability()), std::logic_error);
    nobodys.drop(3);
    EXPECT_TRUE(nobodys.empty());
}

TEST_F(clists, change_nothing_when_there_is_nothing_to_change)
{
    auto const mine = still::grant(probe(1), bank);
    clist known(bank);
    known.put(5, mine.capability());
    auto const before = known;
    auto const used = bank.usage();
    known.put(5, mine.capability());
    known.move(5, 5);
    known.copy(5, 5);
    known.drop(6);
    known.copy(8, 9);
    EXPECT_TRUE(known.same_root(before));
    EXPECT_EQ(bank.usage(), used);
    EXPECT_THROW(known.put(still::clist::place{ 1 } << 52U, mine.capability()), std::exception);
    EXPECT_TRUE(known.same_root(before));
}

RC_GTEST_PROP(clist_scripts, agree_with_a_model, ())
{
    still::bank const bank(1U << 22U);
    {
        std::vector<still::granted<probe>> grants;
        for (int i = 0; i < 10; ++i)
            grants.push_back(still::grant(probe(i), bank));
        clist known(bank);
        std::map<clist::place, any_capability> model;
        std::vector<std::pair<clist, std::map<clist::place, any_capability>>> kept;
        auto const put = [&](clist::place to, any_capability const& what) {
            if (what)
                model[to] = what;
            else
                model.erase(to);
        };
        auto const at = [&](clist::place from) { return model.contains(from) ? model[from] : any_capability(); };
        auto const steps = *rc::gen::container<std::vector<std::array<unsigned, 4>>>(
            rc::gen::container<std::array<unsigned, 4>>(rc::gen::inRange(0U, 30U)));
        for (auto const& [what, from, to, which] : steps) {
            any_capability const chosen = grants[which % 10].capability();
            switch (what % 6) {
            case 0: {
                clist::place lowest = 0;
                while (model.contains(lowest))
                    ++lowest;
                RC_ASSERT(known.hold(chosen) == lowest);
                put(lowest, chosen);
                break;
            }
            case 1:
                known.put(to, chosen);
                put(to, chosen);
                break;
            case 2:
                known.drop(from);
                put(from, {});
                break;
            case 3:
                known.copy(from, to);
                put(to, at(from));
                break;
            case 4: {
                auto const moved = at(from);
                known.move(from, to);
                put(from, {});
                put(to, moved);
                break;
            }
            default:
                kept.emplace_back(known, model);
            }
            std::map<clist::place, any_capability> listed;
            for (auto const [place, capability] : known)
                listed.emplace(place, capability);
            RC_ASSERT(listed == model);
            RC_ASSERT(known.size() == model.size());
        }
        for (auto const& [list, then] : kept) {
            std::map<clist::place, any_capability> listed;
            for (auto const [place, capability] : list)
                listed.emplace(place, capability);
            RC_ASSERT(listed == then);
        }
    }
    RC_ASSERT(bank.usage() == 0U);
}

TEST_F(clists, can_be_shown)
{
    auto const mine = still::grant(probe(1), bank);
    auto const seen = still::grant(numbers{ 3 }, bank);
    clist known(bank);
    known.put(2, mine.capability());
    known.put(4, seen.capability());
    auto const shown = still::grant(known, bank);
    auto const lease = shown.capability().open();
    ASSERT_TRUE(lease);
    EXPECT_EQ((*lease)->size(), 2U);
    EXPECT_EQ((*lease)->get<probe>(2), mine.capability());
    auto const weak = shown.capability().weaken().open();
    ASSERT_TRUE(weak);
    EXPECT_FALSE((*weak)->at(2)) << "of a kind that nobody can weaken";
    EXPECT_TRUE((*weak)->at(4).weak());
    EXPECT_TRUE((*weak)->get<numbers>(4).open().value()->contains(3));
    std::size_t listed = 0;
    (*weak)->for_each([&](clist::place place, any_capability const& held) {
        ++listed;
        EXPECT_EQ(static_cast<bool>(held), place == 4);
        EXPECT_TRUE(held.weak());
    });
    EXPECT_EQ(listed, 2U);
}

// Whatever the graph of lists and cells, nothing that is reached from a weak root can be written, and all of the strong
// ones can.
RC_GTEST_PROP(weak_graphs, are_closed, ())
{
    still::bank const bank(1U << 24U);
    {
        std::vector<still::atom<clist>> cells;
        std::vector<still::atom<numbers>> leaves;
        std::vector<still::granted<probe>> strangers;
        std::vector<still::forwarder<clist>> lent;
        auto const count = *rc::gen::inRange<std::size_t>(1, 8);
        for (std::size_t i = 0; i < count; ++i) {
            cells.emplace_back(clist(bank), bank);
            leaves.emplace_back(numbers{ static_cast<int>(i) }, bank);
            strangers.push_back(still::grant(probe(static_cast<int>(i)), bank));
        }
        auto const edges = *rc::gen::container<std::vector<std::array<std::size_t, 3>>>(
            30, rc::gen::container<std::array<std::size_t, 3>>(rc::gen::inRange<std::size_t>(0, 100)));
        for (auto const& [from, to, what] : edges) {
            auto const which = to % count;
            any_capability held;
            switch (what % 5) {
            case 0:
            case 1:
                held = cells[which].writer();
                break;
            case 2:
                held = leaves[which].writer();
                break;
            case 3:
                held = strangers[which].capability();
                break;
            default:
                lent.push_back(cells[which].writer().forward(bank));
                held = lent.back().capability;
            }
            cells[from % count].update([&](clist const& before) {
                auto after = before;
                after.hold(held);
                return after;
            });
        }
        std::size_t reached = 0;
        auto const visit = [&](auto const& self, any_capability const& at, bool weak, int depth) -> void {
            ++reached;
            if (weak) {
                RC_ASSERT(at.weak());
                RC_ASSERT(!at.allows(rights::write));
                RC_ASSERT(!at.names<probe>());
            } else {
                RC_ASSERT(at.names<probe>() || at.allows(rights::write));
            }
            auto const list = at.as<clist>();
            if (!list || depth == 0)
                return;
            if (weak) {
                RC_ASSERT(list.store(clist(bank), bank).error() == still::capability_error::no_right);
            }
            auto const lease = list.open();
            RC_ASSERT(static_cast<bool>(lease));
            std::vector<any_capability> next;
            (*lease)->for_each([&](clist::place, any_capability const& held) {
                if (held)
                    next.push_back(held);
                else
                    RC_ASSERT(weak);
            });
            for (auto const& held : next)
                if (reached < 300)
                    self(self, held, weak, depth - 1);
        };
        visit(visit, cells[0].writer(), false, 4);
        reached = 0;
        visit(visit, any_capability(cells[0].writer()).weaken(), true, 4);
        reached = 0;
        visit(visit, any_capability(cells[0].writer().forward(bank).capability).weaken(), true, 0);
        for (auto& cell : cells) // a cycle ends with its grants
            cell.revoke();
    }
    still::reclaim();
    RC_ASSERT(bank.usage() == 0U);
}

} // namespace
