// SPDX-License-Identifier: BSL-1.0
//
// `fork` in a process with heaps: the child has its own copy of the data and can't take cuts; whatever
// it does, the parent is unaffected. The child answers by its exit code.

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "every_tracker.hpp"
#include "in_child.hpp"

namespace still_test {
namespace {

class forks : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, forks, trackers, tracker_name);

template <class Call>
bool is_refused(Call&& call)
{
    try {
        call();
    } catch (std::logic_error const&) {
        return true;
    }
    return false;
}

TEST_P(forks, the_child_goes_on_with_its_data_and_takes_no_cuts)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(10'000, 1);
    auto const before = heap.snapshot();
    EXPECT_TRUE(in_child([&] {
        auto const guard = heap.mutate();
        data.push_back(2);
        return data.size() == 10'001;
    }));
    EXPECT_TRUE(in_child([&] {
        return is_refused([&] { static_cast<void>(heap.snapshot()); }) && is_refused([&] { heap.restore(before); });
    }));
    EXPECT_EQ(data.size(), 10'000U);
    EXPECT_TRUE(heap.snapshot().same_root(before));
}

TEST_P(forks, what_the_child_drops_the_parent_keeps)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    std::vector<still::snapshot> kept;
    std::vector<std::vector<std::byte>> contents;
    for (std::uint64_t round = 1; round < 6; ++round) {
        data.assign(512 * 500, round);
        kept.push_back(heap.snapshot());
        contents.push_back(content(kept.back()));
    }
    EXPECT_TRUE(in_child([&] {
        auto const right = content(kept[2]) == contents[2];
        kept.clear();
        return right;
    }));
    for (std::size_t i = 0; i < kept.size(); ++i)
        EXPECT_TRUE(same(content(kept[i]), contents[i])) << i;
    data.assign(512 * 500, 7);
    EXPECT_TRUE(same(content(heap.snapshot()), copy(heap.bytes())));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

} // namespace
} // namespace still_test
