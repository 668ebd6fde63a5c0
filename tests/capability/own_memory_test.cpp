// SPDX-License-Identifier: BSL-1.0
//
// Banks with memory of their own: destroying one gives all of it back at once, where nothing there needs a destructor
// and nobody else has something there; else everything is destroyed as ever.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "listed_memory.hpp"
#include "probe.hpp"
#include "still/map.hpp"
#include "still/page_table.hpp"
#include "still/reclaimer.hpp"
#include "still/segment.hpp"
#include "still/set.hpp"
#include "still/vector.hpp"

namespace still_test {
namespace {

using index = still::map<int, int, std::less<>, still::charged_policy>;
using keys = still::set<int, std::less<>, still::charged_policy>;
using list = still::vector<int, still::charged_policy>;
using table = still::page_table<int, still::charged_policy>;
using words = still::set<std::pmr::string, std::less<>, still::charged_policy>;

class own_memory : public ::testing::Test {
protected:
    void TearDown() override
    {
        EXPECT_EQ(still::reclaim(), 0U);
        EXPECT_EQ(above.usage(), 0U);
        EXPECT_EQ(seen.live, 0U);
    }
    [[nodiscard]] static index filled(still::bank const& payer, int elements = 1'000)
    {
        index made(payer);
        for (auto key = 0; key < elements; ++key)
            made = std::move(made).insert(key, -key);
        return made;
    }
    void expect_at_once() const
    {
        EXPECT_EQ(seen.times_at_once, 1U);
        EXPECT_GT(seen.given_back_at_once, 0U);
        EXPECT_EQ(seen.live, 0U);
        EXPECT_EQ(above.usage(), 0U);
    }

    traffic seen;
    still::bank const above{ std::size_t{ 1 } << 24U };
    still::bank const bank = above.child(std::size_t{ 1 } << 23U, std::make_unique<listed_memory>(seen));
};

TEST_F(own_memory, has_all_that_its_bank_pays_for)
{
    {
        auto const made = filled(bank);
        EXPECT_GT(seen.live, 10U);
        EXPECT_EQ(made.size(), 1'000U);
        std::pmr::string const text(1'000, 'x', bank.memory_resource());
        auto const below = bank.child(10'000);
        auto const before = seen.live.load();
        keys const there(below);
        auto const one = there.insert(1);
        EXPECT_EQ(seen.live, before) << "banks below have none of it";
        EXPECT_GT(below.usage(), 0U);
    }
    EXPECT_EQ(seen.live, 0U);
    EXPECT_EQ(bank.usage(), 0U);
    EXPECT_EQ(seen.times_at_once, 0U);
}

TEST_F(own_memory, goes_back_at_once)
{
    auto versions = filled(bank);
    auto later = versions.insert_or_assign(5, 5); // shares nodes with it
    auto numbers = keys(bank).insert_range(std::vector{ 3, 1, 2 });
    auto line = list(bank).push_back(1).push_back(2);
    auto pages = table(bank).assign(1, 1).assign(std::size_t{ 1 } << 30U, 2);
    auto const one = still::grant(std::move(versions), bank);
    auto const two = still::grant(std::move(later), bank);
    auto const three = still::grant(std::move(numbers), bank);
    auto const four = still::grant(std::move(line), bank);
    auto const five = still::grant(std::move(pages), bank);
    auto const freed = seen.freed.load();
    auto const live = seen.live.load();
    auto const report = bank.destroy();
    EXPECT_EQ(report.grants, 5U);
    EXPECT_EQ(report.bytes, 0U);
    EXPECT_EQ(seen.given_back_at_once, live);
    EXPECT_EQ(seen.freed, freed) << "no block by itself";
    expect_at_once();
    EXPECT_FALSE(one.capability().open());
    EXPECT_EQ(bank.destroy().grants, 0U);
    EXPECT_EQ(seen.times_at_once, 1U);
}

struct point {
    int across;
    int down;
};

/// Its destructor runs for a while.
struct slow {
    explicit slow(std::function<void()> at_end)
        : at_end_(std::move(at_end))
    {
    }
    slow(slow&&) noexcept = default;
    ~slow()
    {
        if (at_end_)
            at_end_();
    }
    std::function<void()> at_end_;
};

} // namespace
} // namespace still_test

template <>
struct still::grantable<still_test::point> : still::shown_by_reference<still_test::point> { };
template <>
struct still::grantable<still_test::slow> : still::shown_by_reference<still_test::slow> { };

namespace still_test {
namespace {

TEST_F(own_memory, goes_back_at_once_with_types_of_the_programs_own)
{
    auto const one = still::grant(point{ 1, 2 }, bank);
    auto const two = still::grant(filled(bank), bank);
    static_cast<void>(bank.destroy());
    expect_at_once();
}

TEST_F(own_memory, goes_back_at_once_with_what_was_replaced)
{
    still::atom<index> current(filled(bank), bank);
    for (auto round = 0; round < 10; ++round)
        current.update([&](index const& before) { return before.insert_or_assign(round, round); });
    static_cast<void>(bank.destroy());
    expect_at_once();
}

TEST_F(own_memory, stays_while_its_bank_stands)
{
    auto mine = still::grant(filled(bank), bank);
    mine.revoke();
    EXPECT_EQ(bank.usage(), 0U);
    EXPECT_EQ(seen.times_at_once, 0U) << "others may come";
    auto const next = still::grant(filled(bank), bank);
    EXPECT_EQ((*next.capability().open())->at(7), -7);
}

TEST_F(own_memory, is_kept_for_who_holds_a_container)
{
    auto held = filled(bank);
    auto const mine = still::grant(index(held), bank);
    auto const report = bank.destroy();
    EXPECT_GT(report.bytes, 0U);
    EXPECT_EQ(seen.times_at_once, 0U);
    EXPECT_EQ(held.at(7), -7);
    auto moved = std::move(held);
    EXPECT_EQ(moved.at(8), -8);
    moved = index();
}

TEST_F(own_memory, is_kept_for_a_lease)
{
    auto const mine = still::grant(filled(bank), bank);
    auto const other = still::grant(filled(bank, 10), bank);
    {
        auto const lease = mine.capability().open();
        auto const report = bank.destroy();
        EXPECT_EQ(report.leases, 1U);
        EXPECT_EQ(seen.times_at_once, 0U);
        EXPECT_EQ((*lease)->at(7), -7);
    }
    expect_at_once(); // as the lease ends
}

// What the lease is on may have no handle of the bank's, and no need of a destructor.
TEST_F(own_memory, is_kept_for_a_lease_on_whatever_lies_there)
{
    auto const elsewhere = above.child(1U << 20U);
    auto const small = still::grant(point{ 1, 2 }, bank);
    auto const others = still::grant(filled(elsewhere, 10), bank);
    auto const mine = still::grant(filled(bank), bank);
    {
        auto const lease = small.capability().open();
        auto const other = others.capability().open();
        EXPECT_EQ(bank.destroy().leases, 2U);
        EXPECT_EQ(seen.times_at_once, 0U);
        EXPECT_EQ((*lease)->down, 2);
        EXPECT_EQ((*other)->at(7), -7);
    }
    EXPECT_EQ(seen.live, 0U);
}

/// Destroys a bank when it is asked for a page.
class ending final : public still::keeper {
public:
    explicit ending(still::bank of)
        : bank_(std::move(of))
    {
    }
    [[nodiscard]] std::vector<std::byte> supply(std::uint64_t) override
    {
        static_cast<void>(bank_.destroy());
        return std::vector<std::byte>(still::page_bytes);
    }

private:
    still::bank const bank_;
};

TEST_F(own_memory, is_kept_for_a_keeper_that_ends_it)
{
    auto const mine = still::grant(filled(bank), bank);
    auto const keeper = still::grant(still::shown_keeper(std::make_shared<ending>(bank)), bank);
    auto const kept
        = still::segment(still::page_bytes).keep(0, still::page_bytes, still::keeper_through(keeper.capability()));
    EXPECT_EQ(kept.load<char>(5), 0);
    EXPECT_THROW(static_cast<void>(kept.load<char>(5)), boost::system::system_error);
    EXPECT_EQ(seen.live, 0U);
}

TEST_F(own_memory, is_kept_while_somebody_destroys_a_version)
{
    auto const mine = still::grant(filled(bank), bank);
    auto ends = still::grant(slow([&] {
        std::thread([&] { static_cast<void>(bank.destroy()); }).join();
        EXPECT_EQ(seen.times_at_once, 0U);
    }),
        bank);
    ends.revoke();
    EXPECT_EQ(seen.live, 0U);
}

TEST_F(own_memory, is_kept_while_a_block_is_allocated)
{
    auto const mine = still::grant(filled(bank), bank);
    seen.when_allocated = [this] { std::thread([&] { static_cast<void>(bank.destroy()); }).join(); };
    {
        std::pmr::vector<int> const numbers({ 1, 2, 3 }, bank.memory_resource());
        EXPECT_EQ(seen.times_at_once, 0U);
        EXPECT_EQ(numbers[2], 3);
    }
}

TEST_F(own_memory, is_kept_while_a_block_is_freed)
{
    auto const mine = still::grant(filled(bank), bank);
    {
        std::pmr::vector<int> const numbers({ 1, 2, 3 }, bank.memory_resource());
        seen.when_freed = [this] {
            std::thread([&] { static_cast<void>(bank.destroy()); }).join();
            EXPECT_EQ(seen.times_at_once, 0U);
        };
    }
}

TEST_F(own_memory, is_kept_for_an_empty_block)
{
    auto* resource = bank.memory_resource();
    void* block = nullptr;
    {
        still::bank const short_lived(1'000);
        resource = short_lived.memory_resource();
        block = resource->allocate(0);
        EXPECT_EQ(short_lived.usage(), 1U);
    }
    resource->deallocate(block, 0);
}

TEST_F(own_memory, is_kept_for_a_block_that_somebody_has)
{
    auto text = std::optional<std::pmr::string>(std::in_place, 1'000, 'x', bank.memory_resource());
    auto const mine = still::grant(filled(bank), bank);
    static_cast<void>(bank.destroy());
    EXPECT_EQ(seen.times_at_once, 0U);
    EXPECT_EQ(seen.live, 1U);
    EXPECT_EQ((*text)[999], 'x');
    text.reset();
}

TEST_F(own_memory, is_kept_for_elements_that_are_to_be_destroyed)
{
    auto const mine = still::grant(words(bank).insert(std::pmr::string(100, 'w')), bank);
    static_cast<void>(bank.destroy());
    EXPECT_EQ(seen.times_at_once, 0U);
}

TEST_F(own_memory, is_kept_for_a_reclaimer)
{
    still::reclaimer slowly;
    auto gone = filled(bank);
    auto const mine = still::grant(filled(bank, 10), bank);
    slowly.take(std::move(gone));
    gone = index();
    static_cast<void>(bank.destroy());
    EXPECT_EQ(seen.times_at_once, 0U);
    while (slowly.step(2)) { }
}

TEST_F(own_memory, is_not_what_a_version_of_another_bank_lies_in)
{
    auto const elsewhere = above.child(1U << 20U);
    auto const mine = still::grant(filled(elsewhere), bank);
    auto const here = still::grant(filled(bank), bank);
    static_cast<void>(bank.destroy());
    EXPECT_EQ(elsewhere.usage(), 0U) << "destroyed";
    expect_at_once();
}

TEST_F(own_memory, of_banks_below_goes_with_the_bank)
{
    traffic deeper;
    {
        auto const below = bank.child(1U << 20U, std::make_unique<listed_memory>(deeper));
        auto const mine = still::grant(filled(bank), bank);
        auto const others = still::grant(filled(below), below);
        static_cast<void>(bank.destroy());
    }
    expect_at_once();
    EXPECT_EQ(deeper.times_at_once, 1U);
    EXPECT_EQ(deeper.live, 0U);
}

TEST_F(own_memory, stays_where_a_bank_is_removed)
{
    auto const mine = still::grant(filled(bank), bank);
    above.remove(bank);
    EXPECT_EQ((*mine.capability().open())->at(7), -7);
    EXPECT_EQ(seen.times_at_once, 0U);
    static_cast<void>(bank.destroy());
    expect_at_once();
}

// Readers, holders and reclaimers come and go while the bank is destroyed: sanitizers see whether anybody uses what
// went.
TEST(own_memory_races, end_in_one_way_or_the_other)
{
    std::size_t at_once = 0;
    for (auto round = 0; round < 200; ++round) {
        traffic seen;
        {
            still::bank const bank(std::size_t{ 1 } << 24U, std::make_unique<listed_memory>(seen));
            auto made = index(bank);
            for (auto key = 0; key < 50; ++key)
                made = std::move(made).insert(key, -key);
            auto copy = std::optional(made);
            auto const mine = still::grant(std::move(made), bank);
            std::atomic<bool> start{ false };
            auto const wait = [&] {
                while (!start)
                    std::this_thread::yield();
            };
            std::thread holder([&] {
                wait();
                if (round % 2 == 0)
                    *copy = index(); // assignment lets go of nodes, too
                copy.reset();
            });
            std::thread reader([&, shown = mine.capability()] {
                wait();
                for (;;) {
                    auto const lease = shown.open();
                    if (!lease)
                        break;
                    EXPECT_EQ((*lease)->at(7), -7);
                }
            });
            start = true;
            static_cast<void>(bank.destroy());
            holder.join();
            reader.join();
            EXPECT_EQ(still::reclaim(), 0U);
            EXPECT_EQ(bank.usage(), 0U);
        }
        EXPECT_EQ(seen.live, 0U);
        at_once += seen.times_at_once;
    }
    RecordProperty("at_once", static_cast<int>(at_once));
}

} // namespace
} // namespace still_test
