// SPDX-License-Identifier: BSL-1.0
//
// Reference counts: both kinds count alike, and the atomic one hands a node over between threads.

#include "still/core/count.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

namespace {

template <class Count>
class counts : public ::testing::Test { };
using kinds = ::testing::Types<still::atomic_count, still::plain_count>;
TYPED_TEST_SUITE(counts, kinds);

TYPED_TEST(counts, start_with_one_owner)
{
    TypeParam const count;
    EXPECT_EQ(count.owners(), 1U);
    EXPECT_TRUE(count.unique());
}

TYPED_TEST(counts, only_the_last_release_says_so)
{
    TypeParam count;
    count.retain();
    count.retain();
    EXPECT_EQ(count.owners(), 3U);
    EXPECT_FALSE(count.unique());
    EXPECT_FALSE(count.release());
    EXPECT_FALSE(count.release());
    EXPECT_TRUE(count.unique());
    EXPECT_TRUE(count.release());
}

// The payload is plain memory: ThreadSanitizer reports a release that doesn't publish its owner's
// writes, or a last one that doesn't see them.
TEST(atomic_count, hands_every_owners_writes_to_the_last)
{
    constexpr int rounds = 2000;
    struct node {
        still::atomic_count references;
        std::array<int, 2> written{};
    };
    for (int round = 0; round < rounds; ++round) {
        auto* const shared = new node;
        shared->references.retain();
        auto const own = [shared](std::size_t which) {
            shared->written.at(which) = 1;
            if (shared->references.release()) {
                EXPECT_EQ(shared->written[0] + shared->written[1], 2);
                delete shared;
            }
        };
        std::thread other(own, std::size_t{ 0 });
        own(1);
        other.join();
    }
}

TEST(atomic_count, loses_nothing_between_threads)
{
    still::atomic_count count;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&count] {
            for (int n = 0; n < 100'000; ++n)
                count.retain();
            for (int n = 0; n < 100'000; ++n)
                EXPECT_FALSE(count.release());
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(count.owners(), 1U);
}

} // namespace
