# SPDX-License-Identifier: BSL-1.0
"""The chapter on capabilities says of each thing that stops others by which tests that is shown, and they are there.
What isn't built says so."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import named_tests
import tap

PAGE = named_tests.ROOT / "docs" / "capabilities.md"
TESTS = named_tests.ROOT / "tests" / "capability" / "enforcement_test.cpp"

# What the table has to speak of, in this order.
BUILT = ["types", "the table", "`check`", "banks", "a membrane", "read-only mappings",
         "a mapping that its end replaces", "a sealed table"]
NOT_BUILT = ["protection keys"]


def split(text):
    """The rows of the table: those of what is built, and pairs (first column, reason) of those that say they aren't."""
    built, missing = [], []
    for line in named_tests.section(text, "What stops what").splitlines():
        for first, names in named_tests.rows(line):
            last = line.rstrip(" |").rsplit("|", 1)[-1].strip()
            if last.startswith("not built: "):
                missing.append((first, last.removeprefix("not built: ")))
            else:
                built.append((first, names))
    return built, missing


class Enforcement(unittest.TestCase):
    def setUp(self):
        self.built, self.missing = split(PAGE.read_text(encoding="utf-8"))

    def test_all_are_there_in_their_order(self):
        self.assertEqual([first for first, _ in self.built], BUILT)
        self.assertEqual([first for first, _ in self.missing], NOT_BUILT)

    def test_each_names_a_test(self):
        self.assertEqual(named_tests.without_names(self.built), [])

    def test_the_tests_are_there(self):
        self.assertEqual(named_tests.unknown(self.built), [])

    def test_each_test_of_what_is_enforced_is_named(self):
        written = {f"{suite}.{name}" for suite, name in named_tests.TEST.findall(TESTS.read_text(encoding="utf-8"))}
        self.assertGreater(len(written), 5)
        self.assertEqual(written - {name for _, names in self.built for name in names}, set())

    def test_what_is_missing_is_found(self):
        page = ("# Chapter\n\n## What stops what\n| by | stops | shown by |\n|---|---|---|\n"
                "| locks | `thieves` | `doors.are_shut` |\n| hopes | nothing | nobody |\n"
                "| keys | more | not built: no smith |\n\n## Other\n| walls | all | `suite.else` |\n")
        built, missing = split(page)
        self.assertEqual(built, [("locks", ["doors.are_shut"]), ("hopes", [])])
        self.assertEqual(missing, [("keys", "no smith")])
        self.assertEqual(named_tests.without_names(built), ["hopes"])
        self.assertEqual(named_tests.unknown(built), [("locks", "doors.are_shut")])


tap.main()
