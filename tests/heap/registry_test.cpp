// SPDX-License-Identifier: BSL-1.0
//
// What a heap knows of its versions: age, label, what each alone retains; and those that are kept too long.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "every_tracker.hpp"

namespace still_test {
namespace {

using std::chrono::steady_clock;

class registry : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, registry, trackers, tracker_name);

TEST_P(registry, tells_number_label_and_age)
{
    auto heap = make();
    EXPECT_TRUE(heap.versions().empty());
    auto& number = heap.construct<std::uint64_t>("number", 1U);
    auto const before = steady_clock::now();
    auto first = heap.snapshot();
    number = 2;
    auto const second = heap.snapshot({ .label = "before the import" });
    auto const copied = second;
    number = 3;
    auto const third = heap.snapshot({ .label = {}, .deadline = steady_clock::now() + std::chrono::minutes(1) });
    EXPECT_EQ(second.label(), "before the import");
    EXPECT_EQ(third.label(), "tested");
    first = still::snapshot();
    auto const seen = heap.versions();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].number, 2U);
    EXPECT_EQ(seen[0].label, "before the import");
    EXPECT_EQ(seen[0].taken_at, second.taken_at());
    EXPECT_GE(seen[0].taken_at, before);
    EXPECT_GE(seen[0].age, seen[1].age);
    EXPECT_LE(seen[0].age, steady_clock::now() - before);
    EXPECT_EQ(seen[1].number, 3U);
    EXPECT_EQ(seen[1].label, "tested");
}

// One pass over all versions says what asking each of them says, whatever was rolled back and dropped.
TEST_P(registry, tells_for_all_what_each_tells_for_itself)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 60, 1);
    std::mt19937_64 random(GetParam() == tracker_kind::compare ? 1 : 2);
    std::vector<still::snapshot> kept;
    for (std::uint64_t step = 0; step < 120; ++step) {
        for (auto writes = random() % 4; writes > 0; --writes)
            data[random() % 60 * 512 + 200] = random() % 3; // 0 and 1 come again: pages that go back to what they were
        if (step % 5 == 3)
            std::fill_n(data.begin() + static_cast<std::ptrdiff_t>(random() % 40 * 512), 1024, 0);
        kept.push_back(heap.snapshot());
        if (random() % 4 == 0)
            heap.restore(kept[random() % kept.size()]);
        if (random() % 3 == 0)
            kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(random() % kept.size()));
        if (step % 10 != 0)
            continue;
        auto const seen = heap.versions();
        ASSERT_EQ(seen.size(), kept.size());
        for (std::size_t i = 0; i < kept.size(); ++i) {
            ASSERT_EQ(seen[i].number, kept[i].number());
            ASSERT_EQ(seen[i].cost, kept[i].cost()) << "version " << i << " of step " << step;
        }
    }
}

TEST_P(registry, old_versions_are_told_once_each)
{
    std::vector<still::version_info> told;
    auto fail = false;
    still::heap heap{ { .capacity = 16_MiB,
        .tracker = GetParam(),
        .label = "tested",
        .version_age_limit = std::chrono::milliseconds(20),
        .on_old_version = [&](still::version_info const& seen) {
            told.push_back(seen);
            if (fail)
                throw std::runtime_error("kept too long");
        } } };
    auto& number = heap.construct<std::uint64_t>("number", 1U);
    auto const first = heap.snapshot({ .label = "forgotten" });
    auto second = heap.snapshot();
    {
        auto const gone = heap.snapshot();
    }
    EXPECT_TRUE(told.empty());
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
    auto const third = heap.snapshot();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].label, "forgotten");
    EXPECT_GE(told[0].age, std::chrono::milliseconds(20));
    EXPECT_EQ(told[1].number, second.number());
    second = still::snapshot();
    static_cast<void>(heap.snapshot());
    EXPECT_EQ(told.size(), 2U);

    // What it throws keeps the cut from beginning.
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
    fail = true;
    number = 2;
    auto const cuts = heap.statistics().cuts;
    EXPECT_THROW(static_cast<void>(heap.snapshot()), std::runtime_error);
    EXPECT_EQ(heap.statistics().cuts, cuts);
    EXPECT_EQ(told.size(), 3U);
    EXPECT_EQ(told[2].number, third.number());
    fail = false;
    auto const fourth = heap.snapshot();
    EXPECT_FALSE(still::diff(third, fourth).empty());
    heap.restore(first);
    EXPECT_EQ(told.size(), 3U);
    EXPECT_EQ(number, 1U);
}

TEST(many_versions, each_retain_their_own_changes_only)
{
    constexpr std::uint64_t count = 10'000;
    constexpr std::size_t pages = 200;
    still::heap heap{ { .capacity = 16_MiB } };
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * pages, 1);
    auto const place = [](std::uint64_t version) { return version * 37 % pages * 512 + 100; };
    std::vector<still::snapshot> kept;
    kept.reserve(count);
    for (std::uint64_t version = 0; version < count; ++version) {
        data[place(version)] = version + 2;
        kept.push_back(heap.snapshot());
    }
    EXPECT_EQ(heap.statistics().versions_alive, count);
    // Each but the first adds one page.
    EXPECT_EQ(heap.statistics().retained_bytes, (kept[0].frame_count() + count - 1) * still::page_bytes);
    auto const offset = static_cast<std::size_t>(reinterpret_cast<std::byte const*>(data.data()) - heap.bytes().data());
    for (std::uint64_t version = 0; version < count; version += 97)
        for (auto then = version < pages ? 0 : version - pages + 1; then <= version; ++then)
            ASSERT_EQ(kept[version].load<std::uint64_t>(offset + place(then) * 8), then + 2);

    auto const seen = heap.versions();
    ASSERT_EQ(seen.size(), count);
    // A page stays for 200 versions, so none is alone; without its neighbours one has what only it had.
    EXPECT_EQ(std::count_if(seen.begin(), seen.end(), [](auto const& one) { return one.cost.alone_bytes > 0; }), 1);
    EXPECT_EQ(seen[0].cost.alone_bytes, still::page_bytes);
    auto const last = kept[5000];
    kept.erase(kept.begin() + 4800, kept.begin() + 5200);
    auto const fewer = heap.versions();
    ASSERT_EQ(fewer.size(), count - 399);
    EXPECT_EQ(fewer[4800].number, last.number());
    EXPECT_EQ(fewer[4800].cost, last.cost());
    EXPECT_EQ(fewer[4800].cost.alone_bytes, pages * still::page_bytes);
    kept.clear();
    EXPECT_EQ(heap.versions().size(), 1U);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

} // namespace
} // namespace still_test
