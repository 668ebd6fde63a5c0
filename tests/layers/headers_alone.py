# SPDX-License-Identifier: BSL-1.0
"""Every public header compiles alone, and twice in one unit, without a warning.

usage: headers_alone.py INCLUDE_DIRECTORY SCRATCH_DIRECTORY COMPILER [OPTION...]

One case a header. The headers are listed when the test runs, so that a new one can't be forgotten;
where the compiler is run through ccache, what hasn't changed costs nothing.
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap


def compile_alone(header, scratch, command):
    unit = scratch / (header.replace("/", "_") + ".cpp")
    text = f'#include "{header}"\n#include "{header}"\n'
    if not unit.exists() or unit.read_text() != text:
        unit.write_text(text)
    done = subprocess.run([*command, "-c", str(unit), "-o", str(unit) + ".o"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    problem = None
    if done.returncode != 0:
        problem = done.stdout or f"the compiler ended with status {done.returncode}"
    return f"{header} compiles alone", problem, None


def main(include, scratch, *command):
    scratch = pathlib.Path(scratch)
    scratch.mkdir(parents=True, exist_ok=True)
    include = pathlib.Path(include)
    headers = [str(path.relative_to(include)) for path in sorted(include.rglob("*.hpp"))]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return tap.report(pool.map(lambda header: compile_alone(header, scratch, command), headers))


sys.exit(main(*sys.argv[1:]))
