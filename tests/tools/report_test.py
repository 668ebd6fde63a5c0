# SPDX-License-Identifier: BSL-1.0
"""The ratios, goals and plots of benchmarks/common, from canned JSON."""

import os
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

sys.path.insert(0, os.path.join(tap.root(), "benchmarks", "common"))

import goals
import plot
import report
import samples
from samples import Estimate, Name, Series


def runs(name, *times, clock="cpu_time", unit="ms", **counters):
    other = "real_time" if clock == "cpu_time" else "cpu_time"
    return [{"name": name, "run_name": name, "run_type": "iteration", clock: time, other: 1e9, "time_unit": unit,
             **counters} for time in times]


def aggregate(name, time):
    return [{"name": name + "_mean", "run_name": name, "run_type": "aggregate", "cpu_time": time, "real_time": time,
             "time_unit": "ms"}]


def document(*groups):
    return {"benchmarks": [run for group in groups for run in group]}


def rows(*groups):
    return report.rows(samples.samples(document(*groups)))


def ratios(*groups):
    return [(row[2], row[4].middle) for row in rows(*groups)]


class Names(unittest.TestCase):
    def test_parts(self):
        self.assertEqual(samples.parse("lookup/still"), ("lookup", "still", ""))
        self.assertEqual(samples.parse("lookup/still/1000"), ("lookup", "still", "1000"))
        self.assertEqual(samples.parse("pause/fork/1%/dirty/iterations:1/repeats:3/manual_time"),
                         ("pause", "fork", "1%/dirty"))
        with self.assertRaises(ValueError):
            samples.parse("lookup")


class Intervals(unittest.TestCase):
    def test_order_statistics_of_the_median(self):
        # The 95 % column of published tables (ranks count from 1).
        for count, lowest_rank in ((6, 1), (8, 1), (9, 2), (12, 3), (15, 4), (20, 6), (25, 8), (50, 18)):
            found = samples.estimate(list(range(count, 0, -1)))
            self.assertEqual((found.low, found.high, found.is_bounded), (lowest_rank, count + 1 - lowest_rank, True))

    def test_few_samples_have_none(self):
        self.assertEqual(samples.estimate([3, 1, 2, 5, 4]), Estimate(3, 1, 5, False))
        self.assertEqual(samples.estimate([7]), Estimate(7, 7, 7, False))

    def test_what_is_exact_needs_one(self):
        self.assertEqual(samples.level(Series([7], "bytes")), Estimate(7, 7, 7, True))

    def test_ratios_are_of_pairs(self):
        # Noise that befalls both of a pair leaves their ratio alone.
        noise = [1, 5, 1, 2, 9, 1, 3, 1]
        found = samples.ratio(Series([2 * one for one in noise], "ns"), Series([4 * one for one in noise], "ns"))
        self.assertEqual(found, Estimate(0.5, 0.5, 0.5, True))

    def test_what_one_side_lacks_is_no_pair(self):
        self.assertEqual(samples.ratio(Series([1, 2, 3], "ns"), Series([2], "ns")), Estimate(0.5, 0.5, 0.5, False))


class Ratios(unittest.TestCase):
    def test_medians_of_one_run(self):
        found = rows(runs("lookup/still/10", 1, 9, 2), runs("lookup/std/10", 4, 4, 4), runs("lookup/absl/10", 1, 1, 1))
        self.assertEqual([(row[0], row[2], row[4].middle) for row in found],
                         [(Name("lookup", "still", "10"), "absl", 2.0), (Name("lookup", "still", "10"), "std", 0.5)])
        self.assertEqual(found[0][1].middle, 2e6)

    def test_rows_are_in_order_whatever_the_files(self):
        found = rows(runs("lookup/still/1000", 1), runs("lookup/still/20", 1), runs("iterate/still/20", 1))
        self.assertEqual([(row[0].operation, row[0].detail) for row in found],
                         [("iterate", "20"), ("lookup", "20"), ("lookup", "1000")])

    def test_aggregates_are_left_out(self):
        self.assertEqual(ratios(runs("lookup/still", 2), aggregate("lookup/still", 50), runs("lookup/std", 4)),
                         [("std", 0.5)])

    def test_details_are_kept_apart(self):
        found = rows(runs("lookup/still/10", 1), runs("lookup/std/20", 4))
        self.assertEqual([row[2:5] for row in found], [(None, None, None)])

    def test_units(self):
        self.assertEqual(ratios(runs("lookup/still", 500, unit="us"), runs("lookup/std", 1, unit="ms")), [("std", 0.5)])

    def test_times_are_of_one_operation(self):
        self.assertEqual(ratios(runs("lookup/still", 500, operations=1000.0), runs("lookup/std", 1)), [("std", 0.5)])

    def test_clocks(self):
        self.assertEqual(ratios(runs("pause/still/manual_time", 1, clock="real_time"),
                                runs("pause/fork/real_time", 4, clock="real_time")), [("fork", 0.25)])

    def test_bytes_are_compared_instead_of_times(self):
        found = rows(runs("memory/still", 1, bytes=9.0), runs("memory/std", 1, bytes=36.0))
        self.assertEqual((found[0][1].middle, found[0][4], found[0][5]), (9.0, Estimate(0.25, 0.25, 0.25, True), "bytes"))

    def test_what_no_rival_does_stands_beside_the_nearest(self):
        self.assertEqual(ratios(runs("insert_persistent/still/10", 3), runs("insert_persistent/still_local/10", 6),
                                runs("insert_in_place/std/10", 4), runs("insert_in_place/still_local/10", 1)),
                         [("still_local", 0.5), ("std (insert_in_place)", 0.75)])

    def test_an_error_is_no_number(self):
        broken = runs("lookup/still", 1)
        broken[0].update(error_occurred=True, error_message="a key was lost")
        with self.assertRaisesRegex(ValueError, "a key was lost"):
            rows(broken)


