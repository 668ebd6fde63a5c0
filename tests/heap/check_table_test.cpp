// SPDX-License-Identifier: BSL-1.0
//
// Page tables in an image that somebody has forged: each lie is named.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "still/radix/node.hpp"
#include "written_image.hpp"

namespace still_test {
namespace {

using table_node = still::radix::node<int, still::region_policy>;

class check_forged_table : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(table.check().sound) << table.check().sound;
        ASSERT_TRUE(root().is_branch());
        ASSERT_TRUE(leaf().is_leaf());
        ASSERT_TRUE(uniform().is_uniform());
    }
    [[nodiscard]] table_node& root() const { return const_cast<table_node&>(*table.container().root()); }
    /// The first leaf, the branch above it, and a uniform node.
    [[nodiscard]] table_node& leaf() const { return ending(0); }
    [[nodiscard]] table_node& low() const
    {
        auto* at = &root();
        while (at->child_at(0)->is_branch())
            at = at->child_at(0);
        return *at;
    }
    [[nodiscard]] table_node& uniform() const
    {
        auto* at = &root();
        while (!at->is_uniform())
            at = at->child_at(at == &root() || at->level() > 4 ? 0 : at->entries() - (at->level() == 4 ? 1U : 2U));
        return *at;
    }
    [[nodiscard]] table_node& ending(unsigned position) const
    {
        auto* at = &root();
        while (at->is_branch())
            at = at->child_at(position);
        return *at;
    }
    [[nodiscard]] still::offset_link<table_node>& link(table_node& of, unsigned position) const
    {
        auto* const links = reinterpret_cast<std::byte*>(&of) + sizeof(table_node) + sizeof(std::uint64_t);
        auto& found = reinterpret_cast<still::offset_link<table_node>*>(links)[position];
        EXPECT_EQ(found.get(), of.child_at(position)) << "this test knows where links lie";
        return found;
    }

    /// The bytes of a node's beginning, and the rule that a write there breaks.
    enum field : std::size_t { shape = 4, capacity = 5, entries = 6, present = 8, first = 16 };
    template <class Value>
    [[nodiscard]] std::string rule_of(table_node& node, field at, Value value)
    {
        auto* const place = reinterpret_cast<std::byte*>(&node) + at;
        Value there{};
        std::memcpy(&there, place, sizeof(there));
        table.write(place, value);
        auto const said = table.rule();
        table.write(place, there);
        return said;
    }
    [[nodiscard]] std::string rule_of(table_node& node, field at, unsigned value)
    {
        return rule_of(node, at, static_cast<std::uint8_t>(value));
    }
    /// The same for a link that leads somewhere.
    [[nodiscard]] std::string rule_of_link(table_node& node, unsigned position, void* target)
    {
        auto& changed = link(node, position);
        auto const there = changed;
        changed.set(static_cast<table_node*>(target));
        auto const said = table.rule();
        changed = there;
        return said;
    }
    static constexpr auto out_of_bounds = "start(bounds) ≤ start, end ≤ end(bounds)";

    written_image<image_table> table{ 200 };
};

TEST_F(check_forged_table, fields_lie_where_this_test_writes)
{
    auto const* const bytes = reinterpret_cast<std::uint8_t const*>(&leaf());
    EXPECT_EQ(bytes[shape] & 0x1f, leaf().level());
    EXPECT_EQ(bytes[capacity], leaf().capacity());
    EXPECT_EQ(bytes[entries], leaf().entries());
    std::uint64_t start = 0;
    std::memcpy(&start, reinterpret_cast<std::byte const*>(&uniform()) + first, sizeof(start));
    EXPECT_EQ(start, uniform().first());
}

TEST_F(check_forged_table, links_lead_to_nodes_in_the_bounds)
{
    auto* const start = table.bytes().data();
    auto* const end = start + table.bytes().size();
    auto* const child = reinterpret_cast<std::byte*>(low().child_at(1));
    EXPECT_EQ(rule_of_link(low(), 1, child), "");
    EXPECT_EQ(rule_of_link(low(), 1, nullptr), "a branch has no gaps");
    EXPECT_EQ(rule_of_link(low(), 1, end), out_of_bounds);
    EXPECT_EQ(rule_of_link(low(), 1, end - 8), out_of_bounds);
    EXPECT_EQ(rule_of_link(low(), 1, start - 64), out_of_bounds);
    EXPECT_EQ(rule_of_link(low(), 1, start), "name(block) = where the block is");
    EXPECT_EQ(rule_of_link(low(), 1, child + 4), "start is a multiple of the alignment");
    EXPECT_EQ(rule_of_link(low(), 1, child + 8), "name(block) = where the block is");
}

TEST_F(check_forged_table, nodes_lie_in_the_bounds_with_their_whole_extent)
{
    // A leaf at the very end, which says that it has room for more than there is.
    auto const bytes = table.bytes();
    auto const offset = bytes.size() - sizeof(table_node) - 2 * sizeof(int);
    std::uint64_t const name[] = { offset, 1 };
    table.write(bytes.data() + offset - sizeof(name), name);
    auto& from = *low().child_at(1);
    ASSERT_TRUE(from.is_leaf());
    std::memcpy(bytes.data() + offset, &from, sizeof(table_node));
    EXPECT_EQ(rule_of_link(low(), 1, bytes.data() + offset), out_of_bounds);
}

