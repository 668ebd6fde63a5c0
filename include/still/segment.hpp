// SPDX-License-Identifier: BSL-1.0
//
// A version of the bytes of an address space: a page table of frames, and a size.
//
//   std::uint32_t const length = seen.load<std::uint32_t>(0);
//   seen.read(4, std::span(buffer));                       // holes read as zeros
//   for (still::page_run run : diff(before, after)) ...    // what changed, in order

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "still/core/frame.hpp"
#include "still/core/report.hpp"
#include "still/page_table.hpp"

namespace still {

/// Neighbouring pages: first_page up to first_page + page_count, page_count ≥ 1.
struct page_run {
    page_index first_page;
    std::uint64_t page_count;

    [[nodiscard]] friend bool operator==(page_run, page_run) noexcept = default;
};

/// What a hole reads as.
inline constexpr std::array<std::byte, page_bytes> zero_page{};

/// The bytes of a page: its frame's, or zeros where there is no frame.
[[nodiscard]] inline std::span<std::byte const, page_bytes> page_content(frame const* held) noexcept
{
    return held == nullptr || !*held ? std::span<std::byte const, page_bytes>(zero_page) : held->bytes();
}

/// True when two pages hold the same bytes. Costs nothing where they are one page.
[[nodiscard]] inline bool same_bytes(
    std::span<std::byte const, page_bytes> one, std::span<std::byte const, page_bytes> other) noexcept
{
    return one.data() == other.data() || std::memcmp(one.data(), other.data(), page_bytes) == 0;
}

/// The pages that differ from one segment to another: a lazy, ordered, forward range of page_run, each as
/// long as can be. Owns nothing: valid as long as both segments are kept. Cheap to copy.
class segment_diff {
public:
    class iterator {
    public:
        using value_type = page_run;
        using reference = page_run;
        using pointer = radix::arrow<page_run>;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag; // its reference is a value
        using iterator_concept = std::forward_iterator_tag;

        iterator() noexcept = default;
        /// Where the pages begin to differ.
        explicit iterator(page_table<frame>::diff_type const& changes)
            : next_(changes.begin())
        {
            advance();
        }

        [[nodiscard]] page_run operator*() const noexcept
        {
            STILL_ASSERT(run_.page_count != 0);
            return run_;
        }
        [[nodiscard]] pointer operator->() const noexcept { return pointer(**this); }
        iterator& operator++()
        {
            STILL_ASSERT(run_.page_count != 0);
            advance();
            return *this;
        }
        iterator operator++(int)
        {
            auto const before = *this;
            ++*this;
            return before;
        }
        [[nodiscard]] friend bool operator==(iterator const& one, iterator const& other) noexcept
        {
            return one.run_ == other.run_;
        }
        [[nodiscard]] friend bool operator==(iterator const& one, std::default_sentinel_t) noexcept
        {
            return one.run_.page_count == 0;
        }

    private:
        /// Effect: moves run_ to the next run, or to none (page_count = 0).
        void advance()
        {
            run_ = { 0, 0 };
            for (; next_ != std::default_sentinel; ++next_) {
                auto const& [index, change] = *next_;
                auto const apart = run_.page_count != 0 && index != run_.first_page + run_.page_count;
                if (apart)
                    return;
                if (same_bytes(page_content(change.before), page_content(change.after)))
                    continue; // other frames, same bytes
                if (run_.page_count == 0)
                    run_.first_page = index;
                ++run_.page_count;
            }
        }

        page_table<frame>::diff_type::iterator next_;
        page_run run_{ 0, 0 };
    };
    using value_type = page_run;

    /// What `diff` makes of the difference of two segments' tables.
    explicit segment_diff(page_table<frame>::diff_type changes) noexcept
        : changes_(changes)
    {
    }

    /// Finds the first run. Costs the nodes opened and the pages compared up to its end; allocates nothing.
    [[nodiscard]] iterator begin() const { return iterator(changes_); }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }
    /// As begin() == end().
    [[nodiscard]] bool empty() const { return begin() == end(); }

private:
    page_table<frame>::diff_type changes_;
};

/// A regular value, cheap to copy (one count), safe to read from any thread. An empty one holds no memory.
///
/// Offsets and sizes are in bytes. Pages without a frame are holes, which read as zeros and cost nothing.
/// Invariants: each page in the table lies below the size; bytes of the last page past the size are zero.
/// Threads: distinct segments from distinct threads without locks, also when they share nodes and
/// frames; one segment by the standard library's rule.
class segment {
public:
    /// No bytes. Allocates nothing.
    segment() noexcept = default;

    /// The first `size` bytes of the pages given. O(levels), allocates nothing.
    /// Throws std::invalid_argument when a page lies past the size, or the last page has bytes other than
    /// zero past it.
    segment(page_table<frame> pages, std::uint64_t size)
        : pages_(std::move(pages))
        , size_(size)
    {
        auto const* const fault = broken_rule();
        if (fault != nullptr)
            boost::throw_exception(std::invalid_argument("still: a segment of " + std::to_string(size) + " bytes has "
                + fault + " (give a size that holds all pages, and clear the end of the last)"));
    }

    /// Shares all nodes and frames. O(1), allocates nothing.
    segment(segment const& other) noexcept = default;
    /// Leaves `other` empty.
    segment(segment&& other) noexcept
        : pages_(std::move(other.pages_))
        , size_(std::exchange(other.size_, 0))
    {
    }
    segment& operator=(segment other) noexcept
    {
        pages_.swap(other.pages_);
        std::swap(size_, other.size_);
        return *this;
    }
    /// O(1) where nodes are shared, else O(nodes and frames that only this version reaches).
    ~segment() = default;