class Goals(unittest.TestCase):
    GOAL = goals.beside_absl("set", "lookup", 0.85, "lookup")

    def judged(self, goal, *groups):
        return goals.judge(goal, {"set": samples.samples(document(*groups))}, keys=100)

    def lookups(self, *times):
        return self.judged(self.GOAL, runs("lookup/still/100", *times), runs("lookup/absl/100", *[100] * len(times)))

    def test_the_whole_interval_clears_it(self):
        self.assertEqual(self.lookups(*range(80, 86))[1], "met")
        self.assertEqual(self.lookups(*range(81, 87))[1], "undecided")
        self.assertEqual(self.lookups(*range(86, 92))[1], "missed")

    def test_a_few_rounds_decide_nothing(self):
        self.assertEqual(self.lookups(50, 50, 50)[1], "too few rounds")

    def test_what_is_absent_is_said(self):
        self.assertEqual(self.judged(self.GOAL, runs("lookup/still/100", 1)), (None, "not measured"))
        self.assertEqual(goals.judge(self.GOAL, {}, 100), (None, "not measured"))

    def test_at_least(self):
        goal = self.GOAL._replace(limit=1.7, is_least=True)
        pair = lambda time: (runs("lookup/still/100", *[time] * 6), runs("lookup/absl/100", *[100] * 6))
        self.assertEqual(self.judged(goal, *pair(171))[1], "met")
        self.assertEqual(self.judged(goal, *pair(169))[1], "missed")

    def test_levels_have_units(self):
        goal = goals.Goal("set", "diff", 0.4, Name("diff_1k", "still", "{longest}"), scale=1e6, unit=" ms")
        found, verdict = self.judged(goal, runs("diff_1k/still/1000", *[0.3] * 6))
        self.assertEqual((found.middle, verdict), (0.3, "met"))


