// SPDX-License-Identifier: BSL-1.0
//
// Rolling back: the data, and the allocator with it.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <ranges>
#include <span>
#include <string>

#include "still_life/proofs.hpp"

namespace still_life {

namespace {

/// True when the live heap has the bytes of a snapshot, and zeros where it has grown since.
bool same_bytes(still::heap const& heap, still::snapshot const& snapshot)
{
    auto const live = heap.bytes();
    auto const& pages = snapshot.pages();
    for (std::size_t at = 0; at < live.size(); at += still::page_bytes) {
        auto const wanted = still::page_content(pages.find(at / still::page_bytes));
        if (!std::ranges::equal(live.subspan(at, still::page_bytes), wanted))
            return false;
    }
    return live.size() >= snapshot.size();
}

/// True when the live containers equal those of a snapshot, element by element.
bool same_containers(live_index const& live, still::snapshot const& snapshot)
{
    auto const mapped = snapshot.map();
    auto const* const words = mapped.find<word_index>(index_name);
    auto const* const files = mapped.find<file_names>(files_name);
    auto const same_entry = [](auto const& one, auto const& other) {
        return text_of(one.first) == text_of(other.first) && std::ranges::equal(one.second, other.second);
    };
    return words != nullptr && files != nullptr && std::ranges::equal(live.words(), *words, same_entry)
        && std::ranges::equal(live.files(), *files, {}, text_of, text_of);
}

/// True when the live index has what an entry's files say, read once more, and nothing else.
bool same_text(live_index const& live, text_entry const& entry)
{
    auto const words = entry_words(entry, 0);
    auto at = live.words().begin();
    bool same = words.size() == live.words().size();
    words.for_each([&](std::string_view word, std::span<occurrence const> found) {
        same = same && text_of(at->first) == word && std::ranges::equal(at->second, found);
        if (same)
            ++at;
    });
    return same && std::ranges::equal(live.files(), words.files(), {}, text_of);
}

} // namespace

void roll_back(writer& author, std::vector<text_entry> const& entries, report& told)
{
    auto const& versions = author.versions();
    // Version n has the first n entries. Where there is one entry only, back to the empty index.
    std::size_t const target = versions.size() > 2 ? 1 : 0;
    auto const& first = versions[target];
    auto const& second = versions[target + 1];
    auto const first_name = "version " + std::to_string(target);
    auto const second_name = "version " + std::to_string(target + 1);

    told.rollback.from = versions.size() - 1;
    told.rollback.to = target;
    told.rollback.pages = pages_between(versions.back().snapshot, first.snapshot);
    auto const began = std::chrono::steady_clock::now();
    author.roll_back(first);
    told.rollback.took = std::chrono::steady_clock::now() - began;

    told.check("rolled back, the heap has the bytes of " + first_name, same_bytes(author.heap(), first.snapshot));
    told.check("and its containers are those of " + first_name, same_containers(author.index(), first.snapshot));
    if (target == 1)
        told.check("and those of the text, read once more", same_text(author.index(), entries.front()));
    told.check("and its allocator has free what it had then, and is sound",
        author.heap().statistics().free_bytes == first.free_bytes && author.heap().validate().sound());

    author.add(entry_words(entries[target], author.index().files().size()));
    auto const again = author.heap().snapshot();
    told.check("built on from there, the containers are those of " + second_name,
        same_containers(author.index(), second.snapshot) && author.counts() == second.counts);
    told.check("and each byte is where the allocator put it for " + second_name, again == second.snapshot);
    told.check("and the allocator has free what it had for " + second_name + ", and is sound",
        author.heap().statistics().free_bytes == second.free_bytes && author.heap().validate().sound());
}

} // namespace still_life
