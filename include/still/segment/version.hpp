// SPDX-License-Identifier: BSL-1.0
//
// The segment itself: a value that reads, writes, mounts, keeps and watches bytes.

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
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "still/core/report.hpp"
#include "still/segment/mounting.hpp"
#include "still/segment/watching.hpp"

namespace still {

namespace segments {
struct internals;
}

/// Types whose bytes are their value, as far as a segment is concerned.
template <class T>
concept plain_bytes = std::is_trivially_copyable_v<T> && std::same_as<T, std::remove_cv_t<T>>;

/// A versioned address space: a regular value, cheap to copy, safe to read from any thread. An empty one holds no
/// memory.
///
/// Offsets and sizes are in bytes. Pages without a slot are holes, which read as zeros and cost nothing. What returns
/// a segment leaves this one as it was, or, where it is given up (`&&`), edits its nodes and frames in place as far as
/// nobody else has them. When nothing changes, the same root is returned and nothing is allocated.
///
/// Payment: a segment may name a bank (`paid_by`). It pays for the frames and nodes that are made from then on, so
/// that after `snapshot` who writes buys the pages that change; what others paid for stays theirs.
/// Errors: std::out_of_range where a range is not in the segment; std::bad_alloc, quota_exceeded. Whatever is thrown,
/// the segment is as it was, given up or not.
/// Invariants: each page in the table lies below the size; bytes of the last page past the size are zero.
/// Threads: distinct segments from distinct threads without locks, also when they share nodes and
/// frames; one segment by the standard library's rule. Keepers and observers are called with no lock held.
class segment {
public:
    /// No bytes. Allocates nothing.
    segment() noexcept = default;

    /// So many zeros; what is written to them is paid for by a bank, or by nobody. O(1), allocates nothing.
    explicit segment(std::uint64_t size, bank payer = {}) noexcept
        : content_(segment_table(metered_heap(std::move(payer))), size)
    {
    }

    /// The first `size` bytes of the pages given. O(levels), allocates nothing.
    /// Precondition: their slots are frames or nothing, and not watched.
    /// Throws std::invalid_argument when a page lies past the size, or the last page has bytes other than
    /// zero past it.
    segment(segment_table pages, std::uint64_t size)
        : content_(std::move(pages), size)
    {
        STILL_AUDIT(segments::plain(content_.pages, 0, size));
        auto const* const fault = broken_rule();
        if (fault != nullptr)
            boost::throw_exception(std::invalid_argument("still: a segment of " + std::to_string(size) + " bytes has "
                + fault + " (give a size that holds all pages, and clear the end of the last)"));
    }

    /// Shares all nodes and frames. O(1), allocates nothing.
    segment(segment const& other) noexcept = default;
    /// Leaves `other` empty.
    segment(segment&& other) noexcept = default;
    segment& operator=(segment other) noexcept
    {
        content_ = std::move(other.content_);
        watches_.swap(other.watches_);
        return *this;
    }
    /// O(1) where nodes are shared, else O(nodes and frames that only this version reaches).
    ~segment() = default;

    /// This version: a copy, which whatever happens to this object leaves as it is. O(1), allocates nothing.
    [[nodiscard]] segment snapshot() const noexcept { return *this; }

    /// Bytes, holes included. O(1).
    [[nodiscard]] std::uint64_t size() const noexcept { return content_.size; }
    [[nodiscard]] bool empty() const noexcept { return content_.size == 0; }
    /// Pages that have a slot of the page table; the rest are holes. O(1).
    [[nodiscard]] std::uint64_t frame_count() const noexcept { return content_.pages.size(); }
    /// The slots. Valid as long as this segment is kept. Who takes them for frames asks `frames_only` first.
    [[nodiscard]] segment_table const& pages() const& noexcept { return content_.pages; }
    /// Leaves the segment empty.
    [[nodiscard]] segment_table pages() && noexcept
    {
        watches_.reset();
        return std::move(std::exchange(content_, {}).pages);
    }
    /// True when every page is a frame or a hole, and nobody watches: then no code but the library's has a part in
    /// reading it. O(1) where there never were others, else O(slots).
    [[nodiscard]] bool frames_only() const
    {
        return watches_ == nullptr && (content_.plain() || segments::plain(content_.pages, 0, content_.size));
    }

