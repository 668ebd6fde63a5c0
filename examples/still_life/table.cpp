// SPDX-License-Identifier: BSL-1.0
//
// The report as text.

#include <fmt/core.h>

#include <array>
#include <cstddef>
#include <string>

#include "still_life/report.hpp"
#include "still_life/text.hpp"

namespace still_life {

namespace {

/// Bytes for people: 3 digits and a unit.
std::string size(std::size_t bytes)
{
    constexpr auto units = std::array{ "KiB", "MiB", "GiB", "TiB" };
    if (bytes < 1024)
        return fmt::format("{} B", bytes);
    auto scaled = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; scaled >= 999.5 && unit + 1 < units.size(); ++unit)
        scaled /= 1024;
    return fmt::format("{:.{}f} {}", scaled, scaled < 9.95 ? 1 : 0, units.at(unit));
}

std::string milliseconds(std::chrono::nanoseconds time)
{
    return fmt::format("{:.2f} ms", std::chrono::duration<double, std::milli>(time).count());
}

void print_versions(report const& told)
{
    fmt::print("\n{:>7}  {:<24} {:>9} {:>12} {:>14} {:>12} {:>13} {:>15}\n", "version", "after entry", "words",
        "occurrences", "pages changed", "owned alone", "bytes shared", "snapshot pause");
    for (auto const& row : told.versions)
        fmt::print("{:>7}  {:<24} {:>9} {:>12} {:>14} {:>12} {:>13} {:>15}\n", row.number,
            printable(row.name).substr(0, 24), row.words, row.occurrences, row.pages_changed, size(row.alone_bytes),
            size(row.shared_bytes), milliseconds(row.pause));
}

void print_comparison(comparison const& found)
{
    fmt::print("\nfrom version {} to version {}\n", found.before, found.after);
    fmt::print(
        "  words: {} added, {} removed, {} changed\n", found.words_added, found.words_removed, found.words_changed);
    for (auto const& change : found.words)
        fmt::print("    {:<8} {} ({} -> {})\n", name(change.kind), change.word, change.before, change.after);
    if (found.words_added + found.words_removed + found.words_changed > found.words.size())
        fmt::print("    ...\n");
    fmt::print("  pages: {} in {} runs\n", found.pages, found.runs);
    for (auto const run : found.page_runs)
        fmt::print("    {} to {}\n", run.first_page, run.first_page + run.page_count - 1);
    if (found.runs > found.page_runs.size())
        fmt::print("    ...\n");
}

} // namespace

void print_text(report const& told)
{
    fmt::print("{}: {} of text in {} files; {} skipped, unreadable or binary\n", printable(told.directory),
        size(told.text_bytes), told.files, told.skipped);
    fmt::print("heap: {} in use, {} in all its versions, tracker {}{}\n", size(told.heap_bytes), size(told.frame_bytes),
        told.tracker, told.passed_over.empty() ? "" : " (" + told.passed_over + ")");
    print_versions(told);
    print_comparison(told.comparison);

    fmt::print("\nreader: {} versions read on another thread while the writer went on, {} pages; {} versions whole, in "
               "mappings\n",
        told.reading.versions, told.reading.pages, told.reading.mapped);
    fmt::print("rollback: from version {} to version {}, {} pages in {:.1f} ms\n", told.rollback.from, told.rollback.to,
        told.rollback.pages, told.rollback.took.count() * 1000);
    fmt::print("revoked: version {} opens no more, with the error \"{}\": {}\n", told.refusal.version,
        told.refusal.error, told.refusal.message);
    for (auto const& bank : told.banks)
        fmt::print(
            "bank for {}: {} with all versions, {} at the end\n", bank.name, size(bank.bytes), size(bank.bytes_at_end));

    fmt::print("\n");
    for (auto const& claim : told.claims)
        fmt::print("{}  {}\n", claim.holds ? "holds" : "FAILS", claim.text);
    fmt::print("\n{:.1f} s, of which building {:.1f} s\n", told.all.count(), told.building.count());
}

} // namespace still_life
