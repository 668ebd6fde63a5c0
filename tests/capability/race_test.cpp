// SPDX-License-Identifier: BSL-1.0
//
// Opening against revoking, granting again and reclaiming, on several threads. A version that is read
// after its end stops the program by itself; ThreadSanitizer and AddressSanitizer see the rest.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "probe.hpp"

namespace {

using namespace still_test;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int rounds = 3'000;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr int rounds = 3'000;
#else
constexpr int rounds = 20'000;
#endif
#else
constexpr int rounds = 20'000;
#endif

/// Where granters lay capabilities down and readers pick them up. Only the picking up is locked.
class shelf {
public:
    struct item {
        probe_capability capability;
        int number = -1;
        /// Set after the revocation returned.
        std::atomic<bool> const* revoked = nullptr;
    };
    void lay(item const& what)
    {
        std::lock_guard const lock(mutex_);
        item_ = what;
    }
    [[nodiscard]] item pick()
    {
        std::lock_guard const lock(mutex_);
        return item_;
    }

private:
    std::mutex mutex_;
    item item_;
};

class races : public capability_test {
protected:
    std::array<shelf, 4> shelves;
    std::atomic<int> opened{ 0 };
    std::atomic<int> refused{ 0 };
    std::atomic<bool> done{ false };

    /// Picks up and opens until done. What opens must be what was promised; what was revoked before the
    /// open started mustn't open.
    void read(unsigned seed)
    {
        std::minstd_rand random(seed);
        while (!done.load(std::memory_order_relaxed)) {
            auto const item = shelves.at(random() % shelves.size()).pick();
            if (item.revoked == nullptr)
                continue;
            auto const was_revoked = item.revoked->load(std::memory_order_acquire);
            auto const lease = item.capability.open();
            if (!lease) {
                ASSERT_EQ(lease.error(), still::capability_error::revoked);
                refused.fetch_add(1, std::memory_order_relaxed);
                continue;
            }
            ASSERT_FALSE(was_revoked) << "an open that began after revoke returned";
            for (int look = 0; look < 3; ++look) {
                ASSERT_EQ((*lease)->key(), item.number);
                if (random() % 16 == 0)
                    std::this_thread::yield();
            }
            opened.fetch_add(1, std::memory_order_relaxed);
        }
    }

