# SPDX-License-Identifier: BSL-1.0
"""The test of headers finds a header that doesn't compile, and a tree without headers."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap


def run(headers):
    with tempfile.TemporaryDirectory() as scratch:
        include = pathlib.Path(scratch, "include")
        include.mkdir()
        for name, text in headers.items():
            (include / name).write_text(text)
        done = subprocess.run(
            [sys.executable, os.path.join(tap.root(), "tests", "layers", "headers_alone.py"), str(include),
             os.path.join(scratch, "units"), "c++", "-std=c++20", "-Wall", "-Werror", "-I", str(include)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout


class Headers(unittest.TestCase):
    def test_good_and_bad_headers(self):
        status, said = run({
            "alone.hpp": "#pragma once\n#include <vector>\ninline std::vector<int> numbers() { return {}; }\n",
            "twice.hpp": "inline int numbers() { return 1; }\n",
            "without.hpp": "#pragma once\ninline std::vector<int> numbers() { return {}; }\n",
        })
        self.assertEqual(status, 1)
        self.assertIn("\nok 1 - alone.hpp", "\n" + said)
        self.assertIn("\nnot ok 2 - twice.hpp", said)
        self.assertIn("\nnot ok 3 - without.hpp", said)
        self.assertIn("\n1..3", said)

    def test_no_headers_is_a_failure(self):
        status, said = run({})
        self.assertEqual((status, said), (1, "1..0\n"))


tap.main()