    /// True when reading may run other code than the library's: somebody watches, or a page is with a keeper, here or
    /// in what is mounted. O(1) where there never was a keeper, else O(slots), with those of mounts.
    [[nodiscard]] bool calls_out() const
    {
        return watches_ != nullptr || (content_.may_have_keepers && segments::has_keepers(content_));
    }

    /// The bank that pays for what is written, or none.
    [[nodiscard]] bank const& payer() const noexcept { return content_.pages.heap().payer(); }
    /// The same version; what is written to it is paid for by another bank, or by nobody. O(1), allocates nothing.
    [[nodiscard]] segment paid_by(bank payer) const& { return segment(*this).paid_by(std::move(payer)); }
    [[nodiscard]] segment paid_by(bank payer) &&
    {
        content_.pages = std::move(content_.pages).with_heap(metered_heap(std::move(payer)));
        return std::move(*this);
    }

    // Reading. Where a page is with a keeper, that is asked each time, and what it throws is thrown: not_present,
    // keeper_failed, or what is its own. Nothing is read then.

    /// Effect: fills `target` with the bytes from `offset` on. O(bytes + levels for each run of holes).
    /// Allocates nothing where there are frames and holes only. Throws std::out_of_range, with nothing written, when
    /// they are not all in the segment.
    void read(std::uint64_t offset, std::span<std::byte> target) const
    {
        require(offset, target.size());
        if (segments::plain(content_.pages, offset, target.size()))
            return segments::read_plain(content_.pages, offset, target);
        auto const seen = *this; // whoever is called may replace this segment
        segments::supplied_pages supplied;
        seen.report(supplied, offset, target.size(), nullptr);
        segments::read_through(seen.content_, supplied, offset, target);
    }

    /// The value whose bytes start at `offset`, which need not be aligned. O(levels), allocates nothing, but as
    /// `read` does. Throws std::out_of_range when they are not all in the segment.
    template <plain_bytes T>
    [[nodiscard]] T load(std::uint64_t offset) const
    {
        std::array<std::byte, sizeof(T)> bytes{};
        require(offset, sizeof(T));
        auto const from = static_cast<std::size_t>(offset % page_bytes);
        auto const* const held = content_.pages.find(offset / page_bytes);
        if (from + sizeof(T) > page_bytes || (held != nullptr && !held->plain()))
            read(offset, bytes);
        else
            std::memcpy(bytes.data(), page_content(held).data() + from, sizeof(T));
        return std::bit_cast<T>(bytes);
    }

    /// The bytes from `offset` to the end of their page or of the segment: no copy is made. O(levels). Reported as a
    /// load of them. Valid as long as some version that has the frame is kept and not edited in place.
    /// Throws std::out_of_range where the segment has no such byte, not_present where a keeper has the page,
    /// std::logic_error where an observer replaces this very segment.
    [[nodiscard]] std::span<std::byte const> page_bytes_at(std::uint64_t offset) const&
    {
        require(offset, 1);
        auto const page = offset / page_bytes;
        auto const from = static_cast<std::size_t>(offset % page_bytes);
        auto const count = static_cast<std::size_t>(std::min<std::uint64_t>(page_bytes - from, size() - offset));
        auto const* const held = content_.pages.find(page);
        auto const place = segments::place_of(held, page);
        if (place.kept != nullptr)
            boost::throw_exception(not_present(place.page));
        if (held == nullptr || !held->watched())
            return { place.bytes + from, count };
        auto const seen = *this; // whoever is called may replace this segment
        segments::supplied_pages supplied;
        seen.report(supplied, offset, count, nullptr);
        if (!same_root(seen))
            boost::throw_exception(
                std::logic_error("still: an observer replaced the segment whose bytes were asked for (ask again)"));
        return { place.bytes + from, count };
    }
    std::span<std::byte const> page_bytes_at(std::uint64_t) const&& = delete;

    // Writing. Pages that hold the bytes already stay as they are; a page that becomes zeros becomes a hole.

    /// Returns the segment in which the bytes from `offset` on are those of `source`. O(bytes + pages · levels).
    /// Allocates a frame for each page that changes, and nodes. Pages that only this version has, given up (`&&`), and
    /// that were paid for by the same bank, are edited where they lie: where the write is within one page, or all that
    /// it touches are such.
    /// Throws std::out_of_range, read_only_mount, store_vetoed, and what banks and keepers do.
    /// Precondition: `source` doesn't lie in a segment that is given up.
    [[nodiscard]] segment write(std::uint64_t offset, std::span<std::byte const> source) const&
    {
        return segment(*this).write(offset, source);
    }
    [[nodiscard]] segment write(std::uint64_t offset, std::span<std::byte const> source) &&
    {
        put(offset, source);
        return std::move(*this);
    }

