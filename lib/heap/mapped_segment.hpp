// SPDX-License-Identifier: BSL-1.0
//
// A segment's bytes, mapped for reading in the order of its pages. See Note: mappings.

#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "heap/map_entries.hpp"
#include "heap/page_server.hpp"
#include "heap/quarantine.hpp"
#include "heap/version.hpp"
#include "os/memory.hpp"
#include "still/segment.hpp"

namespace still::heaps {

/// Never changed once made. Keeps the segment's frames and keepers.
class mapped_segment {
public:
    /// Effect: maps the runs of frames that lie together in a heap's file over a range of zeros, copies frames that
    /// are elsewhere, and leaves what keepers have to be asked for when it is touched. Where the process has no
    /// entries to spare, or pages can't be waited for, all is copied, and keepers are asked now.
    /// `of` is the version whose content it is, or null. Whoever reads after its end finds what `late` says.
    /// Throws std::system_error, std::bad_alloc, std::length_error where it has more addresses than can be kept from
    /// others after its end, and what keepers that are asked now make it throw.
    mapped_segment(segment content, std::shared_ptr<version const> of, late_reads late);
    mapped_segment(mapped_segment const&) = delete;
    mapped_segment& operator=(mapped_segment const&) = delete;
    /// Allocates nothing. O(pages that were read).
    ~mapped_segment();

    [[nodiscard]] std::span<std::byte const> bytes() const noexcept
    {
        return { range_ ? first_page() : nullptr, static_cast<std::size_t>(content_.size()) };
    }
    [[nodiscard]] std::size_t entries() const noexcept
    {
        return entries_.count() + (server_ == nullptr ? 0 : server_->entries());
    }
    [[nodiscard]] bool materialised() const noexcept { return materialised_; }
    /// True where it has a heap's named objects.
    [[nodiscard]] bool is_of_heap() const noexcept { return version_ != nullptr; }
    /// True where touching a page may ask a keeper.
    [[nodiscard]] bool calls_out() const noexcept { return server_ != nullptr; }

    /// Effect: pages that touch `count` bytes from `offset` on are present. Throws as page_server::fetch.
    /// Precondition: the bytes are in the content.
    void fetch(std::uint64_t offset, std::uint64_t count) const;

private:
    struct layout;
    /// Before it lies a page of zeros, a threshold without a keeper.
    [[nodiscard]] std::byte* first_page() const noexcept { return range_.start() + page_bytes; }
    [[nodiscard]] std::size_t range_bytes() const noexcept;
    void map_runs(layout const& parts);
    void copy_all();

    segment const content_;
    std::shared_ptr<version const> const version_; // alive as long as it is mapped
    os::address_range range_;
    map_entries entries_;
    bool materialised_ = false;
    std::unique_ptr<page_server> server_; // goes before the range
    late_reads const late_;
    std::unique_ptr<quarantine::place> place_; // for the range, unless that is unmapped
};

} // namespace still::heaps
