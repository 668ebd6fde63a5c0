// SPDX-License-Identifier: BSL-1.0
//
// Groups of names: all of them come and go, or none; nobody sees some of them.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "every_tracker.hpp"
#include "faulty_value.hpp"
#include "schedule.hpp"

namespace still_test {
namespace {

class name_groups : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, name_groups, trackers, tracker_name);

/// Notes its end, and counts those alive.
struct noted {
    static inline int alive = 0;
    static inline std::string ended;
    char letter;
    explicit noted(char as)
        : letter(as)
    {
        ++alive;
    }
    noted(noted const&) = delete;
    noted& operator=(noted const&) = delete;
    ~noted()
    {
        --alive;
        ended += letter;
    }
};

std::size_t in_use(still::heap const& heap)
{
    return heap.bytes().size() - heap.statistics().free_bytes;
}

TEST_P(name_groups, come_and_go_together)
{
    noted::ended.clear();
    auto heap = make();
    heap.construct<noted>("old", 'o');
    auto& both = heap.atomically([&](still::name_group& group) -> int& {
        auto& number = group.construct<int>("number", 5);
        group.construct<noted>("a", 'a');
        group.construct<noted>("b", 'b');
        EXPECT_TRUE(group.destroy<noted>("old"));
        EXPECT_FALSE(group.destroy<noted>("old"));
        EXPECT_FALSE(group.destroy<int>("none"));
        EXPECT_EQ(group.find<noted>("a")->letter, 'a');
        EXPECT_EQ(group.find<noted>("old"), nullptr);
        EXPECT_EQ(heap.find<noted>("a"), nullptr);
        EXPECT_EQ(heap.find<noted>("old")->letter, 'o') << "until the group is done";
        return number;
    });
    EXPECT_EQ(&both, heap.find<int>("number"));
    EXPECT_EQ(heap.find<noted>("a")->letter, 'a');
    EXPECT_EQ(heap.find<noted>("b")->letter, 'b');
    EXPECT_EQ(heap.find<noted>("old"), nullptr);
    EXPECT_EQ(noted::ended, "o");
    heap.atomically([](still::name_group& group) {
        group.destroy<noted>("b");
        group.destroy<noted>("a");
    });
    EXPECT_EQ(noted::ended, "oba");
    EXPECT_EQ(noted::alive, 0);
    EXPECT_TRUE(heap.validate()) << heap.validate();
    static_assert(std::is_void_v<decltype(heap.atomically([](still::name_group&) { }))>);
    static_assert(std::is_same_v<decltype(heap.atomically([](still::name_group&) { return 1; })), int>);
}

TEST_P(name_groups, replace_objects_by_others_of_any_type)
{
    noted::ended.clear();
    auto heap = make();
    heap.construct<noted>("it", '1');
    auto const before = heap.snapshot();
    heap.atomically([](still::name_group& group) {
        group.destroy<noted>("it");
        EXPECT_EQ(group.find<noted>("it"), nullptr);
        group.construct<std::uint64_t>("it", 2U);
        EXPECT_EQ(*group.find<std::uint64_t>("it"), 2U);
        EXPECT_THROW(static_cast<void>(group.find<noted>("it")), std::invalid_argument);
        EXPECT_THROW(group.construct<int>("it", 3), std::invalid_argument);
    });
    EXPECT_EQ(*heap.find<std::uint64_t>("it"), 2U);
    EXPECT_EQ(noted::ended, "1");
    // Built, destroyed and built again in the group: the last one stays.
    heap.atomically([](still::name_group& group) {
        for (char const letter : { 'x', 'y', 'z' }) {
            group.construct<noted>("new", letter);
            if (letter != 'z') {
                EXPECT_TRUE(group.destroy<noted>("new"));
            }
        }
    });
    EXPECT_EQ(heap.find<noted>("new")->letter, 'z');
    EXPECT_EQ(noted::ended, "1xy");
    EXPECT_EQ(*heap.snapshot().map().find<std::uint64_t>("it"), 2U);
    heap.restore(before);
    EXPECT_EQ(heap.find<noted>("it")->letter, '1');
    EXPECT_EQ(heap.find<noted>("new"), nullptr);
    noted::alive = 1; // a rollback runs no destructors
    heap.destroy<noted>("it");
    EXPECT_EQ(noted::alive, 0);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(name_groups, that_throw_leave_nothing)
{
    auto heap = make();
    heap.construct<noted>("old", 'o');
    auto const used = in_use(heap);
    constexpr int steps = 5;
    for (int last = 0; last <= steps; ++last) {
        noted::ended.clear();
        auto const step = [&](int number) {
            if (number == last)
                throw std::runtime_error("step");
        };
        EXPECT_THROW(heap.atomically([&](still::name_group& group) {
            step(0);
            group.construct<noted>("a", 'a');
            step(1);
            group.destroy<noted>("old");
            step(2);
            group.construct<noted>("old", 'n');
            step(3);
            group.construct<noted>("b", 'b');
            step(4);
            group.destroy<noted>("a");
            step(5);
        }),
            std::runtime_error);
        EXPECT_EQ(heap.find<noted>("a"), nullptr);
        EXPECT_EQ(heap.find<noted>("b"), nullptr);
        EXPECT_EQ(heap.find<noted>("old")->letter, 'o');
        EXPECT_EQ(noted::ended, (std::array{ "", "a", "a", "na", "bna", "abn" }[static_cast<std::size_t>(last)]));
        EXPECT_EQ(noted::alive, 1);
        EXPECT_EQ(in_use(heap), used);
    }
    // Names that can't be taken, or that are no names.
    for (std::string const& name : { std::string("old"), std::string(), std::string(2000, 'n') }) {
        EXPECT_THROW(heap.atomically([&](still::name_group& group) {
            group.construct<int>("first", 1);
            group.construct<int>(name, 2);
        }),
            std::invalid_argument);
        EXPECT_EQ(heap.find<int>("first"), nullptr);
    }
    EXPECT_THROW(heap.atomically([](still::name_group& group) { group.destroy<int>("old"); }), std::invalid_argument);
    EXPECT_EQ(in_use(heap), used);
    EXPECT_TRUE(heap.destroy<noted>("old"));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(name_groups, whose_constructors_fail_leave_nothing)
{
    auto heap = make();
    auto const used = in_use(heap);
    auto const faults = at_each_fault(value_ledger::copies, [&](std::int64_t) {
        faulty_value const one(1);
        auto done = true;
        try {
            heap.atomically([&](still::name_group& group) {
                for (char const* const name : { "a", "b", "c" })
                    group.construct<faulty_value>(name, one);
            });
        } catch (injected_fault const&) {
            done = false;
        }
        for (char const* const name : { "a", "b", "c" })
            EXPECT_EQ(heap.destroy<faulty_value>(name), done);
    });
    EXPECT_EQ(faults, 3);
    EXPECT_EQ(in_use(heap), used);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

// Nothing is free but a hole, of every size: the room runs out for objects and for records of names.
TEST_P(name_groups, leave_nothing_where_the_room_runs_out)
{
    int refused = 0;
    int done = 0;
    for (std::size_t hole = 64; hole < 3200; hole += 64) {
        auto heap = make(128_KiB);
        auto const room = heap.lend("the test");
        auto* const kept = room.allocate(hole, 8);
        for (std::size_t bytes = 32_KiB; bytes >= 8; bytes /= 2)
            try {
                for (;;)
                    static_cast<void>(room.allocate(bytes, 8));
            } catch (std::bad_alloc const&) {
            }
        room.deallocate(kept);
        auto const used = in_use(heap);
        std::string const end(hole / 20, 'n');
        try {
            heap.atomically([&](still::name_group& group) {
                group.construct<std::array<char, 1000>>("first " + end);
                group.construct<std::array<char, 700>>("second " + end);
                group.construct<noted>("third " + end, '3');
            });
            ++done;
            heap.atomically([&](still::name_group& group) {
                EXPECT_TRUE((group.destroy<std::array<char, 1000>>("first " + end)));
                EXPECT_TRUE((group.destroy<std::array<char, 700>>("second " + end)));
                EXPECT_TRUE(group.destroy<noted>("third " + end));
            });
        } catch (std::bad_alloc const&) {
            ++refused;
            EXPECT_EQ(heap.find<noted>("third " + end), nullptr);
            EXPECT_EQ((heap.find<std::array<char, 1000>>("first " + end)), nullptr);
        }
        EXPECT_EQ(noted::alive, 0);
        EXPECT_EQ(in_use(heap), used);
        EXPECT_TRUE(heap.validate()) << heap.validate();
    }
    EXPECT_GT(refused, 5);
    EXPECT_GT(done, 5);
}

TEST_P(name_groups, are_seen_whole_by_cuts)
{
    auto heap = make();
    std::atomic<bool> stop{ false };
    std::atomic<std::uint64_t> rounds{ 0 };
    std::thread writer([&] {
        for (std::uint64_t round = 0; !stop; ++round) {
            heap.atomically([&](still::name_group& group) {
                auto const present = group.destroy<std::uint64_t>("left");
                EXPECT_EQ(group.destroy<std::uint64_t>("right"), present);
                if (round % 3 != 2) {
                    group.construct<std::uint64_t>("left", round);
                    std::this_thread::yield();
                    group.construct<std::uint64_t>("right", round);
                }
            });
            ++rounds;
        }
    });
    for (int cut = 0; cut < 100; ++cut) {
        auto const done = rounds.load();
        while (rounds.load() < done + 2)
            std::this_thread::yield();
        auto const then = heap.snapshot().map();
        auto const* const left = then.find<std::uint64_t>("left");
        auto const* const right = then.find<std::uint64_t>("right");
        ASSERT_EQ(left == nullptr, right == nullptr);
        if (left != nullptr) {
            ASSERT_EQ(*left, *right);
        }
    }
    stop = true;
    writer.join();
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

// Who finds the first of a group finds the second too, and not only at cuts.
TEST_P(name_groups, are_found_whole)
{
    auto heap = make();
    constexpr int groups = 1000;
    std::atomic<int> done{ 0 };
    std::thread writer([&] {
        for (int number = 0; number < groups; ++number) {
            heap.atomically([&](still::name_group& group) {
                group.construct<int>("first " + std::to_string(number), number);
                group.construct<int>("second " + std::to_string(number), number);
            });
            done = number + 1;
        }
    });
    for (int number = 0; number < groups; ++number) {
        int const* first = nullptr;
        while (first == nullptr)
            first = heap.find<int>("first " + std::to_string(number));
        ASSERT_NE(heap.find<int>("second " + std::to_string(number)), nullptr) << number;
    }
    writer.join();
    EXPECT_EQ(done, groups);
}

TEST_P(name_groups, of_two_threads_that_want_the_same_one_gets_it)
{
    auto heap = make();
    for (int round = 0; round < 300; ++round) {
        heap.construct<int>("old", -1);
        std::atomic<int> refused{ 0 };
        std::atomic<int> ready{ 0 };
        auto const want = [&](int value) {
            ++ready;
            while (ready < 2)
                std::this_thread::yield();
            try {
                heap.atomically([&](still::name_group& group) {
                    if (round % 2 == 0) {
                        group.construct<int>("one", value);
                        group.construct<int>("two", value);
                    } else {
                        auto const present = group.destroy<int>("old");
                        // The second of them may find it gone already.
                        if (!present)
                            throw std::invalid_argument("gone");
                        group.construct<int>("one", value);
                        group.construct<int>("two", value);
                    }
                });
            } catch (std::invalid_argument const&) {
                ++refused;
            }
        };
        std::thread other(want, 1);
        want(2);
        other.join();
        ASSERT_EQ(refused, 1);
        ASSERT_EQ(*heap.find<int>("one"), *heap.find<int>("two"));
        heap.destroy<int>("one");
        heap.destroy<int>("two");
        ASSERT_EQ(heap.destroy<int>("old"), round % 2 == 0);
    }
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(name_groups, hold_a_guard)
{
    auto heap = make();
    auto const before = heap.snapshot();
    heap.atomically([&](still::name_group& group) {
        EXPECT_THROW(static_cast<void>(heap.snapshot()), std::system_error);
        EXPECT_THROW(heap.restore(before), std::system_error);
        // What goes to the heap directly is seen at once, and stays.
        heap.construct<int>("direct", 1);
        EXPECT_EQ(*group.find<int>("direct"), 1);
        EXPECT_THROW(group.construct<int>("direct", 2), std::invalid_argument);
    });
    // A name taken directly while the group has it in hand.
    EXPECT_THROW(heap.atomically([&](still::name_group& group) {
        group.construct<int>("taken", 1);
        heap.construct<int>("taken", 2);
    }),
        std::invalid_argument);
    EXPECT_EQ(*heap.find<int>("taken"), 2);
    EXPECT_THROW(heap.atomically([&](still::name_group& group) {
        group.construct<int>("other", 1);
        group.destroy<int>("taken");
        heap.destroy<int>("taken");
    }),
        std::invalid_argument);
    EXPECT_EQ(heap.find<int>("other"), nullptr);
    EXPECT_EQ(heap.find<int>("taken"), nullptr);
    static_cast<void>(heap.snapshot());
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

} // namespace
} // namespace still_test
