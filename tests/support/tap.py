# SPDX-License-Identifier: BSL-1.0
"""Runs unittest cases, or plain callables, and reports in the Test Anything Protocol, which Meson reads
case by case."""

import os
import sys
import unittest


def report(results):
    """results: triples (name, problem, skipped reason) of text, problem and reason None where there is none.
    Prints each as it comes; returns 1 when one failed, else 0."""
    number, failed = 0, False
    for number, (name, problem, skipped) in enumerate(results, start=1):
        failed = failed or problem is not None
        # `#` would start a directive.
        name = name.replace("#", "number ")
        print(f"{'not ok' if problem else 'ok'} {number} - {name}" + (f" # SKIP {skipped}" if skipped else ""))
        sys.stdout.flush()
        # Meson keeps standard output to itself, and shows standard error of what failed.
        if problem:
            print(f"{name}:\n{problem}", file=sys.stderr, flush=True)
    print(f"1..{number}")
    return 1 if failed or number == 0 else 0


def unittest_results(module):
    """The cases of a module, run one after the other."""
    for suite in unittest.defaultTestLoader.loadTestsFromModule(module):
        for case in suite:
            result = unittest.TestResult()
            case.run(result)
            problems = [text for _, text in result.failures + result.errors]
            skipped = result.skipped[0][1] if result.skipped else None
            yield case.shortDescription() or case.id().split(".", 1)[-1], "\n".join(problems) or None, skipped


def main():
    """For the end of a module of unittest cases."""
    sys.exit(report(unittest_results(sys.modules["__main__"])))


def root():
    """The source tree."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
