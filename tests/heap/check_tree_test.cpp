// SPDX-License-Identifier: BSL-1.0
//
// Sets and maps in an image that somebody has forged: each lie is named.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "still/tree/node.hpp"
#include "written_image.hpp"

namespace still_test {

/// Elements that have a rule of their own: a number, and its double.
struct doubled {
    int once;
    int twice;
    [[nodiscard]] friend bool operator<(doubled const& one, doubled const& other)
    {
        EXPECT_EQ(one.twice, one.once * 2) << "compared before it was checked";
        EXPECT_EQ(other.twice, other.once * 2) << "compared before it was checked";
        return one.once < other.once;
    }
    [[nodiscard]] friend bool operator==(doubled const&, doubled const&) = default;
};

using image_doubled = still::map<doubled, doubled, std::less<>, image_policy>;
inline void fill(image_doubled& of, int count)
{
    for (int i = 0; i < count; ++i)
        of = std::move(of).insert_or_assign(doubled{ i, 2 * i }, doubled{ i, 2 * i });
}
[[nodiscard]] inline bool is_doubled(std::span<std::byte const> bytes)
{
    doubled seen{};
    std::memcpy(&seen, bytes.data(), sizeof(seen));
    return seen.twice == static_cast<int>(static_cast<unsigned>(seen.once) * 2);
}

} // namespace still_test

template <>
struct still::relocatable<still_test::doubled> : std::true_type { };

namespace still_test {
namespace {

/// Counts what it compares.
struct counting_less {
    static inline std::size_t calls = 0;
    [[nodiscard]] bool operator()(int one, int other) const
    {
        ++calls;
        return one < other;
    }
};

template <class Container>
class forged : public written_image<Container> {
public:
    using schema = typename Container::schema;
    using node = still::tree::node<schema>;
    using leaf = still::tree::leaf<schema>;
    using branch = still::tree::branch<schema>;
    using written_image<Container>::written_image;

    [[nodiscard]] node& root() const
    {
        return const_cast<node&>(*still::tree::internals::core(this->container()).root());
    }
    [[nodiscard]] branch& top() const { return still::tree::as_branch(root()); }
    [[nodiscard]] static node& child(node& of, std::size_t slot)
    {
        return *still::tree::as_branch(of).children[slot].get();
    }
    /// The first node of a level.
    [[nodiscard]] node& first_of(unsigned level) const
    {
        auto* at = &root();
        while (at->level > level)
            at = &child(*at, 0);
        return *at;
    }
    [[nodiscard]] leaf& first_leaf() const { return still::tree::as_leaf(first_of(0)); }
    /// A leaf that isn't at an edge.
    [[nodiscard]] leaf& middle_leaf() const { return still::tree::as_leaf(child(child(first_of(2), 1), 1)); }
};

class check_forged_tree : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_GE(set.root().level, 3U);
        ASSERT_TRUE(set.check().sound) << set.check().sound;
    }
    /// Effect: makes the first link of the top lead somewhere. Returns the rule that this breaks.
    [[nodiscard]] std::string rule_of_link(std::size_t offset)
    {
        auto& link = set.top().children[0];
        auto const there = link;
        auto const target = reinterpret_cast<std::uintptr_t>(set.bytes().data()) + offset; // anywhere
        link.set(reinterpret_cast<forged<image_set>::node*>(target));
        auto const said = set.rule();
        link = there;
        return said;
    }
    static constexpr auto out_of_bounds = "start(bounds) ≤ start, end ≤ end(bounds)";

    forged<image_set> set{ 200 };
};

TEST_F(check_forged_tree, links_lead_into_the_bounds)
{
    auto const size = set.bytes().size();
    EXPECT_EQ(rule_of_link(size), out_of_bounds);
    EXPECT_EQ(rule_of_link(size - 4), out_of_bounds);
    EXPECT_EQ(rule_of_link(std::size_t{ 1 } << 40U), out_of_bounds);
    EXPECT_EQ(rule_of_link(std::size_t{ 0 } - 16), out_of_bounds);
    EXPECT_EQ(rule_of_link(std::numeric_limits<std::size_t>::max()), out_of_bounds);
    set.top().children[1].set(nullptr);
    EXPECT_EQ(set.rule(), "every child is there");
}

