// SPDX-License-Identifier: BSL-1.0
//
// The acts of the story that come after the building: each does one thing with the library, and writes
// down what it found and whether what it claims is so.

#pragma once

#include <vector>

#include "still_life/reader.hpp"
#include "still_life/report.hpp"
#include "still_life/text.hpp"
#include "still_life/writer.hpp"

namespace still_life {

/// Effect: fills the table of versions.
void describe_versions(writer const& author, report& told);

/// Effect: notes what the heap and everything kept of it cost now.
void describe_costs(writer const& author, banks const& payers, report& told);

/// Effect: compares the two newest versions, by words and by pages.
void compare_newest(writer const& author, report& told);

/// Effect: rolls the heap back to its first version that has words, shows that data and allocator are
/// what they were, and adds the next entry once more.
/// Precondition: there are two versions, and `entries` are those they were made of.
void roll_back(writer& author, std::vector<text_entry> const& entries, report& told);

/// Effect: computes the numbers of every version again, in another way than the reader did, and
/// compares. Versions that the reader got mapped are read whole.
void verify(writer const& author, std::vector<finding> const& findings, report& told);

/// Effect: takes the newest version back from the reader, and lets it try again.
void revoke(writer& author, reader& borrower, report& told);

/// Effect: looks whether anything is left that a bank paid for. Precondition: writer and reader are gone.
void check_all_returned(banks const& payers, report& told);

} // namespace still_life
