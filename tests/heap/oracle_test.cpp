// SPDX-License-Identifier: BSL-1.0
//
// The shadow-copy oracle: random writes by memcpy and by system calls, allocations, snapshots and
// restores. Every version that is kept must equal the plain copy that was made beside it, to the byte.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fcntl.h>

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "every_tracker.hpp"

namespace still_test {
namespace {

using bytes = std::vector<std::byte>;

struct kept_version {
    still::snapshot snapshot;
    bytes shadow;
};

/// One heap with a large block to write to, and a model of all its versions.
class oracle {
public:
    oracle(tracker_kind tracker, std::uint32_t rest_after, std::uint64_t seed, std::size_t block_bytes = 600'000,
        bool huge_pages = false)
        : block_bytes_(block_bytes)
        , payer_(256_MiB)
        , heap_({ .capacity = 64_MiB,
              .tracker = tracker,
              .huge_pages = huge_pages,
              .bank = payer_,
              .label = "oracle",
              .rest_after = rest_after })
        , random_(seed)
    {
        auto const guard = heap_.mutate();
        block_ = static_cast<std::byte*>(heap_.memory_resource()->allocate(block_bytes_));
        // Zeros don't rest.
        if (below(4) > 0)
            std::memset(block_, 9, block_bytes_);
        RC_ASSERT(::pipe2(pipe_, O_CLOEXEC) == 0);
    }
    oracle(oracle const&) = delete;
    oracle& operator=(oracle const&) = delete;
    ~oracle()
    {
        ::close(pipe_[0]);
        ::close(pipe_[1]);
    }

    void step()
    {
        switch (below(16)) {
        case 0:
        case 1:
            take();
            break;
        case 2:
            restore();
            break;
        case 3:
            if (!versions_.empty())
                versions_.erase(versions_.begin() + static_cast<std::ptrdiff_t>(below(versions_.size())));
            break;
        case 4:
        case 5:
            allocate();
            break;
        case 6:
            write_by_system_call();
            break;
        case 7:
            clear_pages();
            break;
        case 8:
            rest();
            break;
        default:
            write();
        }
    }

    void check_all()
    {
        for (auto const& [seen, shadow] : versions_) {
            RC_ASSERT(same(content(seen), shadow));
            auto const mapped = seen.map();
            RC_ASSERT(same(mapped.bytes(), shadow));
        }
        for (std::size_t i = 1; i < versions_.size(); ++i)
            check_diff(versions_[i - 1], versions_[i]);
        if (versions_.size() > 1)
            check_diff(versions_.back(), versions_.front());
        RC_ASSERT(heap_.validate().sound());
        RC_ASSERT(payer_.usage() == heap_.statistics().retained_bytes);
        RC_ASSERT(heap_.statistics().versions_alive == versions_.size());
    }

    /// Drops the heap first, or the versions first; the bank must have all back either way.
    static void end(oracle& seen, bool versions_first)
    {
        auto const payer = seen.payer_;
        auto versions = std::move(seen.versions_);
        auto heap = std::move(seen.heap_);
        if (versions_first)
            versions.clear();
        {
            auto const gone = std::move(heap);
        }
        for (auto const& [kept, shadow] : versions)
            RC_ASSERT(same(content(kept), shadow));
        versions.clear();
        RC_ASSERT(payer.usage() == 0U);
    }

private:
    std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

