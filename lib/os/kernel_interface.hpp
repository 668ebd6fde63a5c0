// SPDX-License-Identifier: BSL-1.0
//
// What the installed headers may be too old to declare, from the manual pages mmap(2),
// memfd_create(2), mseal(2), ioctl_userfaultfd(2), PAGEMAP_SCAN(2const) and proc_pid_pagemap(5). A kernel that lacks it
// refuses the call, but for mmap, which takes the place for a hint.

#pragma once

#include <cstdint>

#include <sys/ioctl.h>

namespace still::os::kernel {

/// mmap: fail rather than replace what is there (Linux 4.17).
inline constexpr int map_fixed_noreplace = 0x100000;
/// madvise: enter pages for reading without touching them (Linux 5.14).
inline constexpr int advice_populate_read = 22;
/// madvise: give memory without touching it (Linux 5.14).
inline constexpr int advice_populate_write = 23;
/// mseal: the number of the call (Linux 6.10), which is the same wherever the library runs.
inline constexpr long call_of_mseal = 462;
/// madvise: whoever touches the pages gets SIGSEGV, without an entry of the memory map; and no longer (Linux 6.13).
inline constexpr int advice_guard_install = 102;
inline constexpr int advice_guard_remove = 103;
/// memfd_create: a file that can never be made executable (Linux 6.3).
inline constexpr unsigned memory_file_noexec_seal = 0x0008;

/// userfaultfd: unpopulated pages can be write-protected too (Linux 6.4).
inline constexpr std::uint64_t feature_protect_unpopulated = std::uint64_t{ 1 } << 13;
/// userfaultfd: pages can be poisoned, so that whoever touches them gets SIGBUS (Linux 6.6).
inline constexpr std::uint64_t feature_poison = std::uint64_t{ 1 } << 14;
struct poison_argument {
    std::uint64_t start;
    std::uint64_t bytes;
    std::uint64_t mode;
    std::int64_t updated;
};
inline constexpr unsigned long poison_request = _IOWR(0xAA, 0x08, poison_argument);
/// userfaultfd: the kernel itself resolves write-protection faults (Linux 6.7).
inline constexpr std::uint64_t feature_protect_async = std::uint64_t{ 1 } << 15;

/// PAGEMAP_SCAN (Linux 6.7): a run of pages that matched.
struct scanned_run {
    std::uint64_t start;
    std::uint64_t end;
    std::uint64_t categories;
};

/// PAGEMAP_SCAN: the argument. `walk_end` is set by the kernel to where the walk stopped.
struct scan_argument {
    std::uint64_t size;
    std::uint64_t flags;
    std::uint64_t start;
    std::uint64_t end;
    std::uint64_t walk_end;
    std::uint64_t vec;
    std::uint64_t vec_len;
    std::uint64_t max_pages;
    std::uint64_t category_inverted;
    std::uint64_t category_mask;
    std::uint64_t category_anyof_mask;
    std::uint64_t return_mask;
};
static_assert(sizeof(scan_argument) == 96);

inline constexpr unsigned long scan_request = _IOWR('f', 16, scan_argument);
inline constexpr std::uint64_t scan_protects_matching = std::uint64_t{ 1 } << 0;
inline constexpr std::uint64_t scan_checks_async = std::uint64_t{ 1 } << 1;
inline constexpr std::uint64_t page_is_written = std::uint64_t{ 1 } << 1;
inline constexpr std::uint64_t page_is_file = std::uint64_t{ 1 } << 2;
inline constexpr std::uint64_t page_is_present = std::uint64_t{ 1 } << 3;
inline constexpr std::uint64_t page_is_swapped = std::uint64_t{ 1 } << 4;

/// /proc/self/pagemap: bits of a page's entry (Linux 3.5).
inline constexpr std::uint64_t entry_is_file = std::uint64_t{ 1 } << 61;
inline constexpr std::uint64_t entry_is_swapped = std::uint64_t{ 1 } << 62;
inline constexpr std::uint64_t entry_is_present = std::uint64_t{ 1 } << 63;

} // namespace still::os::kernel
