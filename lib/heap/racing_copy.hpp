// SPDX-License-Identifier: BSL-1.0
//
// Copying a page that others may be writing to.

#pragma once

#include <cstddef>
#include <cstdint>

#include "still/core/frame.hpp"

namespace still::heaps {

/// Effect: copies a page, word by word, in no particular order with regard to those who write to it: each
/// word is what it was at some time meanwhile. Whoever uses the copy must know that the page wasn't written
/// since, or copy it again. For the language this is a race, and a sanitizer is told not to look: volatile
/// words are read as such by every compiler that the library is built with, and are as wide as the machine
/// reads in one piece. Precondition: both are aligned to pages, or at least to words.
[[gnu::noinline]] __attribute__((no_sanitize("thread"))) inline void copy_racing(
    std::byte* to, std::byte const* from) noexcept
{
    auto const* const words = reinterpret_cast<std::uint64_t const volatile*>(from);
    auto* const copies = reinterpret_cast<std::uint64_t*>(to);
    for (std::size_t i = 0; i < page_bytes / sizeof(std::uint64_t); ++i)
        copies[i] = words[i];
}

} // namespace still::heaps
