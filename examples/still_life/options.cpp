// SPDX-License-Identifier: BSL-1.0

#include "still_life/options.hpp"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <string>

namespace still_life {

namespace {

still::tracker_kind tracker_named(std::string const& name)
{
    if (name == "auto")
        return still::tracker_kind::automatic;
    using still::tracker_kind;
    for (auto const kind :
        { tracker_kind::userfault, tracker_kind::protect, tracker_kind::private_file, tracker_kind::compare })
        if (name == still::name(kind))
            return kind;
    throw CLI::ValidationError(
        "--tracker", "there is no tracker \"" + name + "\" (auto, userfault, protect, private_file, compare)");
}

} // namespace

std::variant<options, int> read_options(int count, char** arguments)
{
    options chosen;
    CLI::App app("Indexes a directory of text, and shows on it what Still does: versions of a heap and of a map, lent "
                 "to a reader, compared, rolled back and revoked.",
        "still_life");
    app.footer("Status: 0 when everything claimed holds, 1 when something fails, 2 for wrong arguments or no text.");
    app.add_option("directory", chosen.directory, "The directory of text, by default /usr/include")->type_name("");
    app.add_flag("--json", chosen.json, "Print JSON");
    app.add_option("--entries", chosen.most_entries, "Read the first N entries only, in the order of their names")
        ->check(CLI::Range(1, 1'000'000).description(""))
        ->type_name("N");
    app.add_option("--capacity", chosen.capacity, "How far the heap may grow: 1MiB to 1TiB, by default 8GiB")
        ->transform(CLI::AsSizeValue(false).description(""))
        ->check(CLI::Range(std::size_t{ 1 } << 20, std::size_t{ 1 } << 40).description(""))
        ->type_name("SIZE");
    app.add_option_function<std::string>(
           "--tracker", [&](std::string const& name) { chosen.tracker = tracker_named(name); },
           "How the heap learns what was written: auto (by default), userfault or compare")
        ->type_name("NAME");
    try {
        app.parse(count, arguments);
        return chosen;
    } catch (CLI::ParseError const& error) {
        return app.exit(error) == 0 ? 0 : misuse;
    }
}

} // namespace still_life
