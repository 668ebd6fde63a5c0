# SPDX-License-Identifier: BSL-1.0
"""The main demonstration, on directories that the test makes: what it says equals what Python counts.

usage: still_life_test.py PROGRAM
"""

import collections
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "support"))

import tap

PROGRAM = os.path.abspath(sys.argv[1])
WORD = re.compile(rb"[A-Za-z0-9_]+")

# Six entries: one is a directory with files at two depths, one isn't text, one is empty.
CORPUS = {
    "a.txt": b"the cat\nthe dog 2fast x __cat__\n",
    "b/one.h": b"int cat(int dog);\n" * 40,
    "b/deep/two.h": b"".join(b"word_%d another_%d\n" % (i, i % 7) for i in range(3000)),
    "c.bin": b"cat\0dog",
    "d.txt": b"the cat the dog\n" + b"w" * 64 + b" " + b"w" * 65 + b"\n",
    "e": b"caf\xc3\xa9 cat \xff\xfe dog",
    "f.empty": b"",
}


def words(text):
    return [w for w in WORD.findall(text) if 2 <= len(w) <= 64 and not w[:1].isdigit()]


def expected(corpus):
    """(entry, words, occurrences) after each entry."""
    seen, rows = collections.Counter(), [("(empty)", 0, 0)]
    for entry in sorted({name.split("/")[0] for name in corpus}):
        for name, text in corpus.items():
            if name.split("/")[0] == entry and b"\0" not in text:
                seen.update(words(text))
        rows.append((entry, len(seen), sum(seen.values())))
    return rows


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)


