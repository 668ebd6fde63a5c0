# SPDX-License-Identifier: BSL-1.0
"""The report of a run: Still beside each rival, goals, and a plot.

A benchmark is named operation/subject[/detail]; the subject `still` is divided by the other subjects
that have the same operation and detail, sample by sample (see samples.py).
"""

import re

import goals
import plot
from samples import level, ratio, samples

STILL = "still"
# Operations that no rival has are set beside the nearest thing that it can do. A rival that has one is
# compared by that.
BESIDE = {"insert_persistent": "insert_in_place", "find_many": "lookup", "push_back_persistent": "push_back",
          "assign_persistent": "assign"}
# Subjects that are plotted against the number of elements.
CURVES = ("still", "absl", "std", "flat")
METHOD = """Benchmarks run in rounds, and what is compared runs one right after the other, in turns. A ratio is the \
median of the ratios of such pairs, and its brackets are the 95 % interval of that median, from order statistics; \
where there are fewer than 6 pairs, all lie between the numbers after the median. Under 1 means that Still is faster \
(or smaller); where the interval reaches 1, the two are called even. Subjects named `still_...` are Still with another \
policy. Times are those of one operation: of one element, except for set algebra and differences."""


def in_order(name):
    """Sorts 10 after 9."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", "/".join(name))]


def rivals_of(name, found):
    """(label, name) of what a benchmark of Still's is compared with."""
    same = [other for other in sorted(found, key=in_order)
            if (other.operation, other.detail) == (name.operation, name.detail) and other.subject != STILL]
    subjects = {other.subject for other in same}
    near = [other for other in sorted(found, key=in_order)
            if (other.operation, other.detail) == (BESIDE.get(name.operation), name.detail)
            and not other.subject.startswith(STILL) and other.subject not in subjects]
    return [(other.subject, other) for other in same] + [(f"{other.subject} ({other.operation})", other) for other in near]


def rows(found):
    """(name, Still's estimate, rival or None, its estimate, ratio, unit), by operation and detail."""
    result = []
    for name in sorted((name for name in found if name.subject == STILL), key=in_order):
        series = found[name]
        compared = [(name, level(series), label, level(found[other]), ratio(series, found[other]), series.unit)
                    for label, other in rivals_of(name, found)]
        result += compared or [(name, level(series), None, None, None, series.unit)]
    return result


def human(value, unit="ns"):
    scales = {"ns": ((" s", 1e9), (" ms", 1e6), (" us", 1e3), (" ns", 1)),
              "bytes": ((" MB", 1e6), (" KB", 1e3), (" B", 1))}[unit]
    word, size = next((scale for scale in scales if value >= scale[1]), scales[-1])
    return f"{value / size:.3g}{word}"


def written(found, digits=2):
    """An estimate: 0.82 [0.80, 0.85]; without an interval 0.82, 0.75 to 0.91."""
    if found.low == found.high:
        return f"{found.middle:.{digits}f}"
    if found.is_bounded:
        return f"{found.middle:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"
    return f"{found.middle:.{digits}f}, {found.low:.{digits}f} to {found.high:.{digits}f}"


def outcome(found, unit):
    if not found.is_bounded or found.low <= 1 <= found.high:
        return "even" if found.is_bounded else "–"
    less, more = ("smaller", "larger") if unit == "bytes" else ("faster", "slower")
    return less if found.high < 1 else more


def table(found):
    lines = ["| operation | detail | Still | rival | rival's | Still / rival | Still is |",
             "|---|---|---|---|---|---|---|"]
    for name, middle, rival, rival_middle, divided, unit in rows(found):
        beside = ["–", "–", "–", "–"]
        if divided is not None:
            beside = [rival, human(rival_middle.middle, unit), written(divided), outcome(divided, unit)]
        lines.append("| " + " | ".join([name.operation, name.detail or "–", human(middle.middle, unit), *beside]) + " |")
    return "\n".join(lines)


def container_of(goal):
    """What a goal is about: other programs than these have their container's name."""
    if goal.program not in ("ocaml", "parallel"):
        return goal.program.replace("_", " ")
    return "map" if goal.measured.detail.endswith("/map") else "set"


