// SPDX-License-Identifier: BSL-1.0
//
// Links: both kinds name a target; the offset one still does after both have moved together.

#include "still/core/link.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace {

template <class Link>
class links : public ::testing::Test { };
using kinds = ::testing::Types<still::raw_link<int>, still::offset_link<int>>;
TYPED_TEST_SUITE(links, kinds);

TYPED_TEST(links, start_null)
{
    TypeParam const link;
    EXPECT_EQ(link.get(), nullptr);
}

TYPED_TEST(links, name_what_they_were_set_to)
{
    std::array<int, 2> targets{ 1, 2 };
    TypeParam link(targets.data());
    EXPECT_EQ(link.get(), targets.data());
    link.set(&targets[1]);
    EXPECT_EQ(link.get(), &targets[1]);
    link.set(nullptr);
    EXPECT_EQ(link.get(), nullptr);
}

TYPED_TEST(links, keep_their_target_when_copied)
{
    int target = 1;
    TypeParam const link(&target);
    TypeParam copied(link);
    EXPECT_EQ(copied.get(), &target);
    std::array<TypeParam, 3> elsewhere;
    elsewhere[2] = link;
    EXPECT_EQ(elsewhere[2].get(), &target);
    elsewhere[2] = elsewhere[0];
    EXPECT_EQ(elsewhere[2].get(), nullptr);
}

TYPED_TEST(links, are_copied_in_a_row)
{
    std::array<int, 3> targets{ 1, 2, 3 };
    std::array<TypeParam, 4> from{ TypeParam(&targets[2]), TypeParam(), TypeParam(targets.data()),
        TypeParam(&targets[1]) };
    std::array<TypeParam, 9> to;
    copy_links(to.data() + 3, from.data(), 4);
    EXPECT_EQ(to[2].get(), nullptr);
    EXPECT_EQ(to[3].get(), &targets[2]);
    EXPECT_EQ(target_of(to[3]), &targets[2]);
    EXPECT_EQ(to[4].get(), nullptr);
    EXPECT_EQ(to[5].get(), targets.data());
    EXPECT_EQ(to[6].get(), &targets[1]);
    EXPECT_EQ(to[7].get(), nullptr);
}

TEST(offset_link, follows_memory_that_moves_as_a_whole)
{
    struct block {
        still::offset_link<int> link;
        still::offset_link<int> null;
        int target = 7;
    };
    block before;
    before.link.set(&before.target);
    // Two mappings of the same bytes: the second is what a bytewise copy of the whole would be.
    alignas(block) std::array<std::byte, sizeof(block)> elsewhere;
    std::memcpy(elsewhere.data(), static_cast<void const*>(&before), sizeof before);
    auto const* const after = std::launder(reinterpret_cast<block const*>(elsewhere.data()));
    EXPECT_EQ(after->link.get(), &after->target);
    EXPECT_EQ(*after->link.get(), 7);
    EXPECT_EQ(after->null.get(), nullptr);
}

} // namespace
