// SPDX-License-Identifier: BSL-1.0
//
// Components that misbehave, one after the other, and what the others see of it: nothing. Those that have a test of
// their own elsewhere are in the list of docs/bad-components.md, too.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "faults.hpp"
#include "in_child.hpp"
#include "probe.hpp"
#include "still/heap.hpp"
#include "still/map.hpp"
#include "still/segment.hpp"
#include "still/segment/hash.hpp"
#include "still/vector.hpp"

namespace {

using namespace still_test;
using numbers = still::map<int, int, std::less<>, still::charged_policy>;
using result = boost::system::result<still::lease<probe>>;

class bad_components : public capability_test { };

/// Supplies what a function says.
class told_keeper : public still::keeper {
public:
    explicit told_keeper(std::function<std::vector<std::byte>(std::uint64_t)> supply)
        : supply_(std::move(supply))
    {
    }
    std::vector<std::byte> supply(std::uint64_t page) override { return supply_(page); }

private:
    std::function<std::vector<std::byte>(std::uint64_t)> supply_;
};

TEST_F(bad_components, adopt_without_end_and_fill_their_own_bank_alone)
{
    still::bank const own(1U << 16U);
    auto given = numbers(bank).insert_or_assign(0, 0);
    auto mine = still::grant(given, bank);
    auto const before = bank.usage();
    std::vector<numbers> hoard;
    auto const take = [&] {
        for (;;)
            hoard.push_back(still::adopt(mine.capability(), own).value());
    };
    EXPECT_THROW(take(), still::quota_exceeded);
    EXPECT_GT(hoard.size(), 10U);
    EXPECT_EQ(bank.usage(), before);
    mine.revoke();
    given = numbers();
    EXPECT_EQ(bank.usage(), 0U) << "nothing of the giver's is kept";
    EXPECT_EQ(hoard.back().at(0), 0);
}

TEST_F(bad_components, allocate_on_anothers_reduced_bank_and_are_refused)
{
    auto const victim = bank.child(1U << 16U);
    auto const kept = still::grant(probe(1), victim);
    auto const source = still::grant(numbers(bank).insert_or_assign(1, 1), bank);
    victim.reduce(0);
    auto const before = victim.usage();
    EXPECT_THROW(static_cast<void>(still::grant(probe(2), victim)), still::quota_exceeded);
    EXPECT_THROW(static_cast<void>(kept.capability().forward(victim)), still::quota_exceeded);
    EXPECT_THROW(static_cast<void>(numbers(victim).insert_or_assign(1, 1)), still::quota_exceeded);
    EXPECT_THROW(static_cast<void>(still::adopt(source.capability(), victim)), still::quota_exceeded);
    EXPECT_THROW(static_cast<void>(still::clist(victim).hold(kept.capability())), still::quota_exceeded);
    EXPECT_THROW(static_cast<void>(still::segment(still::page_bytes, victim).store(0, 1)), still::quota_exceeded);
    EXPECT_EQ(victim.usage(), before);
    EXPECT_EQ(key_through(kept.capability()), 1);
}

TEST_F(bad_components, revoke_from_their_own_callback)
{
    still::atom<probe> cell(probe(1), bank);
    auto lent = cell.writer().forward(bank);
    auto const said = lent.capability.update(bank, [&](probe const& before) {
        lent.revoker.revoke();
        EXPECT_EQ(lent.revoker.revoke_and_wait(std::chrono::steady_clock::now() + std::chrono::seconds(10)).how,
            still::waited::end::would_deadlock);
        return probe(before.key() + 1);
    });
    EXPECT_EQ(said.error(), still::capability_error::revoked);
    EXPECT_EQ(key_through(cell.capability()), 1);
    EXPECT_EQ(bank.usage(), grant_bytes);
}

// Whoever ends the cell while another's change is under way: it fails as a whole, and is refunded.
TEST_F(bad_components, revoke_during_anothers_update)
{
    still::bank const writers(1U << 16U);
    auto const doomed = bank.child(1U << 16U);
    for (auto const by_bank : { false, true }) {
        still::atom<probe> cell(probe(1), doomed);
        auto const said = cell.writer().update(writers, [&](probe const& before) {
            std::thread([&] { by_bank ? static_cast<void>(doomed.destroy()) : cell.revoke(); }).join();
            EXPECT_EQ(before.key(), 1) << "its lease goes on";
            return probe(2);
        });
        EXPECT_EQ(said.error(), by_bank ? still::capability_error::bank_destroyed : still::capability_error::revoked);
        EXPECT_EQ(writers.usage(), 0U);
        EXPECT_EQ(bank.usage(), 0U);
    }
}

TEST_F(bad_components, hang_as_keepers_and_stall_their_caller_alone)
{
    std::atomic<bool> asked{ false };
    std::atomic<bool> go_on{ false };
    auto const kept = still::segment(4 * still::page_bytes, bank)
                          .keep(0, still::page_bytes, std::make_shared<told_keeper>([&](auto) {
                              asked = true;
                              while (!go_on)
                                  std::this_thread::yield();
                              return std::vector<std::byte>(still::page_bytes, std::byte{ 9 });
                          }));
    auto const paid = bank.usage();
    std::thread stalled([&] {
        auto const mine = still::grant(kept.freeze(), bank);
        EXPECT_EQ((*mine.capability().open())->load<char>(0), 9);
    });
    while (!asked)
        std::this_thread::yield();
    // The same bank and the same table serve everybody else.
    EXPECT_THROW(static_cast<void>(still::grant(kept, bank)), still::segment_calls_out);
    auto mine = still::grant(probe(1), bank);
    auto lent = mine.capability().forward(bank);
    EXPECT_EQ(key_through(lent.capability), 1);
    lent.revoker.revoke();
    auto const brief = bank.child(1'000);
    auto const other = still::grant(probe(2), brief);
    EXPECT_EQ(brief.destroy().grants, 1U);
    EXPECT_EQ(mine.revoke_and_wait(std::chrono::steady_clock::now()).how, still::waited::end::drained);
    EXPECT_EQ(bank.usage(), paid);
    go_on = true;
    stalled.join();
}

TEST_F(bad_components, throw_or_come_back_as_keepers)
{
    auto calls = 0;
    still::segment kept(4 * still::page_bytes, bank);
    auto* const seen = &kept;
    kept = kept.keep(0, 4 * still::page_bytes, std::make_shared<told_keeper>([&](std::uint64_t page) {
        ++calls;
        if (page == 1)
            throw std::domain_error("no");
        if (page == 2)
            static_cast<void>(seen->freeze()); // it asks for the page that it is asked for
        return std::vector<std::byte>(still::page_bytes, std::byte{ 7 });
    }));
    auto const paid = bank.usage();
    EXPECT_THROW(static_cast<void>(kept.fetch(still::page_bytes, 1)), std::domain_error);
    EXPECT_THROW(static_cast<void>(kept.fetch(2 * still::page_bytes, 1)), std::exception);
    EXPECT_THROW(static_cast<void>(kept.freeze()), std::exception);
    EXPECT_EQ(bank.usage(), paid);
    EXPECT_TRUE(kept.calls_out()) << "nothing was fetched by halves";
    EXPECT_EQ(kept.fetch(0, 1).load<char>(0), 7) << "and what it does supply is there";
    EXPECT_GE(calls, 3);
}

// A forwarder's source is fixed before it has a name, so a cycle could only close where a slot is filled again. It
// stays dead.
TEST_F(bad_components, build_no_cycle_of_forwarders)
{
    struct parts {
        std::uint32_t slot;
        std::uint32_t generation;
        std::uint64_t tag;
    };
    auto const mine = still::grant(probe(1), bank);
    auto first = mine.capability().forward(bank);
    auto const second = first.capability.forward(bank);
    auto const before = std::bit_cast<parts>(first.capability);
    first.revoker.revoke();
    auto const third = second.capability.forward(bank);
    ASSERT_EQ(std::bit_cast<parts>(third.capability).slot, before.slot) << "it stands where the first stood";
    for (auto const& one : { first.capability, second.capability, third.capability })
        EXPECT_EQ(key_through(one), says_revoked);
    // Neither does a change of the generation bend a name back to it.
    auto bent = before;
    bent.generation = std::bit_cast<parts>(third.capability).generation;
    EXPECT_EQ(key_through(std::bit_cast<probe_capability>(bent)), says_null);
    // A cell that holds itself is a cycle of data: nothing follows it by itself.
    still::atom<still::clist> cell(still::clist(bank), bank);
    cell.update([&](still::clist const& held) {
        auto next = held;
        next.hold(cell.writer());
        return next;
    });
    EXPECT_TRUE(cell.capability().open());
    cell.revoke();
}

// Whatever is taken back in one domain costs who opens in another at most a walk of its own way, twice. A way has
// most_forwarders + 1 slots.
TEST_F(bad_components, storm_with_revocations_and_cost_others_their_own_way)
{
    constexpr auto bound = std::uint64_t{ 2 } * (still::slots::most_forwarders + 1);
    auto const mine = still::grant(probe(1), bank);
    std::vector<still::forwarder<probe>> chain;
    while (chain.size() < still::slots::most_forwarders)
        chain.push_back((chain.empty() ? mine.capability() : chain.back().capability).forward(bank));
    auto const last = chain.back().capability;
    auto const& followed = still::slots::pins_of_thread.followed;
    auto const cost_of_open = [&followed](probe_capability const& capability) {
        auto const before = followed;
        EXPECT_EQ(key_through(capability), 1);
        return followed - before;
    };
    EXPECT_GT(cost_of_open(last), 0U);
    EXPECT_EQ(cost_of_open(last), 0U) << "nothing was taken back since";

    // One revocation before each open.
    still::bank const other(1U << 16U);
    auto const theirs = still::grant(probe(2), other);
    for (auto round = 0; round < 200; ++round) {
        theirs.capability().forward(other).revoker.revoke();
        auto const cost = cost_of_open(last);
        EXPECT_GT(cost, 0U);
        EXPECT_LE(cost, bound);
    }
    // And any number of them during each.
    std::atomic<bool> over{ false };
    std::vector<std::thread> storm;
    for (auto i = 0; i < 2; ++i)
        storm.emplace_back([&] {
            still::bank const own(1U << 16U);
            while (!over) {
                auto brief = still::grant(probe(3), own);
                static_cast<void>(brief.capability().forward(own));
            }
        });
    auto const end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    std::uint64_t most = 0;
    while (std::chrono::steady_clock::now() < end)
        most = std::max(most, cost_of_open(last));
    over = true;
    for (auto& thread : storm)
        thread.join();
    EXPECT_LE(most, bound);
    EXPECT_LE(cost_of_open(mine.capability()), 1U) << "and a grant's own name follows no way";
}

TEST_F(bad_components, exit_inside_a_lease_and_are_reported)
{
    EXPECT_EQ(told_by_child([&] {
        auto mine = still::grant(probe(1), bank);
        auto const given = mine.capability();
        result* left = nullptr;
        std::thread exiting([&] { left = new result(given.open()); });
        auto const id = exiting.get_id();
        exiting.join();
        auto const said = mine.revoke_and_wait(std::chrono::steady_clock::now());
        if (said.how != still::waited::end::stuck || said.holder != id)
            return 1;
        if (key_through(given) != says_revoked || (**left)->key() != 1)
            return 2;
        // It keeps its one version, and stalls nobody.
        auto other = still::grant(probe(2), bank);
        other.revoke();
        return value_ledger::live == 1 && still::reclaim() == 1 ? 0 : 3;
    }),
        "");
}

// What a thread keeps to its end, its end drains.
TEST_F(bad_components, exit_inside_a_lease_that_ends_with_them)
{
    auto mine = still::grant(probe(1), bank);
    std::atomic<int> step{ 0 };
    std::thread exiting([&, given = mine.capability()] {
        thread_local std::unique_ptr<result> const kept(new result(given.open()));
        step = 1;
        while (step != 2)
            std::this_thread::yield();
        EXPECT_EQ((**kept)->key(), 1);
    });
    while (step != 1)
        std::this_thread::yield();
    mine.revoke();
    EXPECT_EQ(value_ledger::live, 1);
    step = 2;
    exiting.join();
    EXPECT_EQ(value_ledger::live, 0);
    EXPECT_EQ(mine.revoke_and_wait(std::chrono::steady_clock::now()).how, still::waited::end::drained);
}

// Whatever its giver and its receivers do with a version, its hash stays: that of the bytes that were granted.
TEST_F(bad_components, change_no_hash_of_what_they_are_shown)
{
    struct shown {
        still::granted<still::segment> grant;
        decltype(still::hash(still::segment())) before;
    };
    still::bank const own(1U << 22U);
    still::bank const room(1U << 22U);
    std::vector<shown> all;
    auto current = still::segment(32 * still::page_bytes, room);
    still::adopter<still::segment> receiver(own);
    for (std::uint64_t round = 1; round <= 40; ++round) {
        current = std::move(current).store(round * 3'000, round); // in place, where nobody else has the page
        all.push_back({ still::grant(current, room), still::hash(current) });
        auto mine = receiver.adopt(all.back().grant.capability()).value();
        mine = std::move(mine).store(0, round);
        static_cast<void>(all.back().grant.capability().weaken().forward(room));
        if (round % 5 == 0)
            all.erase(all.begin());
        for (auto const& one : all) // a copy of the bytes, hashed anew
            ASSERT_EQ(still::hash(still::adopt(one.grant.capability(), own).value()), one.before);
    }
}

class bad_components_DeathTest : public bad_components { };

TEST_F(bad_components_DeathTest, keep_a_pointer_past_their_lease)
{
    if (!memory_is_watched)
        GTEST_SKIP() << "builds with the address sanitizer fault";
    auto const read_late = [this] {
        auto mine = still::grant(numbers(bank).insert_or_assign(1, 5), bank);
        int const* kept = nullptr;
        {
            auto const lease = mine.capability().open();
            kept = (*lease)->find(1);
        }
        mine.revoke();
        static_cast<void>(*static_cast<int const volatile*>(kept));
    };
    EXPECT_DEATH(read_late(), "heap-use-after-free");
}

TEST_F(bad_components_DeathTest, keep_a_pointer_into_a_mapping_past_their_lease)
{
    auto const read_late = [this] {
        auto mine = still::grant(still::mapping::of(still::segment(still::page_bytes).store(0, 5)), bank);
        std::byte const volatile* kept = nullptr;
        {
            auto const lease = mine.capability().open();
            kept = (*lease)->bytes().data();
        }
        static_cast<void>(*kept); // the grant still has it mapped
        mine.revoke();
        static_cast<void>(*kept);
    };
    expect_fault(read_late);
}

/// Effect: writes through what a lease showed.
template <class Granted>
void write_to_what_is_shown(Granted const& mine)
{
    auto const lease = mine.capability().open();
    auto const seen = (*lease)->bytes();
    auto const before = seen.front();
    *const_cast<std::byte volatile*>(seen.data()) = before;
}

TEST_F(bad_components_DeathTest, cast_const_away_on_what_is_mapped)
{
    still::heap heap({ .capacity = 1U << 22U });
    heap.construct<int>("number", 7);
    auto const of_heap = still::grant(heap.snapshot().map(), bank);
    auto const of_segment = still::grant(still::mapping::of(still::segment(still::page_bytes).store(0, 5)), bank);
    expect_fault([&] { write_to_what_is_shown(of_heap); });
    expect_fault([&] { write_to_what_is_shown(of_segment); });
    EXPECT_EQ(*(*of_heap.capability().open())->find<int>("number"), 7);
}

} // namespace
