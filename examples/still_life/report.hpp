// SPDX-License-Identifier: BSL-1.0
//
// What the program has to say: plain data, printed as text or as JSON when everything else is gone.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "still/core/change.hpp"
#include "still/segment.hpp"

namespace still_life {

using seconds = std::chrono::duration<double>;

struct version_row {
    std::size_t number = 0;
    std::string name;
    std::uint64_t words = 0;
    std::uint64_t occurrences = 0;
    std::uint64_t pages_changed = 0;
    std::size_t alone_bytes = 0;
    std::size_t shared_bytes = 0;
    std::chrono::nanoseconds pause{};
};

struct word_change {
    still::change_kind kind;
    std::string word;
    std::uint64_t before = 0;
    std::uint64_t after = 0;
};

/// The difference between two versions. The first words of each kind are listed, and the first runs of pages.
struct comparison {
    std::size_t before = 0;
    std::size_t after = 0;
    std::uint64_t words_added = 0;
    std::uint64_t words_removed = 0;
    std::uint64_t words_changed = 0;
    std::vector<word_change> words;
    std::uint64_t pages = 0;
    std::uint64_t runs = 0;
    std::vector<still::page_run> page_runs;
};

struct reading {
    std::size_t versions = 0;
    std::size_t mapped = 0;
    std::uint64_t pages = 0;
};

struct rollback {
    std::size_t from = 0;
    std::size_t to = 0;
    std::uint64_t pages = 0;
    seconds took{};
};

struct refusal {
    std::size_t version = 0;
    std::string error;
    std::string message;
};

struct bank_row {
    std::string name;
    std::size_t bytes = 0; ///< with all versions kept
    std::size_t bytes_at_end = 0;
};

/// Something that the program set out to show, and whether it is so.
struct claim {
    std::string text;
    bool holds = false;
};

struct report {
    std::string directory;
    std::string tracker;
    std::string passed_over;
    std::size_t files = 0;
    std::size_t skipped = 0;
    std::size_t text_bytes = 0;
    std::size_t heap_bytes = 0;
    std::size_t frame_bytes = 0;
    std::vector<version_row> versions;
    still_life::comparison comparison;
    still_life::reading reading;
    still_life::rollback rollback;
    still_life::refusal refusal;
    std::vector<bank_row> banks;
    std::vector<claim> claims;
    seconds building{};
    seconds all{};

    void check(std::string_view text, bool holds) { claims.push_back({ std::string(text), holds }); }
    [[nodiscard]] bool holds() const
    {
        return std::ranges::all_of(claims, [](claim const& one) { return one.holds; });
    }
};

/// "added", "removed" or "changed".
[[nodiscard]] constexpr std::string_view name(still::change_kind kind) noexcept
{
    switch (kind) {
    case still::change_kind::added:
        return "added";
    case still::change_kind::removed:
        return "removed";
    case still::change_kind::changed:
        break;
    }
    return "changed";
}

/// Effect: writes the report for people.
void print_text(report const& told);
/// Effect: writes the same as one JSON object.
void print_json(report const& told);

} // namespace still_life
