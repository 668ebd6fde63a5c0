// SPDX-License-Identifier: BSL-1.0
//
// What a rollback does to the lives of objects, and to their names: as the documentation of still::heap has it.

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "every_tracker.hpp"

namespace still_test {
namespace {

/// An object that counts outside of the heap how often one was made and destroyed: no rollback undoes that.
struct counted {
    explicit counted(int first)
        : value(first)
    {
        ++made;
    }
    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;
    ~counted() { ++destroyed; }

    int value;
    static inline int made = 0;
    static inline int destroyed = 0;
};

class lifetimes : public every_tracker {
protected:
    void SetUp() override
    {
        every_tracker::SetUp();
        counted::made = counted::destroyed = 0;
    }
};
INSTANTIATE_TEST_SUITE_P(each, lifetimes, trackers, tracker_name);

TEST_P(lifetimes, end_without_a_destructor_for_what_was_built_after_the_cut)
{
    auto heap = make();
    heap.construct<counted>("before", 1);
    auto const then = heap.snapshot();
    auto const free = heap.statistics().free_bytes;
    heap.construct<counted>("after", 2);
    heap.restore(then);
    EXPECT_EQ(heap.find<counted>("after"), nullptr);
    EXPECT_EQ(heap.statistics().free_bytes, free); // its memory is free again
    EXPECT_EQ(counted::made, 2);
    EXPECT_EQ(counted::destroyed, 0);
    EXPECT_FALSE(heap.destroy<counted>("after"));
    EXPECT_EQ(heap.construct<counted>("after", 3).value, 3); // the name is free, too
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(lifetimes, begin_again_for_what_was_destroyed_after_the_cut)
{
    auto heap = make();
    auto* const object = &heap.construct<counted>("object", 1);
    auto const then = heap.snapshot();
    object->value = 5;
    EXPECT_TRUE(heap.destroy<counted>("object"));
    auto* const other = &heap.construct<counted>("other", 6); // likely at its place
    EXPECT_NE(other, nullptr);
    heap.restore(then);
    EXPECT_EQ(heap.find<counted>("object"), object); // the old pointer is good again
    EXPECT_EQ(object->value, 1);
    EXPECT_EQ(heap.find<counted>("other"), nullptr);
    // Its destructor runs once for each time that it is destroyed, on what it was then.
    EXPECT_EQ(counted::destroyed, 1);
    EXPECT_TRUE(heap.destroy<counted>("object"));
    EXPECT_EQ(counted::destroyed, 2);
    EXPECT_EQ(counted::made, 2);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(lifetimes, of_one_name_do_not_overlap)
{
    auto heap = make();
    auto& first = heap.construct<counted>("object", 1);
    auto const free = heap.statistics().free_bytes;
    EXPECT_THROW(heap.construct<counted>("object", 2), std::invalid_argument);
    EXPECT_THROW(heap.construct<std::uint64_t>("object", 2U), std::invalid_argument); // whatever its type
    EXPECT_EQ(counted::made, 1); // not even built
    EXPECT_EQ(heap.statistics().free_bytes, free);
    EXPECT_EQ(heap.find<counted>("object"), &first);
    EXPECT_EQ(first.value, 1);
    auto const then = heap.snapshot();
    EXPECT_TRUE(heap.destroy<counted>("object"));
    heap.construct<std::uint64_t>("object", 3U); // another type, since the name was free
    heap.restore(then);
    EXPECT_THROW((void)heap.find<std::uint64_t>("object"), std::invalid_argument);
    EXPECT_THROW(heap.construct<counted>("object", 4), std::invalid_argument);
    EXPECT_EQ(heap.find<counted>("object")->value, 1);
}

// Who owns memory of the heap from outside lets go before the rollback; then nothing is freed twice.
TEST_P(lifetimes, of_owners_outside_end_before_the_rollback)
{
    auto heap = make();
    auto const then = heap.snapshot();
    auto const free = heap.statistics().free_bytes;
    {
        auto const guard = heap.mutate();
        std::pmr::vector<int> outside(1000, 7, heap.memory_resource());
        numbers other(500, 7U, heap.allocator<std::uint64_t>());
    }
    heap.restore(then);
    EXPECT_EQ(heap.statistics().free_bytes, free);
    EXPECT_TRUE(heap.validate()) << heap.validate();
    std::pmr::vector<int> again(1000, 8, heap.memory_resource());
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(lifetimes, of_what_a_hook_builds_begin_with_the_rollback)
{
    auto heap = make();
    auto const then = heap.snapshot();
    auto const hook = heap.on_restore([&] { heap.construct<counted>("built anew", 9); });
    heap.construct<counted>("built anew", 1);
    heap.restore(then);
    EXPECT_EQ(heap.find<counted>("built anew")->value, 9);
    EXPECT_EQ(counted::destroyed, 0);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

} // namespace
} // namespace still_test
