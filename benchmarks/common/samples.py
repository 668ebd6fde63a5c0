# SPDX-License-Identifier: BSL-1.0
"""Samples from Google Benchmark's JSON, and what they say: a median and its 95 % interval.

The interval is that of order statistics, which assumes nothing about how samples are distributed: of n sorted
samples it runs from the k-th to the k-th last, where k is the greatest for which the median lies between them with
95 % probability (n = 20: the 6th to the 15th). Fewer than 6 samples have none.
"""

import math
import statistics
import typing

# What Google Benchmark appends to a name.
SUFFIXES = ("iterations:", "repeats:", "threads:", "min_time:", "min_warmup_time:")
CLOCKS = ("real_time", "manual_time", "process_time")
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


class Name(typing.NamedTuple):
    operation: str
    subject: str
    detail: str


class Series(typing.NamedTuple):
    """The samples of one benchmark, in the order they were taken: nanoseconds an operation, or bytes."""
    values: list
    unit: str


class Estimate(typing.NamedTuple):
    middle: float
    low: float
    high: float
    is_bounded: bool  # from low to high is the 95 % interval; else it is all samples


def parse(text):
    """The parts of a benchmark's name: operation/subject[/detail]."""
    parts = [part for part in text.split("/") if part not in CLOCKS and not part.startswith(SUFFIXES)]
    if len(parts) < 2:
        raise ValueError(f"the benchmark '{text}' isn't named operation/subject")
    return Name(parts[0], parts[1], "/".join(parts[2:]))


def time_of(run):
    """Nanoseconds: by the wall or by hand where the benchmark asks for it, else of the processor; of one operation
    where a run counts several."""
    by_wall = any(clock in run["run_name"].split("/") for clock in ("real_time", "manual_time"))
    return run["real_time" if by_wall else "cpu_time"] * NANOSECONDS[run["time_unit"]] / run.get("operations", 1)


def samples(document):
    """Name -> Series. A benchmark that reported an error is refused."""
    result = {}
    for run in document["benchmarks"]:
        if run.get("error_occurred"):
            raise ValueError(f"{run['name']}: {run.get('error_message', 'failed')}")
        if run["run_type"] == "iteration":
            value, unit = (run["bytes"], "bytes") if "bytes" in run else (time_of(run), "ns")
            result.setdefault(parse(run["run_name"]), Series([], unit)).values.append(value)
    return result


def cut(count):
    """How many of `count` sorted samples lie outside of the interval, on either side; None where there is none."""
    outside, below = None, 0.0
    for number in range(count // 2):
        below += math.comb(count, number) / 2**count
        if 2 * below > 0.05:
            break
        outside = number
    return outside


def estimate(values, is_exact=False):
    """The median of samples. What is exact needs one only."""
    ordered = sorted(values)
    outside = 0 if is_exact else cut(len(ordered))
    return Estimate(statistics.median(ordered), ordered[outside or 0], ordered[-1 - (outside or 0)], outside is not None)


def level(series):
    return estimate(series.values, series.unit == "bytes")


def ratio(series, other):
    """The ratio of two series, pair by pair: the i-th sample of one over the i-th of the other."""
    pairs = [left / right for left, right in zip(series.values, other.values) if right]
    return estimate(pairs, series.unit == "bytes") if pairs else None
