// SPDX-License-Identifier: BSL-1.0
//
// Heaps that begin as another heap's version, and are independent from then on.

#include <gtest/gtest.h>

#include <memory>

#include <boost/container/map.hpp>
#include <boost/container/string.hpp>

#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "every_tracker.hpp"

namespace still_test {
namespace {

using text = boost::container::basic_string<char, std::char_traits<char>, still::heap_allocator<char>>;
using dictionary
    = boost::container::map<text, numbers, std::less<>, still::heap_allocator<std::pair<text const, numbers>>>;

class branches : public every_tracker {
protected:
    static void add(still::heap& heap, std::string const& word, std::uint64_t number)
    {
        auto const guard = heap.mutate();
        auto& words = *heap.find<dictionary>("words");
        words.try_emplace(text(word.c_str(), heap.allocator<char>()), heap.allocator<std::uint64_t>())
            .first->second.push_back(number);
    }
    [[nodiscard]] still::heap branch(still::snapshot const& from, still::bank payer = {}) const
    {
        return still::heap::branch(
            from, { .capacity = 64_MiB, .tracker = GetParam(), .bank = std::move(payer), .label = "branch" });
    }
};
INSTANTIATE_TEST_SUITE_P(each, branches, trackers, tracker_name);

TEST_P(branches, begin_as_the_version_and_go_their_own_way)
{
    auto heap = make();
    heap.construct<dictionary>("words", heap.allocator<dictionary::value_type>());
    for (unsigned i = 0; i < 300; ++i)
        add(heap, "word " + std::to_string(i), i);
    auto const before = heap.snapshot();
    auto const then = content(before);
    for (unsigned i = 0; i < 300; ++i)
        add(heap, "later " + std::to_string(i), i);
    auto const now = copy(heap.bytes());

    auto other = branch(before);
    EXPECT_EQ(other.label(), "branch");
    EXPECT_NE(other.bytes().data(), heap.bytes().data());
    EXPECT_TRUE(same(copy(other.bytes()), then));
    EXPECT_TRUE(other.validate()) << other.validate();
    ASSERT_EQ(other.find<dictionary>("words")->size(), 300U);
    auto const first = other.snapshot();
    EXPECT_TRUE(same(content(first), then));

    // It grows, allocates, takes versions and goes back, and neither notices the other.
    for (unsigned i = 0; i < 3000; ++i)
        add(other, "branch " + std::to_string(i), i);
    EXPECT_TRUE(other.validate()) << other.validate();
    EXPECT_TRUE(same(copy(heap.bytes()), now));
    auto const second = other.snapshot();
    EXPECT_EQ(other.find<dictionary>("words")->size(), 3300U);
    auto const mapped = second.map();
    EXPECT_EQ(mapped.find<dictionary>("words")->size(), 3300U);
    other.restore(first);
    EXPECT_TRUE(same(copy(other.bytes()), then));
    EXPECT_THROW(other.restore(before), std::invalid_argument);
    EXPECT_THROW(heap.restore(first), std::invalid_argument);
    heap.restore(before);
    EXPECT_TRUE(same(copy(heap.bytes()), then));
    EXPECT_TRUE(other.destroy<dictionary>("words"));
    EXPECT_NE(heap.find<dictionary>("words"), nullptr);

    // Branches branch.
    auto third = branch(second);
    EXPECT_EQ(third.find<dictionary>("words")->size(), 3300U);
}

TEST_P(branches, outlive_their_source)
{
    auto source = std::make_unique<still::heap>(make());
    source->construct<dictionary>("words", source->allocator<dictionary::value_type>());
    add(*source, "one", 1);
    auto other = branch(source->snapshot());
    source.reset();
    add(other, "two", 2);
    EXPECT_EQ(other.find<dictionary>("words")->size(), 2U);
    static_cast<void>(other.snapshot());
    EXPECT_TRUE(other.validate()) << other.validate();
}

TEST_P(branches, refuse_objects_whose_pointers_lead_into_the_source)
{
    auto heap = make();
    heap.construct<std::pmr::vector<int>>("raw", heap.memory_resource()).assign(100, 7);
    heap.construct<int>("number", 5);
    auto other = branch(heap.snapshot());
    EXPECT_EQ(*other.find<int>("number"), 5);
    EXPECT_THROW(static_cast<void>(other.find<std::pmr::vector<int>>("raw")), std::logic_error);
    EXPECT_THROW(other.destroy<std::pmr::vector<int>>("raw"), std::logic_error);
    EXPECT_EQ(heap.find<std::pmr::vector<int>>("raw")->at(99), 7);
    // Its own are no trouble.
    other.construct<std::pmr::vector<int>>("own", other.memory_resource()).assign(100, 8);
    EXPECT_EQ(other.find<std::pmr::vector<int>>("own")->at(99), 8);
    auto const before = other.snapshot();
    other.find<std::pmr::vector<int>>("own")->assign(50, 9);
    other.restore(before);
    EXPECT_EQ(other.find<std::pmr::vector<int>>("own")->at(99), 8);
}

// A heap is known by its number, not by its address: that of one that is gone may be another's.
TEST_P(branches, at_the_address_of_their_source_are_other_heaps)
{
    auto source = std::make_unique<still::heap>(make());
    source->construct<std::pmr::vector<int>>("vector", source->memory_resource()).assign(100, 7);
    auto const* const place = source->bytes().data();
    auto const seen = source->snapshot();
    source.reset();
    for (int tries = 0; tries < 1000; ++tries) {
        auto branch = still::heap::branch(seen, { .capacity = 1_MiB, .tracker = tracker_kind::compare });
        if (branch.bytes().data() != place)
            continue;
        EXPECT_THROW((void)branch.find<std::pmr::vector<int>>("vector"), std::logic_error);
        branch.construct<std::pmr::vector<int>>("own", branch.memory_resource()).assign(10, 1);
        EXPECT_EQ(branch.find<std::pmr::vector<int>>("own")->size(), 10U);
        return;
    }
    GTEST_SKIP() << "no branch came to where its source was";
}

TEST_P(branches, pay_for_their_own_versions)
{
    still::bank const one(64_MiB);
    still::bank const two(64_MiB);
    {
        auto heap = make(64_MiB, one);
        heap.construct<numbers>("data", heap.allocator<std::uint64_t>()).assign(512 * 50, 1);
        auto const before = heap.snapshot();
        auto const usage = one.usage();
        auto other = branch(before, two);
        EXPECT_EQ(two.usage(), 0U);
        auto const first = other.snapshot();
        EXPECT_GE(two.usage(), 50 * still::page_bytes);
        EXPECT_EQ(one.usage(), usage);
    }
    EXPECT_EQ(one.usage(), 0U);
    EXPECT_EQ(two.usage(), 0U);
}

TEST_P(branches, have_the_capacity_that_they_need)
{
    auto heap = make();
    heap.construct<numbers>("data", heap.allocator<std::uint64_t>()).assign(1'000'000, 1);
    auto const before = heap.snapshot();
    auto const small = still::heap::branch(before, { .capacity = 64_KiB, .tracker = GetParam() });
    EXPECT_EQ(small.statistics().capacity_bytes, before.size());
    EXPECT_EQ(small.find<numbers>("data")->size(), 1'000'000U);
    EXPECT_THROW(static_cast<void>(still::heap::branch(still::snapshot())), std::invalid_argument);
}

} // namespace
} // namespace still_test
