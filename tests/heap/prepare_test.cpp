// SPDX-License-Identifier: BSL-1.0
//
// System calls that write into the heap, where pages are protected.

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <unistd.h>

#include "every_tracker.hpp"

namespace still_test {
namespace {

/// A system call that puts eight bytes where it is told.
class incoming {
public:
    incoming() = default;
    incoming(incoming const&) = delete;
    incoming& operator=(incoming const&) = delete;
    virtual ~incoming()
    {
        for (auto const end : ends_)
            ::close(end);
    }
    [[nodiscard]] virtual char const* name() const = 0;
    [[nodiscard]] virtual bool send() { return ::write(ends_[1], "12345678", 8) == 8; }
    [[nodiscard]] virtual ssize_t receive(void* where) = 0;

protected:
    int ends_[2] = { -1, -1 };
};

class by_read final : public incoming {
public:
    by_read() { EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0); }
    [[nodiscard]] char const* name() const override { return "read"; }
    [[nodiscard]] ssize_t receive(void* where) override { return ::read(ends_[0], where, 8); }
};
class by_recv final : public incoming {
public:
    by_recv() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_), 0); }
    [[nodiscard]] char const* name() const override { return "recv"; }
    [[nodiscard]] ssize_t receive(void* where) override { return ::recv(ends_[0], where, 8, 0); }
};
class by_pread final : public incoming {
public:
    by_pread() { ends_[1] = ::memfd_create("incoming", MFD_CLOEXEC); }
    [[nodiscard]] char const* name() const override { return "pread"; }
    [[nodiscard]] bool send() override { return ::pwrite(ends_[1], "12345678", 8, 100) == 8; }
    [[nodiscard]] ssize_t receive(void* where) override { return ::pread(ends_[1], where, 8, 100); }
};

[[nodiscard]] std::vector<std::unique_ptr<incoming>> every_call()
{
    std::vector<std::unique_ptr<incoming>> all;
    all.push_back(std::make_unique<by_read>());
    all.push_back(std::make_unique<by_recv>());
    all.push_back(std::make_unique<by_pread>());
    return all;
}

class prepared : public every_tracker {
protected:
    /// What each call writes under a guard, with which something is done first, is in the next cut, and not in the one
    /// before; then something is done with that one.
    template <class First, class Last>
    void expect_noticed(First first, Last last)
    {
        for (auto const& call : every_call()) {
            SCOPED_TRACE(call->name());
            auto heap = make();
            auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
            data.assign(512 * 4, 1);
            auto const before = heap.snapshot();
            ASSERT_TRUE(call->send());
            {
                auto const guard = heap.mutate();
                first(guard, data);
                EXPECT_EQ(call->receive(&data[600]), 8);
            }
            EXPECT_EQ(std::memcmp(&data[600], "12345678", 8), 0);
            auto const after = heap.snapshot();
            EXPECT_FALSE(still::diff(before, after).empty());
            EXPECT_TRUE(same(content(after), copy(heap.bytes())));
            last(heap, before, data);
        }
    }
};
INSTANTIATE_TEST_SUITE_P(each, prepared, trackers, tracker_name);

TEST_P(prepared, bytes_are_written_by_every_call_and_noticed)
{
    expect_noticed([](still::mutation const& guard,
                       numbers const& data) { guard.prepare(std::as_bytes(std::span(&data[600], 1))); },
        [](still::heap& heap, still::snapshot const& before, numbers const& data) {
            heap.restore(before);
            EXPECT_EQ(data[600], 1U);
        });
}

TEST_P(prepared, bytes_need_not_be_where_the_kernel_notes_writes)
{
    if (GetParam() == tracker_kind::protect)
        GTEST_SKIP() << "system calls fail there";
    expect_noticed([](auto const&...) { }, [](auto const&...) { });
}

TEST(prepare, is_needed_where_pages_are_protected)
{
    for (auto const& call : every_call()) {
        SCOPED_TRACE(call->name());
        still::heap heap{ { .capacity = 16_MiB, .tracker = tracker_kind::protect } };
        auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
        data.assign(512 * 4, 1);
        auto const before = heap.snapshot();
        auto const expect_refused = [&] {
            ASSERT_TRUE(call->send());
            auto const guard = heap.mutate();
            EXPECT_EQ(call->receive(&data[600]), -1);
            EXPECT_EQ(errno, EFAULT);
        };
        expect_refused();
        EXPECT_TRUE(heap.snapshot().same_root(before));
        {
            auto const guard = heap.mutate();
            guard.prepare(std::as_bytes(std::span(&data[600], 1)));
            EXPECT_EQ(call->receive(&data[600]), 8);
        }
        static_cast<void>(heap.snapshot());
        expect_refused(); // protected again
    }
}

TEST_P(prepared, bytes_elsewhere_are_refused)
{
    auto heap = make();
    auto const guard = heap.mutate();
    std::byte elsewhere{};
    EXPECT_THROW(guard.prepare({ &elsewhere, 1 }), std::out_of_range);
    auto const all = heap.bytes();
    guard.prepare(all);
    guard.prepare({});
    EXPECT_THROW(guard.prepare({ all.data() + heap.statistics().mapped_bytes - 1, 2 }), std::out_of_range);
    EXPECT_THROW(guard.prepare({ all.data() - 1, 2 }), std::out_of_range);
}

} // namespace
} // namespace still_test
