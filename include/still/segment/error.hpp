// SPDX-License-Identifier: BSL-1.0
//
// What can go wrong with mounts, keepers and watches. Each error leaves all segments as they were.

#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace still {

/// A mount, a keeper or a cleared range starts or ends within a page.
class misaligned_range : public std::invalid_argument {
public:
    explicit misaligned_range(std::uint64_t offset)
        : std::invalid_argument("still: byte " + std::to_string(offset)
              + " is no page's start (mounts and keepers take whole pages: give a multiple of 4096, or a range that "
                "reaches to the end)")
    {
    }
};

/// A segment has mounts of mounts of mounts, to the depth that is allowed.
class mount_too_deep : public std::length_error {
public:
    mount_too_deep()
        : std::length_error(
              "still: a mount would lead through too many segments (mount what freeze() gives: frames only)")
    {
    }
};

/// A store into pages that are mounted for reading.
class read_only_mount : public std::runtime_error {
public:
    explicit read_only_mount(std::uint64_t offset)
        : std::runtime_error("still: byte " + std::to_string(offset)
              + " lies in a read-only mount (mount it copy_on_write, or write to what is mounted and mount that)")
        , offset_(offset)
    {
    }
    /// The first byte that can't be written.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

private:
    std::uint64_t offset_;
};

/// A keeper was asked for a page and refused, or the bytes of a page are wanted that was never fetched.
class not_present : public std::runtime_error {
public:
    explicit not_present(std::uint64_t page)
        : std::runtime_error("still: page " + std::to_string(page)
              + " is with a keeper, who does not supply it (ask again later, or fetch the range first)")
        , page_(page)
    {
    }
    /// The page, as its keeper counts.
    [[nodiscard]] std::uint64_t page() const noexcept { return page_; }

private:
    std::uint64_t page_;
};

/// A keeper answered with something that is no page, or asked for the page it was asked for.
class keeper_failed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A segment was to be shown to others, though a keeper or an observer has a part in reading it.
class segment_calls_out : public std::invalid_argument {
public:
    segment_calls_out()
        : std::invalid_argument("still: a segment with keepers or observers can't be granted: their code would run in "
                                "its readers' threads (grant what freeze() gives)")
    {
    }
};

/// An observer refused a store.
class store_vetoed : public std::runtime_error {
public:
    explicit store_vetoed(std::uint64_t offset)
        : std::runtime_error("still: an observer vetoed a store at byte " + std::to_string(offset))
        , offset_(offset)
    {
    }
    /// Where the store, as far as it is watched, starts.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

private:
    std::uint64_t offset_;
};

} // namespace still
