# SPDX-License-Identifier: BSL-1.0
"""Runs benchmarks/common/run.py with programs that only pretend to measure."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

RUN = os.path.join(tap.root(), "benchmarks", "common", "run.py")

# Logs that it ran, for how many rounds and with which keys, and gives what Google Benchmark would.
PROGRAM = """#!/usr/bin/env python3
import json, os, re, sys
rounds, keys = os.environ["STILL_BENCH_REPETITIONS"], os.environ["STILL_BENCH_KEYS"]
open({log!r}, "a").write({subject!r} + " " + rounds + " " + keys + "\\n")
options = dict(argument[2:].split("=", 1) for argument in sys.argv[1:])
runs = [{{"name": name, "run_name": name, "run_type": "iteration", "cpu_time": {time}, "real_time": 0.0, "time_unit": "ns"}}
        for name in ["lookup/{subject}/" + keys] * int(rounds) if re.search(options.get("benchmark_filter", "."), name)]
text = json.dumps({{"benchmarks": runs}}) if runs else ""
if "benchmark_out" in options:
    open(options["benchmark_out"], "w").write(text)
else:
    print(text)
"""


class Bench(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.place = pathlib.Path(self.scratch.name)
        (self.place / "docs").mkdir()
        (self.place / "benchmarks").mkdir()

    def add_program(self, name, subject, time):
        path = self.place / "benchmarks" / name
        path.write_text(PROGRAM.format(log=str(self.place / "log"), subject=subject, time=time), encoding="utf-8")
        path.chmod(0o755)
        return path

    def run_bench(self, *options):
        return subprocess.run(
            [sys.executable, RUN, "--source", self.place, "--build", self.place, "--compiler", "c++", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def log(self):
        return (self.place / "log").read_text(encoding="utf-8").splitlines()

    def test_two_programs_take_turns(self):
        self.add_program("bench_ocaml", "still", 1.0)
        self.add_program("rival_ocaml", "ocaml", 4.0)
        done = self.run_bench("--repetitions=3", "--keys=20000")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.log(), [f"{subject} 1 20000" for subject in
                                      ("still", "ocaml", "ocaml", "still", "still", "ocaml")])
        self.assertIn("| lookup | 20000 | 1 ns | ocaml | 4 ns | 0.25 | – |", done.stdout)
        self.assertNotIn("missing", done.stdout)
        kept = json.loads((self.place / "ocaml.json").read_text(encoding="utf-8"))
        self.assertEqual(len(kept["benchmarks"]), 6)

    def test_a_missing_rival_is_said(self):
        self.add_program("bench_ocaml", "still", 1.0)
        done = self.run_bench("--repetitions=3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.log(), ["still 3 1000000"])
        self.assertIn("- missing: ocaml, for want of OCaml's compiler", done.stdout)

    def test_a_program_alone_runs_all_rounds(self):
        self.add_program("bench_set", "still", 1.0)
        self.assertEqual(self.run_bench("--quick").returncode, 0)
        self.assertEqual(self.run_bench().returncode, 0)
        self.assertEqual(self.log(), ["still 3 1000000", "still 20 1000000"])

    def test_docs_are_written_when_asked_for(self):
        self.add_program("bench_set", "still", 1.0)
        docs = self.place / "docs" / "benchmarks.md"
        self.assertEqual(self.run_bench("--quick").returncode, 0)
        self.assertFalse(docs.exists())
        self.assertEqual(self.run_bench("--quick", "--write-docs").returncode, 0)
        self.assertIn("(benchmarks.svg)", docs.read_text(encoding="utf-8"))
        self.assertIn("(report.svg)", (self.place / "report.md").read_text(encoding="utf-8"))
        self.assertIn("<svg", docs.with_suffix(".svg").read_text(encoding="utf-8"))

    def test_one_program_may_run_and_the_others_be_reported_as_they_were(self):
        self.add_program("bench_set", "still", 1.0)
        self.add_program("bench_map", "still", 1.0)
        self.assertEqual(self.run_bench("--repetitions=3").returncode, 0)
        self.assertEqual(len(self.log()), 2)
        done = self.run_bench("--repetitions=3", "--program=set")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.log()), 3)
        self.assertIn("## map", done.stdout)
        (self.place / "map.json").write_text("{ broken", encoding="utf-8")
        self.assertNotIn("## map", self.run_bench("--repetitions=3", "--program=set").stdout)
        refused = self.run_bench("--program=nonsense")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("there are: map, set", refused.stderr)

    def test_a_filter_may_leave_nothing(self):
        self.add_program("bench_ocaml", "still", 1.0)
        self.add_program("rival_ocaml", "ocaml", 4.0)
        done = self.run_bench("--filter=nonsense", "--repetitions=3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.log(), ["still 1 1000000"])

    def test_failures_fail(self):
        self.assertNotEqual(self.run_bench().returncode, 0)
        self.add_program("bench_set", "still", 1.0).write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
        done = self.run_bench()
        self.assertEqual(done.returncode, 1)
        self.assertIn("exit status 3", done.stderr)
        self.assertEqual(self.run_bench("--keys=9").returncode, 2)


tap.main()
