// SPDX-License-Identifier: BSL-1.0
//
// Who watches which bytes. Slots of watched pages say that they are; the list says by whom, and is looked at
// for them alone. See Note: keepers and watches.

#pragma once

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "still/segment/reading.hpp"
#include "still/segment/runs.hpp"

namespace still::segments {

/// Bytes from `first` up to `end`, and who is told of them.
struct watch {
    std::uint64_t first;
    std::uint64_t end;
    std::shared_ptr<observer> who;
};

/// Watches of one segment, in ascending order of their first bytes, those of equal ones in the order that they came.
/// Never changes once it is shared.
class watch_list {
public:
    watch_list() = default;
    explicit watch_list(std::vector<watch> watches)
        : watches_(std::move(watches))
    {
        furthest_.reserve(watches_.size());
        std::uint64_t furthest = 0;
        for (auto const& one : watches_)
            furthest_.push_back(furthest = std::max(furthest, one.end));
    }

    /// All of them, in the order of their ranges.
    [[nodiscard]] std::vector<watch> const& watches() const noexcept { return watches_; }

    /// Returns the list with one more. Allocates; throws std::bad_alloc.
    [[nodiscard]] watch_list with(watch one) const
    {
        auto all = watches_;
        auto const place = std::upper_bound(all.begin(), all.end(), one.first,
            [](std::uint64_t first, watch const& other) { return first < other.first; });
        all.insert(place, std::move(one));
        return watch_list(std::move(all));
    }

    /// Effect: calls visit(watch) for each that has a byte in [first, end), in order. O(log n) and those between the
    /// first and the last that do.
    template <class Visit>
    void for_each(std::uint64_t first, std::uint64_t end, Visit&& visit) const
    {
        auto const start = std::upper_bound(furthest_.begin(), furthest_.end(), first) - furthest_.begin();
        for (auto one = watches_.begin() + start; one != watches_.end() && one->first < end; ++one) {
            if (one->end > first)
                visit(*one);
        }
    }

private:
    std::vector<watch> watches_;
    std::vector<std::uint64_t> furthest_; // the largest end so far, by which a search finds where to begin
};

/// Effect: says in the slots of these pages whether they are watched. Throws what the table does, and then
/// `pages` is partly done: give it a copy.
inline void mark(segment_table& pages, page_index first, page_index end, bool watched)
{
    auto const before = pages;
    auto next = first;
    auto const fill = [&](page_index to) {
        if (watched && next < to)
            put_run(pages, next, to - next, page_slot().with_watch(true));
    };
    for_each_run(before, first, end, [&](page_index start, std::uint64_t count, page_slot const& slot) {
        fill(start);
        put_run(pages, start, count, slot.with_watch(watched));
        next = start + count;
    });
    fill(end);
}

/// The pages of a range of bytes that isn't empty.
struct page_range {
    page_index first;
    page_index end;
};
[[nodiscard]] inline page_range pages_of(std::uint64_t first, std::uint64_t end) noexcept
{
    return { first / page_bytes, (end - 1) / page_bytes + 1 };
}

/// The observers that a thread is telling. What one of them accesses meanwhile isn't told to it again, so that it may
/// look at what it watches.
class telling {
public:
    explicit telling(observer const& whom) noexcept
        : whom_(&whom)
        , outer_(std::exchange(innermost, this))
    {
    }
    telling(telling const&) = delete;
    telling& operator=(telling const&) = delete;
    ~telling() { innermost = outer_; }

    /// True while this thread is in a call of the observer.
    [[nodiscard]] static bool is_told(observer const& whom) noexcept
    {
        for (auto const* open = innermost; open != nullptr; open = open->outer_) {
            if (open->whom_ == &whom)
                return true;
        }
        return false;
    }

private:
    /// See Note: shared objects.
    [[gnu::visibility("default")]] static inline thread_local telling const* innermost = nullptr;

    observer const* whom_;
    telling const* outer_;
};

/// Effect: tells everybody who watches some of `count` bytes from `offset` on. For a store, `source` has the bytes that
/// go there. Throws store_vetoed, what observers throw, and what reading does.
inline void report_access(watch_list const& list, content const& of, supplied_pages& supplied, std::uint64_t offset,
    std::uint64_t count, std::span<std::byte const> const* source)
{
    if (count == 0)
        return;
    std::vector<std::byte> before;
    list.for_each(offset, offset + count, [&](watch const& one) {
        if (telling::is_told(*one.who))
            return;
        auto const first = std::max(one.first, offset);
        auto const length = static_cast<std::size_t>(std::min(one.end, offset + count) - first);
        before.resize(length);
        read_through(of, supplied, first, before);
        telling const open(*one.who);
        if (source == nullptr) {
            one.who->before_load({ first, before, {} });
            return;
        }
        auto const after = source->subspan(static_cast<std::size_t>(first - offset), length);
        if (!one.who->before_store({ first, before, after }))
            boost::throw_exception(store_vetoed(first));
    });
}

} // namespace still::segments
