// SPDX-License-Identifier: BSL-1.0
//
// Whether what the reader said is so.

#include <cstddef>

#include "still_life/proofs.hpp"

namespace still_life {

void verify(writer const& author, std::vector<finding> const& findings, report& told)
{
    auto const& versions = author.versions();
    bool none_refused = findings.size() == versions.size();
    for (std::size_t i = 0; i < findings.size(); ++i) {
        none_refused = none_refused && !findings[i].refused && findings[i].number == i;
        told.reading.pages += findings[i].pages_read;
        told.reading.mapped += findings[i].in_index ? 1 : 0;
    }
    told.reading.versions = findings.size();
    told.check("the reader could read every version while the writer went on", none_refused);
    if (!none_refused)
        return;

    // The reader came from the first version; this comes from the last. A change that a difference
    // missed, on either way, would leave the two apart.
    bool same = true;
    bool same_whole = true;
    page_numbers pages;
    word_numbers words;
    for (auto number = versions.size(); number-- > 0;) {
        auto const& version = versions[number];
        auto const& found = findings[number];
        auto const snapshot = still::snapshot_view(version.snapshot);
        if (number + 1 == versions.size()) {
            pages.read_whole(snapshot);
            words = read_whole(version.counts.view());
        } else {
            pages.read_changes(still::snapshot_view(versions[number + 1].snapshot), snapshot);
            read_changes(versions[number + 1].counts.view(), version.counts.view(), words);
        }
        auto const now = version_numbers{ words, pages.hash() };
        same = same && found.seen == now;
        if (found.in_index) {
            page_numbers whole;
            whole.read_whole(snapshot);
            auto const all = version_numbers{ read_whole(version.counts.view()), whole.hash() };
            same_whole = same_whole && found.whole == all && now == all && found.in_index == all.words;
        }
    }
    told.check("its numbers for every version equal a recomputation at the end", same);
    told.check("and where it read a version whole, index and counts agree word by word", same_whole);
}

} // namespace still_life
