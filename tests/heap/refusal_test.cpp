// SPDX-License-Identifier: BSL-1.0
//
// Where the system refuses what the better trackers need: a heap takes a lower rung and says why, or
// throws when it was told not to; and the programs around it keep their signals. A program of its own,
// whose cases run in children: what they forbid and install stays with them.

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <system_error>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <unistd.h>

#include "every_tracker.hpp"
#include "in_child.hpp"
#include "still/core/frame.hpp"

namespace still_test {
namespace {

bool set_rules(std::span<sock_filter> rules)
{
    sock_fprog const program{ static_cast<unsigned short>(rules.size()), rules.data() };
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Effect: from now on the process may not make this call.
bool forbid(unsigned call)
{
    std::array<sock_filter, 4> rules{ {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    } };
    return set_rules(rules);
}

/// Effect: from now on the process may not call madvise(MADV_DONTNEED).
bool forbid_discarding()
{
    std::array<sock_filter, 6> rules{ {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_DONTNEED, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    } };
    return set_rules(rules);
}

bool forbid_userfaultfd()
{
    return forbid(SYS_userfaultfd);
}

/// Snapshots and a rollback, right to the byte.
bool works(still::heap& heap)
{
    auto& data = heap.construct<numbers>("data", heap.allocator<std::uint64_t>());
    data.assign(512 * 40, 1);
    auto const before = heap.snapshot();
    auto const then = copy(heap.bytes());
    data[512 * 7] = 2;
    data[512 * 39] = 2;
    auto const now = copy(heap.bytes());
    auto const after = heap.snapshot();
    if (!same(content(before), then) || !same(content(after), now) || still::diff(before, after).empty())
        return false;
    data[512 * 20] = 3;
    heap.restore(before);
    return same(copy(heap.bytes()), then) && heap.snapshot().same_root(before);
}

TEST(refusals, without_userfaultfd_the_next_tracker_is_taken_and_the_reason_told)
{
    EXPECT_TRUE(in_child([] {
        if (!forbid_userfaultfd())
            return false;
        still::heap heap{ { .capacity = 16_MiB } };
        auto const seen = heap.statistics();
        return seen.tracker == tracker_kind::protect && seen.passed_over.find("userfault: ") == 0 && works(heap);
    }));
}

TEST(refusals, a_tracker_that_is_forced_is_not_replaced)
{
    EXPECT_TRUE(in_child([] {
        if (!forbid_userfaultfd())
            return false;
        try {
            still::heap const heap{ { .capacity = 1_MiB, .tracker = tracker_kind::userfault } };
        } catch (std::system_error const& refusal) {
            return refusal.code() == std::errc::operation_not_permitted
                && std::string(refusal.what()).find("userfaultfd") != std::string::npos;
        }
        return false;
    }));
}

void ignore(int) { }

/// Effect: heaps of this process have neither userfaultfd nor signals.
bool forbid_the_better_ones()
{
    if (!forbid_userfaultfd())
        return false;
    {
        still::heap const first{ { .capacity = 1_MiB, .tracker = tracker_kind::protect } };
    }
    ::signal(SIGSEGV, ignore);
    return true;
}

TEST(refusals, a_foreign_fault_handler_leaves_private_mappings)
{
    EXPECT_TRUE(in_child([] {
        if (!forbid_the_better_ones())
            return false;
        still::heap heap{ { .capacity = 16_MiB } };
        auto const seen = heap.statistics();
        return seen.tracker == tracker_kind::private_file && seen.passed_over.find("protect: ") != std::string::npos
            && works(heap);
    }));
}

// Of huge pages a private mapping has none, so that comparison comes next.
TEST(refusals, who_wants_huge_pages_gets_no_private_mapping)
{
    EXPECT_TRUE(in_child([] {
        if (!forbid_the_better_ones())
            return false;
        still::heap heap{ { .capacity = 16_MiB, .huge_pages = true } };
        auto const seen = heap.statistics();
        return seen.tracker == tracker_kind::compare && seen.passed_over.find("no huge pages") != std::string::npos
            && works(heap);
    }));
    try {
        still::heap const heap{ { .capacity = 16_MiB, .tracker = tracker_kind::private_file, .huge_pages = true } };
        FAIL();
    } catch (std::system_error const& refusal) {
        EXPECT_EQ(refusal.code(), std::errc::not_supported) << refusal.what();
    }
}

TEST(refusals, pages_that_cannot_be_dropped_leave_comparison)
{
    EXPECT_TRUE(in_child([] {
        if (!forbid_the_better_ones() || !forbid_discarding())
            return false;
        try {
            still::heap const heap{ { .capacity = 1_MiB, .tracker = tracker_kind::private_file } };
            return false;
        } catch (std::system_error const&) {
        }
        still::heap heap{ { .capacity = 16_MiB } };
        return heap.statistics().tracker == tracker_kind::compare && works(heap);
    }));
}

TEST(refusals, an_unprivileged_user_has_snapshots_too)
{
    EXPECT_TRUE(in_child([] {
        if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0)
            return false;
        still::heap heap{ { .capacity = 16_MiB } };
        return works(heap);
    }));
}

char volatile* passed_page = nullptr;
int volatile passed_faults = 0;

void open_the_page(int, siginfo_t* info, void*)
{
    passed_faults = passed_faults + 1;
    if (info->si_addr == const_cast<char*>(passed_page))
        ::mprotect(info->si_addr, still::page_bytes, PROT_READ | PROT_WRITE);
}

TEST(write_faults, of_others_go_to_the_handler_that_was_there)
{
    EXPECT_TRUE(in_child([] {
        struct sigaction mine{};
        mine.sa_sigaction = open_the_page;
        mine.sa_flags = SA_SIGINFO;
        ::sigaction(SIGSEGV, &mine, nullptr);
        still::heap heap{ { .capacity = 16_MiB, .tracker = tracker_kind::protect } };
        auto* const page = ::mmap(nullptr, still::page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        passed_page = static_cast<char*>(page);
        *passed_page = 1;
        return passed_faults == 1 && works(heap) && passed_faults == 1;
    }));
}

void write_to_a_page_of_others()
{
    still::heap const heap{ { .capacity = 16_MiB, .tracker = tracker_kind::protect } };
    auto* const page = ::mmap(nullptr, still::page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<char volatile*>(page) = 1;
}
void write_beyond_the_heap()
{
    still::heap const heap{ { .capacity = 16_MiB, .tracker = tracker_kind::protect } };
    const_cast<std::byte volatile&>(heap.bytes().data()[15U << 20U]) = std::byte{ 1 };
}

TEST(write_faults_death_test, end_the_program_as_ever_outside_of_heaps)
{
    EXPECT_DEATH(write_to_a_page_of_others(), "");
    EXPECT_DEATH(write_beyond_the_heap(), "");
}

} // namespace
} // namespace still_test