    void run(auto const& granter, int granters, int readers)
    {
        std::vector<std::thread> reading;
        for (int i = 0; i < readers; ++i)
            reading.emplace_back([this, i] { read(static_cast<unsigned>(i) + 1); });
        std::vector<std::thread> granting;
        for (int i = 0; i < granters; ++i)
            granting.emplace_back([&granter, i] { granter(i); });
        for (auto& thread : granting)
            thread.join();
        done = true;
        for (auto& thread : reading)
            thread.join();
    }
};

TEST_F(races, open_against_grant_and_revoke)
{
    std::vector<std::vector<std::atomic<bool>>> revoked(2);
    for (auto& flags : revoked)
        flags = std::vector<std::atomic<bool>>(rounds);
    run(
        [&](int which) {
            for (int i = 0; i < rounds; ++i) {
                auto& flag = revoked[static_cast<std::size_t>(which)][static_cast<std::size_t>(i)];
                auto const number = (which * rounds) + i;
                auto mine = still::grant(probe(number), bank);
                shelves.at(static_cast<std::size_t>((which * 2) + (i % 2))).lay({ mine.capability(), number, &flag });
                if (i % 64 == 0)
                    std::this_thread::yield();
                mine.revoke();
                flag.store(true, std::memory_order_release);
            }
        },
        2, 2);
    EXPECT_GT(refused, 0);
}

// One thread opens and one revokes the same capabilities in the same order, neck and neck, so that a pin
// still on its way to memory meets the look for pins. A lease is long enough to notice. Where other programs want the
// cores, keeping step takes long, and there are fewer rounds.
TEST_F(races, open_neck_and_neck_with_revoke)
{
    constexpr int grants = 500;
    std::atomic<int> met{ 0 };
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    for (int round = 0; round < rounds / 100 && std::chrono::steady_clock::now() < end; ++round) {
        std::vector<still::granted<probe>> mine;
        std::vector<probe_capability> given;
        for (int i = 0; i < grants; ++i) {
            mine.push_back(still::grant(probe(i), bank));
            given.push_back(mine.back().capability());
        }
        std::atomic<int> opening{ -1 };
        std::atomic<int> revoking{ -1 };
        auto const keep_step = [](std::atomic<int>& own, std::atomic<int> const& other, int step) {
            own.store(step, std::memory_order_relaxed);
            for (int spin = 0; other.load(std::memory_order_relaxed) < step; ++spin)
                if (spin > 1'000)
                    std::this_thread::yield();
        };
        std::thread reader([&] {
            for (int i = 0; i < grants; ++i) {
                keep_step(opening, revoking, i);
                auto const lease = given[static_cast<std::size_t>(i)].open();
                for (int look = 0; lease && look < 50; ++look)
                    ASSERT_EQ((*lease)->key(), i);
                met += lease ? 1 : 0;
            }
        });
        for (int i = 0; i < grants; ++i) {
            keep_step(revoking, opening, i);
            mine[static_cast<std::size_t>(i)].revoke();
        }
        reader.join();
    }
    EXPECT_GT(met, 0);
}

TEST_F(races, open_against_chains_of_forwarders)
{
    std::vector<std::atomic<bool>> revoked(rounds);
    auto const source = still::grant(probe(1), bank);
    run(
        [&](int) {
            for (int i = 0; i < rounds; ++i) {
                auto& flag = revoked[static_cast<std::size_t>(i)];
                auto first = source.capability().forward(bank);
                auto second = first.capability.forward(bank);
                auto const third = second.capability.forward(bank);
                shelves.at(static_cast<std::size_t>(i % 4)).lay({ third.capability, 1, &flag });
                if (i % 64 == 0)
                    std::this_thread::yield();
                (i % 2 == 0 ? first : second).revoker.revoke();
                flag.store(true, std::memory_order_release);
                ASSERT_EQ(key_through(third.capability), says_revoked);
            }
        },
        1, 3);
    EXPECT_EQ(bank.usage(), grant_bytes);
    EXPECT_GT(refused, 0);
}

// A version lies where an earlier one lay that dead capabilities once led to: opening those mustn't keep it.
TEST_F(races, dead_opens_keep_nothing)
{
    still::bank const forwards{ 1U << 20U };
    auto gone = still::grant(probe(0), bank);
    std::vector<still::forwarder<probe>> chain;
    chain.push_back(gone.capability().forward(forwards));
    while (chain.size() < 60)
        chain.push_back(chain.back().capability.forward(forwards));
    gone.revoke();
    std::thread opening([this, dead = chain.back().capability] {
        while (!done.load(std::memory_order_relaxed))
            ASSERT_EQ(key_through(dead), says_revoked);
    });
    int kept = 0;
    for (int i = 0; i < rounds; ++i) {
        auto mine = still::grant(probe(i), bank);
        mine.revoke();
        kept += bank.usage() != 0 ? 1 : 0;
    }
    done = true;
    opening.join();
    EXPECT_EQ(kept, 0);
}

// When both the last open and the revocation are over, whichever came first, the version is gone: nobody
// needs to reclaim.
TEST_F(races, nothing_stays_when_opens_and_revocation_are_over)
{
    still::bank const forwards{ 1U << 20U };
    probe_capability given;
    std::atomic<int> started{ 0 };
    std::atomic<int> ended{ 0 };
    auto const wait_for = [](std::atomic<int> const& step, int value) {
        for (int spin = 0; step.load(std::memory_order_acquire) < value; ++spin)
            if (spin > 1'000)
                std::this_thread::yield();
    };
    std::thread opening([&] {
        for (int i = 1; i <= rounds; ++i) {
            wait_for(started, i);
            for (int n = 0; n < 4; ++n) {
                auto const seen = key_through(given);
                EXPECT_TRUE(seen == i || seen == says_revoked);
            }
            ended.store(i, std::memory_order_release);
        }
    });
    int kept = 0;
    for (int i = 1; i <= rounds; ++i) {
        auto mine = still::grant(probe(i), bank);
        auto const first = mine.capability().forward(forwards);
        auto const second = first.capability.forward(forwards);
        given = i % 2 == 0 ? second.capability : mine.capability();
        started.store(i, std::memory_order_release);
        for (int spin = 0; spin < i % 128; ++spin)
            std::atomic_signal_fence(std::memory_order_seq_cst);
        mine.revoke();
        EXPECT_LE(bank.usage(), grant_bytes);
        wait_for(ended, i);
        kept += bank.usage() != 0 ? 1 : 0;
    }
    opening.join();
    EXPECT_EQ(kept, 0);
}

// Forwarding is itself raced by the revocation of what is forwarded.
TEST_F(races, forward_against_revoke)
{
    for (int i = 0; i < rounds / 20; ++i) {
        auto mine = still::grant(probe(i), bank);
        auto lent = mine.capability().forward(bank);
        std::barrier start(2);
        std::thread other([&, given = lent.capability] {
            start.arrive_and_wait();
            for (int n = 0; n < 10; ++n) {
                auto const onward = given.forward(bank);
                auto const seen = key_through(onward.capability);
                EXPECT_TRUE(seen == i || seen == says_revoked);
            }
        });
        start.arrive_and_wait();
        lent.revoker.revoke();
        auto const too_late = lent.capability.forward(bank);
        EXPECT_EQ(key_through(too_late.capability), says_revoked);
        mine.revoke();
        other.join();
    }
}

// Many threads come, open, and go, so that pin records change hands while versions are reclaimed.
TEST_F(races, threads_that_come_and_go)
{
    for (int i = 0; i < rounds / 40; ++i) {
        auto mine = still::grant(probe(i), bank);
        std::vector<std::thread> readers;
        for (int n = 0; n < 3; ++n)
            readers.emplace_back([i, capability = mine.capability()] {
                auto const seen = key_through(capability);
                EXPECT_TRUE(seen == i || seen == says_revoked);
            });
        mine.revoke();
        for (auto& reader : readers)
            reader.join();
    }
}

// One limit, many threads that grant and forward: the bank is never over it, and all comes back.
TEST_F(races, grants_against_one_limit)
{
    still::bank const room(20 * grant_bytes);
    std::vector<std::thread> threads;
    std::atomic<int> granted{ 0 };
    for (int i = 0; i < 16; ++i)
        threads.emplace_back([&, i] {
            for (int n = 0; n < rounds / 40; ++n) {
                try {
                    auto const mine = still::grant(probe(i), room);
                    auto const lent = mine.capability().forward(room);
                    EXPECT_EQ(key_through(lent.capability), i);
                    ++granted;
                } catch (still::quota_exceeded const&) {
                }
                EXPECT_LE(room.usage(), room.limit());
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_GT(granted, 0);
    still::reclaim();
    EXPECT_EQ(room.usage(), 0U);
}

} // namespace
