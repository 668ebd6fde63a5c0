// SPDX-License-Identifier: BSL-1.0
//
// A transaction: a descendant of a segment that knows what it has read and written. See Note: melding.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "still/segment/diff.hpp"

namespace still {

namespace segments {

/// A growing set of numbers, kept as runs. Adding is O(1) where a run goes on or was added a short while ago, else
/// O(log n) amortised: new runs are put behind the others, and sorted in when they have become as many.
class run_recorder {
public:
    struct run {
        std::uint64_t first;
        std::uint64_t last; ///< in it

        [[nodiscard]] friend bool operator==(run, run) noexcept = default;
    };

    /// Precondition: first ≤ last. Throws std::bad_alloc, with the set as it was.
    void add(std::uint64_t first, std::uint64_t last)
    {
        if (!runs_.empty()) {
            auto& newest = runs_.back();
            if (first >= newest.first && last <= newest.last)
                return;
            if (first >= newest.first && (first <= newest.last || first - newest.last == 1)) {
                newest.last = last;
                return;
            }
        }
        if (runs_.size() >= limit_) {
            join(runs_);
            limit_ = std::max(least_limit, 2 * runs_.size());
            runs_.reserve(limit_);
        }
        runs_.push_back({ first, last });
    }

    /// The runs in ascending order, none of which touches another. O(n log n).
    [[nodiscard]] std::vector<run> runs() const
    {
        auto all = runs_;
        join(all);
        return all;
    }

private:
    static constexpr std::size_t least_limit = 64;

    static void join(std::vector<run>& runs) noexcept
    {
        std::sort(runs.begin(), runs.end(), [](run one, run other) { return one.first < other.first; });
        std::size_t kept = 0;
        for (std::size_t i = 1; i < runs.size(); ++i) {
            auto& before = runs[kept];
            auto const touches = runs[i].first <= before.last || runs[i].first - before.last == 1;
            if (touches)
                before.last = std::max(before.last, runs[i].last);
            else
                runs[++kept] = runs[i];
        }
        if (!runs.empty())
            runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(kept) + 1, runs.end());
    }

    std::vector<run> runs_;
    std::size_t limit_ = least_limit;
};

/// Bytes that were accessed, by page or exactly.
class access_record {
public:
    explicit access_record(bool exact) noexcept
        : exact_(exact)
    {
        recent_.fill(std::numeric_limits<std::uint64_t>::max());
    }

    /// Throws std::bad_alloc, with the record as it was.
    void add(std::uint64_t offset, std::uint64_t count)
    {
        if (count == 0)
            return;
        auto const last = offset + (count - 1);
        if (exact_)
            return recorder_.add(offset, last);
        auto const page = offset / page_bytes;
        auto const last_page = last / page_bytes;
        auto& recent = recent_[page % recent_.size()];
        if (page == last_page && recent == page)
            return;
        recorder_.add(page, last_page);
        recent = page;
    }

    /// As runs of bytes: of whole pages, but for the end of a segment of `size` bytes, where it isn't exact.
    [[nodiscard]] std::vector<byte_run> runs(std::uint64_t size) const
    {
        std::vector<byte_run> all;
        for (auto const [first, last] : recorder_.runs()) {
            if (exact_) {
                all.push_back({ first, last - first + 1 });
                continue;
            }
            auto const offset = first * page_bytes;
            auto const end = last >= size / page_bytes ? size : (last + 1) * page_bytes;
            all.push_back({ offset, end - offset });
        }
        return all;
    }

private:
    run_recorder recorder_;
    bool exact_;
    std::array<std::uint64_t, 64> recent_; // pages that are known to be recorded
};

} // namespace segments

/// What a transaction writes down.
enum class tracking : std::uint8_t {
    pages, ///< the pages that an access touches
    bytes, ///< exactly its bytes
};

/// A version that changes, with the bytes that were read and written since it began. Of the value semantics of a
/// segment: a copy goes on by itself. What fails is written down all the same: sets may say too much, never too little.
/// Thread contract: the standard library's rule; reading writes down, so that it counts as a change.
class transaction {
public:
    /// Begins with `base`. O(1), allocates nothing.
    explicit transaction(segment base, tracking grain = tracking::pages) noexcept
        : base_(std::move(base))
        , current_(base_)
        , reads_(grain == tracking::bytes)
        , writes_(grain == tracking::bytes)
    {
    }

    /// What it began with.
    [[nodiscard]] segment const& base() const& noexcept { return base_; }
    [[nodiscard]] segment base() && noexcept { return std::move(base_); }
    /// What it is now. Reading it directly is written down nowhere.
    [[nodiscard]] segment const& current() const& noexcept { return current_; }
    [[nodiscard]] segment current() && noexcept { return std::move(current_); }

    /// Each as the segment's, in the version that is current; and writes the range down. Throws std::bad_alloc too.
    void read(std::uint64_t offset, std::span<std::byte> target)
    {
        note(reads_, offset, target.size());
        current_.read(offset, target);
    }
    template <plain_bytes T>
    [[nodiscard]] T load(std::uint64_t offset)
    {
        note(reads_, offset, sizeof(T));
        return current_.load<T>(offset);
    }
    void write(std::uint64_t offset, std::span<std::byte const> source)
    {
        note(writes_, offset, source.size());
        current_ = std::move(current_).write(offset, source);
    }
    template <plain_bytes T>
    void store(std::uint64_t offset, T const& value)
    {
        note(writes_, offset, sizeof(T));
        current_ = std::move(current_).store(offset, value);
    }

    /// What was read or written, as runs of bytes in ascending order, apart: of whole pages, where pages are tracked.
    /// O(n log n) for n runs; allocates what it returns.
    [[nodiscard]] std::vector<byte_run> read_set() const { return reads_.runs(base_.size()); }
    [[nodiscard]] std::vector<byte_run> write_set() const { return writes_.runs(base_.size()); }

private:
    /// Ranges that are not in the segment are left to it to refuse.
    void note(segments::access_record& record, std::uint64_t offset, std::uint64_t count)
    {
        if (offset <= base_.size() && count <= base_.size() - offset)
            record.add(offset, count);
    }

    segment base_;
    segment current_;
    segments::access_record reads_;
    segments::access_record writes_;
};

} // namespace still
