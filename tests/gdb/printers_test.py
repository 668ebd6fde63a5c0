# SPDX-License-Identifier: BSL-1.0
"""gdb shows containers and versions as what they hold, in a running program and in its core file, and says
what is wrong with damaged ones.

usage: printers_test.py GDB PRINTERS PROGRAM SCRATCH_DIRECTORY
"""

import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

ADDRESS = re.compile(r"0x[0-9a-f]+")

# Expression and what gdb says of it, addresses left out.
SHOWN = {
    "no_numbers": "still::set with 0 elements",
    "numbers": "still::set with 3 elements = {1, 2, 3}",
    "middling": "still::set with 20 elements = {" + ", ".join(map(str, range(20))) + "}",
    "high": "still::set with 100 elements = {" + ", ".join(map(str, range(100))) + "}",
    "distant": "still::set with 100 elements = {" + ", ".join(map(str, reversed(range(100)))) + "}",
    "words": 'still::set with 2 elements = {"one", "two"}',
    "pointers": "still::set with 1 element = {ADDRESS}",
    "distant_words": 'still::map with 2 elements = {["one"] = "eins", ["two"] = "zwei"}',
    "large_ones": 'still::set with 2 elements = {{number = 1, name = "first"}, {number = 2, name = "second"}}',
    "counts": 'still::map with 2 elements = {["apples"] = 3, ["pears"] = 1}',
    "nested": "still::map with 2 elements = {[1] = still::set with 2 elements = {2, 3}, "
              "[4] = still::set with 0 elements}",
    "view": "still::set_view with 3 elements = {1, 2, 3}",
    "count_view": 'still::map_view with 2 elements = {["apples"] = 3, ["pears"] = 1}',
    "version": "still::set with 1 element = {1}",
    "at": "at = {element = 2}",
    "at_end": "the end",
    "at_count": 'at = {first = "apples", second = 3}',
    "entry": '{first = "apples", second = 3}',
    "changed": 'changed = {before = {first = "apples", second = 3}, after = {first = "apples", second = 4}}',
    "removed": 'removed = {before = {first = "pears", second = 1}}',
    "added": 'added = {after = {first = "plums", second = 7}}',
    "number_added": "added = {after = 9}",
    "no_pages": "still::page_table with 0 slots",
    "pages": "still::page_table with 3 slots = {[7] = 70, [8] = 80, [1099511627776] = 1}",
    "distant_pages": 'still::page_table with 2 slots = {[7] = "seven", [7000] = ""}',
    "page_run": "still::page_table with 3 slots = {[6] = 1, [7] = 1, [8] = 1}",
    "page_entry": "{index = 7, slot = 70}",
    "at_page": "at = {index = 8, slot = 80}",
    "no_scores": "still::vector with 0 elements",
    "scores": "still::vector with 3 elements = {3, 1, 2}",
    "long_scores": "still::vector with 100 elements = {" + ", ".join(map(str, range(100))) + "}",
    "distant_lines": 'still::vector with 2 elements = {"one", "two"}',
    "score_view": "still::vector_view with 3 elements = {3, 1, 2}",
    "score_changed": "{index = 3, change = added = {after = 7}}",
    "heap": "still::heap at ADDRESS",
    "in_region": "still::map with 1 element = {[1] = 2}",
    "pages_in_region": "still::page_table with 1 slot = {[7] = 70}",
    "segment": "still::segment of 20480 bytes with 2 frames = {[0] = still::frame with its bytes at ADDRESS, "
               "[4] = still::frame with its bytes at ADDRESS}",
    "frame": "still::frame with its bytes at ADDRESS",
    "no_frame": "still::frame of zeros",
    "no_bank": "still::bank, none",
    "child": "still::bank with 10 of 1000 bytes in use and a bank above it",
    "capability": "still::capability of slot ADDRESS",
    "no_capability": "still::capability, null",
    "attenuated": "still::capability of slot ADDRESS, attenuated",
    "forwarder": "{capability = still::capability of slot ADDRESS, revoker = still::revoker of slot ADDRESS}",
}
# The same where the number is the system's to say.
SHOWN_LIKE = {
    "snapshot": r"still::snapshot of \d+ bytes with \d+ frames? = \{\[0\] = still::frame with its bytes at ADDRESS.*\}",
    "bank": r"still::bank with [1-9]\d* of 1048576 bytes in use",
}
# A command that does damage, what is printed then, and what gdb says of it.
DAMAGED = [
    ("set variable broken.core_.root_.target_->length = 200", "broken",
     'still::set, damaged: a node of length 200 = {<a node of length 200>}'),
    ("set variable broken.core_.root_.target_->level = 77", "broken",
     'still::set, damaged: a node of level 77 = {<a node of level 77>}'),
    ("set variable broken_map.core_.root_.target_->length = 0", "broken_map",
     'still::map, damaged: a node of length 0 = {[damaged] = <a node of length 0>}'),
    ("set variable *(long*)&broken_map.core_.root_.target_ = 16", "broken_map",
     'still::map, damaged: Cannot access memory at address ADDRESS'
     ' = {[damaged] = <Cannot access memory at address ADDRESS>}'),
    ("python child_of('cut_off', 1, 0)", "cut_off",
     'still::set with 100 elements = {FIRST, <a null child>}'),
    ("python child_of('astray', 1, 16)", "astray",
     'still::set with 100 elements = {FIRST, <Cannot access memory at address ADDRESS>}'),
    ("python child_of('in_a_circle', 1, None)", "in_a_circle",
     r'still::set with 100 elements = {FIRST, <a node of level NUMBER where one of NUMBER should be>}'),
    ("python without_box('broken_words', 1)", "broken_words",
     'still::set with 2 elements = {"one", <an element without its box>}'),
    ("set variable broken_pages.root_.root_.node_->entries_ = 9", "broken_pages",
     'still::page_table, damaged: a node with 9 entries and 2 digits in use'
     ' = {[damaged] = <a node with 9 entries and 2 digits in use>}'),
    ("set variable broken_scores.core_.last_.target_->size_ = 77", "broken_scores",
     'still::vector with 3 elements = {<a chunk with 77 elements>}'),
    ("set variable added.kind = 7", "added",
     'still::change, damaged: no kind of change has the number 7 = {after = {first = "plums", second = 7}}'),
]

