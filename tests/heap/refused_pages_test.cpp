// SPDX-License-Identifier: BSL-1.0
//
// Pages of mappings that nobody supplies: who touches them gets a signal, and the process's memory map stays as it is.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "every_tracker.hpp"
#include "few_entries.hpp"
#include "os/absent_pages.hpp"
#include "os/memory.hpp"

namespace still_test {
namespace {

using still::mapping;
using still::page_bytes;
using still::segment;
using still::os::refusal;

/// Entries of the process's memory map that have some of the range.
[[nodiscard]] std::size_t entries_of(std::span<std::byte const> range)
{
    auto const start = reinterpret_cast<std::uintptr_t>(range.data());
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) {
        auto const first = std::stoull(line, nullptr, 16);
        auto const end = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
        count += first < start + range.size() && end > start ? 1 : 0;
    }
    return count;
}

/// Lets a thread live on that touches what it may not, as long as it lives.
class touching {
public:
    touching()
    {
        struct sigaction coming_back{};
        coming_back.sa_flags = SA_NODEFER;
        coming_back.sa_handler = [](int number) { ::siglongjmp(way_back_, number); };
        ::sigaction(SIGSEGV, &coming_back, &before_segv_);
        ::sigaction(SIGBUS, &coming_back, &before_bus_);
    }
    touching(touching const&) = delete;
    touching& operator=(touching const&) = delete;
    ~touching()
    {
        ::sigaction(SIGSEGV, &before_segv_, nullptr);
        ::sigaction(SIGBUS, &before_bus_, nullptr);
    }
    /// The signal that reading a byte ends in, or 0.
    [[nodiscard]] static int signal_of(std::byte const* where)
    {
        auto const number = sigsetjmp(way_back_, 1);
        if (number == 0)
            static_cast<void>(*const_cast<std::byte const volatile*>(where));
        return number;
    }

private:
    static inline thread_local sigjmp_buf way_back_;
    struct sigaction before_segv_{};
    struct sigaction before_bus_{};
};

class refusals : public ::testing::TestWithParam<refusal> { };
INSTANTIATE_TEST_SUITE_P(
    each, refusals, ::testing::Values(refusal::guard, refusal::protection, refusal::poison), [](auto const& one) {
        return one.param == refusal::guard ? "guard" : one.param == refusal::protection ? "protection" : "poison";
    });

TEST_P(refusals, end_waiting_in_a_signal_and_can_be_taken_back)
{
    auto const range = still::os::map_zeros_read_only(5 * page_bytes);
    std::span<std::byte const> const all(range.start(), range.bytes());
    auto* const page = range.start() + 2 * page_bytes;
    std::unique_ptr<still::os::absent_pages> absent;
    try {
        absent = std::make_unique<still::os::absent_pages>();
        absent->watch(range.start(), range.bytes());
    } catch (std::system_error const& refused) {
        GTEST_SKIP() << refused.what();
    }
    touching const here;
    auto const before = entries_of(all);
    auto done = false;
    std::thread refusing([&] {
        while (auto const touched = absent->next_touched()) {
            done = absent->refuse(*touched, GetParam());
            if (!done) // or it would wait for ever
                done = !absent->refuse(*touched, refusal::protection);
        }
    });
    auto const expected = GetParam() == refusal::poison ? SIGBUS : SIGSEGV;
    auto const first = touching::signal_of(page);
    absent->stop();
    refusing.join();
    if (!done)
        GTEST_SKIP() << "this system has no such refusal";
    EXPECT_EQ(first, expected);
    EXPECT_EQ(touching::signal_of(page + 100), expected); // and nobody waits
    EXPECT_EQ(entries_of(all), before + (GetParam() == refusal::protection ? 2 : 0));
    std::vector<std::byte> const bytes(page_bytes, std::byte{ 7 });
    absent->allow(page, GetParam());
    absent->supply(page, bytes.data());
    EXPECT_EQ(touching::signal_of(page), 0);
    EXPECT_EQ(page[100], std::byte{ 7 });
    EXPECT_EQ(entries_of(all), before);
}

class every_other : public still::keeper {
public:
    [[nodiscard]] std::vector<std::byte> supply(std::uint64_t page) override
    {
        return std::vector<std::byte>(page % 2 == 0 || gives_all ? page_bytes : 0, std::byte{ 5 });
    }
    std::atomic<bool> gives_all{ false };
};

TEST(refused_pages, of_a_mapping_stay_within_the_entries_that_it_counts)
{
    constexpr std::size_t count = 1000;
    auto const pages = std::make_shared<every_other>();
    auto const mapped = mapping::of(segment(count * page_bytes).keep(0, count * page_bytes, pages));
    if (mapped.materialised())
        GTEST_SKIP() << "this system doesn't let a program wait for pages";
    entry_limit const few(mapping::of(segment(1)).map_entries() + 200);
    touching const here;
    auto const before = entries_of(mapped.bytes());
    auto const counted = mapped.map_entries();
    for (std::size_t page = 0; page < count; ++page) {
        auto const signal = touching::signal_of(mapped.bytes().data() + page * page_bytes);
        EXPECT_EQ(signal != 0, page % 2 == 1) << page;
        EXPECT_TRUE(signal == 0 || signal == SIGSEGV || signal == SIGBUS);
    }
    EXPECT_LE(mapped.map_entries(), counted + 200);
    EXPECT_LE(entries_of(mapped.bytes()), before + mapped.map_entries() - counted);
    pages->gives_all = true;
    mapped.fetch(0, count * page_bytes); // a refusal isn't for ever
    EXPECT_EQ(mapped.map_entries(), counted);
    EXPECT_TRUE(std::ranges::all_of(mapped.bytes(), [](auto byte) { return byte == std::byte{ 5 }; }));
}

} // namespace
} // namespace still_test
