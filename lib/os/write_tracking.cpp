// SPDX-License-Identifier: BSL-1.0

#include "os/write_tracking.hpp"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include <unistd.h>

#include "os/failure.hpp"
#include "os/userfaults.hpp"

namespace still::os {

write_tracking::write_tracking()
{
    // User mode only is enough, because with WP_ASYNC the kernel resolves every fault itself, also those of system
    // calls that write into a tracked page.
    faults_ = open_userfaults(kernel::feature_protect_unpopulated | kernel::feature_protect_async);

    page_map_ = descriptor(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
    if (page_map_.get() < 0)
        throw_failure("open(/proc/self/pagemap)");
}

void write_tracking::watch(void* start, std::size_t bytes)
{
    uffdio_register registration{};
    registration.range = { reinterpret_cast<std::uintptr_t>(start), bytes };
    registration.mode = UFFDIO_REGISTER_MODE_WP;
    if (::ioctl(faults_.get(), UFFDIO_REGISTER, &registration) != 0)
        throw_failure("ioctl(UFFDIO_REGISTER)");
}

void write_tracking::arm(void* start, std::size_t bytes)
{
    watch(start, bytes);
    uffdio_writeprotect protection{};
    protection.range = { reinterpret_cast<std::uintptr_t>(start), bytes };
    protection.mode = UFFDIO_WRITEPROTECT_MODE_WP;
    // EAGAIN: the address space was changing; nothing was done.
    while (::ioctl(faults_.get(), UFFDIO_WRITEPROTECT, &protection) != 0)
        if (errno != EAGAIN)
            throw_failure("ioctl(UFFDIO_WRITEPROTECT)");
}

std::uintptr_t write_tracking::scan(std::uintptr_t start, std::uintptr_t end, std::uint64_t flags, std::size_t& count)
{
    kernel::scan_argument argument{};
    argument.size = sizeof(argument);
    argument.flags = flags;
    argument.start = start;
    argument.end = end;
    argument.vec = reinterpret_cast<std::uintptr_t>(runs_.data());
    argument.vec_len = runs_.size();
    // Requiring PAGE_IS_PRESENT as well would miss pages that were written and swapped out.
    argument.category_mask = kernel::page_is_written;
    argument.return_mask = kernel::page_is_written;
    long found = 0;
    while ((found = ::ioctl(page_map_.get(), kernel::scan_request, &argument)) < 0)
        if (errno != EINTR)
            throw_failure("ioctl(PAGEMAP_SCAN)");
    count = static_cast<std::size_t>(found);
    return argument.walk_end;
}

} // namespace still::os
