// SPDX-License-Identifier: BSL-1.0
//
// Undo and redo of an editor: each state of the text is a version of a vector of lines. Keeping all of them costs what
// changed, and what changed is found at the same cost.
#include <cstddef>
#include <iostream>
#include <string>
#include <utility>

#include "still/vector.hpp"

int main()
{
    using text = still::vector<std::string>;
    still::vector<text> history; // versions within versions

    text lines;
    for (int number = 1; number <= 100'000; ++number)
        lines = std::move(lines).push_back("line " + std::to_string(number)); // edited in place
    history = std::move(history).push_back(lines); // shares all lines

    lines = lines.assign(41'999, "another line"); // copies one chunk, and one node a level
    history = std::move(history).push_back(lines);
    lines = lines.update(0, [](std::string const& line) { return line + ", improved"; }).pop_back();
    history = std::move(history).push_back(lines);

    for (std::size_t state = 1; state < history.size(); ++state) {
        std::cout << "edit " << state << ":\n";
        for (auto const& [index, change] : diff(history[state - 1], history[state])) {
            std::cout << "  " << index << ": " << *change.before;
            std::cout << (change.after == nullptr ? "" : " -> " + *change.after) << '\n';
        }
    }
    // prints: edit 1:
    // prints:   41999: line 42000 -> another line
    // prints: edit 2:
    // prints:   0: line 1 -> line 1, improved
    // prints:   99999: line 100000

    history = std::move(history).pop_back(); // undo
    std::cout << history.back()[0] << ", as before\n"; // prints: line 1, as before
}