class Plot(unittest.TestCase):
    def test_curves(self):
        found = samples.samples(document(runs("lookup/still/10", 1), runs("lookup/still/1000", 4, operations=2.0),
                                         runs("lookup/still/1000/string", 9), runs("lookup/std/10", 5)))
        self.assertEqual(report.curve(found, "lookup", "still"), [(10, 1e6), (1000, 2e6)])

    def test_larger_lies_higher_and_farther(self):
        root = xml.etree.ElementTree.fromstring(
            plot.svg([("reading", "keys", {"a": [(10, 1), (1000, 100)], "b & c": [(10, 10)]}),
                      ("nothing", "elements", {})]))
        space = "{http://www.w3.org/2000/svg}"
        circles = [(float(one.get("cx")), float(one.get("cy")), one.get("fill")) for one in root.iter(space + "circle")]
        small, large = sorted(one for one in circles if one[2] == plot.COLOURS[0])
        other = next(one for one in circles if one[2] == plot.COLOURS[1])
        self.assertLess(large[1], small[1])
        self.assertEqual(other[0], small[0])
        self.assertAlmostEqual(other[1], (small[1] + large[1]) / 2, delta=0.2)
        texts = [one.text for one in root.iter(space + "text")]
        self.assertIn("b & c", texts)
        self.assertIn("keys", texts)
        self.assertNotIn("nothing", texts)

    def test_pauses_by_size_and_by_share(self):
        found = samples.samples(document(
            *(runs(f"snapshot_pause/still/{load}", time)
              for load, time in (("64_MiB_1%_written", 1), ("1024_MiB_1%_written", 2), ("1024_MiB_10%_written", 3))),
            runs("snapshot_pause/fork/64_MiB_1%_written", 9), runs("restore/still/64_MiB_1%_written", 8)))
        self.assertEqual(sorted(report.pauses(found, "still", "MiB", ("percent", "1"))), [(64, 1e6), (1024, 2e6)])
        self.assertEqual(sorted(report.pauses(found, "still", "percent", ("MiB", "1024"))), [(1, 2e6), (10, 3e6)])
        self.assertEqual(report.pauses(found, "fork", "MiB", ("percent", "1")), [(64, 9e6)])

    def test_panels_stand_two_in_a_row(self):
        panels = [(str(number), "keys", {"a": [(1, 1)]}) for number in range(3)]
        root = xml.etree.ElementTree.fromstring(plot.svg(panels))
        self.assertEqual((int(root.get("width")), int(root.get("height"))), (2 * plot.WIDTH, 2 * plot.HEIGHT))

    def test_nothing_to_plot(self):
        xml.etree.ElementTree.fromstring(report.figure({}))

    def test_numbers_for_people(self):
        self.assertEqual([plot.short(number) for number in (1, 10, 1000, 100_000, 10**7)],
                         ["1", "10", "1 k", "100 k", "10 M"])
        self.assertEqual([plot.duration(time) for time in (1, 100, 1e4, 1e7)], ["1 ns", "100 ns", "10 us", "10 ms"])


class Report(unittest.TestCase):
    def test_markdown(self):
        text = report.report({"commit": "abc", "CPU": "fast"}, {"set": document(
            runs("lookup/still/10", 1, 2, 3), runs("lookup/std/10", 4, 4, 4), runs("alone/still", 5),
            runs("lookup/absl/10", 1, 2, 3))}, keys=10, missing=["a rival"], image="plot.svg")
        self.assertIn("- commit: abc\n- CPU: fast\n- missing: a rival\n", text)
        self.assertIn("## set\n", text)
        self.assertIn("| lookup | 10 | 2 ms | std | 4 ms | 0.50, 0.25 to 0.75 | – |", text)
        self.assertIn("| alone | – | 5 ms | – | – | – | – |", text)
        self.assertIn("| set | lookup, present, of absl's | at most 0.85 | 1.00 | too few rounds |", text)
        self.assertIn("(plot.svg)", text)

    def test_each_program_says_of_when_its_results_are(self):
        known = dict(document(runs("lookup/still/10", 1)), context={"commit": "abc", "date": "then", "rounds": "20"})
        text = report.report({}, {"set": known, "map": document(runs("lookup/still/10", 1))}, keys=10)
        self.assertIn("## set\n\nMeasured at commit abc, then, 20 rounds.\n", text)
        self.assertEqual(text.count("Measured at"), 1)

    def test_each_program_says_what_it_was_measured_with_where_that_differs(self):
        context = {"commit": "abc", "date": "then", "rounds": "3", "keys": "10", "CPU": "one; 2 cores"}
        known = dict(document(runs("lookup/still/10", 1)), context=context)
        text = report.report({"commit": "new", "keys": 20, "CPU": "one, 2 cores"}, {"set": known}, keys=20)
        self.assertIn("Measured at commit abc, then, 3 rounds, keys: 10.\n", text)

    def test_faster_or_slower_as_far_as_it_is_known(self):
        self.assertEqual([report.outcome(Estimate(*numbers), unit) for *numbers, unit in (
            (0.5, 0.4, 0.9, True, "ns"), (2, 1.1, 3, True, "ns"), (0.9, 0.8, 1.1, True, "ns"),
            (0.5, 0.4, 0.9, False, "ns"), (0.5, 0.5, 0.5, True, "bytes"), (2, 2, 2, True, "bytes"))],
            ["faster", "slower", "even", "–", "smaller", "larger"])

    def test_intervals_for_people(self):
        self.assertEqual(report.written(Estimate(0.5, 0.25, 0.75, True)), "0.50 [0.25, 0.75]")

    def test_times_for_people(self):
        self.assertEqual([report.human(time) for time in (0.5, 12.0, 1234.0, 5.55e6, 2e9)],
                         ["0.5 ns", "12 ns", "1.23 us", "5.55 ms", "2 s"])
        self.assertEqual([report.human(count, "bytes") for count in (8.6, 800e3, 2e6)], ["8.6 B", "800 KB", "2 MB"])


tap.main()