    void write()
    {
        auto const guard = heap_.mutate();
        for (auto count = below(20) + 1; count > 0; --count) {
            auto const offset = below(block_bytes_);
            auto const length = std::min(block_bytes_ - offset, below(8) == 0 ? below(20'000) + 1 : below(100) + 1);
            std::memset(block_ + offset, static_cast<int>(below(4)), length); // few values: often no change
        }
    }
    /// To more pages than a cut leaves to its pause.
    void write_everywhere()
    {
        auto const guard = heap_.mutate();
        auto const value = static_cast<std::byte>(below(200));
        for (std::size_t offset = 0; offset < block_bytes_; offset += still::page_bytes)
            block_[offset] = value;
    }
    void clear_pages()
    {
        auto const guard = heap_.mutate();
        auto const offset = below(block_bytes_);
        std::memset(block_ + offset, 0, std::min(block_bytes_ - offset, below(300'000)));
    }
    void write_by_system_call()
    {
        char const text[] = "written by the kernel";
        auto const offset = below(block_bytes_ - sizeof text);
        RC_ASSERT(::write(pipe_[1], text, sizeof text) == static_cast<ssize_t>(sizeof text));
        auto const guard = heap_.mutate();
        guard.prepare({ block_ + offset, sizeof text });
        RC_ASSERT(::read(pipe_[0], block_ + offset, sizeof text) == static_cast<ssize_t>(sizeof text));
    }
    void allocate()
    {
        auto const guard = heap_.mutate();
        auto& memory = *heap_.memory_resource();
        if (blocks_.size() > 5 && below(2) == 0) {
            auto const victim = below(blocks_.size());
            memory.deallocate(blocks_[victim].first, blocks_[victim].second);
            blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(victim));
        } else {
            auto const length = below(30'000) + 1;
            auto* const block = memory.allocate(length);
            std::memset(block, 7, length);
            blocks_.emplace_back(block, length);
        }
    }
    void take()
    {
        if (below(2) == 0)
            write_everywhere();
        auto shadow = copy(heap_.bytes());
        versions_.push_back({ heap_.snapshot(), std::move(shadow) });
        blocks_then_.emplace_back(versions_.back().snapshot.number(), blocks_);
        RC_ASSERT(same(content(versions_.back().snapshot), versions_.back().shadow));
    }
    void rest()
    {
        auto const before = copy(heap_.bytes());
        auto const resting = heap_.rest();
        RC_ASSERT(same(copy(heap_.bytes()), before));
        RC_ASSERT(resting >= heap_.statistics().resting_bytes);
        RC_ASSERT(heap_.validate().sound());
    }
    void restore()
    {
        if (versions_.empty())
            return;
        auto const& [wanted, shadow] = versions_[below(versions_.size())];
        heap_.restore(wanted);
        RC_ASSERT(same(copy(heap_.bytes()), shadow));
        RC_ASSERT(heap_.validate().sound());
        auto const number = wanted.number();
        blocks_ = std::ranges::find_if(blocks_then_, [&](auto const& then) { return then.first == number; })->second;
        if (below(2) == 0)
            RC_ASSERT(heap_.snapshot().same_root(wanted));
    }
    static void check_diff(kept_version const& before, kept_version const& after)
    {
        auto const pages = std::max(before.shadow.size(), after.shadow.size()) / still::page_bytes;
        auto const page = [](bytes const& all, std::size_t index) {
            auto const at = index * still::page_bytes;
            return at < all.size() ? std::span(all).subspan(at, still::page_bytes) : std::span(still::zero_page);
        };
        std::vector<bool> differs(pages);
        auto const runs = still::diff(before.snapshot, after.snapshot);
        for (auto const run : runs)
            for (auto index = run.first_page; index < run.first_page + run.page_count; ++index)
                differs.at(static_cast<std::size_t>(index)) = true;
        for (std::size_t index = 0; index < pages; ++index)
            RC_ASSERT(differs[index] == !same(page(before.shadow, index), page(after.shadow, index)));
    }

    using blocks = std::vector<std::pair<void*, std::size_t>>;

    std::size_t const block_bytes_;
    still::bank payer_;
    still::heap heap_;
    std::mt19937_64 random_;
    std::byte* block_ = nullptr;
    int pipe_[2] = { -1, -1 };
    blocks blocks_;
    std::vector<std::pair<std::uint64_t, blocks>> blocks_then_;
    std::vector<kept_version> versions_;
};

void run(tracker_kind tracker)
{
    try {
        still::heap const probe{ { .capacity = 1_MiB, .tracker = tracker } };
    } catch (std::system_error const& refusal) {
        RC_SUCCEED(refusal.what());
    }
    auto const seed = *rc::gen::arbitrary<std::uint64_t>();
    auto const steps = *rc::gen::inRange(1, 60);
    auto const rest_after = *rc::gen::element(0U, 1U, 3U, still::heap_options::never);
    oracle seen(tracker, rest_after, seed);
    for (int i = 0; i < steps; ++i)
        seen.step();
    seen.check_all();
    oracle::end(seen, *rc::gen::arbitrary<bool>());
}

void run_in_huge_pages(tracker_kind tracker)
{
    try {
        still::heap const probe{ { .capacity = 1_MiB, .tracker = tracker } };
    } catch (std::system_error const& refusal) {
        RC_SUCCEED(refusal.what());
    }
    // Few runs: each is of several huge pages.
    static int runs = 0;
    if (++runs % 10 != 1)
        return;
    oracle seen(tracker, 0, *rc::gen::arbitrary<std::uint64_t>(), 9'000'000, true);
    for (int i = 0; i < 30; ++i)
        seen.step();
    seen.check_all();
    oracle::end(seen, *rc::gen::arbitrary<bool>());
}

RC_GTEST_PROP(heap_oracle, userfault, ())
{
    run(tracker_kind::userfault);
}
RC_GTEST_PROP(heap_oracle, protect, ())
{
    run(tracker_kind::protect);
}
RC_GTEST_PROP(heap_oracle, private_file, ())
{
    run(tracker_kind::private_file);
}
RC_GTEST_PROP(heap_oracle, compare, ())
{
    run(tracker_kind::compare);
}
RC_GTEST_PROP(heap_oracle, userfault_in_huge_pages, ())
{
    run_in_huge_pages(tracker_kind::userfault);
}
RC_GTEST_PROP(heap_oracle, protect_in_huge_pages, ())
{
    run_in_huge_pages(tracker_kind::protect);
}
RC_GTEST_PROP(heap_oracle, compare_in_huge_pages, ())
{
    run_in_huge_pages(tracker_kind::compare);
}

} // namespace
} // namespace still_test
