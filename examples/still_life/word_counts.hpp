// SPDX-License-Identifier: BSL-1.0
//
// The counts: how often each word occurs. A Still map, whose versions share what they have in common;
// its nodes and the storage of its words are paid for by a bank.

#pragma once

#include <cstdint>
#include <functional>
#include <memory_resource>
#include <string>

#include "still/bank.hpp"
#include "still/map.hpp"
#include "still_life/entry_words.hpp"

namespace still_life {

using word_counts = still::map<std::pmr::string, std::uint64_t, std::less<>, still::charged_policy>;

/// Returns the version that counts the words of an entry too.
[[nodiscard]] word_counts counted(word_counts counts, entry_words const& entry);

} // namespace still_life
