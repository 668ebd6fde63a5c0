// SPDX-License-Identifier: BSL-1.0

#include "still_life/numbers.hpp"

#include <xxhash.h>

#include <algorithm>
#include <span>

namespace still_life {

namespace {

std::uint64_t hash_of(std::string_view word, std::uint64_t count) noexcept
{
    return XXH3_64bits_withSeed(word.data(), word.size(), count);
}

std::uint64_t hash_of(still::page_index page, std::span<std::byte const> bytes) noexcept
{
    if (std::ranges::equal(bytes, still::zero_page))
        return 0;
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), page);
}

still::page_index pages(still::snapshot_view snapshot) noexcept
{
    return snapshot.size() / still::page_bytes;
}

} // namespace

void word_numbers::add(std::string_view word, std::uint64_t count) noexcept
{
    ++words;
    occurrences += count;
    hash += hash_of(word, count);
}

void word_numbers::remove(std::string_view word, std::uint64_t count) noexcept
{
    --words;
    occurrences -= count;
    hash -= hash_of(word, count);
}

word_numbers read_whole(word_counts::view_type counts)
{
    word_numbers seen;
    for (auto const& [word, count] : counts)
        seen.add(word, count);
    return seen;
}

word_numbers read_whole(word_index const& index)
{
    word_numbers seen;
    for (auto const& [word, places] : index)
        seen.add(text_of(word), places.size());
    return seen;
}

void read_changes(word_counts::view_type before, word_counts::view_type after, word_numbers& seen)
{
    for (auto const& change : still::diff(before, after)) {
        if (change.before)
            seen.remove(change.before->first, change.before->second);
        if (change.after)
            seen.add(change.after->first, change.after->second);
    }
}

void page_numbers::read_whole(still::snapshot_view snapshot)
{
    hashes_.clear();
    hash_ = 0;
    read(snapshot, { 0, pages(snapshot) });
}

void page_numbers::read_changes(still::snapshot_view before, still::snapshot_view after)
{
    for (still::page_run const run : diff(before, after))
        read(after, run);
}

/// A run may go past the end: a difference counts the pages there as zeros.
void page_numbers::read(still::snapshot_view snapshot, still::page_run run)
{
    auto const end = run.first_page + run.page_count;
    if (hashes_.size() < end)
        hashes_.resize(end);
    for (auto page = run.first_page; page < end; ++page) {
        auto const now = page < pages(snapshot) ? hash_of(page, snapshot.page_bytes_at(page * still::page_bytes)) : 0;
        hash_ += now - hashes_[page];
        hashes_[page] = now;
    }
    pages_read_ += run.page_count;
}

std::uint64_t pages_between(still::snapshot const& before, still::snapshot const& after)
{
    std::uint64_t pages = 0;
    for (still::page_run const run : diff(before, after))
        pages += run.page_count;
    return pages;
}

} // namespace still_life