    /// Returns the segment in which a value's bytes start at `offset`, which need not be aligned. As `write`.
    template <plain_bytes T>
    [[nodiscard]] segment store(std::uint64_t offset, T const& value) const&
    {
        return segment(*this).store(offset, value);
    }
    template <plain_bytes T>
    [[nodiscard]] segment store(std::uint64_t offset, T const& value) &&
    {
        put(offset, std::as_bytes(std::span(&value, 1)));
        return std::move(*this);
    }

    /// Returns the segment with so many bytes: those it has, and zeros behind them. O(1) where it grows, else the
    /// boundary, and the release of what goes. Where it ends within a page, the page's rest is cleared: a keeper is
    /// asked for it, and a page of a mount becomes a frame. Watches end where the segment does.
    [[nodiscard]] segment resize(std::uint64_t size) const& { return segment(*this).resize(size); }
    [[nodiscard]] segment resize(std::uint64_t size) &&
    {
        auto next = *this; // whoever is called may replace this segment
        segments::supplied_pages supplied;
        auto const shrinks = size < content_.size;
        segments::resize(next.content_, supplied, size);
        if (shrinks && next.watches_ != nullptr)
            next.clip_watches();
        *this = std::move(next);
        return std::move(*this);
    }

    // Mounts, keepers and watches. See Note: segment slots.

    /// Returns the segment whose pages from `offset` on show `count` bytes of `other` from `from` on: of that version,
    /// whatever is made of it later. What `other` ends with, within a page, is followed by zeros. Nobody is told of
    /// accesses whom only `other` knows. Costs the boundary of the range, not its length.
    /// Throws std::out_of_range where a range is not in its segment, misaligned_range where it is not of whole pages
    /// and doesn't reach to the end of `other`, mount_too_deep.
    [[nodiscard]] segment mount(std::uint64_t offset, segment const& other, std::uint64_t from, std::uint64_t count,
        mount_rights rights = mount_rights::copy_on_write) const&
    {
        return segment(*this).mount(offset, other, from, count, rights);
    }
    [[nodiscard]] segment mount(std::uint64_t offset, segment const& other, std::uint64_t from, std::uint64_t count,
        mount_rights rights = mount_rights::copy_on_write) &&
    {
        require(offset, count);
        other.require(from, count);
        if (count == 0)
            return std::move(*this);
        auto next = content_;
        segments::mount(next, offset, other.content_, from, count, rights);
        return rewatched(std::move(next), offset, count);
    }

    /// Returns the segment whose pages from `offset` on, `count` bytes of them, are a keeper's: it is asked for a page
    /// when somebody reads it, or writes it in part, and counts pages from `offset`. What it answers is not kept:
    /// `fetch` does that. Costs the boundary of the range, not its length.
    /// Throws std::out_of_range, misaligned_range where the range is not of whole pages and doesn't reach to the end,
    /// std::invalid_argument for null.
    [[nodiscard]] segment keep(std::uint64_t offset, std::uint64_t count, std::shared_ptr<keeper> who) const&
    {
        return segment(*this).keep(offset, count, std::move(who));
    }
    [[nodiscard]] segment keep(std::uint64_t offset, std::uint64_t count, std::shared_ptr<keeper> who) &&
    {
        require(offset, count);
        require_somebody(who != nullptr, "keeper");
        if (count == 0)
            return std::move(*this);
        auto next = content_;
        segments::keep(next, offset, count, std::move(who));
        return rewatched(std::move(next), offset, count);
    }

    /// Returns the segment in which pages that have a byte of the range, and are with keepers, are frames of what those
    /// supply, also in what is mounted there. All or nothing: each keeper is asked for each page once, and where one
    /// refuses, not_present is thrown. O(pages in the range).
    [[nodiscard]] segment fetch(std::uint64_t offset, std::uint64_t count) const&
    {
        return segment(*this).fetch(offset, count);
    }
    [[nodiscard]] segment fetch(std::uint64_t offset, std::uint64_t count) &&
    {
        require(offset, count);
        if (count > 0) {
            auto next = *this; // whoever is called may replace this segment
            auto const range = segments::pages_of(offset, offset + count);
            segments::fetched_pages supplied;
            segments::fetch(next.content_, supplied, range.first, range.end);
            *this = std::move(next);
        }
        return std::move(*this);
    }

