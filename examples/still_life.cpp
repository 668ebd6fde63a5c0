// SPDX-License-Identifier: BSL-1.0
//
// The main demonstration: every part of Still, on a directory of text.
//
//   still_life [DIRECTORY] [--json] [--entries N] [--capacity SIZE] [--tracker auto|userfault|compare]
//
// A writer builds an index of the words in a heap, and counts them in a map; after each entry of the
// directory it keeps a version of both and lends it to a reader on another thread. Then the heap is
// rolled back to its first version and goes on from there, and what was lent is taken back. Whatever
// the program claims on the way, it checks.
//
// Status: 0 when every claim holds; 1 when one fails, or when something runs out (the text says what);
// 2 when it is called wrongly, or there is no text to read.

#include <fmt/core.h>

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <variant>
#include <vector>

#include "still_life/options.hpp"
#include "still_life/progress.hpp"
#include "still_life/proofs.hpp"
#include "still_life/reader.hpp"
#include "still_life/report.hpp"
#include "still_life/text.hpp"
#include "still_life/writer.hpp"

namespace still_life {

namespace {

/// Effect: makes a version of each entry, and lends it to the reader, who reads while the writer goes on.
/// Every version is lent as a snapshot; the first, the last and those whose numbers are powers of two
/// are lent mapped too, one at a time, because a mapping costs what a version has and not what changed.
void build(writer& author, reader& borrower, std::vector<text_entry> const& entries, progress const& line, report& told)
{
    borrower.give(author.handed(0));
    for (std::size_t number = 1; number <= entries.size(); ++number) {
        auto const& entry = entries[number - 1];
        line.show(fmt::format("[{}/{}] {}", number, entries.size(), printable(entry.name)));
        auto const words = entry_words(entry, author.index().files().size());
        told.files += words.files().size();
        told.skipped += words.skipped();
        told.text_bytes += words.text_bytes();

        author.add(words);
        author.keep(entry.name);
        if (std::has_single_bit(number) || number == entries.size()) {
            static_cast<void>(borrower.wait()); // with the mapping before this one
            borrower.give(author.newest_mapped());
        } else {
            borrower.give(author.handed(number));
        }
    }
}

report tell(options const& chosen)
{
    auto const began = std::chrono::steady_clock::now();
    progress const line;
    report told;
    told.directory = chosen.directory.string();

    auto entries = list_entries(chosen.directory);
    if (entries.size() > chosen.most_entries)
        entries.resize(chosen.most_entries);
    banks const payers(chosen.capacity * 8); // versions share: all of them cost a few times the heap
    {
        writer author(chosen, payers);
        reader borrower;
        build(author, borrower, entries, line, told);
        auto const findings = borrower.wait();
        author.end_mapping();
        told.building = std::chrono::steady_clock::now() - began;

        line.show("comparing versions");
        describe_versions(author, told);
        describe_costs(author, payers, told);
        compare_newest(author, told);
        line.show("rolling back");
        roll_back(author, entries, told);
        line.show("computing everything again");
        verify(author, findings, told);
        revoke(author, borrower, told);
    }
    check_all_returned(payers, told);
    told.all = std::chrono::steady_clock::now() - began;
    return told;
}

} // namespace

} // namespace still_life

int main(int count, char** arguments)
{
    auto const asked = still_life::read_options(count, arguments);
    if (auto const* const status = std::get_if<int>(&asked))
        return *status;
    auto const& chosen = std::get<still_life::options>(asked);
    try {
        auto const told = still_life::tell(chosen);
        (chosen.json ? still_life::print_json : still_life::print_text)(told);
        return told.holds() ? 0 : 1;
    } catch (still_life::no_text const& error) {
        fmt::print(stderr, "still_life: {}\n", error.what());
        return still_life::misuse;
    } catch (still::quota_exceeded const&) {
        fmt::print(stderr, "still_life: the versions cost more than their banks pay for (give --capacity more)\n");
    } catch (std::bad_alloc const&) {
        fmt::print(stderr, "still_life: the heap is full (give --capacity more), or the machine has no more memory\n");
    } catch (std::exception const& error) {
        fmt::print(stderr, "still_life: {}\n", error.what());
    }
    return 1;
}
