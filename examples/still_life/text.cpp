// SPDX-License-Identifier: BSL-1.0

#include "still_life/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

namespace still_life {

namespace {

namespace files = std::filesystem;

/// The paths in a directory, sorted; nothing if it can't be listed.
std::optional<std::vector<files::path>> list(files::path const& directory)
{
    std::error_code error;
    std::vector<files::path> found;
    for (files::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
        found.push_back(at->path());
    if (error)
        return std::nullopt;
    std::ranges::sort(found);
    return found;
}

/// Effect: adds a file, or the files below a directory, to an entry.
void collect(files::path const& path, bool follow_link, text_entry& into)
{
    std::error_code error;
    if (files::is_regular_file(path, error)) {
        into.files.push_back(path);
        return;
    }
    auto const is_directory
        = files::is_directory(follow_link ? files::status(path, error) : files::symlink_status(path, error));
    if (!is_directory)
        return;
    auto const below = list(path);
    if (!below) {
        ++into.unreadable;
        return;
    }
    for (auto const& next : *below)
        collect(next, false, into);
}

} // namespace

std::vector<text_entry> list_entries(files::path const& directory)
{
    auto const where = fmt::format("\"{}\"", directory.string());
    std::error_code error;
    if (!files::exists(directory, error))
        throw no_text("there is no " + where + " (give the path of a directory of text)");
    if (!files::is_directory(directory, error))
        throw no_text(where + " is not a directory (give the directory that it is in)");
    auto const paths = list(directory);
    if (!paths)
        throw no_text(where + " can't be listed (check its permissions)");
    std::vector<text_entry> entries;
    for (auto const& path : *paths) {
        text_entry entry{ .name = path.filename().string(), .files = {} };
        collect(path, true, entry);
        if (!entry.files.empty() || entry.unreadable > 0)
            entries.push_back(std::move(entry));
    }
    if (std::ranges::all_of(entries, [](text_entry const& entry) { return entry.files.empty(); }))
        throw no_text(where + " has no file in it (give a directory of text)");
    return entries;
}

std::optional<std::string> read_text(files::path const& file)
{
    std::ifstream in(file, std::ios::binary | std::ios::ate);
    auto const size = in ? static_cast<std::streamoff>(in.tellg()) : std::streamoff{ -1 };
    if (size < 0)
        return std::nullopt;
    std::string text(static_cast<std::size_t>(size), '\0');
    in.seekg(0);
    in.read(text.data(), size);
    if (in.gcount() != size || text.find('\0') != std::string::npos)
        return std::nullopt;
    return text;
}

std::string printable(std::string name)
{
    std::ranges::replace_if(
        name, [](char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f; }, '?');
    return name;
}

} // namespace still_life
