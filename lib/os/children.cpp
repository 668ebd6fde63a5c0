// SPDX-License-Identifier: BSL-1.0

#include "os/children.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

#include <unistd.h>

#include "os/descriptor.hpp"
#include "os/failure.hpp"

namespace still::os {

namespace {

constexpr std::size_t mark_bytes = 4096;

/// A child holds a mapping of a memory file, which goes when it exits or executes another program, and which
/// its own children inherit. While somebody has such a mapping for writing, the file can't be sealed against that.
/// Unlike a descriptor, it isn't closed by programs that close all they have.
struct watched_child {
    std::uint64_t fork;
    descriptor mark;

    [[nodiscard]] bool is_gone() const noexcept { return ::fcntl(mark.get(), F_ADD_SEALS, F_SEAL_WRITE) == 0; }
};

struct {
    std::mutex mutex; // held during a fork
    std::atomic<bool> watched{ false };
    std::vector<watched_child> living;
    std::atomic<std::uint64_t> begun{ 0 };
    std::atomic<std::uint64_t> done{ 0 };
    // Forks whose children couldn't be marked: they live for ever, as far as anybody knows.
    std::uint64_t first_unmarked = 0;
    std::uint64_t last_unmarked = 0;
    void* mark = MAP_FAILED; // of the fork in progress
} children;

void forget_those_gone() noexcept
{
    std::erase_if(children.living, [](watched_child const& child) { return child.is_gone(); });
}

/// Effect: maps the mark that the next child inherits. Throws.
void mark_child(std::uint64_t fork)
{
    children.living.reserve(children.living.size() + 1);
    descriptor file(::memfd_create("still-child", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (file.get() < 0 || ::ftruncate(file.get(), mark_bytes) != 0)
        throw_failure("memfd_create");
    children.mark = ::mmap(nullptr, mark_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (children.mark == MAP_FAILED)
        throw_failure("mmap");
    children.living.push_back({ fork, std::move(file) });
}

void before_fork() noexcept
{
    children.mutex.lock();
    if (!children.watched.load())
        return; // and nobody changes that before the fork is done
    forget_those_gone();
    auto const number = children.begun.fetch_add(1) + 1;
    try {
        mark_child(number);
    } catch (std::exception const&) {
        if (children.first_unmarked == 0)
            children.first_unmarked = number;
        children.last_unmarked = number;
    }
}

void after_fork_in_parent() noexcept
{
    if (children.mark != MAP_FAILED)
        ::munmap(children.mark, mark_bytes);
    children.mark = MAP_FAILED;
    children.done.store(children.begun.load());
    children.mutex.unlock();
}

void after_fork_in_child() noexcept
{
    // The mark stays; the children of its parent are its siblings.
    children.mark = MAP_FAILED;
    children.living.clear();
    children.first_unmarked = children.last_unmarked = 0;
    children.done.store(children.begun.load());
    children.mutex.unlock();
}

constinit int failure = 0;

/// After that of process.cpp and before that of forks.cpp, so that a fork takes these locks last.
[[gnu::constructor(102)]] void register_handlers() noexcept
{
    failure = ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

} // namespace

void watch_children()
{
    if (failure != 0) {
        errno = failure;
        throw_failure("pthread_atfork");
    }
    if (children.watched.load())
        return;
    std::scoped_lock const lock(children.mutex);
    children.watched.store(true);
}

std::uint64_t forks_begun() noexcept
{
    return children.begun.load();
}

std::uint64_t forks_done() noexcept
{
    return children.done.load();
}

living_children find_living_children() noexcept
{
    std::scoped_lock const lock(children.mutex);
    forget_those_gone();
    living_children found;
    auto const add = [&](std::uint64_t fork) {
        found.oldest = std::min(found.oldest, fork);
        found.newest = std::max(found.newest, fork);
    };
    for (auto const& child : children.living)
        add(child.fork);
    if (children.first_unmarked != 0) {
        add(children.first_unmarked);
        add(children.last_unmarked);
    }
    return found;
}

} // namespace still::os
