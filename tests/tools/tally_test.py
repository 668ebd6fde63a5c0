# SPDX-License-Identifier: BSL-1.0
"""scripts/tally.py against the reports that Meson 1.0 was seen to write."""

import os
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

sys.path.insert(0, os.path.join(tap.root(), "scripts"))

import tally

PASS = '<testcase name="{}" status="run"/>'
FAIL = '<testcase name="{}" status="run"><failure message="m"/></testcase>'
SKIP = '<testcase name="{}" status="run"><skipped message="m"/></testcase>'
DISABLED = '<testcase name="{}" status="notrun"/>'


def suite(name, *cases):
    return f'<testsuite name="{name}">' + "".join(case.format(i) for i, case in enumerate(cases)) + "</testsuite>"


def count(programs, suites="", status=0):
    """programs: name -> (protocol, result, returncode), or protocol alone for one that didn't run."""
    listed = [{"name": tally.plain_name(name), "protocol": entry if isinstance(entry, str) else entry[0]}
              for name, entry in programs.items()]
    results = {tally.plain_name(name): {"name": name, "result": entry[1], "returncode": entry[2]}
               for name, entry in programs.items() if not isinstance(entry, str)}
    report = xml.etree.ElementTree.fromstring(f"<testsuites>{suites}</testsuites>")
    found = tally.count(listed, results, report, "still", status)
    return found.passed, len(found.failed), found.skipped


class Tally(unittest.TestCase):
    def test_cases_are_counted_one_by_one(self):
        self.assertEqual(count({"tree": ("gtest", "OK", 0)},
                               suite("still.tree.A", PASS, PASS) + suite("still.tree.B", PASS)), (3, 0, 0))

    def test_failed_cases_explain_a_failed_program(self):
        self.assertEqual(count({"tree": ("gtest", "FAIL", 1)}, suite("still.tree.A", PASS, FAIL, FAIL), 1), (1, 2, 0))

    def test_skipped_and_disabled_cases(self):
        self.assertEqual(count({"tree": ("gtest", "OK", 0)}, suite("still.tree.A", PASS, SKIP, DISABLED)), (1, 0, 2))

    def test_a_crash_is_a_failed_case(self):
        self.assertEqual(count({"tree": ("gtest", "FAIL", -11)}, suite("still", FAIL), 1), (0, 1, 0))

    def test_a_time_out_is_a_failed_case(self):
        self.assertEqual(count({"tree": ("gtest", "TIMEOUT", -15)}, suite("still", PASS), 1), (0, 1, 0))

    def test_a_sanitizers_finding_at_exit_is_a_failed_case(self):
        self.assertEqual(count({"tree": ("gtest", "FAIL", 88)}, suite("still.tree.A", PASS), 1), (1, 1, 0))

    def test_a_finding_at_exit_adds_to_failed_cases(self):
        self.assertEqual(count({"tree": ("gtest", "FAIL", 86)}, suite("still.tree.A", FAIL), 1), (0, 2, 0))

    def test_a_program_without_cases_failed(self):
        self.assertEqual(count({"tree": ("gtest", "OK", 0)}), (0, 1, 0))
        self.assertEqual(count({"tree": ("tap", "SKIP", 0)}), (0, 1, 0))

    def test_a_program_that_did_not_run_failed(self):
        self.assertEqual(count({"tree": "gtest", "heap": ("exitcode", "OK", 0)}), (1, 1, 0))

    def test_exit_statuses(self):
        self.assertEqual(count({"a": ("exitcode", "OK", 0), "b": ("exitcode", "FAIL", 1), "c": ("exitcode", "TIMEOUT", -15),
                                "d": ("exitcode", "SKIP", 77)}, status=2), (1, 2, 1))

    def test_tap(self):
        self.assertEqual(count({"layers": ("tap", "OK", 0)}, suite("still.layers", PASS, PASS)), (2, 0, 0))
        self.assertEqual(count({"layers": ("tap", "ERROR", 1)}, suite("still.layers", PASS, FAIL), 1), (1, 1, 0))
        self.assertEqual(count({"layers": ("tap", "ERROR", 3)}, suite("still.layers", PASS), 1), (1, 1, 0))
        self.assertEqual(count({"layers": ("tap", "TIMEOUT", -15)}, suite("still.layers", PASS), 1), (1, 1, 0))

    def test_programs_of_named_suites(self):
        self.assertEqual(count({"still:slow / tree": ("gtest", "OK", 0)}, suite("still.still:slow / tree.A", PASS, PASS)),
                         (2, 0, 0))

    def test_names_that_begin_alike(self):
        self.assertEqual(count({"set": ("gtest", "OK", 0), "set_heap": ("gtest", "OK", 0)},
                               suite("still.set.A", PASS) + suite("still.set_heap.A", PASS, PASS)), (3, 0, 0))

    def test_a_failed_run_without_a_failed_case(self):
        self.assertEqual(count({"tree": ("gtest", "OK", 0)}, suite("still.tree.A", PASS), 1), (1, 1, 0))


tap.main()
