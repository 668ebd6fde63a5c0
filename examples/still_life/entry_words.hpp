// SPDX-License-Identifier: BSL-1.0
//
// The words of one entry, gathered before they go into the index, so that each word is looked up there
// once for an entry and not once for an occurrence.

#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <xxhash.h>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "still_life/text.hpp"

namespace still_life {

/// Where a word stands: the number of a file, and a line.
struct occurrence {
    std::uint32_t file;
    std::uint32_t line;

    [[nodiscard]] friend auto operator<=>(occurrence const&, occurrence const&) noexcept = default;
};

class entry_words {
public:
    /// Effect: reads an entry's files, which are numbered from `first_file` on.
    entry_words(text_entry const& entry, std::size_t first_file);

    /// The files that were read, in the order of their numbers.
    [[nodiscard]] std::vector<std::string> const& files() const noexcept { return files_; }
    [[nodiscard]] std::size_t text_bytes() const noexcept { return text_bytes_; }
    /// Files that can't be read or aren't text, and directories that can't be listed.
    [[nodiscard]] std::size_t skipped() const noexcept { return skipped_; }

    /// How many different words there are.
    [[nodiscard]] std::size_t size() const noexcept { return words_.size(); }

    /// Effect: calls visit(word, occurrences) for each word, in ascending order.
    template <class Visit>
    void for_each(Visit&& visit) const
    {
        std::vector<table::value_type const*> sorted;
        sorted.reserve(words_.size());
        for (auto const& word : words_)
            sorted.push_back(&word);
        std::ranges::sort(sorted, {}, [](auto const* word) -> std::string_view { return word->first; });
        for (auto const* const word : sorted)
            visit(std::string_view(word->first), word->second);
    }

private:
    struct hash {
        using is_transparent = void;
        using is_avalanching = void;
        [[nodiscard]] std::size_t operator()(std::string_view word) const noexcept
        {
            return XXH3_64bits(word.data(), word.size());
        }
    };
    using table = boost::unordered_flat_map<std::string, std::vector<occurrence>, hash, std::equal_to<>>;

    void add(std::uint32_t file, std::string_view text);

    table words_;
    std::vector<std::string> files_;
    std::size_t text_bytes_ = 0;
    std::size_t skipped_ = 0;
};

} // namespace still_life
