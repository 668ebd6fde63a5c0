// SPDX-License-Identifier: BSL-1.0
//
// The system's limits are reached while a heap lives: no room in the file of frames, no entry left in the memory map,
// no address space, no descriptor. What is asked for then is right, or refused by a named error; and when there is room
// again, nothing is missing.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/mman.h>

#include "every_tracker.hpp"
#include "faults.hpp"
#include "heap/quarantine.hpp"
#include "in_child.hpp"
#include "lowered.hpp"
#include "still/core/frame.hpp"

namespace still_test {
namespace {

using still::page_bytes;

class limits : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, limits, trackers, tracker_name);

/// Nearly all entries of the process's memory map, for a scope.
class map_filled {
public:
    map_filled()
    {
        std::ifstream("/proc/sys/vm/max_map_count") >> most_;
        pages_ = static_cast<std::byte*>(
            ::mmap(nullptr, most_ * page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        // Every other page by itself, until the system has had enough.
        for (std::size_t page = 1; page < most_ && !full_; page += 2)
            full_ = ::mprotect(pages_ + page * page_bytes, page_bytes, PROT_READ) != 0;
    }
    map_filled(map_filled const&) = delete;
    map_filled& operator=(map_filled const&) = delete;
    ~map_filled() { ::munmap(pages_, most_ * page_bytes); }
    [[nodiscard]] bool done() const { return full_; }

private:
    std::size_t most_ = 0;
    std::byte* pages_ = nullptr;
    bool full_ = false;
};

[[nodiscard]] std::size_t address_space_in_use()
{
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * page_bytes;
}

/// What becomes of a call at the limit.
enum class came_to : std::uint8_t { done, refused, wrong };

template <class Call>
came_to outcome(Call&& call)
{
    try {
        return call() ? came_to::done : came_to::wrong;
    } catch (std::bad_alloc const&) {
        return came_to::refused;
    } catch (std::system_error const&) {
        return came_to::refused;
    }
}

using bytes_copied = decltype(content(std::declval<still::snapshot const&>()));

/// A heap of 400 pages, of which a version was taken, and which were all written since.
struct scene {
    explicit scene(still::heap made)
        : heap(std::move(made))
        , data(heap.construct<numbers>("data", heap.allocator<std::uint64_t>()))
    {
        data.assign(512 * 400, 1);
        first = heap.snapshot();
        first_content = content(first);
        write(2);
    }

    void write(std::uint64_t value)
    {
        for (std::size_t page = 0; page < 400; ++page)
            data[page * 512] = value;
        auto const live = heap.bytes();
        now.assign(live.begin(), live.end()); // in memory that it has, once it has
    }

    [[nodiscard]] came_to takes_a_snapshot()
    {
        return outcome([&] { return same(content(heap.snapshot()), now); });
    }
    [[nodiscard]] came_to maps()
    {
        return outcome([&] {
            auto const mapped = first.map();
            return mapped.find<numbers>("data")->front() == 1;
        });
    }
    [[nodiscard]] came_to branches()
    {
        return outcome([&] {
            auto other = still::heap::branch(first);
            return other.find<numbers>("data")->front() == 1;
        });
    }
    [[nodiscard]] came_to rolls_back()
    {
        auto const ended = outcome([&] {
            heap.restore(first);
            return is_live(first_content);
        });
        if (ended == came_to::done)
            write(3);
        return ended == came_to::refused && !is_live(now) ? came_to::wrong : ended;
    }
    [[nodiscard]] bool is_live(bytes_copied const& wanted) const
    {
        auto const live = heap.bytes();
        return live.size() == wanted.size() && std::memcmp(live.data(), wanted.data(), wanted.size()) == 0;
    }

    /// Nothing is missing, whatever happened.
    [[nodiscard]] bool is_whole() const { return same(content(first), first_content) && heap.validate(); }
    /// All is there again.
    [[nodiscard]] bool recovers()
    {
        return is_whole() && takes_a_snapshot() == came_to::done && maps() == came_to::done
            && branches() == came_to::done && rolls_back() == came_to::done && takes_a_snapshot() == came_to::done
            && is_whole();
    }

    still::heap heap;
    numbers& data;
    still::snapshot first;
    bytes_copied first_content;
    bytes_copied now;
};

/// Effect: does all there is to do under a limit. Returns whether something was refused, and nothing was wrong.
template <class Limit>
bool is_refused_cleanly(scene& seen, Limit&& limit)
{
    auto refused = false;
    auto wrong = false;
    {
        auto const held = limit();
        if (!held->done())
            return false;
        for (auto const ended : { seen.takes_a_snapshot(), seen.maps(), seen.branches(), seen.rolls_back() }) {
            refused = refused || ended == came_to::refused;
            wrong = wrong || ended == came_to::wrong;
        }
    }
    return refused && !wrong && seen.recovers();
}

TEST_P(limits, of_the_file_of_frames_lose_nothing)
{
    EXPECT_TRUE(in_child([this] {
        ::signal(SIGXFSZ, SIG_IGN); // then the call fails instead
        scene seen(make());
        return is_refused_cleanly(seen, [] { return std::make_unique<lowered>(RLIMIT_FSIZE, page_bytes); });
    }));
}

TEST_P(limits, of_the_memory_map_lose_nothing)
{
    EXPECT_TRUE(in_child([this] {
        scene seen(make());
        return is_refused_cleanly(seen, [] { return std::make_unique<map_filled>(); });
    }));
}

TEST_P(limits, of_address_space_lose_nothing)
{
    EXPECT_TRUE(in_child([this] {
        scene seen(make());
        return is_refused_cleanly(
            seen, [] { return std::make_unique<lowered>(RLIMIT_AS, address_space_in_use() + 8_MiB); });
    }));
}

TEST_P(limits, of_open_files_lose_nothing)
{
    EXPECT_TRUE(in_child([this] {
        scene seen(make());
        return is_refused_cleanly(seen, [] { return std::make_unique<lowered>(RLIMIT_NOFILE, 3); });
    }));
}

class limits_of_late_reads : public ::testing::TestWithParam<still::late_reads> { };
INSTANTIATE_TEST_SUITE_P(each, limits_of_late_reads,
    ::testing::Values(still::late_reads::fault, still::late_reads::zeros),
    [](auto const& which) { return which.param == still::late_reads::fault ? "fault" : "zeros"; });

TEST_P(limits_of_late_reads, unmap_what_cannot_be_replaced)
{
    EXPECT_EQ(told_by_child([late = GetParam()] {
        still::heap heap({ .capacity = 16_MiB });
        heap.construct<int>("number", 7);
        auto mapped = heap.snapshot().map(late);
        auto const* const number = mapped.find<int>("number");
        {
            lowered const none(RLIMIT_AS, page_bytes);
            if (!none.done() || *number != 7)
                return 1;
            mapped = {};
        }
        if (still::heaps::quarantine::seen().ranges != 0)
            return 2; // it was replaced all the same: nothing was tested
        return is_mapped(number) ? 3 : 0;
    }),
        "");
}

TEST_P(limits_of_late_reads, show_nothing_where_the_memory_map_is_full)
{
    EXPECT_EQ(told_by_child([late = GetParam()] {
        still::heap heap({ .capacity = 16_MiB });
        heap.construct<numbers>("data", heap.allocator<std::uint64_t>()).assign(512 * 20, 0x0707'0707'0707'0707);
        auto const cut = heap.snapshot();
        auto const own = still::segment(4 * page_bytes).store<char>(page_bytes, 7);
        auto const both = still::segment(cut.size() + 2 * page_bytes)
                              .store<char>(page_bytes + 1, 7)
                              .mount(2 * page_bytes, cut, 0, cut.size(), still::mount_rights::read_only);
        std::vector<still::mapping> mapped;
        std::vector<std::byte const*> kept; // the first and the last seven of each
        auto const keep = [&](still::mapping one) {
            auto const bytes = one.bytes();
            kept.push_back(&*std::ranges::find(bytes, std::byte{ 7 }));
            kept.push_back(&*std::ranges::find(bytes.rbegin(), bytes.rend(), std::byte{ 7 }));
            mapped.push_back(std::move(one));
        };
        for (auto i = 0; i < 20; ++i) // beside each other
            keep(still::mapping::of(own, late));
        for (auto i = 0; i < 20; ++i) {
            keep(still::mapping::of(both, late));
            keep(cut.map(late));
        }
        map_filled const full;
        if (!full.done())
            return 1;
        for (auto const* const one : kept)
            if (read_at(one) != std::byte{ 7 })
                return 2;
        for (std::size_t i = 0; i < mapped.size(); i += 2)
            mapped[i] = {};
        for (std::size_t i = 1; i < mapped.size(); i += 2) // between those that ended
            mapped[i] = {};
        for (auto const* const one : kept)
            if (read_at(one) == std::byte{ 7 })
                return 3;
        return still::heaps::quarantine::seen().ranges > 0 ? 0 : 4;
    }),
        "");
}

} // namespace
} // namespace still_test
