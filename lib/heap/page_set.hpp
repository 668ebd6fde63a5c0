// SPDX-License-Identifier: BSL-1.0
//
// A set of pages of a region: one bit a page. Once it has room, adding and listing allocate nothing,
// so that a cut can note what was written whatever else fails.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "still/core/config.hpp"

namespace still::heaps {

/// A run of pages: page numbers from the start of the region.
struct page_span {
    std::size_t first;
    std::size_t count;
};

class page_set {
public:
    /// Effect: makes room for pages below `pages`; what is in the set stays. Throws std::bad_alloc,
    /// and then nothing changed.
    void make_room(std::size_t pages)
    {
        if (pages > room()) {
            words_.resize((pages + word_bits - 1) / word_bits);
        }
    }
    /// Pages below this number can be in the set.
    [[nodiscard]] std::size_t room() const noexcept { return words_.size() * word_bits; }

    /// Precondition: span.first + span.count ≤ room().
    void insert(page_span span) noexcept
    {
        STILL_CHECK(span.first + span.count <= room());
        for (auto page = span.first, end = span.first + span.count; page < end;) {
            auto const bit = page % word_bits;
            auto const bits = std::min(word_bits - bit, end - page);
            words_[page / word_bits] |= mask(bits) << bit;
            page += bits;
        }
    }
    /// Effect: adds all pages of another set. Precondition: it has none from room() on.
    void insert(page_set const& other) noexcept
    {
        for (std::size_t i = 0; i < other.words_.size(); ++i) {
            STILL_CHECK(i < words_.size() || other.words_[i] == 0);
            if (other.words_[i] != 0)
                words_[i] |= other.words_[i];
        }
    }
    /// Effect: takes the pages out. Precondition: as insert.
    void erase(page_span span) noexcept
    {
        STILL_CHECK(span.first + span.count <= room());
        for (auto page = span.first, end = span.first + span.count; page < end;) {
            auto const bit = page % word_bits;
            auto const bits = std::min(word_bits - bit, end - page);
            words_[page / word_bits] &= ~(mask(bits) << bit);
            page += bits;
        }
    }
    /// Effect: takes all pages of another set out.
    void erase(page_set const& other) noexcept
    {
        for (std::size_t i = 0; i < std::min(words_.size(), other.words_.size()); ++i)
            words_[i] &= ~other.words_[i];
    }
    /// Effect: has the pages of another set and no others. Precondition: as insert. Unlike assignment it
    /// allocates nothing.
    void become(page_set const& other) noexcept
    {
        clear();
        insert(other);
    }
    void clear() noexcept { std::fill(words_.begin(), words_.end(), 0); }

    [[nodiscard]] bool contains(std::size_t page) const noexcept
    {
        return page < room() && (words_[page / word_bits] >> (page % word_bits) & 1) != 0;
    }
    /// The first run of pages at or after `from`, as long as it is; of no pages when there is none.
    [[nodiscard]] page_span next_run(std::size_t from) const noexcept
    {
        auto const first = next(from, 0);
        return { first, next(first, ~std::uint64_t{ 0 }) - first };
    }
    /// O(room / 64).
    [[nodiscard]] std::size_t count() const noexcept
    {
        std::size_t pages = 0;
        for (auto const word : words_)
            pages += static_cast<std::size_t>(std::popcount(word));
        return pages;
    }

    /// How many runs of pages there are. O(room / 64).
    [[nodiscard]] std::size_t run_count() const noexcept
    {
        std::size_t runs = 0;
        std::uint64_t before = 0; // 1: the page before this word's first is in the set
        for (auto const word : words_) {
            runs += static_cast<std::size_t>(std::popcount(word & ~(word << 1 | before)));
            before = word >> (word_bits - 1);
        }
        return runs;
    }

    /// Effect: calls visit(page) in ascending order. O(room / 64 + pages in the set).
    template <class Visit>
    void for_each(Visit&& visit) const
    {
        for (std::size_t i = 0; i < words_.size(); ++i)
            for (auto word = words_[i]; word != 0; word &= word - 1)
                visit(i * word_bits + static_cast<std::size_t>(std::countr_zero(word)));
    }

private:
    static constexpr std::size_t word_bits = 64;
    [[nodiscard]] static constexpr std::uint64_t mask(std::size_t bits) noexcept
    {
        return bits == word_bits ? ~std::uint64_t{ 0 } : (std::uint64_t{ 1 } << bits) - 1;
    }

    /// The first page at or after `from` that is in the set, or (`flipped` all ones) isn't; room() if there is none.
    [[nodiscard]] std::size_t next(std::size_t from, std::uint64_t flipped) const noexcept
    {
        for (auto page = from; page < room(); page = (page / word_bits + 1) * word_bits)
            if (auto const word = (words_[page / word_bits] ^ flipped) >> (page % word_bits); word != 0)
                return page + static_cast<std::size_t>(std::countr_zero(word));
        return room();
    }

    std::vector<std::uint64_t> words_;
};

} // namespace still::heaps
