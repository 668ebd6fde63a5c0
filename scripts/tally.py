#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Counts the test cases of one `meson test` run.

usage: tally.py BUILD_DIRECTORY STATUS_OF_MESON_TEST

Prints `passed N`, `failed N`, `skipped N`, and `case NAME` for each case that failed.

Meson's JUnit report lists the cases of GoogleTest and TAP programs, but it can't be taken alone: a
program that crashes or runs out of time has no case in it, or one that looks passed, and one whose
cases all pass may still exit with a sanitizer's status. So the programs' results (testlog.json) and the
list of programs that should have run (meson-info) are read beside it:

  a program's failed cases = those its report names
                           + 1 when it went wrong in a way that no failed case explains.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree

# GoogleTest and exit-status programs end with 1 when a case failed; the sanitizers' statuses differ.
CASE_FAILED = 1


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = 0


def plain_name(shown):
    """Meson shows a program as `name`, or as `project:suite / name` once there are several suites."""
    return shown.rsplit(" / ", 1)[-1]


def cases_of(report, project, shown):
    """Pairs (name, element) of a program's cases in Meson's JUnit report."""
    prefix = f"{project}.{shown}"
    for suite in report.iter("testsuite"):
        name = suite.get("name", "")
        if name == prefix or name.startswith(prefix + "."):
            group = plain_name(shown) + name[len(prefix):]
            for case in suite.findall("testcase"):
                yield f"{group}: {case.get('name')}", case


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "notrun":
        return "skipped"
    return "passed"


def count_program(tally, result, protocol, cases):
    """Adds one program: `result` is its line of testlog.json, `cases` what the report has of it."""
    name, verdict, status = plain_name(result["name"]), result["result"], result["returncode"]
    if protocol in ("exitcode", "rust"):
        if verdict in ("OK", "EXPECTEDFAIL"):
            tally.passed += 1
        elif verdict == "SKIP":
            tally.skipped += 1
        else:
            tally.failed.append(f"{name} ({verdict.lower()}, status {status})")
        return

    failed_before = len(tally.failed)
    ran = 0
    for case_name, case in cases:
        ran += 1
        kind = outcome(case)
        if kind == "failed":
            tally.failed.append(case_name)
        elif kind == "skipped":
            tally.skipped += 1
        else:
            tally.passed += 1

    # A failed case ends a GoogleTest program as FAIL, and a TAP program as ERROR.
    explained = len(tally.failed) > failed_before and verdict in ("FAIL", "ERROR") and status in (0, CASE_FAILED)
    if verdict in ("OK", "EXPECTEDFAIL", "SKIP") or explained:
        if ran == 0:
            tally.failed.append(f"{name} (ran no case)")
        return
    tally.failed.append(f"{name} (the program: {verdict.lower()}, status {status})")


def count(programs, results, report, project, meson_status):
    """programs: meson-info's list; results: testlog.json's lines by name; report: the JUnit root."""
    tally = Tally()
    for program in programs:
        name = program["name"]
        if name not in results:
            tally.failed.append(f"{name} (did not run)")
            continue
        result = results[name]
        count_program(tally, result, program["protocol"], cases_of(report, project, result["name"]))
    if meson_status != 0 and not tally.failed:
        tally.failed.append(f"meson test (status {meson_status})")
    return tally


def load(build):
    programs = json.loads((build / "meson-info" / "intro-tests.json").read_text())
    project = json.loads((build / "meson-info" / "intro-projectinfo.json").read_text())["descriptive_name"]
    logs = build / "meson-logs"
    results = {}
    if (logs / "testlog.json").exists():
        for line in (logs / "testlog.json").read_text().splitlines():
            result = json.loads(line)
            results[plain_name(result["name"])] = result
    report = xml.etree.ElementTree.Element("testsuites")
    if (logs / "testlog.junit.xml").exists():
        report = xml.etree.ElementTree.parse(logs / "testlog.junit.xml").getroot()
    return programs, results, report, project


def main(build, meson_status):
    tally = count(*load(pathlib.Path(build)), int(meson_status))
    print("passed", tally.passed)
    print("failed", len(tally.failed))
    print("skipped", tally.skipped)
    for name in tally.failed:
        print("case", name)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
