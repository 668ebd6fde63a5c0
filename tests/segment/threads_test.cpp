// SPDX-License-Identifier: BSL-1.0
//
// Versions that share nodes, frames, mounts and keepers, read and written on several threads at once. The thread
// sanitizer sees what the assertions can't.

#include <gtest/gtest.h>

#include <mutex>
#include <random>
#include <thread>

#include "support.hpp"

namespace {

using namespace still_test;

class segment_threads : public segment_test { };

class steady : public still::keeper {
public:
    [[nodiscard]] bytes supply(std::uint64_t page) override { return filled(page_bytes, static_cast<int>(page + 1)); }
};

TEST_F(segment_threads, read_write_and_let_go_of_shared_versions)
{
    static constexpr std::uint64_t pages = 200;
    auto const mounted = zeros(20).write(0, filled(20 * page_bytes, 3));
    auto const base = zeros(pages)
                          .write(0, filled(100 * page_bytes, 1))
                          .mount(120 * page_bytes, mounted, 0, 20 * page_bytes)
                          .keep(150 * page_bytes, 10 * page_bytes, std::make_shared<steady>());
    auto const wanted = content(base);
    std::mutex shared_mutex;
    segment shared = base; // what one thread made, others go on with
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (unsigned id = 0; id < 4; ++id) {
        threads.emplace_back([&, id] {
            std::mt19937_64 random(id);
            auto mine = base;
            for (int round = 0; round < 200; ++round) {
                auto const offset = random() % (pages * page_bytes - 8);
                mine = std::move(mine).store<std::uint64_t>(offset, offset);
                ASSERT_EQ(mine.load<std::uint64_t>(offset), offset);
                if (random() % 8 == 0) {
                    std::scoped_lock const lock(shared_mutex);
                    std::swap(mine, shared);
                }
                if (random() % 16 == 0)
                    mine = base;
                if (random() % 32 == 0) {
                    ASSERT_EQ(patch(base, diff(base, mine)), mine);
                    mine = std::move(mine).fetch(0, mine.size());
                }
            }
            ASSERT_EQ(content(base), wanted);
        });
    }
    for (auto& thread : threads)
        thread.join();
}

} // namespace
