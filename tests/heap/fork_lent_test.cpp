// SPDX-License-Identifier: BSL-1.0
//
// `fork` of a process with a heap that has lent memory, to a borrower with locks and handlers of its own; and in the
// middle of a rollback. See Note: forks.

#include <gtest/gtest.h>

#include <pthread.h>

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "every_tracker.hpp"
#include "in_child.hpp"
#include "os/process.hpp"

namespace still_test {
namespace {

/// The lock of a borrower, which its handlers take before each fork. They are registered before the library's, as those
/// of the program's own allocator are: so they run after the heaps'.
constinit std::mutex borrowers_lock;
constinit int registered = -1;
[[gnu::constructor(101)]] void register_borrower() noexcept
{
    registered = ::pthread_atfork(
        [] { borrowers_lock.lock(); }, [] { borrowers_lock.unlock(); }, [] { borrowers_lock.unlock(); });
}

class fork_lent : public every_tracker {
protected:
    void SetUp() override
    {
        ASSERT_EQ(registered, 0);
        if (still::os::under_thread_sanitizer())
            GTEST_SKIP() << "the thread sanitizer doesn't support what children of programs with threads do";
        every_tracker::SetUp();
    }
};
INSTANTIATE_TEST_SUITE_P(each, fork_lent, trackers, tracker_name);

/// A thread that repeats its work until this goes.
class repeating {
public:
    template <class Work>
    explicit repeating(Work work)
        : thread_([this, work]() mutable {
            while (!stop_)
                work();
        })
    {
    }
    repeating(repeating const&) = delete;
    repeating& operator=(repeating const&) = delete;
    ~repeating()
    {
        stop_ = true;
        thread_.join();
    }

private:
    std::atomic<bool> stop_{ false };
    std::thread thread_;
};

bool takes_and_gives(still::loan const& from)
{
    auto const guard = from.mutate();
    std::scoped_lock const lock(borrowers_lock);
    auto* const block = from.allocate(5'000, 64);
    *static_cast<char*>(block) = 1;
    from.deallocate(block);
    return true;
}

TEST_P(fork_lent, waits_for_no_borrower_and_has_what_it_took_whole)
{
    auto heap = make();
    auto const from = heap.lend("a test");
    repeating const one([&] { static_cast<void>(takes_and_gives(from)); });
    repeating const other([&, kept = std::vector<void*>()]() mutable {
        auto const guard = from.mutate();
        std::scoped_lock const lock(borrowers_lock);
        kept.push_back(from.allocate(300'000, 64)); // grows now and then
        if (kept.size() < 100)
            return;
        for (auto* const block : kept)
            from.deallocate(block);
        kept.clear();
    });
    for (auto round = 0; round < 60; ++round)
        ASSERT_TRUE(in_child([&] {
            ::alarm(20);
            return takes_and_gives(from) && heap.validate();
        })) << round;
}

TEST_P(fork_lent, is_refused_by_name_where_other_threads_were_at_it)
{
    auto heap = make();
    auto const from = heap.lend("a test");
    static_cast<void>(from.allocate(20_MiB, 64));
    heap.construct<int>("number", 7);
    auto const before = heap.snapshot();
    repeating const looking([&] { static_cast<void>(heap.statistics()); });
    auto refused = 0;
    auto worked = 0;
    for (auto round = 0; round < 300 && (refused == 0 || worked == 0); ++round) {
        auto const child = ::fork();
        if (child == 0) {
            ::alarm(20);
            auto calls = 0;
            auto const ask = [&](auto&& call) {
                try {
                    call();
                } catch (std::logic_error const& refusal) {
                    calls += std::string(refusal.what()).find("has lent memory") != std::string::npos ? 1 : 0;
                }
            };
            ask([&] { static_cast<void>(from.allocate(100, 8)); });
            ask([&] { heap.memory_resource()->deallocate(heap.memory_resource()->allocate(100), 100); });
            ask([&] { static_cast<void>(heap.find<int>("number")); });
            ask([&] { static_cast<void>(heap.validate()); });
            ask([&] { heap.become(before); });
            {
                auto const guard = heap.mutate();
            }
            {
                auto const gone = std::move(heap);
            }
            ::_exit(calls);
        }
        auto status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status)) << "killed by " << WTERMSIG(status);
        ASSERT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 5) << WEXITSTATUS(status);
        ++(WEXITSTATUS(status) == 0 ? worked : refused);
    }
    EXPECT_GT(refused, 0);
    EXPECT_GT(worked, 0);
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(fork_lent, from_a_hook_of_a_rollback_ends_the_rollback_twice)
{
    auto heap = make();
    auto& number = heap.construct<int>("number", 1);
    auto const before = heap.snapshot();
    number = 2;
    auto child = -1;
    auto const hook = heap.on_restore([&] {
        child = ::fork();
        if (child == 0)
            ::alarm(20);
        number = 3;
    });
    heap.restore(before);
    if (child == 0) {
        auto right = number == 3;
        std::thread([&] {
            auto const guard = heap.mutate();
            right = right && heap.validate();
        }).join();
        ::_exit(right ? 0 : 1);
    }
    auto status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    number = 4;
    EXPECT_TRUE(same(content(heap.snapshot()), copy(heap.bytes())));
}

} // namespace
} // namespace still_test
