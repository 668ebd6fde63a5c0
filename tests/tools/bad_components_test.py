# SPDX-License-Identifier: BSL-1.0
"""The page on bad components names a test for each of them and for each rule, and the tests are there."""

import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

ROOT = pathlib.Path(tap.root())
PAGE = ROOT / "docs" / "bad-components.md"

TEST = re.compile(r"^(?:TEST|TEST_F|TEST_P|TYPED_TEST|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(\s*(\w+),\s*(\w+)",
                  re.MULTILINE)
CASE = re.compile(r'^    Case\("([^"]+)"', re.MULTILINE)
ROW = re.compile(r"^\| (I?\d+) \|(.*)\|$", re.MULTILINE)


def known():
    """All names that the page may use."""
    names = {f"{suite}.{name}" for path in (ROOT / "tests").rglob("*.cpp")
             for suite, name in TEST.findall(path.read_text(encoding="utf-8"))}
    cases = (ROOT / "tests" / "compile_fail" / "compile_fail_test.py").read_text(encoding="utf-8")
    return names | {f"compile_fail: {name}" for name in CASE.findall(cases)}


def rows(text):
    """Pairs (number, names in the last column)."""
    return [(number, re.findall(r"`([^`]+)`", cells.rsplit("|", 1)[1])) for number, cells in ROW.findall(text)]


class BadComponents(unittest.TestCase):
    def setUp(self):
        self.rows = rows(PAGE.read_text(encoding="utf-8"))

    def test_all_are_there_in_their_order(self):
        self.assertEqual([number for number, _ in self.rows],
                         [str(number) for number in range(1, 31)]
                         + [f"I{number}" for number in range(1, 14) if number != 11])

    def test_each_names_a_test(self):
        self.assertEqual([number for number, names in self.rows if not names], [])

    def test_the_tests_are_there(self):
        there = known()
        self.assertGreater(len(there), 500)
        self.assertEqual([(number, name) for number, names in self.rows for name in names if name not in there], [])

    def test_what_is_missing_is_found(self):
        found = rows("| 7 | does | `what`\\|ever | `suite.gone`, `compile_fail: no such case` |\n")
        self.assertEqual(found, [("7", ["suite.gone", "compile_fail: no such case"])])
        self.assertEqual([name for name in found[0][1] if name in known()], [])


tap.main()
