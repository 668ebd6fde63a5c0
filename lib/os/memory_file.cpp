// SPDX-License-Identifier: BSL-1.0

#include "os/memory_file.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <unistd.h>

#include "os/failure.hpp"
#include "os/kernel_interface.hpp"

namespace still::os {

memory_file::memory_file(char const* name)
{
    // Kernels before 6.3 refuse the second flag.
    auto number = ::memfd_create(name, MFD_CLOEXEC | kernel::memory_file_noexec_seal);
    if (number < 0 && errno == EINVAL)
        number = ::memfd_create(name, MFD_CLOEXEC);
    if (number < 0)
        throw_failure("memfd_create");
    descriptor_ = descriptor(number);
}

void memory_file::resize(std::size_t bytes)
{
    if (::ftruncate(handle(), static_cast<off_t>(bytes)) != 0)
        throw_failure("ftruncate");
}

void memory_file::write(std::size_t offset, std::span<std::span<std::byte const> const> pieces)
{
    constexpr std::size_t most_pieces = 256; // below IOV_MAX; more makes no call faster
    std::array<iovec, most_pieces> batch;
    while (!pieces.empty()) {
        auto const count = std::min(pieces.size(), most_pieces);
        for (std::size_t i = 0; i < count; ++i)
            batch[i] = { const_cast<std::byte*>(pieces[i].data()), pieces[i].size() };
        auto* next = batch.data();
        auto left = count;
        while (left > 0) {
            auto const written = ::pwritev(handle(), next, static_cast<int>(left), static_cast<off_t>(offset));
            if (written < 0) {
                if (errno == EINTR)
                    continue;
                throw_failure("pwritev");
            }
            auto taken = static_cast<std::size_t>(written);
            offset += taken;
            while (left > 0 && taken >= next->iov_len) {
                taken -= next->iov_len;
                ++next;
                --left;
            }
            if (left > 0) {
                next->iov_base = static_cast<std::byte*>(next->iov_base) + taken;
                next->iov_len -= taken;
            }
        }
        pieces = pieces.subspan(count);
    }
}

bool memory_file::punch(std::size_t offset, std::size_t bytes) noexcept
{
    return ::fallocate(handle(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
               static_cast<off_t>(bytes))
        == 0;
}

std::size_t memory_file::occupied() const
{
    struct stat seen{};
    if (::fstat(handle(), &seen) != 0)
        throw_failure("fstat");
    return static_cast<std::size_t>(seen.st_blocks) * 512; // st_blocks counts 512-byte units on Linux
}

} // namespace still::os
