// SPDX-License-Identifier: BSL-1.0
//
// What a segment is made of, without its observers; mounts of such contents; keepers of pages.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "still/core/keeper.hpp"
#include "still/segment/slot.hpp"

namespace still {

/// What a mount allows.
enum class mount_rights : std::uint8_t {
    read_only, ///< stores throw read_only_mount
    copy_on_write, ///< a store copies the page into the segment that mounts
};

namespace segments {

/// So many segments may a read lead through. Mounts are of versions that exist, so that there are no cycles;
/// the bound is for stacks: reading and letting go follow mounts by recursion.
inline constexpr unsigned most_mounts = 16;

/// Pages, and how many bytes they are. A regular value; copying costs one count.
struct content {
    segment_table pages;
    std::uint64_t size = 0;
    /// At least the number of segments that a read leads through beyond this one; 0: there are no mounts.
    std::uint8_t mount_depth = 0;
    /// False: no keeper has a page, here or in what is mounted.
    bool may_have_keepers = false;

    content() noexcept = default;
    content(segment_table table, std::uint64_t bytes) noexcept
        : pages(std::move(table))
        , size(bytes)
    {
    }
    content(content const&) noexcept = default;
    /// Leaves `other` without pages and bytes.
    content(content&& other) noexcept
        : pages(std::move(other.pages))
        , size(std::exchange(other.size, 0))
        , mount_depth(std::exchange(other.mount_depth, std::uint8_t{ 0 }))
        , may_have_keepers(std::exchange(other.may_have_keepers, false))
    {
    }
    content& operator=(content other) noexcept
    {
        pages.swap(other.pages);
        size = other.size;
        mount_depth = other.mount_depth;
        may_have_keepers = other.may_have_keepers;
        return *this;
    }
    ~content() = default;

    /// True when all pages are frames or nothing.
    [[nodiscard]] bool plain() const noexcept { return mount_depth == 0 && !may_have_keepers; }
    /// One past the last page. O(1).
    [[nodiscard]] page_index page_end() const noexcept { return size / page_bytes + (size % page_bytes != 0 ? 1 : 0); }
};

/// Pages of a segment from `start` on show the pages of another from `first` on.
struct mount_record : slot_record {
    mount_record(
        destroyer destroy, content of, page_index start_page, page_index first_page, mount_rights allowed) noexcept
        : slot_record(destroy)
        , mounted(std::move(of))
        , start(start_page)
        , first(first_page)
        , rights(allowed)
    {
    }
    [[nodiscard]] page_index inner(page_index page) const noexcept { return page - start + first; }

    content const mounted;
    page_index const start;
    page_index const first;
    mount_rights const rights;
};

/// Pages of a segment from `start` on are a keeper's, who counts them from 0; it keeps so many bytes.
struct keeper_record : slot_record {
    keeper_record(
        destroyer destroy, std::shared_ptr<still::keeper> who, page_index start_page, std::uint64_t count) noexcept
        : slot_record(destroy)
        , kept_by(std::move(who))
        , start(start_page)
        , bytes(count)
    {
    }
    [[nodiscard]] page_index inner(page_index page) const noexcept { return page - start; }
    /// Bytes that it keeps of a page, as it counts pages.
    [[nodiscard]] std::size_t bytes_in(page_index page) const noexcept
    {
        return static_cast<std::size_t>(std::min<std::uint64_t>(page_bytes, bytes - page * page_bytes));
    }

    std::shared_ptr<still::keeper> const kept_by;
    page_index const start;
    std::uint64_t const bytes;
};

/// Returns a slot that names a new record, which the heap's bank pays for. Allocates one block; throws what the heap
/// does.
template <class Record, class... Arguments>
[[nodiscard]] page_slot make_slot(metered_heap heap, slot_kind kind, Arguments&&... arguments)
{
    static_assert(std::is_nothrow_constructible_v<Record, slot_record::destroyer, Arguments&&...>);
    void* const block = heap.allocate(sizeof(Record), alignof(Record));
    auto const destroy = +[](slot_record* gone) noexcept {
        auto* const dead = static_cast<Record*>(gone);
        dead->~Record();
        metered_heap::deallocate(dead, sizeof(Record), alignof(Record));
    };
    return page_slot::adopt(::new (block) Record(destroy, std::forward<Arguments>(arguments)...), kind);
}

} // namespace segments

inline segments::mount_record const* page_slot::mount() const noexcept
{
    return kind() == slot_kind::mount
        ? static_cast<segments::mount_record const*>(static_cast<segments::slot_record*>(counted()))
        : nullptr;
}

inline segments::keeper_record const* page_slot::keeper() const noexcept
{
    return kind() == slot_kind::keeper
        ? static_cast<segments::keeper_record const*>(static_cast<segments::slot_record*>(counted()))
        : nullptr;
}

} // namespace still
