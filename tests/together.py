# SPDX-License-Identifier: BSL-1.0
"""Writes source files that include several test files each, so that a compiler sees shared templates once.

usage: together.py OUTPUT... -- INPUT...

The inputs are shared out among the outputs in order. An output first includes all that its inputs include, and then
each of them in a namespace of its own, so that two files may use one name for different things: what a file includes
is then there already, outside of that namespace. A file that names `namespace still_test` means the tests' support,
which its own namespace lets through. A file that adds to another library's templates, as in `struct std::hash<...>`,
has to be outside of any namespace: it comes last in its output, one an output at most.
An output whose text stays the same isn't written again. Paths count from the folder of this script, which is where
compilers must look.
"""

import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parent
INCLUDE = re.compile(r"^#include .*$", re.MULTILINE)
ADDS_TO_A_LIBRARY = re.compile(r"^(template class|struct|class|inline constexpr bool) (still|std)::\w+", re.MULTILINE)


def adds_to_a_library(path):
    return ADDS_TO_A_LIBRARY.search(path.read_text()) is not None


def together(inputs):
    """The text of one output."""
    includes = dict.fromkeys(line for path in inputs for line in INCLUDE.findall(path.read_text()))
    # A name of one file's support may be hidden by another's, which isn't what the warning is for.
    lines = ['#pragma GCC diagnostic ignored "-Wshadow"', *includes, "", "namespace still_test {}"]
    for path in inputs:
        include = f'#include "{path.resolve().relative_to(TESTS).as_posix()}"'
        if adds_to_a_library(path):
            lines += ["", include]
        else:
            name = "file_" + re.sub(r"\W", "_", path.stem)
            lines += ["", f"namespace {name} {{", "namespace still_test { using namespace ::still_test; }", include, "}"]
    return "\n".join(lines) + "\n"


def share_out(inputs, count):
    """The inputs of each output."""
    last = [path for path in inputs if adds_to_a_library(path)]
    if len(last) > count:
        sys.exit(f"{len(last)} files add to another library's templates, but there are only {count} outputs: "
                 f"list some of them as apart ({', '.join(path.name for path in last)})")
    others = [path for path in inputs if path not in last]
    begins = [len(others) * number // count for number in range(count + 1)]
    return [others[begin:end] + last[number:number + 1]
            for number, (begin, end) in enumerate(zip(begins, begins[1:]))]


def main():
    split = sys.argv.index("--")
    outputs, inputs = ([pathlib.Path(name) for name in names] for names in (sys.argv[1:split], sys.argv[split + 1:]))
    for output, some in zip(outputs, share_out(inputs, len(outputs))):
        text = together(some)
        if not output.exists() or output.read_text() != text:
            output.write_text(text)


main()
