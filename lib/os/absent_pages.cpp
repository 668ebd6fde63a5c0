// SPDX-License-Identifier: BSL-1.0

#include "os/absent_pages.hpp"

#include <array>
#include <cstdint>
#include <system_error>

#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <unistd.h>

#include "os/failure.hpp"
#include "os/kernel_interface.hpp"
#include "os/memory.hpp"
#include "os/userfaults.hpp"
#include "still/core/frame.hpp"

namespace still::os {

absent_pages::absent_pages()
{
    // A system call that is given an absent page fails instead of waiting: that would need a privilege.
    try {
        faults_ = open_userfaults(kernel::feature_poison);
    } catch (std::system_error const&) {
        poisons_ = false;
        faults_ = open_userfaults(0);
    }
    stopped_ = descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (stopped_.get() < 0)
        throw_failure("eventfd");
}

void absent_pages::watch(void* start, std::size_t bytes)
{
    // A child of fork would find zeros: rather nothing.
    if (::madvise(start, bytes, MADV_DONTFORK) != 0)
        throw_failure("madvise");
    refuse_huge_pages(start, bytes);
    uffdio_register registration{};
    registration.range = { reinterpret_cast<std::uintptr_t>(start), bytes };
    registration.mode = UFFDIO_REGISTER_MODE_MISSING;
    if (::ioctl(faults_.get(), UFFDIO_REGISTER, &registration) != 0)
        throw_failure("ioctl(UFFDIO_REGISTER)");
}

std::optional<std::byte*> absent_pages::next_touched()
{
    for (;;) {
        std::array<pollfd, 2> events{ { { faults_.get(), POLLIN, 0 }, { stopped_.get(), POLLIN, 0 } } };
        if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR)
            throw_failure("poll");
        if (events[1].revents != 0)
            return std::nullopt;
        uffd_msg message{};
        auto const got = ::read(faults_.get(), &message, sizeof message);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            throw_failure("read(userfaultfd)");
        if (got == static_cast<ssize_t>(sizeof message) && message.event == UFFD_EVENT_PAGEFAULT) {
            auto const touched = static_cast<std::uintptr_t>(message.arg.pagefault.address);
            return reinterpret_cast<std::byte*>(touched / page_bytes * page_bytes);
        }
    }
}

void absent_pages::stop() noexcept
{
    std::uint64_t const one = 1;
    static_cast<void>(::write(stopped_.get(), &one, sizeof one));
}

void absent_pages::supply(std::byte* page, std::byte const* bytes)
{
    uffdio_copy copying{};
    copying.dst = reinterpret_cast<std::uintptr_t>(page);
    copying.src = reinterpret_cast<std::uintptr_t>(bytes);
    copying.len = page_bytes;
    // EAGAIN: the address space was changing; nothing was done.
    while (::ioctl(faults_.get(), UFFDIO_COPY, &copying) != 0) {
        if (errno == EEXIST)
            break;
        if (errno != EAGAIN)
            throw_failure("ioctl(UFFDIO_COPY)");
        copying.copy = 0;
    }
    // One that came while the page was being supplied may still wait.
    wake(page);
}

void absent_pages::wake(std::byte* page) noexcept
{
    uffdio_range waiting{ reinterpret_cast<std::uintptr_t>(page), page_bytes };
    static_cast<void>(::ioctl(faults_.get(), UFFDIO_WAKE, &waiting));
}

bool absent_pages::refuse(std::byte* page, refusal by) noexcept
{
    auto const refuses = [&] {
        kernel::poison_argument poisoning{ reinterpret_cast<std::uintptr_t>(page), page_bytes, 0, 0 };
        switch (by) {
        case refusal::guard:
            return ::madvise(page, page_bytes, kernel::advice_guard_install) == 0;
        case refusal::protection:
            return ::mprotect(page, page_bytes, PROT_NONE) == 0;
        case refusal::poison:
            while (poisons_ && ::ioctl(faults_.get(), kernel::poison_request, &poisoning) != 0)
                if (errno != EAGAIN) // the address space was changing; nothing was done
                    return false;
            return poisons_;
        }
        return false;
    };
    if (!refuses())
        return false;
    wake(page);
    return true;
}

void absent_pages::allow(std::byte* page, refusal refused_by)
{
    if (refused_by == refusal::protection)
        make_read_only(page, page_bytes);
    else if (refused_by == refusal::guard && ::madvise(page, page_bytes, kernel::advice_guard_remove) != 0)
        throw_failure("madvise");
    else if (refused_by == refusal::poison && !discard(page, page_bytes))
        throw_failure("madvise");
}

} // namespace still::os
