// SPDX-License-Identifier: BSL-1.0
//
// Text on disk: the entries of a directory, their files, and the words in them.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace still_life {

/// One entry of the directory that is read: a file, or a directory with all files below it.
struct text_entry {
    std::string name;
    /// Regular files in the order of their paths, so that every run reads the same.
    std::vector<std::filesystem::path> files;
    /// Directories below that couldn't be listed.
    std::size_t unreadable = 0;
};

/// There is nothing to read: the path isn't a directory, can't be read, or has no file in it.
class no_text : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The entries of a directory in the order of their names. Links to directories are followed for the
/// entries themselves and no further, so that no cycle is walked. Throws no_text.
[[nodiscard]] std::vector<text_entry> list_entries(std::filesystem::path const& directory);

/// Effect: reads a whole file. Returns nothing if that fails, or if it isn't text: it has a zero byte.
[[nodiscard]] std::optional<std::string> read_text(std::filesystem::path const& file);

/// A name as a terminal may show it. On disk names may have any bytes: control characters become `?`.
[[nodiscard]] std::string printable(std::string name);

/// Words are names as programs have them: a letter or `_`, then letters, digits and `_`.
inline constexpr std::size_t shortest_word = 2;
inline constexpr std::size_t longest_word = 64;

[[nodiscard]] constexpr bool is_digit(char letter) noexcept
{
    return letter >= '0' && letter <= '9';
}
[[nodiscard]] constexpr bool is_word_letter(char letter) noexcept
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || is_digit(letter) || letter == '_';
}

/// Effect: calls visit(word, line) for each word, in order; lines count from 1.
template <class Visit>
void for_each_word(std::string_view text, Visit&& visit)
{
    std::uint32_t line = 1;
    for (std::size_t at = 0; at < text.size();) {
        auto const start = at;
        while (at < text.size() && is_word_letter(text[at]))
            ++at;
        auto const length = at - start;
        if (length == 0)
            line += text[at++] == '\n' ? 1 : 0;
        else if (length >= shortest_word && length <= longest_word && !is_digit(text[start]))
            visit(text.substr(start, length), line);
    }
}

} // namespace still_life
