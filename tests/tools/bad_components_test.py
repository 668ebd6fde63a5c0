# SPDX-License-Identifier: BSL-1.0
"""The page on bad components names a test for each of them and for each rule, and the tests are there."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import named_tests
import tap

PAGE = named_tests.ROOT / "docs" / "bad-components.md"


class BadComponents(unittest.TestCase):
    def setUp(self):
        self.rows = named_tests.rows(PAGE.read_text(encoding="utf-8"))

    def test_all_are_there_in_their_order(self):
        self.assertEqual([number for number, _ in self.rows],
                         [str(number) for number in range(1, 31)]
                         + [f"I{number}" for number in range(1, 14) if number != 11])

    def test_each_names_a_test(self):
        self.assertEqual(named_tests.without_names(self.rows), [])

    def test_the_tests_are_there(self):
        self.assertGreater(len(named_tests.known()), 500)
        self.assertEqual(named_tests.unknown(self.rows), [])

    def test_what_is_missing_is_found(self):
        found = named_tests.rows("| 7 | does | `what`\\|ever | `suite.gone`, `compile_fail: no such case` |\n"
                                 "| 8 | does | what | nothing |\n")
        self.assertEqual(found, [("7", ["suite.gone", "compile_fail: no such case"]), ("8", [])])
        self.assertEqual(named_tests.unknown(found), [("7", "suite.gone"), ("7", "compile_fail: no such case")])
        self.assertEqual(named_tests.without_names(found), ["8"])


tap.main()
