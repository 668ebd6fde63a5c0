# SPDX-License-Identifier: BSL-1.0
"""Runs the benchmark programs of a build, and writes one JSON file each and a report (see report.py)."""

import argparse
import datetime
import json
import os
import pathlib
import platform
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


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", allow_abbrev=False)
    parser.add_argument("--source", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--compiler", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="end in two minutes: fewer repetitions")
    parser.add_argument("--keys", type=int, default=1_000_000, help="elements in a large container")
    parser.add_argument("--seed", type=int, default=20250101, help="start of the random sequences")
    parser.add_argument("--repetitions", type=int, help="of each benchmark (9, or 3 with --quick)")
    parser.add_argument("--filter", default=".", help="only benchmarks whose name matches")
    arguments = parser.parse_args()
    repetitions = arguments.repetitions or (3 if arguments.quick else 9)

    build = pathlib.Path(arguments.build)
    programs = sorted(path for path in (build / "benchmarks").glob("bench_*") if path.is_file())
    if not programs:
        sys.exit("dev: there is no benchmark program in " + str(build / "benchmarks"))

    provenance = {
        "commit": commit(arguments.source),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "compiler": said(*arguments.compiler.split(), "--version") + ", release build (-O3)",
        "CPU": f"{processor()}, {os.cpu_count()} cores",
        "kernel": f"{platform.system()} {platform.release()}",
        "allocator": "jemalloc " + said("pkg-config", "--modversion", "jemalloc"),
        "seed": arguments.seed,
        "keys": arguments.keys,
        "repetitions": repetitions,
    }
    environment = dict(os.environ, STILL_BENCH_QUICK=str(int(arguments.quick)), STILL_BENCH_KEYS=str(arguments.keys),
                       STILL_BENCH_SEED=str(arguments.seed))
    context = ["--benchmark_context=" + ",".join(
        f"{name}={str(value).replace(',', ';').replace('=', ':')}" for name, value in provenance.items())]

    documents = {}
    for program in programs:
        subject = program.name.removeprefix("bench_")
        output = build / f"{subject}.json"
        output.unlink(missing_ok=True)
        print(f"dev: measuring {subject}, {repetitions} repetitions", flush=True)
        subprocess.run(
            [program, f"--benchmark_out={output}", "--benchmark_out_format=json",
             f"--benchmark_repetitions={repetitions}", "--benchmark_enable_random_interleaving=true",
             f"--benchmark_min_time={0.05 if arguments.quick else 0.2}", f"--benchmark_filter={arguments.filter}", *context],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        # A filter may leave a program nothing to do.
        if output.exists() and output.stat().st_size > 0:
            documents[subject] = json.loads(output.read_text(encoding="utf-8"))

    text = report.report(provenance, documents)
    (build / "report.md").write_text(text, encoding="utf-8")
    print(f"\n{text}\ndev: written: {build / 'report.md'}")


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, ValueError) as failure:
        sys.exit(f"dev: {failure}")
