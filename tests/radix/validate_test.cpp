// SPDX-License-Identifier: BSL-1.0
//
// The validator names each rule when it is broken, and says nothing when none is.

#include <gtest/gtest.h>

#include <string>

#include "live_count.hpp"
#include "still/page_table.hpp"
#include "still/radix/assign.hpp"
#include "still/radix/validate.hpp"

namespace {

using namespace still_test;
namespace radix = still::radix;
using node = radix::node<int, test_policy>;

class radix_validator : public live_count_test {
protected:
    still::owned<node> leaf(still::page_index first, unsigned slots = 1)
    {
        auto fresh = node::make(heap, 0, first, slots);
        for (unsigned digit = 0; digit < slots; ++digit)
            fresh.edit().append_slot(heap, digit, 1);
        return fresh;
    }
    /// A branch of level 1 over two leaves, sound as it stands.
    still::owned<node> branch()
    {
        auto fresh = node::make(heap, 1, 0, 3);
        fresh.edit().append_child(0, leaf(0, 2));
        fresh.edit().append_child(3, leaf(96, 3));
        fresh.edit().set_size(5);
        return fresh;
    }
    static std::string rule(still::owned<node> const& root) { return radix::validate(root.get()).rule(); }

    test_heap heap;
};

TEST_F(radix_validator, passes_what_is_sound)
{
    EXPECT_TRUE(radix::validate<node>(nullptr).sound());
    EXPECT_TRUE(radix::validate(branch().get()).sound());
    auto const root = branch();
    auto const found = radix::take_inventory(root.get());
    EXPECT_EQ(found.leaves, 2U);
    EXPECT_EQ(found.branches, 1U);
    EXPECT_EQ(found.slots, 5U);
    EXPECT_GT(found.bytes, 5 * sizeof(int) + 2 * sizeof(void*));
}

TEST_F(radix_validator, names_a_leaf_without_slots)
{
    auto const empty = node::make(heap, 0, 0, 1);
    EXPECT_EQ(rule(empty), "1 <= entries <= capacity <= fan-out");
}

TEST_F(radix_validator, names_an_index_past_the_end)
{
    EXPECT_EQ(rule(leaf(radix::index_end)), "first starts a span of the node's level, below 2^52");
}

TEST_F(radix_validator, names_a_branch_that_does_not_branch)
{
    auto root = branch();
    auto const gone = root.edit().remove_child(3);
    root.edit().set_size(2);
    EXPECT_EQ(rule(root), "a branch has 2 entries or more");
}

TEST_F(radix_validator, names_a_gap)
{
    auto root = branch();
    root.edit().append_child(5, {});
    EXPECT_EQ(rule(root), "a branch has no gaps");
}

TEST_F(radix_validator, names_a_child_of_too_high_a_level)
{
    auto root = branch();
    auto inner = branch();
    root.edit().append_child(5, std::move(inner));
    EXPECT_EQ(rule(root), "level(child) < level(parent)");
}

TEST_F(radix_validator, names_a_child_in_the_wrong_place)
{
    auto root = branch();
    root.edit().append_child(5, leaf(32 * 6)); // inside the span, beside its digit
    EXPECT_EQ(rule(root), "a child's span lies where its digit says");
    root.edit().set_child(5, leaf((1U << 20U) + 32 * 5)); // the right digit of another span
    EXPECT_EQ(rule(root), "a child's span lies where its digit says");
}

TEST_F(radix_validator, names_a_wrong_size)
{
    auto root = branch();
    root.edit().set_size(4);
    EXPECT_EQ(rule(root), "size(branch) = sum of size(child)");
}

TEST_F(radix_validator, names_a_leaf_of_equal_slots)
{
    EXPECT_EQ(rule(leaf(0, node::fan_out)), "a span of equal slots is a uniform node");
    auto most = node::make(heap, 0, 0, node::fan_out);
    for (unsigned digit = 0; digit < node::fan_out; ++digit)
        most.edit().append_slot(heap, digit, digit == 9 ? 2 : 1);
    EXPECT_EQ(rule(most), "");
}

TEST_F(radix_validator, names_a_branch_of_equal_uniform_nodes)
{
    auto root = node::make(heap, 2, 0, node::fan_out);
    for (unsigned digit = 0; digit < node::fan_out; ++digit)
        root.edit().append_child(digit, node::make_uniform(heap, 1, digit * 1'024, 7));
    root.edit().set_size(32'768);
    EXPECT_EQ(rule(root), "a span of equal slots is a uniform node");
    root.edit().set_child(4, node::make_uniform(heap, 1, 4 * 1'024, 8));
    EXPECT_EQ(rule(root), "");
    auto const found = radix::take_inventory(root.get());
    EXPECT_EQ(found.uniforms, 32U);
    EXPECT_EQ(found.slots, 32'768U);
    // One level short of what would be a span.
    root.edit().set_child(4, node::make_uniform(heap, 0, 4 * 1'024, 7));
    root.edit().set_size(31'776);
    EXPECT_EQ(rule(root), "");
}

TEST_F(radix_validator, names_a_uniform_node_that_reaches_past_the_end)
{
    EXPECT_EQ(rule(node::make_uniform(heap, node::levels - 1, 0, 7)),
        "a uniform node has one entry, and its span lies below 2^52");
    EXPECT_EQ(rule(node::make_uniform(heap, node::levels - 2, 0, 7)), "");
}

TEST_F(radix_validator, looks_below_and_tells_where)
{
    auto root = node::make(heap, 2, 0, 2);
    auto broken = branch();
    broken.edit().set_size(9);
    root.edit().append_child(0, std::move(broken));
    root.edit().append_child(1, leaf(1'024));
    root.edit().set_size(10);
    auto const found = radix::validate(root.get());
    EXPECT_EQ(found.rule(), "size(branch) = sum of size(child)");
    EXPECT_EQ(found.place(), "the node of level 1 at index 0");
}

} // namespace