    /// Returns a segment of frames alone, with the same bytes: what keepers have is fetched, what is mounted shares its
    /// frames, and nobody watches. All or nothing, as `fetch`. The same root where it was of frames alone.
    /// O(slots), with those of mounts.
    [[nodiscard]] segment freeze() const& { return segment(*this).freeze(); }
    [[nodiscard]] segment freeze() &&
    {
        if (!frames_only()) {
            auto next = content_;
            segments::freeze(next);
            content_ = std::move(next);
            watches_.reset();
        }
        return std::move(*this);
    }

    /// Returns the segment that tells `who` of each load and store through it that touches one of `count` bytes from
    /// `offset` on, before it happens: of the bytes of the access that are watched, as they are, and as they are to
    /// become. A store may be vetoed. Several watch the same bytes in the order of their ranges, and of watching.
    /// Versions made of it are watched as well. Comparing, hashing and freezing are no accesses. What an observer
    /// accesses while it is told isn't told to it again.
    /// Costs a slot for each run of holes and each page in the range, and a copy of the list of watches.
    /// Throws std::out_of_range, std::invalid_argument for null.
    [[nodiscard]] segment watch(std::uint64_t offset, std::uint64_t count, std::shared_ptr<observer> who) const&
    {
        return segment(*this).watch(offset, count, std::move(who));
    }
    [[nodiscard]] segment watch(std::uint64_t offset, std::uint64_t count, std::shared_ptr<observer> who) &&
    {
        require(offset, count);
        require_somebody(who != nullptr, "observer");
        if (count == 0)
            return std::move(*this);
        auto watches = std::make_shared<segments::watch_list const>(
            (watches_ ? *watches_ : segments::watch_list()).with({ offset, offset + count, std::move(who) }));
        auto next = content_.pages;
        auto const range = segments::pages_of(offset, offset + count);
        segments::mark(next, range.first, range.end, true);
        content_.pages.swap(next);
        watches_ = std::move(watches);
        return std::move(*this);
    }

    /// Returns the segment that tells `who` of nothing any more. Costs the slots of what it watched.
    [[nodiscard]] segment unwatch(observer const& who) const& { return segment(*this).unwatch(who); }
    [[nodiscard]] segment unwatch(observer const& who) &&
    {
        if (watches_ == nullptr)
            return std::move(*this);
        auto next = content_.pages;
        std::vector<segments::watch> left;
        for (auto const& one : watches_->watches()) {
            if (one.who.get() != &who) {
                left.push_back(one);
                continue;
            }
            auto const range = segments::pages_of(one.first, one.end);
            segments::mark(next, range.first, range.end, false);
        }
        if (left.size() == watches_->watches().size())
            return std::move(*this);
        for (auto const& one : left) {
            auto const range = segments::pages_of(one.first, one.end);
            segments::mark(next, range.first, range.end, true);
        }
        auto watches = left.empty() ? nullptr : std::make_shared<segments::watch_list const>(std::move(left));
        content_.pages.swap(next);
        watches_ = std::move(watches);
        return std::move(*this);
    }

    // Comparing; see also segment/diff.hpp.

    /// True when both are one version, known without looking: then they are equal. O(1).
    [[nodiscard]] bool same_root(segment const& other) const noexcept
    {
        return size() == other.size() && content_.pages.same_root(other.content_.pages);
    }

    /// What is broken of the invariants that involve the size, or null. O(levels).
    [[nodiscard]] char const* broken_rule() const
    {
        if (content_.pages.empty())
            return nullptr;
        auto const [page, held] = *std::prev(content_.pages.end());
        auto const whole_pages = size() / page_bytes;
        auto const rest = static_cast<std::size_t>(size() % page_bytes);
        if (page > whole_pages || (page == whole_pages && rest == 0))
            return "a page past its end";
        auto const place = segments::place_of(&held, page);
        if (page < whole_pages || place.bytes == nullptr)
            return nullptr;
        return segments::all_zero({ place.bytes + rest, page_bytes - rest })
            ? nullptr
            : "bytes other than zero in the last page past its end";
    }

