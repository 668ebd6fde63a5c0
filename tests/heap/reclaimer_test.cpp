// SPDX-License-Identifier: BSL-1.0
//
// Snapshots in a reclaimer: their frames go in slices, before the heap's end and after.

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <utility>

#include "still/heap.hpp"
#include "still/reclaimer.hpp"

namespace {

constexpr std::size_t pages = 400;

/// A heap with one large object, each page of which holds something else.
class written_heap {
public:
    written_heap()
        : bytes_(&heap.construct<block>("block"))
    {
    }

    void write(unsigned char salt)
    {
        auto const guard = heap.mutate();
        for (std::size_t page = 0; page < pages; ++page)
            std::memset(bytes_->content[page], static_cast<int>(1 + (page + salt) % 255), still::page_bytes);
    }

    still::heap heap{ { .capacity = std::size_t{ 16 } << 20U } };

private:
    struct alignas(still::page_bytes) block {
        unsigned char content[pages][still::page_bytes];
    };
    block* bytes_;
};

TEST(heap_reclaimer, gives_the_frames_of_a_snapshot_back_in_slices)
{
    written_heap written;
    written.write(0);
    auto before = written.heap.snapshot();
    written.write(1);
    auto const after = written.heap.snapshot();
    auto const alone = before.cost().alone_bytes;
    ASSERT_GE(alone, pages * still::page_bytes);
    still::reclaimer bin;
    bin.take(std::move(before));
    EXPECT_EQ(before.size(), 0u); // NOLINT(bugprone-use-after-move): promised
    EXPECT_EQ(before.number(), 0u);
    EXPECT_EQ(written.heap.statistics().versions_alive, 1u);

    auto const at_first = written.heap.statistics().retained_bytes;
    auto left = at_first;
    std::size_t steps = 0;
    for (auto more = true; more; ++steps) {
        more = bin.step(1);
        auto const now = written.heap.statistics().retained_bytes;
        EXPECT_LE(left - now, 32 * still::page_bytes) << "a node holds 32 frames";
        left = now;
    }
    EXPECT_GE(steps, pages / 32);
    EXPECT_EQ(at_first - left, alone);
    EXPECT_EQ(after.frame_count() * still::page_bytes, left);
}

TEST(heap_reclaimer, goes_on_when_the_heap_is_gone)
{
    still::reclaimer bin;
    {
        written_heap written;
        written.write(0);
        bin.take(written.heap.snapshot());
        EXPECT_EQ(bin.pending(), 0u) << "the heap rests on it";
        auto kept = std::optional(written.heap.snapshot());
        {
            auto const gone = std::move(written.heap);
        }
        bin.take(std::move(*kept));
        EXPECT_EQ(bin.pending(), 1u);
    }
    std::size_t steps = 1;
    while (bin.step(1))
        ++steps;
    EXPECT_GE(steps, pages / 32);
}

} // namespace
