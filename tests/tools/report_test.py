# SPDX-License-Identifier: BSL-1.0
"""The ratios of benchmarks/common/report.py, from canned JSON."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

sys.path.insert(0, os.path.join(tap.root(), "benchmarks", "common"))

import report


def runs(name, *times, clock="cpu_time", unit="ms"):
    other = "real_time" if clock == "cpu_time" else "cpu_time"
    return [{"name": name, "run_name": name, "run_type": "iteration", clock: time, other: 1e9, "time_unit": unit}
            for time in times]


def aggregate(name, time):
    return [{"name": name + "_mean", "run_name": name, "run_type": "aggregate", "cpu_time": time, "real_time": time,
             "time_unit": "ms"}]


def rows(*groups):
    return report.ratios(report.medians({"benchmarks": [run for group in groups for run in group]}))


class Names(unittest.TestCase):
    def test_parts(self):
        self.assertEqual(report.parse("lookup/still"), ("lookup", "still", ""))
        self.assertEqual(report.parse("lookup/still/1000"), ("lookup", "still", "1000"))
        self.assertEqual(report.parse("pause/fork/1%/dirty/iterations:1/repeats:3/manual_time"),
                         ("pause", "fork", "1%/dirty"))
        with self.assertRaises(ValueError):
            report.parse("lookup")


class Ratios(unittest.TestCase):
    def test_medians_of_one_run(self):
        found = rows(runs("lookup/still/10", 1, 9, 2), runs("lookup/std/10", 4, 4, 100), runs("lookup/absl/10", 1, 1, 1))
        self.assertEqual([(row[0], row[1], row[3], row[5]) for row in found],
                         [("lookup", "10", "absl", 2.0), ("lookup", "10", "std", 0.5)])
        self.assertEqual(found[0][2], 2e6)

    def test_rows_are_in_order_whatever_the_files(self):
        found = rows(runs("lookup/std", 1), runs("lookup/still", 1), runs("iterate/still", 1), runs("iterate/std", 1))
        self.assertEqual([row[0] for row in found], ["iterate", "lookup"])

    def test_aggregates_are_left_out(self):
        found = rows(runs("lookup/still", 2), aggregate("lookup/still", 50), runs("lookup/std", 4))
        self.assertEqual(found[0][5], 0.5)

    def test_details_are_kept_apart(self):
        found = rows(runs("lookup/still/10", 1), runs("lookup/std/20", 4))
        self.assertEqual(found, [("lookup", "10", 1e6, None, None, None, 0.0)])

    def test_units(self):
        found = rows(runs("lookup/still", 500, unit="us"), runs("lookup/std", 1, unit="ms"))
        self.assertEqual(found[0][5], 0.5)

    def test_clocks(self):
        found = rows(runs("pause/still/manual_time", 1, clock="real_time"), runs("pause/fork/real_time", 4, clock="real_time"))
        self.assertEqual(found[0][5], 0.25)

    def test_what_no_rival_does_stands_beside_the_nearest(self):
        found = rows(runs("insert_persistent/still/10", 3), runs("insert_in_place/std/10", 4))
        self.assertEqual((found[0][3], found[0][5]), ("std (insert_in_place)", 0.75))

    def test_an_error_is_no_number(self):
        broken = runs("lookup/still", 1)
        broken[0].update(error_occurred=True, error_message="a key was lost")
        with self.assertRaisesRegex(ValueError, "a key was lost"):
            rows(broken)


class Report(unittest.TestCase):
    def test_markdown(self):
        text = report.report({"commit": "abc", "CPU": "fast"}, {"set": {
            "benchmarks": runs("lookup/still/10", 1, 2, 3) + runs("lookup/std/10", 4, 4, 4) + runs("alone/still", 5)}})
        self.assertIn("- commit: abc\n- CPU: fast\n", text)
        self.assertIn("## set\n", text)
        self.assertIn("| lookup | 10 | 2 ms | std | 4 ms | 0.50 | 100% |", text)
        self.assertIn("| alone | – | 5 ms | – | – | – | 0% |", text)

    def test_times_for_people(self):
        self.assertEqual([report.human(time) for time in (0.5, 12.0, 1234.0, 5.55e6, 2e9)],
                         ["0.5 ns", "12 ns", "1.23 us", "5.55 ms", "2 s"])


tap.main()
