// SPDX-License-Identifier: BSL-1.0
//
// Counting and hashing a version: what the reader reports, and what is computed again at the end.
//
// The hash of a whole is the sum of the hashes of its parts (words with their counts, pages with their
// places), modulo 2^64. So it can be computed whole, or be brought from one version to the next by what
// changed between them, and both must agree.

#pragma once

#include <cstddef>
#include <cstdint>
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

    void add(std::string_view word, std::uint64_t count) noexcept;
    void remove(std::string_view word, std::uint64_t count) noexcept;

    [[nodiscard]] friend bool operator==(word_numbers const&, word_numbers const&) noexcept = default;
};

/// Every word of a version of the map. O(words).
[[nodiscard]] word_numbers read_whole(word_counts::view_type counts);

/// Every word of an index: in the live heap, or in a mapping. O(words).
[[nodiscard]] word_numbers read_whole(word_index const& index);

/// Effect: makes the numbers of `before` those of `after`. O(changes · log n).
void read_changes(word_counts::view_type before, word_counts::view_type after, word_numbers& seen);

/// The bytes of a snapshot, page by page: pages of zeros count as nothing, as holes do.
class page_numbers {
public:
    /// Effect: makes these the numbers of a snapshot. O(pages).
    void read_whole(still::snapshot_view snapshot);

    /// Effect: makes the numbers of `before` those of `after`. O(pages changed).
    void read_changes(still::snapshot_view before, still::snapshot_view after);

    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
    /// How many pages it took so far.
    [[nodiscard]] std::uint64_t pages_read() const noexcept { return pages_read_; }

private:
    void read(still::snapshot_view snapshot, still::page_run run);

    std::vector<std::uint64_t> hashes_;
    std::uint64_t hash_ = 0;
    std::uint64_t pages_read_ = 0;
};

/// How many pages differ. O(pages changed).
[[nodiscard]] std::uint64_t pages_between(still::snapshot const& before, still::snapshot const& after);

/// What there is to know of one version of both.
struct version_numbers {
    word_numbers words;
    std::uint64_t page_hash = 0;

    [[nodiscard]] friend bool operator==(version_numbers const&, version_numbers const&) noexcept = default;
};

} // namespace still_life
