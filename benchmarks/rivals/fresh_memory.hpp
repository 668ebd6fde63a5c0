// SPDX-License-Identifier: BSL-1.0
//
// Memory that nobody has touched: each page's first write is a fault, as for any program that grows.

#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

#include "still/core/frame.hpp"

namespace benchmarks {

class fresh_memory {
public:
    explicit fresh_memory(std::size_t pages)
        : bytes_(pages * still::page_bytes)
        , start_(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    {
        if (start_ == MAP_FAILED)
            throw std::system_error(errno, std::system_category(), "mmap");
        ::madvise(start_, bytes_, MADV_NOHUGEPAGE);
    }
    fresh_memory(fresh_memory const&) = delete;
    fresh_memory& operator=(fresh_memory const&) = delete;
    ~fresh_memory() { ::munmap(start_, bytes_); }

    [[nodiscard]] std::byte* page(std::size_t number) noexcept
    {
        return static_cast<std::byte*>(start_) + number * still::page_bytes;
    }

private:
    std::size_t bytes_;
    void* start_;
};

} // namespace benchmarks