def goal_table(found, keys):
    """found: program -> samples."""
    lines = ["| container | operation | goal | measured | |", "|---|---|---|---|---|"]
    for goal in goals.GOALS:
        if goal.program in found:
            measured, verdict = goals.judge(goal, found, keys)
            bound = f"at {'least' if goal.is_least else 'most'} {goal.limit:g}{goal.unit}"
            text = goal.text.format(keys=plot.short(keys), longest=plot.short(10 * keys))
            lines.append(f"| {container_of(goal)} | {text} | {bound} | {written(measured) if measured else '–'} | {verdict} |")
    return "\n".join(lines)


def curve(found, operation, subject):
    """(size, nanoseconds) of an operation with numbers as keys."""
    return [(int(name.detail), level(series).middle) for name, series in found.items()
            if (name.operation, name.subject) == (operation, subject) and name.detail.isdigit()]


def pauses(found, subject, across, fixed):
    """(across, nanoseconds) of cuts of a heap; both are parts of a load's name, such as 64_MiB_1%_written."""
    points = []
    for name, series in found.items():
        load = re.fullmatch(r"(?P<MiB>\d+)_MiB_(?P<percent>\d+)%_written", name.detail)
        if (name.operation, name.subject) == ("snapshot_pause", subject) and load and load[fixed[0]] == fixed[1]:
            points.append((int(load[across]), level(series).middle))
    return points


def figure(documents):
    """Lookups and insertions of sets against the number of elements, and pauses of heaps against their size and the
    share of them that was written, as SVG."""
    found = samples(documents.get("set", {"benchmarks": []}))
    lookups = {name: curve(found, "lookup", name) for name in CURVES}
    insertions = {name: curve(found, "insert_in_place", name) for name in CURVES}
    insertions["still, kept"] = curve(found, "insert_persistent", STILL)
    found = samples(documents.get("heap", {"benchmarks": []}))
    by_size = {name: pauses(found, name, "MiB", ("percent", "1")) for name in (STILL, "fork")}
    by_share = {name: pauses(found, name, "percent", ("MiB", "1024")) for name in (STILL, "fork")}
    return plot.svg([("set: lookup of one key", "elements", lookups),
                     ("set: insertion of one key", "elements", insertions),
                     ("heap: pause of a snapshot, 1 % written", "MiB in use", by_size),
                     ("heap: pause of a snapshot, 1 GiB", "% of the pages written", by_share)])


def origin(document, provenance):
    """Where a program's results are from: they may be older than the report, and of other settings."""
    context = document.get("context", {})
    if not all(name in context for name in ("commit", "date", "rounds")):
        return []
    own = {"commit", "date", "rounds"}
    others = "".join(f", {name}: {context[name]}" for name, value in provenance.items()
                     if name not in own and name in context and context[name] != as_context(value))
    return ["", f"Measured at commit {context['commit']}, {context['date']}, {context['rounds']} rounds{others}."]


def as_context(value):
    """A value as Google Benchmark takes it into its context: that separates by `,` and `=`."""
    return str(value).replace(",", ";").replace("=", ":")


def report(provenance, documents, keys, missing=(), image=None):
    """The Markdown report. provenance: name -> value; documents: program -> Google Benchmark's JSON; missing:
    sentences on what could not be compared; image: where the plot is."""
    found = {program: samples(document) for program, document in documents.items()}
    lines = ["# Benchmarks", ""]
    lines += [f"- {name}: {value}" for name, value in provenance.items()]
    lines += [f"- missing: {sentence}" for sentence in missing]
    lines += ["", METHOD]
    if any(goal.program in found for goal in goals.GOALS):
        lines += ["", "## Goals", "", "Met when the whole interval clears the goal.", "", goal_table(found, keys)]
    if image:
        lines += ["", "## Against size", "",
                  f"![Lookup and insertion of sets against the number of elements; pauses of heaps against size]({image})"]
    for program, series in found.items():
        lines += ["", f"## {program}", *origin(documents[program], provenance), "", table(series)]
    return "\n".join(lines) + "\n"