TEST_F(check_forged_tree, nodes_are_aligned_and_say_where_they_are)
{
    auto const child = static_cast<std::size_t>(
        reinterpret_cast<std::byte*>(&forged<image_set>::child(set.root(), 0)) - set.bytes().data());
    EXPECT_EQ(rule_of_link(child), "");
    EXPECT_EQ(rule_of_link(child + 1), "start is a multiple of the alignment");
    EXPECT_EQ(rule_of_link(child + 2), "start is a multiple of the alignment");
    EXPECT_EQ(rule_of_link(child + 4), "name(block) = where the block is");
    EXPECT_EQ(rule_of_link(child + 8), "name(block) = where the block is");
    EXPECT_EQ(rule_of_link(0), "name(block) = where the block is"); // no room for a name
    EXPECT_EQ(rule_of_link(8), "name(block) = where the block is");
}

TEST_F(check_forged_tree, nodes_lie_in_the_bounds_with_their_whole_extent)
{
    // The last bytes of the image become what a branch begins with, and there is no room for the rest of it.
    auto const bytes = set.bytes();
    auto const offset = bytes.size() - 16;
    auto const level = static_cast<std::uint8_t>(set.root().level - 1);
    std::uint64_t const name[] = { offset, 1 };
    set.write(bytes.data() + offset - 16, name);
    std::uint8_t const header[] = { 1, 0, 0, 0, level, 2, 0, 0 };
    set.write(bytes.data() + offset, header);
    EXPECT_EQ(rule_of_link(offset), out_of_bounds);
}

TEST_F(check_forged_tree, cycles_end)
{
    for (unsigned level = 1; level < set.root().level; ++level) {
        auto& at = still::tree::as_branch(set.first_of(level));
        auto const there = at.children[0];
        for (auto above = level; above <= set.root().level; ++above) {
            at.children[0].set(&set.first_of(above));
            // The link leads above by now, so that no more is gone down than to it.
            EXPECT_EQ(set.rule(), "level(child) = level - 1");
            at.children[0] = there;
        }
    }
    EXPECT_EQ(set.rule(), "");
}

