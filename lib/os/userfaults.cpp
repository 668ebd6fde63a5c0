// SPDX-License-Identifier: BSL-1.0

#include "os/userfaults.hpp"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <unistd.h>

#include "os/failure.hpp"

namespace still::os {

descriptor open_userfaults(std::uint64_t features)
{
    auto const opened = ::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
    if (opened < 0)
        throw_failure("userfaultfd");
    descriptor faults(static_cast<int>(opened));
    uffdio_api agreement{};
    agreement.api = UFFD_API;
    agreement.features = features;
    if (::ioctl(faults.get(), UFFDIO_API, &agreement) != 0)
        throw_failure("ioctl(UFFDIO_API)");
    return faults;
}

} // namespace still::os
