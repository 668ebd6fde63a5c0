// SPDX-License-Identifier: BSL-1.0
//
// What is enforced by more than the language: a child breaks the rule, and must die by the right signal, or be refused
// by the system. The table "What stops what" of docs/capabilities.md names these tests.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/mman.h>

#include "faults.hpp"
#include "in_child.hpp"
#include "os/memory.hpp"
#include "probe.hpp"
#include "still/heap.hpp"
#include "still/segment.hpp"

namespace {

using namespace still_test;
using still::late_reads;

/// A segment of sixteen pages of one byte.
still::segment pages_of(int value)
{
    std::vector<std::byte> const bytes(16 * still::page_bytes, static_cast<std::byte>(value));
    return still::segment(bytes.size()).write(0, bytes);
}

/// A granted mapping of bytes that are 5, and a pointer to them that was kept past its lease.
class kept_past_its_lease {
public:
    kept_past_its_lease(still::bank const& payer, late_reads late)
        : grant_(still::grant(still::mapping::of(pages_of(5), late), payer))
    {
        auto const lease = grant_.capability().open();
        kept_ = (*lease)->bytes().data();
        size_ = (*lease)->bytes().size();
    }
    [[nodiscard]] still::granted<still::mapping>& grant() noexcept { return grant_; }
    [[nodiscard]] int first() const noexcept { return static_cast<int>(*kept_); }
    [[nodiscard]] bool are_all(int value) const noexcept
    {
        return std::all_of(kept_, kept_ + size_, [&](std::byte one) { return static_cast<int>(one) == value; });
    }
    void write() const { *const_cast<std::byte volatile*>(kept_) = std::byte{ 6 }; }

private:
    still::granted<still::mapping> grant_;
    std::byte const volatile* kept_ = nullptr;
    std::size_t size_ = 0;
};

/// As many mappings of others as will find every address that is free again.
std::vector<still::mapping> mapped_by_others()
{
    auto const theirs = pages_of(7);
    std::vector<still::mapping> mapped;
    while (mapped.size() < 100)
        mapped.push_back(still::mapping::of(theirs));
    return mapped;
}

class enforcement : public capability_test { };
class enforcement_DeathTest : public enforcement { };

TEST_F(enforcement_DeathTest, of_const_on_a_granted_mapping)
{
    for (auto const late : { late_reads::unmapped, late_reads::fault, late_reads::zeros }) {
        kept_past_its_lease const held(bank, late);
        expect_fault([&] { held.write(); });
        EXPECT_EQ(held.first(), 5);
    }
}

TEST_F(enforcement_DeathTest, of_const_on_the_frames_of_a_snapshot)
{
    still::heap heap({ .capacity = 1U << 22U });
    auto& number = heap.construct<int>("number", 7);
    auto const cut = heap.snapshot();
    auto const mine = still::grant(cut.map(), bank);
    auto const lease = mine.capability().open();
    auto const* const shown = (*lease)->find<int>("number");
    expect_fault([&] { *const_cast<int volatile*>(shown) = 8; });
    EXPECT_EQ(*shown, 7);
    {
        auto const guard = heap.mutate();
        number = 9;
    }
    EXPECT_EQ(*shown, 7) << "who may write, writes elsewhere";
}

TEST_F(enforcement_DeathTest, of_the_end_of_a_lease_where_late_reads_fault)
{
    expect_fault([this] {
        kept_past_its_lease held(bank, late_reads::fault);
        if (held.first() != 5)
            return;
        held.grant().revoke();
        static_cast<void>(held.first());
    });
}

TEST_F(enforcement_DeathTest, of_the_end_of_a_lease_after_others_were_mapped)
{
    expect_fault([this] {
        kept_past_its_lease held(bank, late_reads::fault);
        held.grant().revoke();
        auto const others = mapped_by_others();
        static_cast<void>(held.first());
    });
}

TEST_F(enforcement_DeathTest, of_the_end_of_a_lease_on_a_snapshots_mapping)
{
    expect_fault([this] {
        still::heap heap({ .capacity = 1U << 22U });
        heap.construct<int>("number", 7);
        auto mine = still::grant(heap.snapshot().map(late_reads::fault), bank);
        int const volatile* kept = nullptr;
        {
            auto const lease = mine.capability().open();
            kept = (*lease)->find<int>("number");
        }
        mine.revoke();
        auto const others = mapped_by_others();
        static_cast<void>(*kept);
    });
}

TEST_F(enforcement_DeathTest, of_the_end_of_a_lease_by_zeros)
{
    kept_past_its_lease held(bank, late_reads::zeros);
    EXPECT_TRUE(held.are_all(5));
    held.grant().revoke();
    EXPECT_TRUE(held.are_all(0));
    auto const others = mapped_by_others();
    EXPECT_TRUE(held.are_all(0));
    expect_fault([&] { held.write(); });
}

TEST_F(enforcement_DeathTest, of_the_end_of_a_lease_waits_for_it)
{
    for (auto const late : { late_reads::fault, late_reads::zeros }) {
        kept_past_its_lease held(bank, late);
        {
            auto const lease = held.grant().capability().open();
            held.grant().revoke();
            EXPECT_FALSE(held.grant().capability().open());
            EXPECT_TRUE(held.are_all(5)) << "what is open stays as it is";
        }
        if (late == late_reads::zeros) {
            EXPECT_TRUE(held.are_all(0));
        } else {
            expect_fault([&] { static_cast<void>(held.first()); });
        }
    }
}

/// Whether the system can seal memory at all. Sealed memory stays, so a child tries.
bool system_seals()
{
    return in_child([] {
        auto page = still::os::map_zeros(still::page_bytes);
        return still::os::seal(page.start(), page.bytes()) && !page.unmap();
    });
}

TEST_F(enforcement, of_the_place_of_the_table_by_a_seal)
{
    if (!system_seals())
        GTEST_SKIP() << "this system doesn't seal memory (Linux 6.10 does)";
    auto const mine = still::grant(probe(1), bank);
    auto const* const chunks = still::slots::chunks_without_fences.load();
    if (chunks == nullptr)
        GTEST_SKIP() << "this system shows nobody where the table is";
    auto* const chunk = static_cast<void*>(chunks->first[0].load());
    constexpr auto bytes = still::slots::slot_chunks::chunk_slots * still::slots::slot_bytes;
    EXPECT_EQ(told_by_child([&] {
        auto const refused = [](bool failed) { return failed && errno == EPERM; };
        if (!refused(::munmap(chunk, bytes) != 0))
            return 1;
        if (!refused(::munmap(static_cast<std::byte*>(chunk) + still::page_bytes, still::page_bytes) != 0))
            return 2;
        if (!refused(::mprotect(chunk, bytes, PROT_NONE) != 0) || !refused(::mprotect(chunk, bytes, PROT_READ) != 0))
            return 3;
        if (!refused(::mmap(chunk, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
                == MAP_FAILED))
            return 4;
        if (!refused(::mremap(chunk, bytes, 2 * bytes, MREMAP_MAYMOVE) == MAP_FAILED))
            return 5;
        // And it works as before.
        auto other = still::grant(probe(2), bank);
        if (key_through(mine.capability()) != 1 || key_through(other.capability()) != 2)
            return 6;
        other.revoke();
        return key_through(mine.capability()) == 1 ? 0 : 7;
    }),
        "");
}

TEST_F(enforcement, of_what_a_capability_is_by_its_tag)
{
    using words = std::array<std::uint64_t, 2>; // slot and generation; tag
    auto const mine = still::grant(probe(1), bank);
    auto const others = still::grant(probe(2), bank);
    auto const name = std::bit_cast<words>(mine.capability());
    auto const others_name = std::bit_cast<words>(others.capability());
    EXPECT_EQ(key_through(std::bit_cast<probe_capability>(words{ name[0], others_name[1] })), says_null);
    EXPECT_EQ(key_through(std::bit_cast<probe_capability>(words{ others_name[0], name[1] })), says_null);
    EXPECT_EQ(key_through(std::bit_cast<probe_capability>(words{ name[0], 0 })), says_null);
    for (std::uint64_t bit = 0; bit < 64; ++bit)
        EXPECT_EQ(key_through(std::bit_cast<probe_capability>(words{ name[0], name[1] ^ (std::uint64_t{ 1 } << bit) })),
            says_null);
    EXPECT_EQ(key_through(mine.capability()), 1);
}

} // namespace
