// SPDX-License-Identifier: BSL-1.0
//
// Non-owning readers of page tables, segments, snapshots and mappings, as leases show them. Each is a
// pointer in size, is passed by value, touches no count, and has no operation that copies or shares what
// it reads. What it reads must outlive it.

#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "still/heap/mapping.hpp"
#include "still/heap/snapshot.hpp"
#include "still/page_table.hpp"
#include "still/segment.hpp"

namespace still {

/// Reads a page table. Operations are those of the table, with their costs and errors.
template <class Slot, container_policy Policy = default_policy>
class page_table_view {
public:
    using version_type = page_table<Slot, Policy>;
    using iterator = typename version_type::iterator;
    using size_type = typename version_type::size_type;

    /// A view of a version, which must outlive it. O(1).
    explicit page_table_view(version_type const& seen) noexcept
        : seen_(&seen)
    {
    }

    /// Each as the table's own, with its cost and its errors.
    [[nodiscard]] size_type size() const noexcept { return seen_->size(); }
    [[nodiscard]] bool empty() const noexcept { return seen_->empty(); }
    [[nodiscard]] Slot const* find(page_index index) const { return seen_->find(index); }
    [[nodiscard]] bool contains(page_index index) const { return seen_->contains(index); }
    [[nodiscard]] Slot const& at(page_index index) const { return seen_->at(index); }
    [[nodiscard]] iterator begin() const noexcept { return seen_->begin(); }
    [[nodiscard]] iterator end() const noexcept { return seen_->end(); }
    [[nodiscard]] iterator lower_bound(page_index index) const { return seen_->lower_bound(index); }
    [[nodiscard]] iterator nth(size_type number) const noexcept { return seen_->nth(number); }
    [[nodiscard]] size_type rank(page_index index) const { return seen_->rank(index); }
    [[nodiscard]] page_table_runs<Slot, Policy> runs() const noexcept { return seen_->runs(); }
    [[nodiscard]] page_table_runs<Slot, Policy> runs(page_index from) const { return seen_->runs(from); }
    [[nodiscard]] bool same_root(page_table_view other) const noexcept { return seen_->same_root(*other.seen_); }
    [[nodiscard]] friend bool operator==(page_table_view one, page_table_view other)
    {
        return *one.seen_ == *other.seen_;
    }
    [[nodiscard]] friend page_table_diff<Slot, Policy> diff(page_table_view before, page_table_view after) noexcept
    {
        return diff(*before.seen_, *after.seen_);
    }

private:
    version_type const* seen_;
};

/// Reads a segment. Operations are those of the segment, with their costs and errors.
class segment_view {
public:
    /// A view of a version, which must outlive it. O(1).
    explicit segment_view(segment const& seen) noexcept
        : seen_(&seen)
    {
    }

    /// Each as the segment's own, with its cost and its errors.
    [[nodiscard]] std::uint64_t size() const noexcept { return seen_->size(); }
    [[nodiscard]] bool empty() const noexcept { return seen_->empty(); }
    [[nodiscard]] std::uint64_t frame_count() const noexcept { return seen_->frame_count(); }
    void read(std::uint64_t offset, std::span<std::byte> target) const { seen_->read(offset, target); }
    template <class T>
        requires std::is_trivially_copyable_v<T> && std::same_as<T, std::remove_cv_t<T>>
    [[nodiscard]] T load(std::uint64_t offset) const
    {
        return seen_->template load<T>(offset);
    }

    /// As the segment's: valid as long as the lease.
    [[nodiscard]] std::span<std::byte const> page_bytes_at(std::uint64_t offset) const
    {
        return seen_->page_bytes_at(offset);
    }

    /// As the segment's.
    [[nodiscard]] bool same_root(segment_view other) const noexcept { return seen_->same_root(*other.seen_); }
    [[nodiscard]] friend bool operator==(segment_view one, segment_view other) { return *one.seen_ == *other.seen_; }
    [[nodiscard]] friend segment_diff diff(segment_view before, segment_view after) noexcept
    {
        return diff(*before.seen_, *after.seen_);
    }

protected:
    [[nodiscard]] segment const& seen() const noexcept { return *seen_; }

private:
    segment const* seen_;
};

/// Reads a heap's snapshot: a segment, and when it was taken.
class snapshot_view : public segment_view {
public:
    /// A view of a snapshot, which must outlive it. O(1).
    explicit snapshot_view(snapshot const& seen) noexcept
        : segment_view(seen)
    {
    }

    /// Each as the snapshot's own. O(1).
    [[nodiscard]] std::uint64_t number() const noexcept { return whole().number(); }
    [[nodiscard]] std::chrono::steady_clock::time_point taken_at() const noexcept { return whole().taken_at(); }
    [[nodiscard]] std::string_view label() const noexcept { return whole().label(); }
    [[nodiscard]] std::chrono::nanoseconds pause() const noexcept { return whole().pause(); }

private:
    [[nodiscard]] snapshot const& whole() const noexcept { return static_cast<snapshot const&>(seen()); }
};

/// Reads a mapped snapshot: its bytes, and its named objects of relocatable types.
class mapping_view {
public:
    /// A view of a mapping, which must outlive it. O(1).
    explicit mapping_view(mapping const& seen) noexcept
        : seen_(&seen)
    {
    }

    /// Each as the mapping's own, with its cost and its errors.
    [[nodiscard]] std::span<std::byte const> bytes() const noexcept { return seen_->bytes(); }
    template <class T>
    [[nodiscard]] T const* find(std::string_view name) const
    {
        return seen_->template find<T>(name);
    }
    [[nodiscard]] bool materialised() const noexcept { return seen_->materialised(); }

private:
    mapping const* seen_;
};

} // namespace still
