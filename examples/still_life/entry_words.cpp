// SPDX-License-Identifier: BSL-1.0

#include "still_life/entry_words.hpp"

namespace still_life {

entry_words::entry_words(text_entry const& entry, std::size_t first_file)
    : skipped_(entry.unreadable)
{
    for (auto const& file : entry.files) {
        if (auto const text = read_text(file)) {
            add(static_cast<std::uint32_t>(first_file + files_.size()), *text);
            files_.push_back(file.string());
            text_bytes_ += text->size();
        } else {
            ++skipped_;
        }
    }
}

void entry_words::add(std::uint32_t file, std::string_view text)
{
    for_each_word(text, [&](std::string_view word, std::uint32_t line) {
        auto at = words_.find(word);
        if (at == words_.end())
            at = words_.try_emplace(std::string(word)).first;
        at->second.push_back({ file, line });
    });
}

} // namespace still_life
