# SPDX-License-Identifier: BSL-1.0
"""The tree keeps the rules of layers.py, and the rules find what they should: each is shown a tree that
breaks it."""

import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import layers
import tap


class Tree(unittest.TestCase):
    """One case a rule, made below."""


for rule_name, rule in layers.RULES.items():
    def check(self, rule=rule):
        findings = rule(tap.root())
        self.assertEqual(findings, [], "\n" + "\n".join(findings))
    check.__doc__ = f"the tree: {rule_name}"
    setattr(Tree, f"test_{rule.__name__}", check)


class Rules(unittest.TestCase):
    """Each rule finds a fault, and only where there is one."""

    def findings(self, rule, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return rule(root)

    def assert_found(self, rule, files, *expected):
        found = self.findings(rule, files)
        self.assertEqual(len(found), len(expected), found)
        for finding, part in zip(found, expected):
            self.assertIn(part, finding)

    def test_no_sources_no_findings(self):
        for rule in layers.RULES.values():
            self.assert_found(rule, {})

    def test_downward_is_right(self):
        self.assert_found(layers.upward_includes, {
            "include/still/core/count.hpp": "#include <atomic>\n",
            "include/still/tree/node.hpp": '#include "still/core/count.hpp"\n#include "still/tree/shape.hpp"\n',
            "include/still/set.hpp": '#include "still/tree/node.hpp"\n',
            "lib/os/memory.cpp": '#include "os/memory.hpp"\n#include "still/core/frame.hpp"\n#include <sys/mman.h>\n',
            "lib/heap/region.cpp": '#include "heap/region.hpp"\n#include "os/memory.hpp"\n#include "still/heap.hpp"\n',
            "examples/still_life.cpp": '#include "still/still.hpp"\n',
        })

    def test_upward_between_folders(self):
        self.assert_found(layers.upward_includes,
                          {"include/still/core/count.hpp": '#pragma once\n#include "still/tree/node.hpp"\n'},
                          "include/still/core/count.hpp:2: includes \"still/tree/node.hpp\": upward")

    def test_upward_into_a_face(self):
        self.assert_found(layers.upward_includes, {"include/still/tree/node.hpp": '#include "still/set.hpp"\n'}, "upward")
        self.assert_found(layers.upward_includes, {"include/still/map.hpp": '#include "still/heap/region.hpp"\n'}, "upward")
        self.assert_found(layers.upward_includes, {"include/still/heap.hpp": '#include "still/capability.hpp"\n'}, "upward")

    def test_upward_in_angle_brackets(self):
        self.assert_found(layers.upward_includes, {"include/still/set.hpp": "#include <still/heap.hpp>\n"},
                          "in quotes", "upward")

    def test_upward_in_the_library(self):
        self.assert_found(layers.upward_includes, {"lib/heap/region.cpp": '#include "capability/table.hpp"\n'}, "upward")
        self.assert_found(layers.upward_includes, {"lib/os/memory.cpp": '#include "heap/region.hpp"\n'}, "upward")
        self.assert_found(layers.upward_includes, {"lib/os/memory.cpp": '#include "still/bank.hpp"\n'}, "core/ alone")

    def test_headers_know_nothing_of_the_library(self):
        self.assert_found(layers.upward_includes, {"include/still/heap/region.hpp": '#include "os/memory.hpp"\n'},
                          "in lib/ alone")
        self.assert_found(layers.upward_includes, {"adapters/pmr/adapter.cpp": '#include "heap/region.hpp"\n'},
                          "in lib/ alone")

    def test_relative_names(self):
        self.assert_found(layers.upward_includes, {"include/still/tree/node.hpp": '#include "shape.hpp"\n'}, "from the root")

    def test_rooms_without_a_layer(self):
        self.assert_found(layers.upward_includes, {"include/still/cellar/wine.hpp": ""}, "in no layer")
        self.assert_found(layers.upward_includes, {"include/still/wine.hpp": ""}, "in no layer")
        self.assert_found(layers.upward_includes, {"lib/wine.cpp": ""}, "in no layer")
        self.assert_found(layers.upward_includes, {"examples/a.cpp": '#include "still/cellar/wine.hpp"\n'}, "in no layer")

    def test_comments_include_nothing(self):
        self.assert_found(layers.upward_includes, {
            "include/still/core/a.hpp": '// #include "still/set.hpp"\n/*\n#include "still/set.hpp"\n*/\n'})

    def test_system_headers(self):
        self.assert_found(layers.system_headers, {
            "lib/os/memory.cpp": "#include <sys/mman.h>\n",
            "include/still/core/single_thread.hpp": "#include <sys/single_threaded.h>\n",
            "lib/heap/region.cpp": "#include <sys/mman.h>\n",
            "include/still/heap.hpp": "#include <unistd.h>\n#include <fcntl.h>\n#include <linux/userfaultfd.h>\n",
        }, "heap.hpp:1", "heap.hpp:2", "heap.hpp:3", "region.cpp:1")

    def test_macros(self):
        self.assert_found(layers.macros, {
            "include/still/core/config.hpp": "#define STILL_CHECK(rule)\n",
            "include/still/set.hpp": "// #define QUOTED\n  # define LOUD 1\n",
        }, "set.hpp:2: defines LOUD")

    def test_exceptions(self):
        self.assert_found(layers.exceptions, {
            "include/still/heap/region.hpp": "void f() { throw 1; }\n",
            "include/still/core/bank.hpp": '/// Throws what it may: throw, try.\nauto s = "throw";\nint retry;\n',
            "include/still/tree/edit.hpp": "void f() {\n  try { g(); } catch (...) { throw; }\n}\n",
        }, "edit.hpp:2: uses try", "edit.hpp:2: uses catch", "edit.hpp:2: uses throw")

    def test_openings(self):
        self.assert_found(layers.openings, {
            "include/still/set.hpp": layers.LICENCE + "\n#pragma once\n",
            "tests/tree/a.cpp": "#include <set>\n",
            "tests/tree/b.hpp": layers.LICENCE + "\n",
        }, "a.cpp:1: doesn't open", "b.hpp:1: lacks #pragma once")

    def test_notes(self):
        self.assert_found(layers.notes, {
            "docs/notes/pre-copy.md": "# Pre-copy\n",
            "lib/heap/cut.cpp": "// (see Note: pre-copy)\n// See Note: pins.\n/// see Note: capability\n/// table; and so on\n",
        }, "cut.cpp:2: refers to docs/notes/pins.md", "cut.cpp:3: refers to docs/notes/capability-table.md")


tap.main()
