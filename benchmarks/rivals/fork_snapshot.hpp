// SPDX-License-Identifier: BSL-1.0
//
// The snapshot that every Unix has: a forked child that holds the memory as it was, while the parent
// pays for each page that it writes.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <sys/mman.h>
#include <sys/wait.h>

#include <unistd.h>

namespace benchmarks {

/// A region of anonymous memory, and one child at a time that is its snapshot.
class fork_snapshot {
public:
    static constexpr char const* name = "fork";

    explicit fork_snapshot(std::size_t bytes)
        : bytes_(bytes)
        , data_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    {
        if (data_ == MAP_FAILED)
            throw std::bad_alloc();
        ::madvise(data_, bytes_, MADV_NOHUGEPAGE); // as the heap's region
    }
    fork_snapshot(fork_snapshot const&) = delete;
    fork_snapshot& operator=(fork_snapshot const&) = delete;
    ~fork_snapshot()
    {
        end_child();
        ::munmap(data_, bytes_);
    }

    [[nodiscard]] std::byte* data() noexcept { return static_cast<std::byte*>(data_); }
    [[nodiscard]] char const* fault() const noexcept { return nullptr; }

    struct no_guard {
        ~no_guard() { }
    };
    [[nodiscard]] no_guard mutate() noexcept { return {}; }

    /// Replaces the snapshot by a new one. Returns how long the caller stood still for it: the call of
    /// fork alone; that the old child goes is not counted.
    [[nodiscard]] std::chrono::nanoseconds cut()
    {
        end_child();
        int ends[2];
        if (::pipe(ends) != 0)
            std::abort();
        auto const before = std::chrono::steady_clock::now();
        child_ = ::fork();
        if (child_ == 0) {
            // Waits, without touching anything, until the parent closes its end.
            ::close(ends[1]);
            char nothing = 0;
            static_cast<void>(::read(ends[0], &nothing, 1) == 0);
            ::_exit(0);
        }
        pause_ = std::chrono::steady_clock::now() - before;
        ::close(ends[0]);
        wake_ = ends[1];
        if (child_ < 0)
            std::abort();
        return pause_;
    }
    [[nodiscard]] std::chrono::nanoseconds last_total() const noexcept { return pause_; }
    /// The process that holds the snapshot.
    [[nodiscard]] pid_t child() const noexcept { return child_; }

private:
    void end_child()
    {
        if (child_ <= 0)
            return;
        ::close(wake_);
        ::waitpid(child_, nullptr, 0);
        child_ = -1;
    }

    std::size_t bytes_;
    void* data_;
    std::chrono::nanoseconds pause_{};
    pid_t child_ = -1;
    int wake_ = -1;
};

} // namespace benchmarks
