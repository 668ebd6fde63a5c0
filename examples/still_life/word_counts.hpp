// SPDX-License-Identifier: BSL-1.0
//
// The counts: how often each word occurs. A Still map, whose versions share what they have in common;
// its nodes and the storage of its words are paid for by a bank.

#pragma once

#include <cstdint>
#include <functional>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "still/bank.hpp"
#include "still/map.hpp"
#include "still_life/entry_words.hpp"

namespace still_life {

using word_counts = still::map<std::pmr::string, std::uint64_t, std::less<>, still::charged_policy>;

/// Returns the version that counts the words of an entry too.
[[nodiscard]] inline word_counts counted(word_counts counts, entry_words const& entry)
{
    entry.for_each([&counts](std::string_view word, std::span<occurrence const> found) {
        auto const* const before = counts.find(word);
        auto const now = (before == nullptr ? 0 : *before) + found.size();
        counts = std::move(counts).insert_or_assign(word, now);
    });
    return counts;
}

} // namespace still_life
