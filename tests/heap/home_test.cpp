// SPDX-License-Identifier: BSL-1.0
//
// Reading in a version what can't be read in a mapping: in a child of fork, at the heap's own address.

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "every_tracker.hpp"
#include "in_child.hpp"
#include "os/process.hpp"
#include "still/set.hpp"

namespace still_test {
namespace {

class homes : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, homes, trackers, tracker_name);

struct shape {
    virtual ~shape() = default;
    [[nodiscard]] virtual int corners() const = 0;
};
struct square final : shape {
    [[nodiscard]] int corners() const override { return 4; }
};
struct triangle final : shape {
    [[nodiscard]] int corners() const override { return 3; }
};

/// All kinds of what leads somewhere by addresses.
struct everything {
    explicit everything(std::pmr::memory_resource* from)
        : text("a text that is too long to lie within its object", from)
        , numbers(from)
        , words(from)
        , hashed(from)
        , list(from)
    {
    }
    std::pmr::string text;
    std::pmr::vector<int> numbers;
    std::pmr::map<int, std::pmr::string> words;
    std::pmr::unordered_map<std::pmr::string, int> hashed;
    std::pmr::list<std::pmr::vector<int>> list;
    shape* polymorphic = nullptr;
    int* into_itself = nullptr;

    void fill(int round, still::heap& heap)
    {
        numbers.assign(static_cast<std::size_t>(round) * 100, round);
        for (int i = 0; i < round * 20; ++i) {
            words.insert_or_assign(i, std::pmr::string("number " + std::to_string(i + round)));
            hashed[std::pmr::string("a key of some length " + std::to_string(i))] = round;
        }
        list.emplace_back(static_cast<std::size_t>(round), round);
        auto const name = "shape " + std::to_string(round);
        if (round % 2 == 0)
            polymorphic = &heap.construct<square>(name);
        else
            polymorphic = &heap.construct<triangle>(name);
        into_itself = &numbers.back();
    }
    [[nodiscard]] bool is_of(int round) const
    {
        auto right = text.size() > 40 && numbers.size() == static_cast<std::size_t>(round) * 100
            && words.size() == static_cast<std::size_t>(round) * 20 && hashed.size() == words.size()
            && list.size() == static_cast<std::size_t>(round) && into_itself == &numbers.back() && *into_itself == round
            && polymorphic->corners() == (round % 2 == 0 ? 4 : 3);
        for (auto const& [number, word] : words)
            right = right && word == std::pmr::string("number " + std::to_string(number + round));
        for (auto const& [key, value] : hashed)
            right = right && value == round;
        int expected = 1;
        for (auto const& part : list) {
            right = right && part.size() == static_cast<std::size_t>(expected) && part.back() == expected;
            ++expected;
        }
        return right;
    }
};

TEST_P(homes, of_any_version_are_in_a_child)
{
    auto heap = make();
    auto& all = heap.construct<everything>("all", heap.memory_resource());
    std::vector<still::snapshot> versions;
    for (int round = 1; round <= 6; ++round) {
        all.fill(round, heap);
        versions.push_back(heap.snapshot());
    }
    all.numbers.clear();
    all.words.clear();
    auto const now = copy(heap.bytes());
    auto const generation = heap.generation();
    EXPECT_TRUE(in_child([&] {
        // Back and forth: each is what it was.
        for (int const round : { 3, 6, 1, 2, 5 }) {
            auto const& version = versions[static_cast<std::size_t>(round) - 1];
            heap.become(version);
            auto* const there = heap.find<everything>("all");
            if (there != &all || !there->is_of(round) || !same(heap.bytes(), content(version)) || !heap.validate()
                || (heap.find<triangle>("shape 5") != nullptr) != (round >= 5))
                return false;
        }
        // And goes on from there.
        auto const guard = heap.mutate();
        all.fill(6, heap);
        return all.is_of(6) && heap.validate() && heap.destroy<everything>("all") && heap.validate()
            && heap.generation() > generation;
    }));
    EXPECT_TRUE(same(heap.bytes(), now)) << "the parent's isn't the child's";
    EXPECT_TRUE(heap.snapshot().number() > versions.back().number());
    heap.restore(versions[3]);
    EXPECT_TRUE(all.is_of(4));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(homes, are_refused_while_somebody_outside_owns_a_tree)
{
    // See Note: trackers.
    if (GetParam() == tracker_kind::protect && still::os::under_thread_sanitizer())
        GTEST_SKIP() << "the sanitizer stalls in a handler where atomic counts lie in protected pages";
    using index = still::set<int, std::less<>, still::region_policy>;
    auto heap = make();
    auto& live = heap.construct<index>("live", heap.allocator());
    live = std::move(live).insert(1);
    auto const before = heap.snapshot();
    EXPECT_TRUE(in_child([&] {
        auto outside = live.insert(2);
        try {
            heap.become(before);
            return false;
        } catch (std::logic_error const&) {
        }
        outside = index();
        heap.become(before);
        return live.size() == 1 && heap.validate();
    }));
}

TEST_P(homes, are_of_one_heap_and_in_children_only)
{
    auto heap = make();
    auto other = make();
    auto& number = heap.construct<int>("number", 1);
    auto const before = heap.snapshot();
    auto const foreign = other.snapshot();
    number = 2;
    EXPECT_THROW(heap.become(before), std::logic_error);
    EXPECT_THROW(heap.become(foreign), std::invalid_argument);
    EXPECT_EQ(number, 2);
    EXPECT_TRUE(in_child([&] {
        auto refused = 0;
        for (auto const& wrong : { still::snapshot(), foreign })
            try {
                heap.become(wrong);
            } catch (std::invalid_argument const&) {
                ++refused;
            }
        auto const as_it_was = number == 2;
        heap.become(before);
        return refused == 2 && as_it_was && number == 1;
    }));
}

// Where pages rested, zeros are mapped anew: in the child alone, whatever its parent's tracker would make of it.
TEST_P(homes, that_were_zeros_take_nothing_from_the_parent)
{
    constexpr std::size_t pages = 200;
    auto heap = make();
    auto* const block
        = static_cast<std::byte*>(heap.memory_resource()->allocate(pages * still::page_bytes, still::page_bytes));
    auto const empty = heap.snapshot();
    std::memset(block, 7, pages * still::page_bytes);
    auto const full = heap.snapshot();
    if (auto const resting = heap.rest(); GetParam() != tracker_kind::private_file) { // which has its own mapping
        ASSERT_GE(resting, pages / 2 * still::page_bytes);
    }
    // Written, and not known to any cut.
    for (std::size_t page = 0; page < pages; page += 5)
        block[page * still::page_bytes + 9] = std::byte{ 8 };
    auto const now = copy(heap.bytes());
    EXPECT_TRUE(in_child([&] {
        for (auto round = 0; round < 2; ++round) {
            heap.become(empty);
            if (!same(heap.bytes(), content(empty)) || !heap.validate())
                return false;
            block[3 * still::page_bytes] = std::byte{ 1 };
            heap.become(full);
            if (!same(heap.bytes(), content(full)) || !heap.validate())
                return false;
        }
        return true;
    }));
    EXPECT_TRUE(same(heap.bytes(), now));
    EXPECT_TRUE(same(content(heap.snapshot()), now)) << "what was written is no longer known to be";
    heap.restore(full);
    EXPECT_TRUE(same(heap.bytes(), content(full)));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(homes, are_there_for_what_was_lent)
{
    auto heap = make();
    auto const lent = heap.lend("a test");
    auto* const block = static_cast<int*>(lent.allocate(100'000, 64));
    heap.construct<int*>("block", block);
    block[20'000] = 7;
    auto const before = heap.snapshot();
    block[20'000] = 8;
    EXPECT_TRUE(in_child([&] {
        heap.become(before);
        return **heap.find<int*>("block") == 0 && block[20'000] == 7;
    }));
    EXPECT_EQ(block[20'000], 8);
}

} // namespace
} // namespace still_test
