// SPDX-License-Identifier: BSL-1.0
//
// The situations of docs/capabilities.md, as they stand there, with what they promise.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "faults.hpp"
#include "still/capability.hpp"
#include "still/check.hpp"
#include "still/heap.hpp"
#include "still/map.hpp"

namespace {

using map = still::map<int, int, std::less<>, still::charged_policy>;
using still_test::read_at;

TEST(chapter, same_trust)
{
    using plain = still::map<int, int>;
    plain const before = plain().insert_or_assign(1, 10);
    plain const after = before.insert_or_assign(2, 20);
    std::thread([before] { EXPECT_EQ(before.size(), 1U); }).join();
    EXPECT_EQ(after.size(), 2U);
}

TEST(chapter, lend)
{
    still::bank const bank(1 << 20);
    auto const mine = still::grant(map(bank).insert_or_assign(1, 10), bank);
    still::capability<map> const shown = mine.capability();
    if (auto const lease = shown.open())
        EXPECT_EQ(*(*lease)->find(1), 10);
    else
        ADD_FAILURE() << lease.error();

    still::atom<map> const current(map(bank), bank);
    auto const newest = current.capability();
    current.update([](map const& before) { return before.insert_or_assign(2, 20); });
    EXPECT_EQ(newest.open().value()->size(), 1U);
}

TEST(chapter, lend_a_mapping)
{
    still::bank const bank(1 << 20);
    auto const segment = still::segment(still::page_bytes).store(0, 5);
    auto const first_byte = [](auto const& shown) {
        auto const lease = shown.open();
        return (*lease)->bytes().data();
    };
    auto page = still::grant(still::mapping::of(segment, still::late_reads::fault), bank);
    auto const* const kept = first_byte(page.capability());
    EXPECT_EQ(read_at(kept), std::byte{ 5 });
    page.revoke();
    EXPECT_EQ(read_at(kept), std::nullopt);
}

TEST(chapter, lend_and_take_back)
{
    using namespace std::chrono_literals;
    still::bank const bank(1 << 20);
    auto const mine = still::grant(map(bank).insert_or_assign(1, 10), bank);
    auto const shown = mine.capability();
    auto [lent, revoker] = shown.forward(bank);
    EXPECT_TRUE(lent.open());
    revoker.revoke();
    EXPECT_EQ(lent.open().error(), still::capability_error::revoked);
    auto const said = revoker.revoke_and_wait(std::chrono::steady_clock::now() + 10ms);
    EXPECT_EQ(said.how, still::waited::end::drained);
    EXPECT_TRUE(shown.open());
}

TEST(chapter, give_for_good)
{
    still::bank const bank(1 << 20);
    still::bank const their_bank(1 << 20);
    still::adopter<map> keep(their_bank);
    {
        auto const mine = still::grant(map(bank).insert_or_assign(1, 10), bank);
        auto const first = keep.adopt(mine.capability());
        auto const next = keep.adopt(mine.capability());
        ASSERT_TRUE(next);
        EXPECT_TRUE(next->same_root(*first));
    }
    EXPECT_EQ(bank.usage(), 0U);
    EXPECT_EQ(keep.last().at(1), 10);
}

TEST(chapter, content_from_elsewhere)
{
    using index = still::map<int, int, std::less<>, still::region_policy>;
    still::heap heap({ .capacity = std::size_t{ 1 } << 22U });
    auto& live = heap.construct<index>("index", heap.allocator());
    {
        auto const guard = heap.mutate();
        live = std::move(live).insert_or_assign(1, 10);
    }
    auto const offset = static_cast<std::size_t>(reinterpret_cast<std::byte*>(&live) - heap.bytes().data());
    still::segment const segment = heap.snapshot();

    auto const sound = still::check(segment, { .most_nodes = 10'000, .most_mounts = 4 });
    EXPECT_TRUE(sound) << sound.rule() << sound.place();
    still::mapping const bytes = still::mapping::of(segment);
    auto const got = still::check_at<index>(still::within(bytes.bytes()), offset);
    ASSERT_TRUE(got.sound) << got.sound;
    EXPECT_EQ(*got.version->find(1), 10);
    EXPECT_THROW((void)got.version->insert_or_assign(2, 20), std::logic_error);
}

} // namespace
