// SPDX-License-Identifier: BSL-1.0
//
// Counting and hashing a version: what the reader reports, and what is computed again at the end.
//
// The hash of a whole is the sum of the hashes of its parts (words with their counts, pages with their
// places), modulo 2^64. So it can be computed whole, or be brought from one version to the next by what
// changed between them, and both must agree.

#pragma once

#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "still/capability.hpp"
#include "still/heap.hpp"
#include "still_life/word_counts.hpp"
#include "still_life/word_index.hpp"

namespace still_life {

/// Words, and how often they occur.
struct word_numbers {
    std::uint64_t words = 0;
    std::uint64_t occurrences = 0;
    std::uint64_t hash = 0;

    void add(std::string_view word, std::uint64_t count) noexcept
    {
        ++words;
        occurrences += count;
        hash += XXH3_64bits_withSeed(word.data(), word.size(), count);
    }
    void remove(std::string_view word, std::uint64_t count) noexcept
    {
        --words;
        occurrences -= count;
        hash -= XXH3_64bits_withSeed(word.data(), word.size(), count);
    }

    [[nodiscard]] friend bool operator==(word_numbers const&, word_numbers const&) noexcept = default;
};

/// Every word of a version of the map.
[[nodiscard]] inline word_numbers read_whole(word_counts::view_type counts)
{
    word_numbers seen;
    for (auto const& [word, count] : counts)
        seen.add(word, count);
    return seen;
}

/// Every word of an index: in the live heap, or in a mapping.
[[nodiscard]] inline word_numbers read_whole(word_index const& index)
{
    word_numbers seen;
    for (auto const& [word, places] : index)
        seen.add(text_of(word), places.size());
    return seen;
}

/// Effect: makes the numbers of `before` those of `after`. O(changes · log n).
inline void read_changes(word_counts::view_type before, word_counts::view_type after, word_numbers& seen)
{
    for (auto const& change : still::diff(before, after)) {
        if (change.before)
            seen.remove(change.before->first, change.before->second);
        if (change.after)
            seen.add(change.after->first, change.after->second);
    }
}

/// The bytes of a snapshot, page by page: pages of zeros count as nothing, as holes do.
class page_numbers {
public:
    /// Effect: makes these the numbers of a snapshot. O(pages).
    void read_whole(still::snapshot_view snapshot)
    {
        hashes_.clear();
        hash_ = 0;
        read(snapshot, { 0, pages(snapshot) });
    }

    /// Effect: makes the numbers of `before` those of `after`. O(pages changed).
    void read_changes(still::snapshot_view before, still::snapshot_view after)
    {
        for (auto const run : diff(before, after))
            read(after, run);
    }

    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
    /// How many pages it took so far.
    [[nodiscard]] std::uint64_t pages_read() const noexcept { return pages_read_; }

private:
    [[nodiscard]] static still::page_index pages(still::snapshot_view snapshot) noexcept
    {
        return snapshot.size() / still::page_bytes;
    }

    void read(still::snapshot_view snapshot, still::page_run run)
    {
        auto const end = run.first_page + run.page_count;
        if (hashes_.size() < end)
            hashes_.resize(end);
        for (auto page = run.first_page; page < end; ++page) {
            auto const now
                = page < pages(snapshot) ? hash_of(page, snapshot.page_bytes_at(page * still::page_bytes)) : 0;
            hash_ += now - hashes_[page];
            hashes_[page] = now;
        }
        pages_read_ += run.page_count;
    }

    [[nodiscard]] static std::uint64_t hash_of(still::page_index page, std::span<std::byte const> bytes) noexcept
    {
        if (std::ranges::equal(bytes, still::zero_page))
            return 0;
        return XXH3_64bits_withSeed(bytes.data(), bytes.size(), page);
    }

    std::vector<std::uint64_t> hashes_;
    std::uint64_t hash_ = 0;
    std::uint64_t pages_read_ = 0;
};

/// What there is to know of one version of both.
struct version_numbers {
    word_numbers words;
    std::uint64_t page_hash = 0;

    [[nodiscard]] friend bool operator==(version_numbers const&, version_numbers const&) noexcept = default;
};

} // namespace still_life
