// SPDX-License-Identifier: BSL-1.0
//
// The shadow-copy oracle for several writers: threads write under guards, by stores and by system calls, while cuts are
// taken, rolled back to, rested on and dropped. What a thread writes follows from how often it has written, and that
// number lies in the heap; so each version that is kept tells what all its bytes must be.

#include <gtest/gtest.h>

#include <fcntl.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "every_tracker.hpp"
#include "os/process.hpp"

namespace still_test {
namespace {

using still::page_bytes;

constexpr std::size_t writers = 3;
constexpr std::size_t line_bytes = 64;
constexpr std::size_t block_pages = 400;
constexpr std::size_t block_bytes = block_pages * page_bytes;
constexpr std::size_t lines = block_bytes / line_bytes;

/// How many writes of each thread are in the block. Each count has a page of its own.
struct alignas(page_bytes) count_of_writes {
    std::uint64_t done = 0;
};
using counts = std::array<count_of_writes, writers>;

/// One line that a thread fills. Lines go round among the threads, so that all of them write to every page.
struct line {
    std::size_t index;
    int value;
    bool by_system_call;
};

/// Effect: calls put(line) for all that a thread's write number `number` puts.
template <class Put>
void for_each_line(std::uint64_t seed, std::size_t writer, std::uint64_t number, Put&& put)
{
    // Cheaper to make than the library's: all writes are made twice.
    std::minstd_rand random(static_cast<std::uint_fast32_t>(seed ^ (number * writers + writer) * 2'654'435'761U));
    random.discard(2);
    auto const own_line = [&](std::size_t any) { return any / writers * writers + writer; };
    constexpr auto own_lines = lines / writers * writers;
    if (random() % 100 == 0) { // zeros, which aren't stored
        auto const from = random() % (own_lines - own_lines / 10);
        for (auto any = from; any < from + own_lines / 10; any += writers)
            put(line{ own_line(any), 0, false });
        return;
    }
    auto const by_system_call = random() % 20 == 0;
    for (auto count = 1 + random() % 12; count > 0; --count)
        // Few values: often no change.
        put(line{ own_line(random() % own_lines), static_cast<int>(random() % 3), by_system_call && count == 1 });
}

/// The kernel's way of filling a line.
class filling_pipe {
public:
    filling_pipe() { opened_ = ::pipe2(ends_, O_CLOEXEC) == 0; }
    filling_pipe(filling_pipe const&) = delete;
    filling_pipe& operator=(filling_pipe const&) = delete;
    ~filling_pipe()
    {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    [[nodiscard]] bool fill(still::mutation const& guard, std::byte* where, int value)
    {
        std::array<std::byte, line_bytes> bytes{};
        bytes.fill(static_cast<std::byte>(value));
        guard.prepare({ where, line_bytes });
        return opened_ && ::write(ends_[1], bytes.data(), line_bytes) == ssize_t{ line_bytes }
        && ::read(ends_[0], where, line_bytes) == ssize_t{ line_bytes };
    }

private:
    int ends_[2] = { -1, -1 };
    bool opened_ = false;
};

class threads_oracle : public every_tracker {
protected:
    void run(still::heap_options options);

private:
    void write_until_stopped(std::size_t writer);
    void take_and_go_back(int cuts);
    void expect_all_right() const;

    /// The one that is given (--gtest_random_seed), or any.
    std::uint64_t const seed_ = GTEST_FLAG_GET(random_seed) > 0
        ? static_cast<std::uint64_t>(GTEST_FLAG_GET(random_seed))
        : 1 + std::random_device{}() % 99'999;
    still::bank payer_{ 256_MiB };
    std::optional<still::heap> heap_;
    counts* counts_ = nullptr;
    std::byte* block_ = nullptr;
    std::atomic<bool> stop_{ false };
    std::atomic<bool> refused_{ false };
    std::vector<still::snapshot> kept_;
};
INSTANTIATE_TEST_SUITE_P(each, threads_oracle, trackers, tracker_name);

void threads_oracle::write_until_stopped(std::size_t writer)
{
    filling_pipe kernel;
    while (!stop_) {
        auto const guard = heap_->mutate();
        auto const number = ++(*counts_)[writer].done; // a rollback takes it back, and what was written with it
        for_each_line(seed_, writer, number, [&](line const& next) {
            auto* const where = block_ + next.index * line_bytes;
            if (!next.by_system_call)
                std::memset(where, next.value, line_bytes);
            else if (!kernel.fill(guard, where, next.value))
                refused_ = true;
        });
    }
}

void threads_oracle::take_and_go_back(int cuts)
{
    std::mt19937 random(static_cast<std::uint_fast32_t>(seed_));
    constexpr std::size_t most_kept = 8;
    auto const any_kept = [&] { return kept_.begin() + static_cast<std::ptrdiff_t>(random() % kept_.size()); };
    for (; cuts > 0; --cuts) {
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 1000));
        kept_.push_back(heap_->snapshot());
        if (kept_.size() > most_kept || random() % 3 != 0)
            kept_.erase(any_kept());
        if (!kept_.empty() && random() % 5 == 0)
            heap_->restore(*any_kept());
        if (random() % 8 == 0)
            heap_->rest();
    }
}

/// Each thread's writes are made once more, in order, and each version is held against what they come to.
void threads_oracle::expect_all_right() const
{
    auto const start = heap_->bytes().data();
    auto const where_block = static_cast<std::uint64_t>(block_ - start);
    auto const where_counts = static_cast<std::uint64_t>(reinterpret_cast<std::byte const*>(counts_) - start);
    std::vector<std::vector<std::byte>> wanted(kept_.size(), std::vector<std::byte>(block_bytes));
    for (std::size_t writer = 0; writer < writers; ++writer) {
        std::vector<std::pair<std::uint64_t, std::size_t>> order; // of versions, by the thread's writes in them
        for (std::size_t i = 0; i < kept_.size(); ++i)
            order.emplace_back(kept_[i].load<std::uint64_t>(where_counts + writer * sizeof(count_of_writes)), i);
        std::ranges::sort(order);
        std::vector<std::byte> shadow(block_bytes);
        std::uint64_t done = 0;
        for (auto const& [count, version] : order) {
            while (done < count)
                for_each_line(seed_, writer, ++done, [&](line const& next) {
                    std::memset(shadow.data() + next.index * line_bytes, next.value, line_bytes);
                });
            for (auto own = writer; own < lines; own += writers)
                std::memcpy(wanted[version].data() + own * line_bytes, shadow.data() + own * line_bytes, line_bytes);
        }
    }
    for (std::size_t i = 0; i < kept_.size(); ++i) {
        std::vector<std::byte> seen(block_bytes);
        kept_[i].read(where_block, seen);
        EXPECT_TRUE(same(seen, wanted[i])) << "version " << kept_[i].number();
        auto const mapped = kept_[i].map();
        EXPECT_TRUE(same(mapped.bytes().subspan(where_block, block_bytes), wanted[i]))
            << "mapping of version " << kept_[i].number();
    }
    EXPECT_TRUE(same({ block_, block_bytes }, wanted.back())) << "the live heap";
}

void threads_oracle::run(still::heap_options options)
{
    SCOPED_TRACE("seed " + std::to_string(seed_));
    options.capacity = 64_MiB;
    options.tracker = GetParam();
    options.bank = payer_;
    heap_.emplace(std::move(options));
    auto& memory = *heap_->memory_resource();
    counts_ = ::new (memory.allocate(sizeof(counts), alignof(counts))) counts{};
    block_ = static_cast<std::byte*>(memory.allocate(block_bytes, page_bytes));
    std::memset(block_, 0, block_bytes);
    std::vector<std::thread> threads;
    for (std::size_t writer = 0; writer < writers; ++writer)
        threads.emplace_back([this, writer] { write_until_stopped(writer); });
    // A throttled cut takes the thread sanitizer a third of a second.
    take_and_go_back(still::os::under_thread_sanitizer() ? 8 : 25);
    stop_ = true;
    for (auto& thread : threads)
        thread.join();
    kept_.push_back(heap_->snapshot());
    EXPECT_FALSE(refused_) << "a system call failed";
    expect_all_right();
    EXPECT_TRUE(heap_->validate()) << heap_->validate();
    EXPECT_EQ(payer_.usage(), heap_->statistics().retained_bytes);
    EXPECT_EQ(heap_->statistics().versions_alive, kept_.size());
    kept_.clear();
    heap_.reset();
    EXPECT_EQ(payer_.usage(), 0U);
}

TEST_P(threads_oracle, agrees_where_nothing_rests)
{
    run({ .rest_after = still::heap_options::never });
}
TEST_P(threads_oracle, agrees_where_all_rests_at_once)
{
    run({ .rest_after = 0 });
}
TEST_P(threads_oracle, agrees_in_huge_pages_where_writers_are_throttled)
{
    run({ .huge_pages = GetParam() != tracker_kind::private_file,
        .when_outrun = still::outrun_rule::throttle,
        .rest_after = 2 });
}

} // namespace
} // namespace still_test