class Directory(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.path = pathlib.Path(scratch.name)

    def make(self, corpus):
        for name, text in corpus.items():
            file = self.path / os.fsdecode(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)

    def tell(self, *arguments):
        done = run(str(self.path), "--json", *arguments)
        self.assertEqual(done.stderr, b"")
        told = json.loads(done.stdout)
        self.assertEqual([claim["claim"] for claim in told["claims"] if not claim["holds"]], [])
        self.assertEqual((told["holds"], done.returncode), (True, 0))
        return told


def rows(told):
    return [(row["entry"], row["words"], row["occurrences"]) for row in told["versions"]]


class Story(Directory):
    def test_counts_are_those_of_the_text(self):
        self.make(CORPUS)
        told = self.tell()
        self.assertEqual(rows(told), expected(CORPUS))
        self.assertEqual((told["files"], told["skipped"]), (len(CORPUS) - 1, 1))
        self.assertEqual(told["text_bytes"], sum(len(text) for text in CORPUS.values() if b"\0" not in text))

    def test_every_claim_is_made(self):
        self.make(CORPUS)
        told = self.tell()
        self.assertEqual(len(told["claims"]), 14)
        self.assertEqual(told["reader"]["versions"], len(told["versions"]))
        self.assertEqual(told["reader"]["mapped"], 4)  # 1, 2, 4 and the last
        self.assertEqual((told["rollback"]["from"], told["rollback"]["to"]), (6, 1))
        self.assertGreater(told["rollback"]["pages"], 0)
        self.assertEqual(told["revoked"]["error"], "revoked")
        self.assertTrue(all(bank["bytes"] > 0 and bank["bytes_at_end"] == 0 for bank in told["banks"]))

    def test_what_changes_nothing_costs_nothing(self):
        self.make(CORPUS)
        told = self.tell()
        binary = told["versions"][3]
        self.assertEqual((binary["entry"], binary["pages_changed"], binary["alone_bytes"]), ("c.bin", 0, 0))
        # The newest entry is an empty file: no word, but its name is kept.
        self.assertEqual([told["difference"][f"words_{kind}"] for kind in ("added", "removed", "changed")], [0, 0, 0])

    def test_pages_follow_what_changed(self):
        self.make(CORPUS)
        told = self.tell()
        big, small = told["versions"][2], told["versions"][4]
        self.assertLess(small["pages_changed"] * 3, big["pages_changed"])
        self.assertGreater(small["shared_bytes"], small["alone_bytes"])

    def test_difference_of_the_newest_versions(self):
        self.make({"a": b"one two three\n", "b": b"two three three four five\n"})
        found = self.tell()["difference"]
        self.assertEqual((found["before"], found["after"]), (1, 2))
        self.assertEqual([(w["kind"], w["word"], w["before"], w["after"]) for w in found["first_words"]],
                         [("added", "five", 0, 1), ("added", "four", 0, 1), ("changed", "three", 1, 3),
                          ("changed", "two", 1, 2)])
        self.assertEqual([found[f"words_{kind}"] for kind in ("added", "removed", "changed")], [2, 0, 2])
        self.assertGreater(found["pages"], 0)

    def test_runs_are_alike(self):
        self.make(CORPUS)
        told = [self.tell() for _ in range(2)]
        for each in told:
            for row in each["versions"]:
                del row["pause_ns"]
        self.assertEqual(told[0]["versions"], told[1]["versions"])
        self.assertEqual(told[0]["difference"], told[1]["difference"])

    def test_one_entry_alone(self):
        self.make({"only": b"one two two\n"})
        told = self.tell()
        self.assertEqual(rows(told), [("(empty)", 0, 0), ("only", 2, 3)])
        self.assertEqual(told["rollback"]["to"], 0)

    def test_first_entries(self):
        self.make(CORPUS)
        self.assertEqual(rows(self.tell("--entries", "2")), expected(CORPUS)[:3])

    def test_comparing_tracker(self):
        self.make(CORPUS)
        told = self.tell("--tracker", "compare")
        self.assertEqual((told["tracker"], rows(told)), ("compare", expected(CORPUS)))

    def test_links_are_followed_once(self):
        self.make({"a/one": b"cat", "b": b"dog"})
        (self.path / "a" / "round").symlink_to(self.path)
        (self.path / "c").symlink_to(self.path / "a")
        (self.path / "d").symlink_to(self.path / "nowhere")
        self.assertEqual(rows(self.tell()), [("(empty)", 0, 0), ("a", 1, 1), ("b", 2, 2), ("c", 2, 3)])

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_unreadable_files_are_skipped(self):
        self.make({"a": b"cat", "b": b"dog", "c/d": b"bird"})
        (self.path / "b").chmod(0)
        (self.path / "c").chmod(0)
        self.addCleanup((self.path / "c").chmod, 0o700)
        told = self.tell()
        self.assertEqual((told["files"], told["skipped"]), (1, 2))

    def test_any_name(self):
        names = ['quo"te', "back\\slash", "new\nline", "café", b"\xff\xfe"]
        self.make({name: b"cat" for name in names})
        entries = {row["entry"] for row in self.tell()["versions"]}
        self.assertEqual(entries, {"(empty)", *names[:4], "\ufffd\ufffd"})
        lines = run(str(self.path)).stdout.splitlines()
        self.assertTrue(any(b"new?line" in line for line in lines))


class Text(Directory):
    def test_table_says_the_same(self):
        self.make(CORPUS)
        done = run(str(self.path))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        lines = [line.split() for line in done.stdout.decode().splitlines()]
        start = lines.index("version after entry words occurrences pages changed owned alone bytes shared "
                            "snapshot pause".split()) + 1
        found = [(line[1], int(line[2]), int(line[3])) for line in lines[start:start + len(CORPUS)]]
        self.assertEqual(found, expected(CORPUS))
        self.assertEqual(sum(line[:1] == ["holds"] for line in lines), 14)

    def test_progress_on_a_terminal(self):
        self.make({"a": b"cat", "b": b"dog"})
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        try:
            subprocess.run([PROGRAM, str(self.path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=theirs, check=True)
        finally:
            os.close(theirs)
        shown = b""
        try:
            while more := os.read(ours, 4096):
                shown += more
        except OSError:
            pass  # how the other end says that it is closed
        self.assertIn(b"[2/2] b", shown)
        self.assertTrue(shown.endswith(b"\r\033[K"), "the line is cleared at the end")


class Refusals(Directory):
    def refused(self, status, says, *arguments):
        done = run(*arguments)
        self.assertEqual((done.returncode, done.stdout), (status, b""))
        complaint = done.stderr.decode()
        self.assertIn(says, complaint)
        self.assertLessEqual(complaint.count("\n"), 2)

    def test_no_such_directory(self):
        self.refused(2, "there is no", str(self.path / "nowhere"))

    def test_empty_directory(self):
        self.refused(2, "has no file in it", str(self.path))
        (self.path / "below").mkdir()
        self.refused(2, "has no file in it", str(self.path))

    def test_file_for_a_directory(self):
        self.make({"a": b"cat"})
        self.refused(2, "is not a directory", str(self.path / "a"))

    def test_wrong_arguments(self):
        for arguments in (["--dance"], ["--tracker", "magic"], ["--capacity", "much"], ["--capacity", "1"],
                          ["--entries", "0"], ["one", "two"]):
            self.refused(2, arguments[-1].lstrip("-"), *arguments)

    def test_too_small_a_heap(self):
        self.make({"a": b"".join(b"word_%d " % i for i in range(30000))})
        self.refused(1, "--capacity", str(self.path), "--capacity", "1MiB")

    def test_help(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        for option in (b"--json", b"--entries", b"--capacity", b"--tracker", b"Status: 0"):
            self.assertIn(option, done.stdout)


tap.main()
