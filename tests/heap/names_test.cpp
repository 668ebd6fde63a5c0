// SPDX-License-Identifier: BSL-1.0
//
// Names: their length, and threads that want the same one.

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "still/heap.hpp"

namespace {

using namespace still::literals;

TEST(heap_names, may_have_1024_bytes_and_no_more)
{
    still::heap heap({ .capacity = 16_MiB });
    std::string const longest(1024, 'n');
    EXPECT_EQ(heap.construct<int>(longest, 7), 7);
    EXPECT_EQ(*heap.find<int>(longest), 7);
    for (std::size_t const length : { 1025u, 65'535u, 65'536u, 1'000'000u }) {
        std::string const name(length, 'n');
        EXPECT_THROW(heap.construct<int>(name, 8), std::invalid_argument) << length;
        EXPECT_THROW(static_cast<void>(heap.find<int>(name)), std::invalid_argument) << length;
        EXPECT_THROW(heap.destroy<int>(name), std::invalid_argument) << length;
    }
    EXPECT_TRUE(heap.validate()) << heap.validate();
    EXPECT_EQ(*heap.find<int>(longest), 7);
}

/// Counts how often it is destroyed.
struct counted {
    std::atomic<int>* destroyed;
    ~counted() { ++*destroyed; }
};

TEST(heap_names, one_of_the_threads_that_destroy_a_name_gets_it)
{
    still::heap heap({ .capacity = 16_MiB });
    for (int round = 0; round < 200; ++round) {
        std::atomic<int> destroyed{ 0 };
        std::atomic<int> ready{ 0 };
        heap.construct<counted>("one", &destroyed);
        auto const destroy = [&] {
            ++ready;
            while (ready < 2)
                std::this_thread::yield();
            heap.destroy<counted>("one");
        };
        std::thread other(destroy);
        destroy();
        other.join();
        ASSERT_EQ(destroyed, 1);
    }
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST(heap_names, one_of_the_threads_that_construct_a_name_gets_it)
{
    still::heap heap({ .capacity = 64_MiB });
    auto const mapped = heap.statistics().mapped_bytes;
    for (int round = 0; round < 200; ++round) {
        std::atomic<int> refused{ 0 };
        std::atomic<int> ready{ 0 };
        auto const construct = [&](int value) {
            ++ready;
            while (ready < 2)
                std::this_thread::yield();
            try {
                heap.construct<int>("one", value);
            } catch (std::invalid_argument const&) {
                ++refused;
            }
        };
        std::thread other(construct, 1);
        construct(2);
        other.join();
        ASSERT_EQ(refused, 1);
        ASSERT_TRUE(heap.destroy<int>("one"));
    }
    EXPECT_EQ(heap.statistics().mapped_bytes, mapped) << "a name in use is not a lack of room";
}

template <class Snapshot>
concept gives_its_pages_away = requires(Snapshot seen) { std::move(seen).pages(); };
static_assert(gives_its_pages_away<still::segment> && !gives_its_pages_away<still::snapshot>);

TEST(heap_names, a_snapshot_assigned_to_as_a_segment_still_restores_its_own_version)
{
    still::heap heap({ .capacity = 16_MiB });
    auto& value = heap.construct<int>("value", 1);
    auto before = heap.snapshot();
    value = 2;
    static_cast<still::segment&>(before) = still::segment();
    heap.restore(before);
    EXPECT_EQ(value, 1);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

} // namespace
