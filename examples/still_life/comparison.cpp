// SPDX-License-Identifier: BSL-1.0
//
// What the versions have, and what changed between them.

#include <cstddef>
#include <cstdint>
#include <utility>

#include "still_life/proofs.hpp"

namespace still_life {

namespace {

/// Words of each kind, and runs of pages.
constexpr std::size_t most_listed = 4;

std::uint64_t& of_kind(comparison& found, still::change_kind kind)
{
    switch (kind) {
    case still::change_kind::added:
        return found.words_added;
    case still::change_kind::removed:
        return found.words_removed;
    case still::change_kind::changed:
        break;
    }
    return found.words_changed;
}

} // namespace

void describe_versions(writer const& author, report& told)
{
    auto const& versions = author.versions();
    word_numbers words;
    for (std::size_t number = 0; number < versions.size(); ++number) {
        auto const& version = versions[number];
        auto const& before = versions[number == 0 ? 0 : number - 1];
        read_changes(before.counts.view(), version.counts.view(), words);
        auto const cost = version.snapshot.cost();
        told.versions.push_back({ .number = number,
            .name = version.name,
            .words = words.words,
            .occurrences = words.occurrences,
            .pages_changed
            = number == 0 ? version.snapshot.frame_count() : pages_between(before.snapshot, version.snapshot),
            .alone_bytes = cost.alone_bytes,
            .shared_bytes = cost.shared_bytes,
            .pause = version.snapshot.pause() });
    }
}

void describe_costs(writer const& author, banks const& payers, report& told)
{
    auto const statistics = author.heap().statistics();
    told.tracker = name(statistics.tracker);
    told.passed_over = statistics.passed_over;
    told.heap_bytes = statistics.mapped_bytes;
    told.frame_bytes = statistics.retained_bytes;
    told.banks
        = { { .name = "frames", .bytes = payers.frames.usage() }, { .name = "counts", .bytes = payers.counts.usage() },
              { .name = "capabilities", .bytes = payers.capabilities.usage() } };
}

void compare_newest(writer const& author, report& told)
{
    auto const& versions = author.versions();
    auto const last = versions.size() - 1;
    auto const& before = versions[last - 1];
    auto const& after = versions[last];
    auto& found = told.comparison;
    found.before = last - 1;
    found.after = last;

    for (auto const& change : still::diff(before.counts, after.counts)) {
        word_change seen{ .kind = change.kind, .word = {} };
        if (change.before) {
            seen.word = change.before->first;
            seen.before = change.before->second;
        }
        if (change.after) {
            seen.word = change.after->first;
            seen.after = change.after->second;
        }
        if (++of_kind(found, change.kind) <= most_listed)
            found.words.push_back(std::move(seen));
    }
    for (still::page_run const run : diff(before.snapshot, after.snapshot)) {
        ++found.runs;
        found.pages += run.page_count;
        if (found.page_runs.size() < most_listed)
            found.page_runs.push_back(run);
    }
}

} // namespace still_life
