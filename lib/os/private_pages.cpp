// SPDX-License-Identifier: BSL-1.0

#include "os/private_pages.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/ioctl.h>

#include <unistd.h>

#include "os/failure.hpp"

namespace still::os {

namespace {

constexpr std::uintptr_t page_bytes = 4096;

/// True when the page has memory, or had some that is swapped out, and it isn't the file's.
constexpr bool is_private(std::uint64_t entry) noexcept
{
    return (entry & (kernel::entry_is_present | kernel::entry_is_swapped)) != 0 && (entry & kernel::entry_is_file) == 0;
}

} // namespace

private_pages::private_pages(way wanted)
    : page_map_(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC))
{
    if (page_map_.get() < 0)
        throw_failure("open(/proc/self/pagemap)");
    // An empty range: a kernel that knows the call has nothing to do.
    kernel::scan_argument nothing{};
    nothing.size = sizeof(nothing);
    scans_ = wanted == way::best && ::ioctl(page_map_.get(), kernel::scan_request, &nothing) == 0;
}

std::uintptr_t private_pages::scan(std::uintptr_t start, std::uintptr_t end, std::size_t& count)
{
    kernel::scan_argument argument{};
    argument.size = sizeof(argument);
    argument.start = start;
    argument.end = end;
    argument.vec = reinterpret_cast<std::uintptr_t>(runs_.data());
    argument.vec_len = runs_.size();
    argument.category_inverted = kernel::page_is_file;
    argument.category_mask = kernel::page_is_file;
    argument.category_anyof_mask = kernel::page_is_present | kernel::page_is_swapped;
    // Nothing more, so that neighbours of which one is swapped out are one run.
    argument.return_mask = kernel::page_is_file;
    long found = 0;
    while ((found = ::ioctl(page_map_.get(), kernel::scan_request, &argument)) < 0)
        if (errno != EINTR)
            throw_failure("ioctl(PAGEMAP_SCAN)");
    count = static_cast<std::size_t>(found);
    return argument.walk_end;
}

std::uintptr_t private_pages::read_entries(std::uintptr_t start, std::uintptr_t end, std::size_t& count)
{
    auto const wanted = std::min<std::size_t>(entries_.size(), (end - start) / page_bytes);
    auto const offset = static_cast<off_t>(start / page_bytes * sizeof(std::uint64_t));
    ssize_t got = 0;
    while ((got = ::pread(page_map_.get(), entries_.data(), wanted * sizeof(std::uint64_t), offset)) < 0)
        if (errno != EINTR)
            throw_failure("pread(/proc/self/pagemap)");
    auto const read = static_cast<std::size_t>(got) / sizeof(std::uint64_t);
    if (read == 0) {
        errno = EIO; // the end of all addresses can't be in a mapping
        throw_failure("pread(/proc/self/pagemap)");
    }
    for (std::size_t i = 0; i < read; ++i) {
        if (!is_private(entries_[i]))
            continue;
        auto const at = start + i * page_bytes;
        if (count > 0 && runs_[count - 1].end == at)
            runs_[count - 1].end += page_bytes;
        else
            runs_[count++] = { at, at + page_bytes, 0 };
    }
    return start + read * page_bytes;
}

} // namespace still::os
