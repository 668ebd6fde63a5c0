# SPDX-License-Identifier: BSL-1.0
"""What the guide for newcomers says of Still compiles: each expression of its tables, line by line.

usage: coming_from_test.py COMPILER [OPTION...]
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

ROOT = pathlib.Path(tap.root())
PAGE = ROOT / "docs" / "coming-from.md"
COMPILER = sys.argv[1:] or ["c++", "-std=c++20"]

# What the names on the page stand for.
PREAMBLE = """\
#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>
#include "still/bank.hpp"
#include "still/content_hash.hpp"
#include "still/map.hpp"
#include "still/parallel.hpp"
#include "still/reclaimer.hpp"
#include "still/set.hpp"
#include "still/vector.hpp"
namespace {
auto const f = [](auto const& first, auto const&...) { return first; };
auto const maybe = [](auto const& first, auto const&...) { return std::optional<int>(first); };
auto const p = [](auto const&...) { return true; };
auto const not_p = [](auto const&...) { return false; };
auto const resolve = [](int, int const*, int const* ours, int const*) { return ours ? std::optional<int>(*ours) : std::nullopt; };
auto const add = [](int sum, auto const& entry) { return sum + entry.second; };
still::inline_executor const threads;
int const* found[3];
std::vector<int> const list{ 3, 1, 2 };
std::vector<int> const sorted{ 1, 2, 3 };
std::vector<std::pair<int, int>> const entries{ { 3, 0 }, { 1, 0 } };
std::vector<std::pair<int, int>> const sorted_entries{ { 1, 0 }, { 3, 0 } };
struct total {
    using value_type = long;
    static long identity() noexcept { return 0; }
    static long combine(long one, long other) noexcept { return one + other; }
    static long of(int, int value) noexcept { return value; }
};
struct names {
    still::set<int> s, t;
    still::map<int, int> m, n;
    still::vector<int> u, w;
    still::set<int>::iterator position;
    still::bank bank;
    still::reclaimer bin;
    still::map<int, int, std::less<>, still::measured<total, still::default_policy>> measured;
    still::map<int, int, std::less<>, still::hashed<>> hashed;
    std::size_t i = 0, j = 0;
    int x = 0, y = 0, k = 0, l = 0, v = 0;
};
"""


def cells(line):
    """The cells of a table's row; a bar behind a backslash is part of one."""
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def expressions(text):
    """Pairs (line, code) of the tables' columns `Still`."""
    column = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("|"):
            column = None
            continue
        row = cells(line)
        if column is None:
            column = row.index("Still")
        elif not set(line) <= set("|-"):
            for code in re.findall(r"`([^`]*)`", row[column]):
                yield number, code


def compiled(found):
    """The compiler's complaints about expressions, by line of the page."""
    lines = [PREAMBLE]
    for count, (number, code) in enumerate(found):
        statement = code if code.endswith(";") else f"(void)({code});"
        if code.endswith(".hpp"):
            lines.insert(0, f'#if !__has_include("{code}")\n#error "no {code}"\n#endif\n')
            continue
        lines.append(f"[[maybe_unused]] void on_{number}_{count}(names& here)\n{{\n"
                     "[[maybe_unused]] auto& [s, t, m, n, u, w, position, bank, bin, measured, hashed, i, j, x, y, k, l, v] = here;\n"
                     f'#line {number} "{PAGE.name}"\n{statement}\n}}\n')
    lines.append("}\n")
    with tempfile.TemporaryDirectory() as scratch:
        unit = pathlib.Path(scratch, "page.cpp")
        unit.write_text("".join(lines), encoding="utf-8")
        done = subprocess.run([*COMPILER, "-I", str(ROOT / "include"), "-fsyntax-only", str(unit)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


class ComingFrom(unittest.TestCase):
    def test_expressions_compile(self):
        found = list(expressions(PAGE.read_text(encoding="utf-8")))
        self.assertGreater(len(found), 150)
        status, said = compiled(found)
        self.assertEqual(status, 0, said)

    def test_what_does_not_exist_is_found(self):
        table = "| from | Still | notes |\n|---|---|---|\n| `a` | `s.insert(x)` | `s.nothing()` |\n| `b` | `s.vanish(x)` | |\n"
        status, said = compiled(list(expressions(table)))
        self.assertNotEqual(status, 0)
        self.assertRegex(said, r"coming-from\.md:4:.*vanish")
        self.assertNotIn("nothing", said)


sys.argv[1:] = []
tap.main()
