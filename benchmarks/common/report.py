# SPDX-License-Identifier: BSL-1.0
"""Ratios from Google Benchmark's JSON: Still beside each rival, medians of one run.

A benchmark is named operation/subject[/detail]; the subject `still` is divided by the other subjects
that have the same operation and detail.
"""

import statistics

STILL = "still"
# Operations that no rival has are set beside the nearest thing that it can do.
BESIDE = {"insert_persistent": "insert_in_place"}
# What Google Benchmark appends to a name.
SUFFIXES = ("iterations:", "repeats:", "threads:", "min_time:", "min_warmup_time:")
CLOCKS = ("real_time", "manual_time", "process_time")
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def parse(name):
    """(operation, subject, detail) of a benchmark's name."""
    parts = [part for part in name.split("/") if part not in CLOCKS and not part.startswith(SUFFIXES)]
    if len(parts) < 2:
        raise ValueError(f"the benchmark '{name}' isn't named operation/subject")
    return parts[0], parts[1], "/".join(parts[2:])


def time_of(run):
    """Nanoseconds: by the wall or by hand where the benchmark asks for it, else of the processor."""
    by_wall = any(clock in run["run_name"].split("/") for clock in ("real_time", "manual_time"))
    return run["real_time" if by_wall else "cpu_time"] * NANOSECONDS[run["time_unit"]]


def medians(document):
    """(operation, subject, detail) -> (median, spread as a share of it, repetitions), in the order of the file.
    Taken from the single repetitions, which the file keeps. A benchmark that reported an error is refused."""
    samples = {}
    for run in document["benchmarks"]:
        if run.get("error_occurred"):
            raise ValueError(f"{run['name']}: {run.get('error_message', 'failed')}")
        if run["run_type"] == "iteration":
            samples.setdefault(parse(run["run_name"]), []).append(time_of(run))
    result = {}
    for key, times in samples.items():
        middle = statistics.median(times)
        result[key] = (middle, (max(times) - min(times)) / middle if middle else 0.0, len(times))
    return result


def ratios(found):
    """Rows (operation, detail, still's median, rival, rival's median, ratio, spread) for each rival, by operation
    and detail (repetitions run in random order, and so does the file); one row for what stands alone."""
    rows = []
    for (operation, subject, detail), (middle, spread, _) in sorted(found.items()):
        if subject != STILL:
            continue
        beside = BESIDE.get(operation, operation)
        rivals = [(other_subject, other) for (other_operation, other_subject, other_detail), other in sorted(found.items())
                  if other_operation == beside and other_detail == detail and other_subject != STILL]
        for rival, (rival_middle, rival_spread, _) in rivals:
            label = rival if beside == operation else f"{rival} ({beside})"
            rows.append((operation, detail, middle, label, rival_middle, middle / rival_middle, max(spread, rival_spread)))
        if not rivals:
            rows.append((operation, detail, middle, None, None, None, spread))
    return rows


def human(nanoseconds):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"


def table(rows):
    lines = ["| operation | detail | Still | rival | rival's | Still / rival | spread |",
             "|---|---|---|---|---|---|---|"]
    for operation, detail, middle, rival, rival_middle, ratio, spread in rows:
        beside = ["–", "–", "–"] if rival is None else [rival, human(rival_middle), f"{ratio:.2f}"]
        lines.append("| " + " | ".join([operation, detail or "–", human(middle), *beside, f"{spread:.0%}"]) + " |")
    return "\n".join(lines)


def report(provenance, documents):
    """The Markdown report. provenance: name -> value; documents: program -> Google Benchmark's JSON."""
    lines = ["# Benchmarks", ""]
    lines += [f"- {name}: {value}" for name, value in provenance.items()]
    lines += ["", "Medians of one run, its benchmarks repeated in random order. A ratio under 1 means that Still is "
              "faster. The spread is the wider of both, from the fastest to the slowest repetition; a ratio that "
              "differs from 1 by less says nothing."]
    for program, document in documents.items():
        lines += ["", f"## {program}", "", table(ratios(medians(document)))]
    return "\n".join(lines) + "\n"
