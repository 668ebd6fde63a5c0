# SPDX-License-Identifier: BSL-1.0
"""still-doctor tells of every tracker, and of the one that heaps take."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

doctor = sys.argv.pop()


class Doctor(unittest.TestCase):
    def test_every_tracker_is_tried(self):
        told = subprocess.run([doctor], stdout=subprocess.PIPE, text=True, check=False)
        self.assertIn(told.returncode, (0, 1))
        lines = told.stdout.splitlines()
        for kind in ("userfault", "protect", "private_file", "compare"):
            found = [line for line in lines if line.startswith(f"tracker {kind} ")]
            self.assertEqual(len(found), 1, told.stdout)
            self.assertNotIn("WRONG", found[0])
        taken = [line.split()[-1] for line in lines if line.startswith("heaps here take ")]
        self.assertEqual(len(taken), 1)
        works = [line.split()[1] for line in lines if line.startswith("tracker ") and " works: " in line]
        self.assertEqual(taken[0], works[0], "the best that works")
        self.assertEqual(told.returncode, 0 if taken == ["userfault"] else 1)


tap.main()
