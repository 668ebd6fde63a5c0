# SPDX-License-Identifier: BSL-1.0
"""Runs the benchmark programs of a build, and writes one JSON file each and a report (see report.py).

A program `bench_x` takes turns with `rival_x` where there is one: a round of the one, a round of the other, and in
the next round the other way about. Any other runs all of its rounds by itself.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

import report


def said(*command, otherwise="unknown"):
    """A command's first line."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=True)
        return done.stdout.splitlines()[0] if done.stdout else otherwise
    except (OSError, subprocess.CalledProcessError):
        return otherwise


def commit(source):
    name = said("git", "-C", source, "rev-parse", "--short=12", "HEAD")
    changed = said("git", "-C", source, "status", "--porcelain", "--untracked-files=no", otherwise="")
    return name + (" with uncommitted changes" if changed else "")


def processor():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(("model name", "CPU part")):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


# Programs that say little without their rivals, and what those need.
RIVALS = {"ocaml": "OCaml's compiler (Debian's ocaml-nox)"}


def measured(program, environment, filter_, context, output):
    """Effect: runs a benchmark program. Returns its JSON, or None where the filter leaves it nothing to do."""
    output.unlink(missing_ok=True)
    subprocess.run(
        [program, f"--benchmark_out={output}", "--benchmark_out_format=json", f"--benchmark_filter={filter_}", *context],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    if not output.exists() or output.stat().st_size == 0:
        return None
    return json.loads(output.read_text(encoding="utf-8"))


def measured_before(output):
    """The results that a run left; None where there are none, or a run that was broken off left half of them."""
    try:
        document = json.loads(output.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if document.get("benchmarks") else None


def rival_runs(program, environment, filter_):
    done = subprocess.run([program], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=True)
    return [run for run in json.loads(done.stdout)["benchmarks"] if re.search(filter_, run["name"])]


def in_turns(program, rival, rounds, environment, filter_, context, output):
    """Effect: as measured, with the rival's runs beside the program's."""
    environment = dict(environment, STILL_BENCH_REPETITIONS="1")
    result = None
    for number in range(rounds):
        theirs = rival_runs(rival, environment, filter_) if number % 2 == 1 else None
        document = measured(program, environment, filter_, context, output)
        if document is None:
            return None
        document["benchmarks"] += theirs if theirs is not None else rival_runs(rival, environment, filter_)
        if result is None:
            result = document
        else:
            result["benchmarks"] += document["benchmarks"]
    output.write_text(json.dumps(result, indent=1), encoding="utf-8")
    return result


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", allow_abbrev=False)
    parser.add_argument("--source", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--compiler", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="end in two minutes: fewer rounds, sizes and rivals")
    parser.add_argument("--keys", type=int, default=1_000_000, help="elements in a large container")
    parser.add_argument("--seed", type=int, default=20250101, help="start of the random sequences")
    parser.add_argument("--repetitions", type=int, help="rounds (20, or 3 with --quick)")
    parser.add_argument("--filter", default=".", help="only benchmarks whose name matches")
    parser.add_argument("--program", action="append", metavar="NAME",
                        help="run this one; the report takes the others' last results (may be repeated)")
    parser.add_argument("--write-docs", action="store_true", help="write docs/benchmarks.md and its plot, too")
    arguments = parser.parse_args()
    if arguments.keys < 10_000:
        parser.error("--keys wants 10000 or more: thousands are changed, and small containers are measured besides")
    return arguments


def main():
    arguments = parse_arguments()
    repetitions = arguments.repetitions or (3 if arguments.quick else 20)

    build = pathlib.Path(arguments.build)
    programs = sorted(path for path in (build / "benchmarks").glob("bench_*") if path.is_file())
    if not programs:
        sys.exit("dev: there is no benchmark program in " + str(build / "benchmarks"))
    names = [path.name.removeprefix("bench_") for path in programs]
    for name in arguments.program or []:
        if name not in names:
            sys.exit(f"dev: there is no benchmark program '{name}' (there are: {', '.join(names)})")

    provenance = {
        "commit": commit(arguments.source),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "compiler": said(*arguments.compiler.split(), "--version") + ", release build (-O3)",
        "CPU": f"{processor()}, {os.cpu_count()} cores",
        "kernel": f"{platform.system()} {platform.release()}",
        "allocator": "jemalloc " + said("pkg-config", "--modversion", "jemalloc"),
        "OCaml": said("ocamlopt", "-version", otherwise="none"),
        "seed": arguments.seed,
        "keys": arguments.keys,
        "rounds": repetitions,
    }
    environment = dict(os.environ, STILL_BENCH_QUICK=str(int(arguments.quick)), STILL_BENCH_KEYS=str(arguments.keys),
                       STILL_BENCH_SEED=str(arguments.seed), STILL_BENCH_REPETITIONS=str(repetitions))
    context = ["--benchmark_context=" + ",".join(
        f"{name}={report.as_context(value)}" for name, value in provenance.items())]

    documents, missing = {}, []
    for program in programs:
        subject = program.name.removeprefix("bench_")
        output = build / f"{subject}.json"
        rival = program.with_name(f"rival_{subject}")
        if arguments.program and subject not in arguments.program:
            document = measured_before(output)
            if document is not None:
                documents[subject] = document
            continue
        print(f"dev: measuring {subject}, {repetitions} rounds", flush=True)
        if rival.is_file():
            document = in_turns(program, rival, repetitions, environment, arguments.filter, context, output)
        else:
            if subject in RIVALS:
                missing.append(f"{subject}, for want of {RIVALS[subject]}")
            document = measured(program, environment, arguments.filter, context, output)
        if document is not None:
            documents[subject] = document

    text = report.report(provenance, documents, arguments.keys, missing, "report.svg")
    print(f"\n{text}")
    write(build / "report", text, documents)
    if arguments.write_docs:
        docs = pathlib.Path(arguments.source) / "docs" / "benchmarks"
        write(docs, report.report(provenance, documents, arguments.keys, missing, "benchmarks.svg"), documents)


def write(place, text, documents):
    """Effect: writes the report and its plot, which differ from `place` by their endings."""
    place.with_suffix(".md").write_text(text, encoding="utf-8")
    place.with_suffix(".svg").write_text(report.figure(documents), encoding="utf-8")
    print(f"dev: written: {place.with_suffix('.md')}")


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, ValueError) as failure:
        sys.exit(f"dev: {failure}")