    /// Effect: takes the root out; the segment is empty from then on. For a reclaimer, and only of a segment
    /// itself: what is more than a segment has a say of its own.
    template <std::same_as<segment> Exactly>
    [[nodiscard]] friend auto give_root(Exactly& of) noexcept
    {
        of.watches_.reset();
        auto taken = std::exchange(of.content_, {});
        return give_root(taken.pages);
    }

private:
    friend struct segments::internals;

    void require(std::uint64_t offset, std::uint64_t count) const
    {
        if (offset > size() || count > size() - offset)
            boost::throw_exception(std::out_of_range("still: " + std::to_string(count) + " bytes at offset "
                + std::to_string(offset) + " are not all in a segment of " + std::to_string(size())
                + " bytes (check against size() first, or resize)"));
    }
    static void require_somebody(bool there, char const* what)
    {
        if (!there)
            boost::throw_exception(
                std::invalid_argument(std::string("still: a null ") + what + " (give a shared pointer to one)"));
    }

    /// Precondition: nobody else can replace this segment meanwhile.
    void report(segments::supplied_pages& supplied, std::uint64_t offset, std::uint64_t count,
        std::span<std::byte const> const* source) const
    {
        if (watches_ != nullptr)
            segments::report_access(*watches_, content_, supplied, offset, count, source);
    }

    void put(std::uint64_t offset, std::span<std::byte const> source)
    {
        require(offset, source.size());
        if (source.empty())
            return;
        auto const from = static_cast<std::size_t>(offset % page_bytes);
        if (source.size() <= page_bytes - from) {
            auto const page = offset / page_bytes;
            auto const* const held = content_.pages.find(page);
            if (held == nullptr || held->plain())
                return segments::write_in_page(content_.pages, { page, from, source.size() }, held, source);
        } else if (segments::write_in_place(content_, offset, source)) {
            return;
        }
        auto next = *this; // whoever is called may replace this segment
        segments::supplied_pages supplied;
        next.report(supplied, offset, source.size(), &source);
        segments::write(next.content_, supplied, offset, source);
        *this = std::move(next);
    }

    /// Effect: the content is `next`, its pages in the range watched as far as they were.
    [[nodiscard]] segment&& rewatched(segments::content next, std::uint64_t offset, std::uint64_t count)
    {
        if (watches_ != nullptr) {
            auto const range = segments::pages_of(offset, offset + count);
            auto const first = range.first * page_bytes;
            auto const end = range.end == next.page_end() ? next.size : range.end * page_bytes;
            watches_->for_each(first, end, [&](segments::watch const& one) {
                auto const watched = segments::pages_of(one.first, one.end);
                segments::mark(
                    next.pages, std::max(range.first, watched.first), std::min(range.end, watched.end), true);
            });
        }
        content_ = std::move(next);
        return std::move(*this);
    }

    /// Effect: watches end where the segment does. Throws what allocating does: for copies.
    /// Precondition: somebody watches.
    void clip_watches()
    {
        auto const last_page = size() / page_bytes;
        auto last_is_watched = false;
        std::vector<segments::watch> left;
        for (auto const& one : watches_->watches()) {
            if (one.first >= size())
                continue;
            left.push_back({ one.first, std::min(one.end, size()), one.who });
            last_is_watched = last_is_watched || (left.back().end - 1) / page_bytes == last_page;
        }
        if (!last_is_watched && size() % page_bytes != 0)
            segments::mark(content_.pages, last_page, last_page + 1, false);
        watches_ = left.empty() ? nullptr : std::make_shared<segments::watch_list const>(std::move(left));
    }

    segments::content content_;
    std::shared_ptr<segments::watch_list const> watches_; // null: nobody watches
};

namespace segments {

/// What code on the segment's own layer needs of it.
struct internals {
    [[nodiscard]] static segments::content const& of(segment const& seen) noexcept { return seen.content_; }
    [[nodiscard]] static bool is_watched(segment const& seen) noexcept { return seen.watches_ != nullptr; }
    /// Effect: the segment has other pages, of its own size. Precondition: they are watched where it is.
    static void replace(segment& changed, segments::content next) noexcept { changed.content_ = std::move(next); }
};

} // namespace segments
} // namespace still
