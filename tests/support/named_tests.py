# SPDX-License-Identifier: BSL-1.0
"""The tests that pages of the documentation name in the last column of their tables, and those that there are."""

import pathlib
import re

import tap

ROOT = pathlib.Path(tap.root())

TEST = re.compile(r"^(?:TEST|TEST_F|TEST_P|TYPED_TEST|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(\s*(\w+),\s*(\w+)",
                  re.MULTILINE)
CASE = re.compile(r'^    Case\("([^"]+)"', re.MULTILINE)
ROW = re.compile(r"^\| ([^|]*?) \|(.*)\|$", re.MULTILINE)


def known():
    """All names that a page may use."""
    names = {f"{suite}.{name}" for path in (ROOT / "tests").rglob("*.cpp")
             for suite, name in TEST.findall(path.read_text(encoding="utf-8"))}
    cases = (ROOT / "tests" / "compile_fail" / "compile_fail_test.py").read_text(encoding="utf-8")
    return names | {f"compile_fail: {name}" for name in CASE.findall(cases)}


def rows(text):
    """Pairs (first column, names in the last column) of the tables in a text, without their heads."""
    found = []
    for first, cells in ROW.findall(text):
        last = cells.rsplit("|", 1)[-1]
        if last.strip() != "shown by" and set(first + last) - set("-| "):
            found.append((first, re.findall(r"`([^`]+)`", last)))
    return found


def section(text, heading):
    """What stands below a heading of the second level, as far as the next."""
    return text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def without_names(found):
    """The first columns of rows that name no test."""
    return [first for first, names in found if not names]


def unknown(found):
    """Pairs (first column, name) of names that no test has."""
    there = known()
    return [(first, name) for first, names in found for name in names if name not in there]