    /// Bytes, holes included. O(1).
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Pages that rest on a slot of the page table; the rest are holes. O(1).
    [[nodiscard]] std::uint64_t frame_count() const noexcept { return pages_.size(); }
    /// Valid as long as this segment is kept.
    [[nodiscard]] page_table<frame> const& pages() const& noexcept { return pages_; }
    /// Leaves the segment empty.
    [[nodiscard]] page_table<frame> pages() && noexcept
    {
        size_ = 0;
        return std::move(pages_);
    }

    /// Effect: fills `target` with the bytes from `offset` on. O(bytes + levels for each run of holes).
    /// Allocates nothing. Throws std::out_of_range, with nothing written, when they are not all in the segment.
    void read(std::uint64_t offset, std::span<std::byte> target) const
    {
        require(offset, target.size());
        auto held = pages_.lower_bound(offset / page_bytes);
        while (!target.empty()) {
            auto const page = offset / page_bytes;
            auto const from = static_cast<std::size_t>(offset % page_bytes);
            std::size_t count = 0;
            if (held != pages_.end() && held->index == page) {
                count = std::min(target.size(), page_bytes - from);
                std::memcpy(target.data(), page_content(&held->slot).data() + from, count);
                ++held;
            } else {
                auto const hole
                    = held == pages_.end() ? std::uint64_t{ target.size() } : (held->index * page_bytes) - offset;
                count = static_cast<std::size_t>(std::min(std::uint64_t{ target.size() }, hole));
                std::memset(target.data(), 0, count);
            }
            target = target.subspan(count);
            offset += count;
        }
    }

    /// The value whose bytes start at `offset`, which need not be aligned. O(levels), allocates nothing.
    /// Throws std::out_of_range when they are not all in the segment.
    template <class T>
        requires std::is_trivially_copyable_v<T> && std::same_as<T, std::remove_cv_t<T>>
    [[nodiscard]] T load(std::uint64_t offset) const
    {
        std::array<std::byte, sizeof(T)> bytes{};
        auto const from = static_cast<std::size_t>(offset % page_bytes);
        if (from + sizeof(T) > page_bytes) {
            read(offset, bytes);
        } else {
            require(offset, sizeof(T));
            std::memcpy(bytes.data(), page_content(pages_.find(offset / page_bytes)).data() + from, sizeof(T));
        }
        return std::bit_cast<T>(bytes);
    }

    /// True when both are one version, known without looking: then they are equal. O(1).
    [[nodiscard]] bool same_root(segment const& other) const noexcept
    {
        return size_ == other.size_ && pages_.same_root(other.pages_);
    }

    /// True when both have the same bytes, holes counting as zeros. Prunes shared nodes and equal frames:
    /// O(nodes and pages not shared); allocates nothing.
    [[nodiscard]] friend bool operator==(segment const& one, segment const& other)
    {
        return one.size_ == other.size_ && segment_diff(still::diff(one.pages_, other.pages_)).empty();
    }

    /// What is broken of the invariants that involve the size, or null. O(levels).
    [[nodiscard]] char const* broken_rule() const noexcept
    {
        if (pages_.empty())
            return nullptr;
        auto const [page, held] = *std::prev(pages_.end());
        auto const whole_pages = size_ / page_bytes;
        auto const rest = static_cast<std::size_t>(size_ % page_bytes);
        if (page > whole_pages || (page == whole_pages && rest == 0))
            return "a page past its end";
        if (page < whole_pages)
            return nullptr;
        auto const past = page_content(&held).subspan(rest);
        return std::ranges::all_of(past, [](std::byte byte) { return byte == std::byte{ 0 }; })
            ? nullptr
            : "bytes other than zero in the last page past its end";
    }

    /// Effect: takes the root out; the segment is empty from then on. For a reclaimer, and only of a segment
    /// itself: what is more than a segment has a say of its own.
    template <std::same_as<segment> Exactly>
    [[nodiscard]] friend auto give_root(Exactly& of) noexcept
    {
        of.size_ = 0;
        return give_root(of.pages_);
    }

private:
    void require(std::uint64_t offset, std::size_t count) const
    {
        if (offset > size_ || count > size_ - offset)
            boost::throw_exception(
                std::out_of_range("still: " + std::to_string(count) + " bytes at offset " + std::to_string(offset)
                    + " are not all in a segment of " + std::to_string(size_) + " bytes (check against size() first)"));
    }

    page_table<frame> pages_;
    std::uint64_t size_ = 0;
};

/// The runs of pages whose bytes differ, in ascending order; pages past the end of one count as zeros
/// there. Right for any two segments, at the cost of the nodes and pages they don't share. Frames that
/// differ and hold the same bytes are no difference; a difference in size alone shows in size() only.
/// A lazy range that owns nothing: both segments must outlive it.
[[nodiscard]] inline segment_diff diff(segment const& before, segment const& after) noexcept
{
    return segment_diff(diff(before.pages(), after.pages()));
}
void diff(segment const&& before, segment const& after) = delete;
void diff(segment const& before, segment const&& after) = delete;
void diff(segment const&& before, segment const&& after) = delete;

/// Effect: calls `visit(page_run)` for each run, in order, until it returns false; a visitor that returns
/// nothing sees all. Returns whether all were seen. Otherwise as the range.
template <std::invocable<page_run> Visit>
bool diff(segment const& before, segment const& after, Visit&& visit)
{
    return visit_changes(diff(before, after), visit);
}

/// Returns the first broken rule, or soundness. O(nodes).
[[nodiscard]] inline report validate(segment const& seen)
{
    if (auto table = validate(seen.pages()); !table)
        return table;
    auto const* const fault = seen.broken_rule();
    return fault == nullptr ? report() : report(std::string("no segment has ") + fault, "its end");
}

} // namespace still