TEST_F(check_forged_tree, a_node_that_is_reached_again_is_found_out_at_its_first_leaf)
{
    // Each branch of the first way down has its first child in all its slots: 4 to the height leaves, few nodes.
    std::uint64_t size = set.first_leaf().length;
    for (unsigned level = 1; level <= set.root().level; ++level) {
        auto& at = still::tree::as_branch(set.first_of(level));
        at.length = 4;
        for (std::size_t slot = 0; slot < 4; ++slot) {
            at.children[slot].set(&set.first_of(level - 1));
            at.set_child_size(slot, size);
        }
        size *= 4;
        for (std::size_t slot = 0; slot < 3; ++slot)
            *at.separators.cell(slot) = static_cast<int>(100'000 * level + slot);
    }
    ASSERT_EQ(still::tree::size_of(set.root()), size);
    auto const said = set.check().sound;
    EXPECT_EQ(said.rule(), "low bound ≤ key");
    EXPECT_TRUE(said.place().ends_with("/0/1[0]")) << said.place();
}

TEST_F(check_forged_tree, a_bomb_of_branches_is_compared_a_few_times)
{
    using schema = image_set::schema;
    counting_less::calls = 0;
    auto const root = still::borrowed<still::tree::node<schema>>(&set.root());
    for (unsigned level = 1; level <= set.root().level; ++level) {
        auto& at = still::tree::as_branch(set.first_of(level));
        for (std::size_t slot = 1; slot < at.length; ++slot)
            at.children[slot].set(at.children[0].get());
    }
    still::core::bounded_ground ground(still::within(set.bytes()), still::tree::least_node_bytes<schema>);
    still::by_type elements;
    EXPECT_FALSE(still::tree::validate(root, counting_less(), ground, elements, elements));
    EXPECT_LT(counting_less::calls, 100U);
}

TEST_F(check_forged_tree, there_are_no_more_nodes_than_were_allowed)
{
    auto const nodes = set.nodes();
    EXPECT_EQ(set.rule({ .most_nodes = nodes }), "");
    EXPECT_EQ(set.rule({ .most_nodes = nodes - 1 }), "nodes ≤ most_nodes");
    EXPECT_EQ(set.rule({ .most_nodes = 0 }), "nodes ≤ most_nodes");
    EXPECT_EQ(set.rule({ .most_depth = set.root().level + 1U }), "");
    EXPECT_EQ(set.rule({ .most_depth = set.root().level }), "depth ≤ most_depth");
}

TEST_F(check_forged_tree, there_are_no_more_nodes_than_there_is_room_for)
{
    using ground = still::core::bounded_ground;
    ground room(still::within(set.bytes().first(1'000)), 100);
    EXPECT_EQ(room.count(10), nullptr);
    EXPECT_STREQ(room.count(), "nodes ≤ most_nodes");
    ground none(still::within({}), 100);
    EXPECT_STREQ(none.count(), "nodes ≤ most_nodes");
}

TEST_F(check_forged_tree, lengths_are_within_capacity)
{
    for (auto* const node : { &set.first_of(0), &set.first_of(1), &set.first_of(2), &set.root() }) {
        auto const there = node->length;
        node->length = 5;
        EXPECT_EQ(set.rule(), "length ≤ capacity");
        node->length = 255;
        EXPECT_EQ(set.rule(), "length ≤ capacity");
        node->length = 0;
        EXPECT_EQ(set.rule(), "minimum ≤ length");
        node->length = there;
    }
    EXPECT_EQ(set.rule(), "");
}

TEST_F(check_forged_tree, sizes_are_those_of_what_is_below)
{
    for (unsigned level = 1; level <= set.root().level; ++level) {
        auto& at = still::tree::as_branch(set.first_of(level));
        auto const there = at.child_size(0);
        at.set_child_size(0, there + 1);
        // Seen from above, where that says what it was.
        EXPECT_EQ(set.rule(), "child_size = elements below the child");
        at.set_child_size(0, there);
    }
}

TEST_F(check_forged_tree, leaves_are_at_one_depth)
{
    set.top().children[0].set(&set.first_of(set.root().level - 2));
    EXPECT_EQ(set.rule(), "level(child) = level - 1");
}

TEST_F(check_forged_tree, levels_are_those_of_a_tree)
{
    auto const there = set.root().level;
    for (auto const level : { unsigned{ image_set::schema::max_height }, 200U, 255U }) {
        set.root().level = static_cast<std::uint8_t>(level);
        EXPECT_EQ(set.rule(), "level < max_height");
    }
    set.root().level = static_cast<std::uint8_t>(there + 1);
    EXPECT_EQ(set.rule(), "level(child) = level - 1");
    set.root().level = there;
    set.first_of(1).level = 2;
    EXPECT_EQ(set.rule(), "level(child) = level - 1");
}

TEST_F(check_forged_tree, keys_are_in_order_and_within_separators)
{
    auto& middle = set.middle_leaf();
    auto const first = *middle.keys.at(0);
    *middle.keys.cell(1) = first;
    EXPECT_EQ(set.rule(), "keys ascend strictly");
    *middle.keys.cell(1) = first - 1;
    EXPECT_EQ(set.rule(), "keys ascend strictly");
    *middle.keys.cell(1) = first + 10;
    *middle.keys.cell(0) = first - 20;
    EXPECT_EQ(set.rule(), "low bound ≤ key");
    *middle.keys.cell(0) = first;
    auto& last = *middle.keys.cell(middle.length - 1U);
    last += 1'000;
    EXPECT_EQ(set.rule(), "key < high bound");
    last -= 1'000;
    EXPECT_EQ(set.rule(), "");
    auto& separators = still::tree::as_branch(set.first_of(1)).separators;
    auto const there = *separators.at(0);
    *separators.cell(0) = *set.top().separators.at(0);
    EXPECT_NE(set.rule(), "");
    *separators.cell(0) = there;
    EXPECT_EQ(set.rule(), "");
}

TEST_F(check_forged_tree, owners_are_nobodys_business)
{
    set.write(&set.root().references, std::uint32_t{ 0 });
    set.write(&set.first_of(0).references, std::uint32_t{ 0xffff'ffff });
    EXPECT_TRUE(set.check().sound) << set.check().sound;
}

TEST_F(check_forged_tree, a_container_lies_in_the_bounds_itself)
{
    auto const all = still::within(set.bytes());
    auto const rule = [&](std::size_t offset) { return still::check_at<image_set>(all, offset).sound.rule(); };
    auto const size = set.bytes().size();
    EXPECT_EQ(rule(set.place()), "");
    EXPECT_EQ(rule(set.place() + 1), "start is a multiple of the alignment");
    EXPECT_EQ(rule(size), out_of_bounds);
    EXPECT_EQ(rule(size - 8), out_of_bounds);
    EXPECT_EQ(rule(size + 1), "offset ≤ size(bounds)");
    EXPECT_EQ(rule(std::numeric_limits<std::size_t>::max()), "offset ≤ size(bounds)");
    EXPECT_EQ(still::check_at<image_set>(still::within({}), 0).sound.rule(), out_of_bounds);
    EXPECT_NE(still::check(set.container(), still::within(set.bytes().first(set.place() + 8))).rule(), "");
    EXPECT_EQ(still::check(set.container(), all).rule(), "");
    EXPECT_EQ(still::check(set.container().view(), all).rule(), "");
    // A view that is elsewhere, of a root that isn't in the bounds.
    EXPECT_EQ(still::check(set.container().view(), still::within(set.bytes().first(64))).rule(), out_of_bounds);
}

TEST_F(check_forged_tree, a_container_has_the_handle_of_its_region)
{
    // With none, or another, it would be copied, and count owners where nothing may be written.
    auto* const place = set.bytes().data() + set.place();
    still::region_heap none;
    std::vector<std::byte> const there(place, place + sizeof(image_set));
    auto const& handle = set.container().heap();
    auto* const at = reinterpret_cast<std::byte*>(const_cast<still::region_heap*>(&handle));
    std::memcpy(at, &none, sizeof(none));
    EXPECT_EQ(set.rule(), "the handle is of the region that the bounds begin with");
    set.write(at, std::uint64_t{ 0x1234'5678'0000 });
    EXPECT_EQ(set.rule(), "the handle is of the region that the bounds begin with");
    std::memcpy(place, there.data(), there.size());
    EXPECT_EQ(set.rule(), "");
    // An empty one may have none.
    new (place) image_set();
    EXPECT_EQ(set.rule(), "");
}

TEST(check_forged_map, values_are_checked_too)
{
    forged<image_map> map(200);
    ASSERT_TRUE(map.check().sound) << map.check().sound;
    auto* const values = reinterpret_cast<std::uint8_t*>(map.middle_leaf().values.cell(0));
    values[1] ^= 1;
    EXPECT_TRUE(map.check().sound);
    values[1] = 2;
    EXPECT_EQ(map.rule(), "each element is a value of its type");
}

TEST(check_forged_numbers, that_have_no_place_are_named)
{
    forged<image_numbers> numbers(200);
    *numbers.middle_leaf().keys.cell(0) = std::nan("");
    EXPECT_EQ(numbers.rule(), "a key has a place in the order");
}

TEST(check_forged_sums, measures_are_those_of_what_is_below)
{
    forged<image_sums> sums(200);
    ASSERT_TRUE(sums.check().sound) << sums.check().sound;
    for (unsigned level = 1; level <= sums.root().level; ++level) {
        auto& at = still::tree::as_branch(sums.first_of(level));
        auto const there = at.child_measure(0);
        at.measured.set(0, there + 1);
        EXPECT_EQ(sums.rule(), "child_measure = measure of the elements below the child");
        at.measured.set(0, there);
    }
}

TEST(check_forged_boxes, lie_in_the_bounds)
{
    forged<image_rows> rows(200);
    ASSERT_TRUE(rows.check().sound) << rows.check().sound;
    using box = still::tree::boxed<image_row, image_policy>::box_type;
    auto const rule_of = [&](auto& cell, void* target) {
        auto& link = reinterpret_cast<still::offset_link<box>&>(cell);
        auto const there = link;
        link.set(static_cast<box*>(target));
        auto const said = rows.rule();
        link = there;
        return said;
    };
    auto* const end = rows.bytes().data() + rows.bytes().size();
    auto& leaf = rows.middle_leaf();
    auto& separators = rows.top().separators;
    for (auto* const cell : { leaf.keys.cell(0), separators.cell(0), leaf.values.cell(1) }) {
        EXPECT_EQ(rule_of(*cell, end - 16), "start(bounds) ≤ start, end ≤ end(bounds)");
        EXPECT_EQ(rule_of(*cell, nullptr), "start(bounds) ≤ start, end ≤ end(bounds)");
        EXPECT_EQ(rule_of(*cell, rows.bytes().data() + 1'001), "start is a multiple of the alignment");
        EXPECT_EQ(rule_of(*cell, rows.bytes().data() + 1'000), "name(block) = where the block is");
    }
    EXPECT_TRUE(rows.check().sound);
}

TEST(check_forged_elements, are_checked_by_whoever_knows_them_before_they_are_compared)
{
    forged<image_doubled> map(200);
    auto const check = [&] { return map.check({}, is_doubled, is_doubled).sound; };
    ASSERT_TRUE(check()) << check();
    auto& leaf = map.middle_leaf();
    leaf.keys.cell(0)->twice += 1;
    EXPECT_EQ(check().rule(), "each element is a value of its type");
    leaf.keys.cell(0)->twice -= 1;
    leaf.values.cell(1)->once += 1;
    EXPECT_EQ(check().rule(), "each element is a value of its type");
    EXPECT_EQ(check().place().back(), ']');
    leaf.values.cell(1)->once -= 1;
    map.top().separators.cell(0)->twice += 2;
    EXPECT_EQ(check().rule(), "each element is a value of its type");
    // What a checker throws goes through.
    auto const refusing = [](std::span<std::byte const>) -> bool { throw std::runtime_error("enough"); };
    EXPECT_THROW((void)map.check({}, refusing, is_doubled), std::runtime_error);
}

TEST(check_mapping, of_a_snapshot_is_sound_and_refuses_copies)
{
    still::heap heap({ .capacity = std::size_t{ 1 } << 22U });
    auto& live = heap.construct<image_set>("it", heap.allocator());
    {
        auto const guard = heap.mutate();
        fill(live, 500);
    }
    EXPECT_TRUE(still::check(live)) << still::check(live);
    auto const mapped = heap.snapshot().map();
    auto const* const place = reinterpret_cast<std::byte const*>(mapped.find<image_set>("it"));
    auto const got = still::check_at<image_set>(
        still::within(mapped.bytes()), static_cast<std::size_t>(place - mapped.bytes().data()));
    ASSERT_TRUE(got.sound) << got.sound;
    EXPECT_EQ(*got.version, live);
    EXPECT_THROW(auto const copy = *got.version, std::logic_error);
}

} // namespace
} // namespace still_test