TEST_F(check_forged_table, no_node_is_reached_twice)
{
    EXPECT_EQ(rule_of_link(low(), 1, low().child_at(0)), "a child's span lies where its digit says");
    EXPECT_EQ(rule_of_link(low(), 0, &low()), "level(child) < level(parent)");
    EXPECT_EQ(rule_of_link(low(), 0, &root()), "level(child) < level(parent)");
    EXPECT_EQ(rule_of_link(root(), 1, &low()), "a child's span lies where its digit says");
}

TEST_F(check_forged_table, forms_and_levels_are_those_of_nodes)
{
    EXPECT_EQ(rule_of(root(), shape, 11U), "level < levels");
    EXPECT_EQ(rule_of(root(), shape, 31U), "level < levels");
    EXPECT_EQ(rule_of(leaf(), shape, 0x20U), "a node is a leaf, a branch or uniform");
    EXPECT_EQ(rule_of(uniform(), shape, 0xc0U | uniform().level()), "a node is a leaf, a branch or uniform");
    EXPECT_EQ(rule_of(uniform(), shape, uniform().level()),
        "entries = bits set in present, of which a uniform node has none");
    EXPECT_NE(rule_of(root(), shape, root().level()), rule_of(root(), shape, root().level() - 1));
    EXPECT_EQ(rule_of(leaf(), shape, 0x40U), "a node says that it is packed when it is");
}

TEST_F(check_forged_table, entries_are_those_in_use_and_have_room)
{
    EXPECT_EQ(rule_of(leaf(), entries, leaf().entries() + 1),
        "entries = bits set in present, of which a uniform node has none");
    EXPECT_EQ(rule_of(leaf(), present, std::uint32_t{ 0xffff'ffff }),
        "entries = bits set in present, of which a uniform node has none");
    EXPECT_EQ(rule_of(leaf(), capacity, leaf().entries() - 1), "1 <= entries <= capacity <= fan-out");
    EXPECT_EQ(rule_of(leaf(), capacity, 33U), "1 <= entries <= capacity <= fan-out");
    EXPECT_EQ(rule_of(leaf(), capacity, 255U), "1 <= entries <= capacity <= fan-out");
    EXPECT_EQ(rule_of(uniform(), entries, 0U), "1 <= entries <= capacity <= fan-out");
    EXPECT_EQ(rule_of(uniform(), present, std::uint32_t{ 1 }),
        "entries = bits set in present, of which a uniform node has none");
}

TEST_F(check_forged_table, spans_lie_below_the_end_and_in_those_above)
{
    EXPECT_EQ(rule_of(root(), first, std::uint64_t{ 1 } << 60U), "first starts a span of the node's level, below 2^52");
    EXPECT_EQ(rule_of(root(), first, std::uint64_t{ 1 }), "first starts a span of the node's level, below 2^52");
    EXPECT_EQ(rule_of(leaf(), first, std::uint64_t{ 1 }), "first starts a span of the node's level, below 2^52");
    EXPECT_EQ(rule_of(leaf(), first, std::uint64_t{ 32 }), "a child's span lies where its digit says");
    EXPECT_EQ(rule_of(leaf(), first, std::uint64_t{ 1 } << 40U), "a child's span lies where its digit says");
}

TEST_F(check_forged_table, sizes_are_those_of_what_is_below)
{
    auto* const size = reinterpret_cast<std::byte*>(&low()) + sizeof(table_node);
    table.write(size, low().size() + 1);
    EXPECT_EQ(table.rule(), "size(branch) = sum of size(child)");
}

TEST_F(check_forged_table, equal_slots_are_one)
{
    // A leaf in full use.
    auto* at = &low();
    while (at->level() > 0)
        at = at->child_at(1);
    ASSERT_EQ(at->entries(), table_node::fan_out);
    for (unsigned position = 0; position < at->entries(); ++position)
        const_cast<int&>(at->slot_at(position)) = 5;
    EXPECT_EQ(table.rule(), "a span of equal slots is a uniform node");
}

TEST_F(check_forged_table, there_are_no_more_nodes_than_were_allowed)
{
    EXPECT_EQ(table.rule({ .most_nodes = table.nodes() }), "");
    EXPECT_EQ(table.rule({ .most_nodes = table.nodes() - 1 }), "nodes ≤ most_nodes");
    EXPECT_EQ(table.rule({ .most_depth = 11 }), "");
    EXPECT_EQ(table.rule({ .most_depth = 2 }), "depth ≤ most_depth");
}

TEST_F(check_forged_table, slots_are_checked_by_whoever_knows_them)
{
    auto const is_small = [](std::span<std::byte const> bytes) {
        int seen = 0;
        std::memcpy(&seen, bytes.data(), sizeof(seen));
        return seen < 1'000;
    };
    EXPECT_EQ(table.check({}, is_small).sound.rule(), "");
    auto& slot = const_cast<int&>(leaf().slot_at(2));
    slot += 1'000;
    EXPECT_EQ(table.check({}, is_small).sound.rule(), "each slot is a value of its type");
    EXPECT_EQ(table.rule(), "");
    slot -= 1'000;
    const_cast<int&>(uniform().uniform_slot()) = 1'000;
    EXPECT_EQ(table.check({}, is_small).sound.rule(), "each slot is a value of its type");
}

TEST_F(check_forged_table, has_the_handle_of_its_region)
{
    auto const& handle = table.container().heap();
    std::uint64_t const elsewhere = 0x1234'5678'0000;
    table.write(const_cast<still::region_heap*>(&handle), elsewhere);
    EXPECT_EQ(table.rule(), "the handle is of the region that the bounds begin with");
}

} // namespace
} // namespace still_test
