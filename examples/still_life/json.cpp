// SPDX-License-Identifier: BSL-1.0
//
// The report as JSON.

#include <fmt/core.h>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "still_life/report.hpp"

namespace still_life {

namespace {

/// How many bytes the UTF-8 letter at the start of `text` has, or 0 where there is none.
std::size_t letter_length(std::string_view text)
{
    auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    auto const lead = byte(0);
    std::size_t const length = lead < 0x80 ? 1
        : lead < 0xc2                      ? 0
        : lead < 0xe0                      ? 2
        : lead < 0xf0                      ? 3
        : lead < 0xf5                      ? 4
                                           : 0;
    if (length == 0 || length > text.size())
        return 0;
    for (std::size_t at = 1; at < length; ++at)
        if ((byte(at) & 0xc0) != 0x80)
            return 0;
    // Too long, a surrogate, or past the last letter.
    if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf0 && byte(1) < 0x90)
        || (lead == 0xf4 && byte(1) > 0x8f))
        return 0;
    return length;
}

/// A JSON string. Names on disk may have any bytes: those that aren't UTF-8 become U+FFFD.
std::string quoted(std::string_view text)
{
    std::string result = "\"";
    while (!text.empty()) {
        auto const length = letter_length(text);
        auto const first = text.front();
        if (length == 0)
            result += "\\ufffd";
        else if (first == '"' || first == '\\')
            result += { '\\', first };
        else if (static_cast<unsigned char>(first) < 0x20)
            result += fmt::format("\\u{:04x}", first);
        else
            result += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return result + "\"";
}

/// One JSON object, written member by member.
class object {
public:
    template <class Value>
    object& add(std::string_view name, Value const& value)
    {
        text_ += fmt::format("{}{}: ", text_.empty() ? "" : ", ", quoted(name));
        if constexpr (std::same_as<Value, object>)
            text_ += value.text();
        else if constexpr (std::is_arithmetic_v<Value>)
            text_ += fmt::format("{}", value);
        else
            text_ += quoted(value);
        return *this;
    }

    /// A member that is an array of the objects that `describe` makes of a range's elements.
    template <class Range, class Describe>
    object& add(std::string_view name, Range const& range, Describe describe)
    {
        std::string elements;
        for (auto const& element : range)
            elements += fmt::format("{}\n  {}", elements.empty() ? "" : ",", describe(element).text());
        text_ += fmt::format("{}{}: [{}]", text_.empty() ? "" : ", ", quoted(name), elements);
        return *this;
    }

    [[nodiscard]] std::string text() const { return fmt::format("{{{}}}", text_); }

private:
    std::string text_;
};

object described(version_row const& row)
{
    return object()
        .add("version", row.number)
        .add("entry", row.name)
        .add("words", row.words)
        .add("occurrences", row.occurrences)
        .add("pages_changed", row.pages_changed)
        .add("alone_bytes", row.alone_bytes)
        .add("shared_bytes", row.shared_bytes)
        .add("pause_ns", row.pause.count());
}

object described(word_change const& change)
{
    return object()
        .add("kind", name(change.kind))
        .add("word", change.word)
        .add("before", change.before)
        .add("after", change.after);
}

object described(still::page_run const& run)
{
    return object().add("first_page", run.first_page).add("page_count", run.page_count);
}

object described(comparison const& found)
{
    return object()
        .add("before", found.before)
        .add("after", found.after)
        .add("words_added", found.words_added)
        .add("words_removed", found.words_removed)
        .add("words_changed", found.words_changed)
        .add("first_words", found.words, [](auto const& change) { return described(change); })
        .add("pages", found.pages)
        .add("runs", found.runs)
        .add("first_runs", found.page_runs, [](auto const& run) { return described(run); });
}

object described(bank_row const& bank)
{
    return object().add("pays_for", bank.name).add("bytes", bank.bytes).add("bytes_at_end", bank.bytes_at_end);
}

object described(claim const& one)
{
    return object().add("claim", one.text).add("holds", one.holds);
}

} // namespace

void print_json(report const& told)
{
    auto const each = [](auto const& element) { return described(element); };
    auto const all = object()
                         .add("directory", told.directory)
                         .add("files", told.files)
                         .add("skipped", told.skipped)
                         .add("text_bytes", told.text_bytes)
                         .add("tracker", told.tracker)
                         .add("passed_over", told.passed_over)
                         .add("heap_bytes", told.heap_bytes)
                         .add("frame_bytes", told.frame_bytes)
                         .add("versions", told.versions, each)
                         .add("difference", described(told.comparison))
                         .add("reader",
                             object()
                                 .add("versions", told.reading.versions)
                                 .add("mapped", told.reading.mapped)
                                 .add("pages", told.reading.pages))
                         .add("rollback",
                             object()
                                 .add("from", told.rollback.from)
                                 .add("to", told.rollback.to)
                                 .add("pages", told.rollback.pages)
                                 .add("seconds", told.rollback.took.count()))
                         .add("revoked",
                             object()
                                 .add("version", told.refusal.version)
                                 .add("error", told.refusal.error)
                                 .add("message", told.refusal.message))
                         .add("banks", told.banks, each)
                         .add("claims", told.claims, each)
                         .add("holds", told.holds())
                         .add("seconds_building", told.building.count())
                         .add("seconds", told.all.count());
    fmt::print("{}\n", all.text());
}

} // namespace still_life
