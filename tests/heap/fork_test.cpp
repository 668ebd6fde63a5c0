// SPDX-License-Identifier: BSL-1.0
//
// `fork` in a process with heaps: the child has its own copy of the data and can't take cuts; whatever
// it does, the parent is unaffected. The child answers by its exit code.

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "every_tracker.hpp"
#include "in_child.hpp"

namespace still_test {
namespace {

class forks : public every_tracker { };
INSTANTIATE_TEST_SUITE_P(each, forks, trackers, tracker_name);

template <class Call>
bool is_refused(Call&& call)
{
    try {
        call();
    } catch (std::logic_error const&) {
        return true;
    }
    return false;
}

TEST_P(forks, the_child_goes_on_with_its_data_and_takes_no_cuts)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(10'000, 1);
    auto const before = heap.snapshot();
    EXPECT_TRUE(in_child([&] {
        auto const guard = heap.mutate();
        data.push_back(2);
        return data.size() == 10'001;
    }));
    EXPECT_TRUE(in_child([&] {
        return is_refused([&] { static_cast<void>(heap.snapshot()); }) && is_refused([&] { heap.restore(before); });
    }));
    EXPECT_EQ(data.size(), 10'000U);
    EXPECT_TRUE(heap.snapshot().same_root(before));
}

TEST_P(forks, what_the_child_drops_the_parent_keeps)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    std::vector<still::snapshot> kept;
    std::vector<std::vector<std::byte>> contents;
    for (std::uint64_t round = 1; round < 6; ++round) {
        data.assign(512 * 500, round);
        kept.push_back(heap.snapshot());
        contents.push_back(content(kept.back()));
    }
    EXPECT_TRUE(in_child([&] {
        auto const right = content(kept[2]) == contents[2];
        kept.clear();
        return right;
    }));
    for (std::size_t i = 0; i < kept.size(); ++i)
        EXPECT_TRUE(same(content(kept[i]), contents[i])) << i;
    data.assign(512 * 500, 7);
    EXPECT_TRUE(same(content(heap.snapshot()), copy(heap.bytes())));
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

/// A child that waits until it is told to answer.
class waiting_child {
public:
    template <class Work>
    explicit waiting_child(Work&& work)
    {
        EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0);
        child_ = ::fork();
        if (child_ != 0) {
            ::close(ends_[0]);
            return;
        }
        ::close(ends_[1]);
        close_others();
        char told = 0;
        auto const right = ::read(ends_[0], &told, 1) == 1 && work();
        ::_exit(right ? 0 : 1);
    }
    waiting_child(waiting_child const&) = delete;
    waiting_child& operator=(waiting_child const&) = delete;
    ~waiting_child()
    {
        if (child_ > 0)
            static_cast<void>(answers_right());
    }
    [[nodiscard]] bool answers_right()
    {
        auto const told = ::write(ends_[1], "x", 1) == 1;
        ::close(ends_[1]);
        int status = 0;
        auto const ended = ::waitpid(child_, &status, 0) == child_;
        child_ = -1;
        return told && ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

private:
    /// As programs do that become daemons.
    void close_others() const noexcept
    {
        for (int file = 3; file < 200; ++file)
            if (file != ends_[0])
                ::close(file);
    }

    int ends_[2] = { -1, -1 };
    pid_t child_ = -1;
};

constexpr std::size_t pages = 600;

/// Effect: writes to all pages and takes a cut, again and again, so that all slots that can be used again are; and
/// rolls back, and lets pages rest.
void churn(still::heap& heap, numbers& data, std::uint64_t first)
{
    auto kept = heap.snapshot();
    for (auto round = first; round < first + 6; ++round) {
        for (std::size_t page = 0; page < pages; ++page)
            data[page * 512 + 3] = round * 1000 + page;
        auto next = heap.snapshot();
        if (round % 3 == 0)
            heap.rest();
        if (round % 3 == 1)
            heap.restore(kept);
        kept = std::move(next);
    }
}

TEST_P(forks, children_keep_what_they_see_while_the_parent_goes_on)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * pages, 1);
    auto version = heap.snapshot();
    heap.rest();
    if (GetParam() != tracker_kind::private_file) { // whose children show its file
        ASSERT_GE(heap.statistics().resting_bytes, pages * still::page_bytes);
    }
    auto const then = copy(heap.bytes());
    waiting_child first([&] { return same(copy(heap.bytes()), then) && same(content(version), then); });
    waiting_child writing([&] {
        {
            auto const guard = heap.mutate();
            for (std::size_t page = 0; page < pages; page += 2)
                data[page * 512 + 5] = 77;
        }
        for (std::size_t page = 0; page < pages; ++page)
            if (data[page * 512 + 3] != 1 || data[page * 512 + 5] != (page % 2 == 0 ? 77U : 1U))
                return false;
        return true;
    });
    version = {};
    churn(heap, data, 1);
    auto const later = copy(heap.bytes());
    heap.rest();
    waiting_child second([&] { return same(copy(heap.bytes()), later); });
    waiting_child grandchild([&] { return in_child([&] { return same(copy(heap.bytes()), later); }); });
    churn(heap, data, 11);
    EXPECT_TRUE(first.answers_right());
    churn(heap, data, 21);
    EXPECT_TRUE(second.answers_right());
    EXPECT_TRUE(writing.answers_right());
    EXPECT_TRUE(grandchild.answers_right());
    EXPECT_TRUE(heap.validate()) << heap.validate();
    // They are gone, and so is what was kept for them.
    static_cast<void>(heap.snapshot());
    data[7] = 1;
    static_cast<void>(heap.snapshot());
    heap.rest();
    EXPECT_LE(heap.statistics().occupied_bytes, heap.statistics().retained_bytes);
}

TEST_P(forks, children_that_are_gone_cost_nothing)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * pages, 1);
    auto version = heap.snapshot();
    heap.rest();
    for (std::uint64_t round = 0; round < 5; ++round) {
        EXPECT_TRUE(in_child([] { return true; }));
        std::fill(data.begin(), data.end(), round);
        version = heap.snapshot();
        EXPECT_LE(heap.statistics().occupied_bytes, 2 * heap.statistics().retained_bytes + 1024 * still::page_bytes);
    }
    EXPECT_TRUE(heap.validate()) << heap.validate();
}