# Makes a child of a set's root another: null, an address, or the root itself; takes an element's box away.
DAMAGES = """
python
def overwrite(value, number):
    gdb.selected_inferior().write_memory(int(value.address), number.to_bytes(8, "little"))
def without_box(name, index):
    tree = Tree(linked(gdb.parse_and_eval(name)["core_"]["root_"]))
    overwrite(tree.seen_as(tree.root, "leaf")["keys"]["cells"][index], 0)
def child_of(name, slot, address):
    tree = Tree(linked(gdb.parse_and_eval(name)["core_"]["root_"]))
    overwrite(tree.seen_as(tree.root, "branch")["children"][slot], int(tree.root) if address is None else address)
end
"""


def run(gdb, program, commands, scratch, core=None):
    """What gdb prints for each expression: an expression is marked by its number."""
    script = scratch / "commands"
    script.write_text(commands)
    done = subprocess.run(
        [gdb, "-nx", "--batch", "-iex", "set debuginfod enabled off", "-x", str(script), str(program)]
        + ([str(core)] if core else []),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout


def prints(expressions):
    """Commands that print expressions, between marks."""
    return "".join(f"echo \\n<{number}>\noutput {expression}\necho </{number}>\\n\n"
                   for number, expression in enumerate(expressions))


def printed(said, number):
    found = re.search(rf"<{number}>(.*?)</{number}>", said, re.DOTALL)
    if found is None:
        return None
    return ADDRESS.sub("ADDRESS", found.group(1).strip())


def compared(name, said, number, wanted, like=None):
    """One case: a triple for tap.report."""
    seen = printed(said, number)
    if seen is None:
        return name, f"gdb printed nothing of it, but:\n{said}", None
    matches = re.fullmatch(like, seen) if like else seen == wanted
    return name, None if matches else f"wanted {like or wanted}\nseen   {seen}", None


def cases(gdb, printers, program, scratch):
    start = f"set pagination off\nset width 0\nset print elements 0\nset print repeats 0\nsource {printers}\n"
    core = scratch / "core"
    running = f"{start}break stop_here\nrun\nup\n"
    expressions = [*SHOWN, *SHOWN_LIKE]
    said = run(gdb, program, f"{running}{prints(expressions)}set print elements 3\n"
               f"echo \\n<limited>\noutput high\necho </limited>\\n\ngenerate-core-file {core}\nkill\n", scratch)
    if re.search("ptrace|Could not trace", said):
        yield "the program runs under gdb", None, "tracing is forbidden here"
        return
    for number, expression in enumerate(expressions):
        yield compared(expression, said, number, SHOWN.get(expression), SHOWN_LIKE.get(expression))
    yield compared("elements are read as far as they are wanted", said, "limited",
                   "still::set with 100 elements = {0, 1, 2...}")

    said = run(gdb, program, f"{start}up\n{prints(expressions)}", scratch, core)
    for number, expression in enumerate(expressions):
        yield compared(f"{expression} in a core file", said, number, SHOWN.get(expression), SHOWN_LIKE.get(expression))

    damage = "".join(f"{command}\necho \\n<{number}>\noutput {expression}\necho </{number}>\\n\n"
                     for number, (command, expression, _) in enumerate(DAMAGED))
    said = run(gdb, program, f"{running}{DAMAGES}{damage}kill\n", scratch)
    for number, (command, _, wanted) in enumerate(DAMAGED):
        pattern = re.escape(wanted).replace("FIRST", r"0, 1[0-9, ]*").replace("NUMBER", r"\d+")
        yield compared(f"after {command}", said, number, None, pattern)


def main(gdb, printers, program, scratch):
    scratch = pathlib.Path(scratch)
    scratch.mkdir(parents=True, exist_ok=True)
    return tap.report(cases(gdb, printers, program, scratch))


sys.exit(main(*sys.argv[1:]))
