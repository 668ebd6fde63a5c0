# SPDX-License-Identifier: BSL-1.0
"""The README quotes the examples word for word, and what it links to is there."""

import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

ROOT = pathlib.Path(tap.root())
README = (ROOT / "README.md").read_text(encoding="utf-8")
# A comment names the file that the block below quotes; the licence line isn't repeated.
QUOTED = re.compile(r"^<!-- (\S+) -->\n```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Readme(unittest.TestCase):
    def test_quotes_are_the_examples(self):
        quoted = QUOTED.findall(README)
        self.assertEqual(len(quoted), README.count("```cpp"), "each block names the file it quotes")
        for name, text in quoted:
            source = (ROOT / name).read_text(encoding="utf-8").split("\n", 1)[1]
            self.assertEqual(text, source, name)

    def test_every_readme_example_is_quoted(self):
        examples = {f"examples/{path.name}" for path in (ROOT / "examples").glob("readme_*.cpp")}
        self.assertEqual({name for name, _ in QUOTED.findall(README)}, examples)
        self.assertGreaterEqual(len(examples), 4)

    def test_examples_are_short(self):
        for name, text in QUOTED.findall(README):
            self.assertLessEqual(text.count("\n"), 36, name)

    def test_links_lead_somewhere(self):
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
            text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
            for target in re.findall(r"\]\(([^)#:]+)\)", text):
                self.assertTrue((page.parent / target).exists(), f"{page.name} links to {target}")

    def test_commands_stand_on_the_first_screen(self):
        first = README.splitlines()[:25]
        for command in ("./dev demo", "./dev test"):
            self.assertTrue(any(line.startswith(command) for line in first), command)


tap.main()
