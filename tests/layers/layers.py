# SPDX-License-Identifier: BSL-1.0
"""The direction of includes, and a few rules of the house that a compiler doesn't check.

Each rule takes the source tree's root and returns its findings, as lines `file:line: what is wrong`.
"""

import pathlib
import re

# Layers by number: a file includes its own layer and those below. A folder or face that isn't listed
# is a finding, so that no new room stands outside the rules.
PUBLIC_FOLDERS = {"core": 0, "tree": 1, "radix": 1, "sequence": 1, "segment": 2, "heap": 3, "capability": 4}
PUBLIC_FACES = {
    "bank.hpp": 0, "executor.hpp": 0,
    "set.hpp": 2, "map.hpp": 2, "page_table.hpp": 2, "segment.hpp": 2, "vector.hpp": 2, "merge.hpp": 2,
    "reclaimer.hpp": 2, "content_hash.hpp": 2, "check.hpp": 2, "parallel.hpp": 2,
    "heap.hpp": 3,
    "capability.hpp": 4, "cut.hpp": 4,
    "fmt.hpp": 5,
    "still.hpp": 5,
}
# The compiled half mirrors the layers. lib/os, the boundary to the operating system, is below all of it
# and knows no more than core/.
LIBRARY_FOLDERS = {"os": 0, "heap": 3, "store": 3, "capability": 4, "tools": 5}
# These see every public header, and nothing of the library's inside.
OUTSIDE = ("adapters", "examples", "benchmarks")

SYSTEM_HEADER = re.compile(
    r"(sys|linux|asm|arpa|net|netinet)/.*|(unistd|fcntl|poll|sched|signal|syscall|dlfcn|ucontext|pthread)\.h")
# These tell of the process, and call nothing.
HARMLESS_HEADERS = ("sys/single_threaded.h",)
# Where exceptions may be compiled away.
WITHOUT_EXCEPTIONS = ("core", "tree", "radix", "sequence", "set.hpp", "map.hpp", "page_table.hpp", "segment.hpp",
                      "segment", "vector.hpp", "check.hpp", "reclaimer.hpp", "content_hash.hpp", "executor.hpp", "parallel.hpp")

INCLUDE = re.compile(r'^\s*#\s*include\s*(<[^>]+>|"[^"]+")', re.MULTILINE)
DEFINE = re.compile(r"^\s*#\s*define\s+(\w+)", re.MULTILINE)
EXCEPTION_WORD = re.compile(r"\b(throw|try|catch)\b")
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
NOTE = re.compile(r"\b[Ss]ee Note: ([a-z][a-z -]*(?:\n\s*///?\s+[a-z -]+)?)(?=[.;,:)\n])")
LICENCE = "// SPDX-License-Identifier: BSL-1.0"


def sources(root, *folders):
    """Source files below the folders, as paths relative to the root."""
    root = pathlib.Path(root)
    for folder in folders:
        for path in sorted((root / folder).rglob("*.?pp")):
            yield path.relative_to(root)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def without_comments(text):
    """The text with comments and literals blanked, line by line as long as before."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return NOT_CODE.sub(blank, text)


def includes(text):
    """Pairs (line, name as written). Includes in comments don't count."""
    bare = re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.DOTALL)
    for match in INCLUDE.finditer(bare):
        yield line_of(bare, match.start(1)), match.group(1)


def public_layer(parts):
    """The layer of include/still/<parts>; None when it is in no layer."""
    if len(parts) == 1:
        return PUBLIC_FACES.get(parts[0])
    return PUBLIC_FOLDERS.get(parts[0])


def layer(path):
    """The layer of a file of include/ or lib/; None when it is in no layer."""
    parts = path.parts
    if parts[:2] == ("include", "still"):
        return public_layer(parts[2:])
    if parts[0] == "lib" and len(parts) > 2:
        return LIBRARY_FOLDERS.get(parts[1])
    return None


