// SPDX-License-Identifier: BSL-1.0
//
// Which pages a rollback writes: those whose bytes differ, and no others. All pages of the heap are made read-only, and
// each fault is noted.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <sys/mman.h>

#include "every_tracker.hpp"

namespace still_test {
namespace {

using still::page_bytes;
using pages = std::vector<std::size_t>;

/// Notes which pages of a range are written for the first time, as long as it lives.
class written_pages {
public:
    explicit written_pages(std::span<std::byte const> range)
        : start_(const_cast<std::byte*>(range.data()))
        , bytes_(range.size())
    {
        noted_.reserve(bytes_ / page_bytes); // the handler mustn't allocate
        present_ = this;
        struct sigaction noting{};
        noting.sa_flags = SA_SIGINFO;
        noting.sa_sigaction
            = [](int, siginfo_t* fault, void*) { present_->note(static_cast<std::byte*>(fault->si_addr)); };
        ::sigaction(SIGSEGV, &noting, &before_);
        ::mprotect(start_, bytes_, PROT_READ);
    }
    written_pages(written_pages const&) = delete;
    written_pages& operator=(written_pages const&) = delete;
    ~written_pages()
    {
        ::mprotect(start_, bytes_, PROT_READ | PROT_WRITE);
        ::sigaction(SIGSEGV, &before_, nullptr);
    }
    [[nodiscard]] pages in_order() const
    {
        auto sorted = noted_;
        std::ranges::sort(sorted);
        return sorted;
    }

private:
    void note(std::byte const* address)
    {
        if (address < start_ || address >= start_ + bytes_) {
            ::sigaction(SIGSEGV, &before_, nullptr); // not ours: it faults once more
            return;
        }
        auto const page = static_cast<std::size_t>(address - start_) / page_bytes;
        noted_.push_back(page);
        ::mprotect(start_ + page * page_bytes, page_bytes, PROT_READ | PROT_WRITE);
    }

    static inline written_pages* present_ = nullptr;
    std::byte* const start_;
    std::size_t const bytes_;
    pages noted_;
    struct sigaction before_{};
};

pages differing(std::span<std::byte const> one, std::span<std::byte const> other)
{
    pages found;
    for (std::size_t page = 0; page < one.size() / page_bytes; ++page)
        if (!same(one.subspan(page * page_bytes, page_bytes), other.subspan(page * page_bytes, page_bytes)))
            found.push_back(page);
    return found;
}

class restore_writes : public every_tracker {
protected:
    void SetUp() override
    {
        if (GetParam() == tracker_kind::protect)
            GTEST_SKIP() << "opens its pages itself";
        every_tracker::SetUp();
    }
};
INSTANTIATE_TEST_SUITE_P(each, restore_writes, trackers, tracker_name);

TEST_P(restore_writes, pages_that_differ_and_no_others)
{
    still::heap heap{ { .capacity = 16_MiB, .tracker = GetParam(), .rest_after = still::heap_options::never } };
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 200, 1);
    auto const first = heap.snapshot();
    auto const write = [&](std::size_t page, std::uint64_t value) { data[page * 512] = value; };
    for (std::size_t page = 0; page < 200; page += 2)
        write(page, 2);
    auto const second = heap.snapshot();
    for (std::size_t page = 0; page < 200; page += 4)
        write(page, 1); // as at first again, and nobody has compared it yet
    for (std::size_t page = 1; page < 200; page += 8)
        write(page, 3);
    for (std::size_t page = 3; page < 200; page += 8)
        write(page, 1); // written, with what it held

    for (auto const& wanted : { first, second, first }) {
        auto const expected = differing(heap.bytes(), content(wanted));
        EXPECT_GE(expected.size(), 75U);
        EXPECT_LE(expected.size(), 110U);
        {
            written_pages const seen(heap.bytes());
            heap.restore(wanted);
            EXPECT_EQ(seen.in_order(), expected);
        }
        EXPECT_TRUE(same(heap.bytes(), content(wanted)));
    }
    // Nothing differs.
    written_pages const seen(heap.bytes());
    heap.restore(first);
    EXPECT_EQ(seen.in_order(), pages{});
}

} // namespace
} // namespace still_test
