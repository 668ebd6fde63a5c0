// SPDX-License-Identifier: BSL-1.0

#include "still_life/word_index.hpp"

#include <tuple>
#include <utility>

namespace still_life {

live_index::live_index(still::heap& heap)
    : heap_(heap)
    , index_(heap.construct<word_index>(index_name, heap.allocator<word_index::value_type>()))
    , files_(heap.construct<file_names>(files_name, heap.allocator<heap_string>()))
{
}

void live_index::add(entry_words const& entry)
{
    for (auto const& file : entry.files()) {
        auto const writing = heap_.mutate();
        files_.emplace_back(file.data(), file.size(), heap_.allocator<char>());
    }
    entry.for_each([this](std::string_view word, std::span<occurrence const> found) { add(word, found); });
}

void live_index::add(std::string_view word, std::span<occurrence const> found)
{
    auto const writing = heap_.mutate();
    auto at = index_.lower_bound(word);
    if (at == index_.end() || text_of(at->first) != word)
        at = index_.emplace_hint(at, std::piecewise_construct,
            std::forward_as_tuple(word.data(), word.size(), heap_.allocator<char>()),
            std::forward_as_tuple(heap_.allocator<occurrence>()));
    at->second.insert(at->second.end(), found.begin(), found.end());
}

} // namespace still_life