def upward_includes(root):
    """Includes that don't point down."""
    findings = []
    for path in sources(root, "include", "lib", *OUTSIDE):
        text = (pathlib.Path(root) / path).read_text(encoding="utf-8")
        own = layer(path)
        inside_library = path.parts[0] in ("include", "lib")
        if inside_library and own is None:
            findings.append(f"{path}:1: stands in no layer (tests/layers/layers.py lists them)")
            continue
        for line, written in includes(text):
            name = written[1:-1]
            target = pathlib.PurePosixPath(name).parts
            place = f"{path}:{line}: includes {written}"
            if target[0] == "still":
                if written[0] == "<":
                    findings.append(f"{place}: the project's own headers are included in quotes")
                other = public_layer(target[1:])
                if other is None:
                    findings.append(f"{place}, which stands in no layer")
                elif inside_library and other > own:
                    findings.append(f"{place}: upward, from layer {own} to layer {other}")
                elif path.parts[:2] == ("lib", "os") and target[1] != "core":
                    findings.append(f"{place}: lib/os knows core/ alone")
            elif written[0] == '"' and (len(target) > 1 and target[0] in LIBRARY_FOLDERS):
                if path.parts[0] != "lib":
                    findings.append(f"{place}: what is in lib/ is seen in lib/ alone")
                elif LIBRARY_FOLDERS[target[0]] > own:
                    findings.append(f"{place}: upward, from layer {own} to layer {LIBRARY_FOLDERS[target[0]]}")
                elif path.parts[1] == "os" and target[0] != "os":
                    findings.append(f"{place}: lib/os includes nothing else of lib/")
            elif written[0] == '"' and (path.parts[0] == "include" or ".." in target):
                findings.append(f"{place}: the project's own headers are named from the root, as \"still/...\"")
    return findings


def system_headers(root):
    """System headers outside lib/os, the only place with system calls."""
    findings = []
    for path in sources(root, "include", "lib"):
        if path.parts[:2] == ("lib", "os"):
            continue
        text = (pathlib.Path(root) / path).read_text(encoding="utf-8")
        for line, written in includes(text):
            name = written[1:-1]
            if SYSTEM_HEADER.fullmatch(name) and name not in HARMLESS_HEADERS:
                findings.append(f"{path}:{line}: includes {written}: system calls are made in lib/os alone")
    return findings


def macros(root):
    """Macros that the public headers define, outside the one place for them."""
    findings = []
    for path in sources(root, "include"):
        if path.parts[1:] == ("still", "core", "config.hpp"):
            continue
        text = without_comments((pathlib.Path(root) / path).read_text(encoding="utf-8"))
        for match in DEFINE.finditer(text):
            findings.append(f"{path}:{line_of(text, match.start(1))}: defines {match.group(1)}: "
                            "macros live in core/config.hpp alone")
    return findings


def exceptions(root):
    """Exceptions handled by hand where builds without exceptions must compile."""
    findings = []
    for path in sources(root, "include"):
        if path.parts[2] not in WITHOUT_EXCEPTIONS:
            continue
        text = without_comments((pathlib.Path(root) / path).read_text(encoding="utf-8"))
        for match in EXCEPTION_WORD.finditer(text):
            findings.append(f"{path}:{line_of(text, match.start())}: uses {match.group()}: "
                            "throw through boost::throw_exception, undo in a destructor")
    return findings


def openings(root):
    """Files that don't open with the licence, and headers that may be included twice."""
    findings = []
    for path in sources(root, "include", "lib", "tests", *OUTSIDE):
        text = (pathlib.Path(root) / path).read_text(encoding="utf-8")
        if text.split("\n", 1)[0] != LICENCE:
            findings.append(f"{path}:1: doesn't open with \"{LICENCE}\"")
        if path.suffix == ".hpp" and not re.search(r"^#pragma once$", text, re.MULTILINE):
            findings.append(f"{path}:1: lacks #pragma once")
    return findings


def notes(root):
    """Notes that the code refers to and that nobody wrote. A reference may run on in the next comment line."""
    findings = []
    for path in sources(root, "include", "lib", "tests", *OUTSIDE):
        text = (pathlib.Path(root) / path).read_text(encoding="utf-8")
        for match in NOTE.finditer(text):
            page = "-".join(word for word in match.group(1).split() if word.strip("/"))
            if not (pathlib.Path(root) / "docs" / "notes" / f"{page}.md").is_file():
                findings.append(f"{path}:{line_of(text, match.start())}: refers to docs/notes/{page}.md, which isn't there")
    return findings


RULES = {
    "includes point down": upward_includes,
    "only lib/os includes system headers": system_headers,
    "macros live in core/config.hpp": macros,
    "containers compile without exceptions": exceptions,
    "sources open with the licence": openings,
    "notes that the code refers to are there": notes,
}
