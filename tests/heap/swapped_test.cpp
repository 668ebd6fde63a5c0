// SPDX-License-Identifier: BSL-1.0
//
// Heaps whose pages are swapped out: a page isn't less written for that. Needs a swap file, which takes a privilege;
// where none can be made the tests are skipped.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/swap.h>

#include <unistd.h>

#include "every_tracker.hpp"
#include "os/memory.hpp"
#include "os/memory_file.hpp"
#include "os/private_pages.hpp"

namespace still_test {
namespace {

constexpr int page_out = 21; // MADV_PAGEOUT, Linux 5.4

/// A file to swap to, for as long as this lives.
class swap_file {
public:
    explicit swap_file(std::size_t bytes)
        : path_(std::filesystem::temp_directory_path() / ("still-swap-" + std::to_string(::getpid())))
    {
        {
            // Without holes: the kernel refuses those.
            std::ofstream file(path_, std::ios::binary);
            std::vector<char> const zeros(1U << 20U);
            for (std::size_t written = 0; written < bytes; written += zeros.size())
                file.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
        }
        std::filesystem::permissions(path_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        auto const command = "mkswap '" + path_.string() + "' > /dev/null 2>&1";
        in_use_ = std::system(command.c_str()) == 0 && ::swapon(path_.c_str(), 0) == 0;
    }
    swap_file(swap_file const&) = delete;
    swap_file& operator=(swap_file const&) = delete;
    ~swap_file()
    {
        if (in_use_)
            ::swapoff(path_.c_str());
        std::filesystem::remove(path_);
    }
    [[nodiscard]] bool in_use() const { return in_use_; }

private:
    std::filesystem::path path_;
    bool in_use_ = false;
};

std::size_t swapped_kibibytes()
{
    std::ifstream account("/proc/self/smaps_rollup");
    for (std::string word; account >> word;)
        if (word == "Swap:") {
            std::size_t kibibytes = 0;
            account >> kibibytes;
            return kibibytes;
        }
    return 0;
}

class swapped : public every_tracker {
protected:
    static void SetUpTestSuite() { file_ = std::make_unique<swap_file>(64U << 20U); }
    static void TearDownTestSuite() { file_.reset(); }
    void SetUp() override
    {
        if (!file_->in_use())
            GTEST_SKIP() << "no swap file can be made here (it takes a privilege, and a file system that allows it)";
        every_tracker::SetUp();
    }
    /// Effect: most of the heap's data are in the swap file.
    static void swap_out(still::heap const& heap)
    {
        auto const bytes = heap.bytes();
        ASSERT_EQ(::madvise(const_cast<std::byte*>(bytes.data()), bytes.size(), page_out), 0);
        EXPECT_GT(swapped_kibibytes(), 4096U);
    }

private:
    static inline std::unique_ptr<swap_file> file_;
};
INSTANTIATE_TEST_SUITE_P(each, swapped, trackers, tracker_name);

TEST_P(swapped, pages_are_cut_and_rolled_back_like_others)
{
    std::mt19937_64 random(1);
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    constexpr std::size_t pages = 2000;
    for (std::size_t i = 0; i < pages * 512; ++i)
        data.push_back(random());
    std::vector<std::pair<still::snapshot, std::vector<std::byte>>> kept;
    auto const cut = [&] {
        auto shadow = copy(heap.bytes());
        kept.emplace_back(heap.snapshot(), std::move(shadow));
    };
    auto const write = [&](int count) {
        auto const guard = heap.mutate();
        for (; count > 0; --count)
            data[random() % data.size()] = random();
    };
    swap_out(heap); // before anything was cut
    kept.emplace_back(heap.snapshot(), copy(heap.bytes()));
    for (int round = 0; round < 6; ++round) {
        write(300);
        auto const shadow = copy(heap.bytes());
        swap_out(heap); // written, and out
        if (round % 2 == 1)
            write(3); // back in, a few of them
        if (round % 2 == 0) {
            kept.emplace_back(heap.snapshot(), shadow);
        } else {
            cut();
            swap_out(heap);
            heap.restore(kept[static_cast<std::size_t>(round) / 2].first);
            EXPECT_TRUE(same(copy(heap.bytes()), kept[static_cast<std::size_t>(round) / 2].second));
        }
        if (round == 3)
            heap.rest();
    }
    for (auto const& [seen, shadow] : kept)
        EXPECT_TRUE(same(content(seen), shadow));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

// A page that was written to a private mapping isn't the file's, wherever it is.
TEST(private_pages, that_are_swapped_out_are_found)
{
    swap_file const swap(16U << 20U);
    if (!swap.in_use())
        GTEST_SKIP() << "no swap file can be made here";
    using still::page_bytes;
    constexpr std::size_t count = 1024;
    still::os::memory_file base("still-test");
    base.resize(count * page_bytes);
    auto const place = still::os::reserve(count * page_bytes);
    still::os::map_file_privately(place.start(), base.handle(), 0, count * page_bytes);
    std::memset(place.start(), 1, count / 2 * page_bytes);
    auto const had = swapped_kibibytes();
    ASSERT_EQ(::madvise(place.start(), count * page_bytes, page_out), 0);
    if (swapped_kibibytes() < had + 1024)
        GTEST_SKIP() << "the kernel swaps nothing out";
    using still::os::private_pages;
    for (auto const way : { private_pages::way::best, private_pages::way::entries }) {
        private_pages seen(way);
        std::size_t found = 0;
        seen.find(place.start(), count * page_bytes, [&](void*, std::size_t bytes) { found += bytes / page_bytes; });
        EXPECT_EQ(found, count / 2);
    }
}

} // namespace
} // namespace still_test