TEST_P(forks, a_child_that_grows_leaves_the_parent_as_it_is)
{
    auto heap = make();
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(1'000, 1);
    auto const before = heap.snapshot();
    EXPECT_TRUE(in_child([&] {
        auto const guard = heap.mutate();
        data.assign(1'000'000, 2);
        auto const seen = heap.statistics();
        return std::count(data.begin(), data.end(), 2U) == 1'000'000 && heap.validate() && seen.mapped_bytes > 8'000'000
            && seen.dirty_bytes == seen.mapped_bytes;
    }));
    EXPECT_TRUE(heap.snapshot().same_root(before));
    data.assign(900'000, 3);
    EXPECT_TRUE(same(content(heap.snapshot()), copy(heap.bytes())));
}

TEST_P(forks, a_child_goes_on_when_its_parent_is_gone)
{
    int ends[2] = { -1, -1 };
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    auto const parent = ::fork();
    if (parent == 0) {
        auto heap = make();
        auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
        data.assign(100'000, 1);
        auto const before = heap.snapshot();
        heap.rest();
        auto const self = ::getpid();
        if (::fork() != 0)
            ::_exit(0);
        for (auto waits = 0; ::getppid() == self && waits < 10'000; ++waits)
            ::usleep(1'000);
        auto right = false;
        try {
            data.assign(1'000'000, 2);
            right = heap.validate() && content(before).size() > 800'000;
            heap.become(before);
            right = right && data.size() == 100'000 && data.back() == 1 && heap.validate();
        } catch (std::exception const&) {
            right = false;
        }
        ::_exit(::write(ends[1], right ? "+" : "-", 1) == 1 ? 0 : 1);
    }
    ::close(ends[1]);
    auto status = 0;
    ASSERT_EQ(::waitpid(parent, &status, 0), parent);
    auto told = 'x';
    EXPECT_EQ(::read(ends[0], &told, 1), 1);
    EXPECT_EQ(told, '+');
    ::close(ends[0]);
}

} // namespace
} // namespace still_test
