// SPDX-License-Identifier: BSL-1.0
//
// The index: where each word occurs. Ordinary containers, which live in a Still heap because their
// allocator says so.

#pragma once

#include <boost/container/map.hpp>
#include <boost/container/string.hpp>
#include <boost/container/vector.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "still/heap.hpp"
#include "still_life/entry_words.hpp"

/// Two numbers: they mean the same wherever they lie, so that they can be read in mappings.
template <>
struct still::relocatable<still_life::occurrence> : std::true_type { };

namespace still_life {

using heap_string = boost::container::basic_string<char, std::char_traits<char>, still::heap_allocator<char>>;
using occurrences = boost::container::vector<occurrence, still::heap_allocator<occurrence>>;
using file_names = boost::container::vector<heap_string, still::heap_allocator<heap_string>>;

[[nodiscard]] inline std::string_view text_of(heap_string const& text) noexcept
{
    return { text.data(), text.size() };
}

/// Orders words by their bytes, wherever they are stored.
struct word_order {
    using is_transparent = void;

    [[nodiscard]] static std::string_view text(heap_string const& word) noexcept { return text_of(word); }
    [[nodiscard]] static std::string_view text(std::string_view word) noexcept { return word; }

    template <class One, class Other>
    [[nodiscard]] bool operator()(One const& one, Other const& other) const noexcept
    {
        return text(one) < text(other);
    }
};

using word_index = boost::container::map<heap_string, occurrences, word_order,
    still::heap_allocator<std::pair<heap_string const, occurrences>>>;

/// The names by which the containers are found in the heap, and in mappings of its snapshots.
inline constexpr std::string_view index_name = "word index";
inline constexpr std::string_view files_name = "file names";

/// The index in a live heap, and how it grows. Writers hold a guard for as long as the containers aren't
/// whole, and no longer, so that a snapshot never waits for more than one word.
/// The references stay valid when the heap is rolled back, since the containers were there then.
class live_index {
public:
    /// Effect: builds both containers, empty, inside the heap.
    explicit live_index(still::heap& heap);

    /// Effect: adds the words of an entry, whose files are numbered from files().size() on.
    void add(entry_words const& entry);

    [[nodiscard]] word_index const& words() const noexcept { return index_; }
    [[nodiscard]] file_names const& files() const noexcept { return files_; }

private:
    void add(std::string_view word, std::span<occurrence const> found);

    still::heap& heap_;
    word_index& index_;
    file_names& files_;
};

} // namespace still_life
