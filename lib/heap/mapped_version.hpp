// SPDX-License-Identifier: BSL-1.0
//
// A version's frames, mapped for reading in the order of its pages.

#pragma once

#include <cstddef>
#include <memory>

#include "heap/version.hpp"
#include "os/memory.hpp"

namespace still::heaps {

/// Never changed once made. Keeps its version's frames.
class mapped_version {
public:
    /// Effect: maps the runs of frames that lie together in the store's file over a range of zeros, or
    /// copies them where the process has no entries to spare. Throws std::system_error, std::bad_alloc.
    explicit mapped_version(std::shared_ptr<version const> seen);
    mapped_version(mapped_version const&) = delete;
    mapped_version& operator=(mapped_version const&) = delete;
    ~mapped_version();

    [[nodiscard]] std::byte const* start() const noexcept { return range_ ? first_page() : nullptr; }
    [[nodiscard]] std::size_t entries() const noexcept { return entries_; }
    [[nodiscard]] bool materialised() const noexcept { return materialised_; }
    [[nodiscard]] version const& content() const noexcept { return *content_; }

    /// How many entries all mappings of this process may take together.
    [[nodiscard]] static std::size_t most_entries() noexcept;
    /// Effect: sets that limit, for tests. Returns the one before.
    static std::size_t limit_entries(std::size_t most) noexcept;

private:
    /// Before it lies a page of zeros, a threshold without a keeper.
    [[nodiscard]] std::byte* first_page() const noexcept { return range_.start() + page_bytes; }
    void map_runs();
    void copy_frames();

    std::shared_ptr<version const> content_;
    os::address_range range_;
    std::size_t entries_ = 0;
    bool materialised_ = false;
};

} // namespace still::heaps
