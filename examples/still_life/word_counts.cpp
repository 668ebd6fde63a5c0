// SPDX-License-Identifier: BSL-1.0

#include "still_life/word_counts.hpp"

#include <span>
#include <string_view>
#include <utility>

namespace still_life {

word_counts counted(word_counts counts, entry_words const& entry)
{
    entry.for_each([&counts](std::string_view word, std::span<occurrence const> found) {
        auto const* const before = counts.find(word);
        auto const now = (before == nullptr ? 0 : *before) + found.size();
        // Moved from itself: what no version shares is edited in place, the rest is copied once.
        counts = std::move(counts).insert_or_assign(word, now);
    });
    return counts;
}

} // namespace still_life
