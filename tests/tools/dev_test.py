# SPDX-License-Identifier: BSL-1.0
"""./dev itself: its verbs, its one sentence on systems that it doesn't know, and its tally."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

DEV = os.path.join(tap.root(), "dev")
VERBS = "setup build demo test bench mutants sanitize format docs clean".split()


def run(*arguments, commands=None, release=None, cwd="/"):
    """Runs ./dev with stand-ins for some commands (name -> shell text) and for /etc/os-release."""
    with tempfile.TemporaryDirectory() as scratch:
        bin_directory = pathlib.Path(scratch, "bin")
        bin_directory.mkdir()
        for name, text in (commands or {}).items():
            (bin_directory / name).write_text("#!/bin/sh\n" + text)
            (bin_directory / name).chmod(0o755)
        environment = dict(os.environ, PATH=f"{bin_directory}:{os.environ['PATH']}",
                           STILL_BUILD=os.path.join(scratch, "a build"))
        if release is not None:
            pathlib.Path(scratch, "release").write_text(release)
            environment["STILL_OS_RELEASE"] = os.path.join(scratch, "release")
        done = subprocess.run([DEV, *arguments], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        return done.returncode, done.stdout, done.stderr


def tally(script):
    """Runs a script with the checks of ./dev at hand."""
    text = f'set -euo pipefail; source "$0/scripts/system.bash"; source "$0/scripts/checks.bash"; {script}'
    done = subprocess.run(["bash", "-c", text, tap.root()], stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


class Verbs(unittest.TestCase):
    def test_alone_lists_the_verbs_with_a_line_each(self):
        status, said, complained = run()
        self.assertEqual((status, complained), (0, ""))
        lines = [line.split()[0] for line in said.splitlines() if line.startswith("  ")]
        self.assertEqual(lines, VERBS)

    def test_unknown_verbs_and_arguments(self):
        for arguments in (["dance"], ["build", "house"], ["test", "--slow"], ["format", "--all"], ["clean", "up"]):
            status, _, complained = run(*arguments)
            self.assertEqual(status, 2, arguments)
            self.assertIn(arguments[-1], complained.splitlines()[-1])

    def test_clean_with_nothing_built(self):
        self.assertEqual(run("clean"), (0, "", ""))


class Systems(unittest.TestCase):
    def assert_refused(self, said_part, **stand_ins):
        for verb in VERBS[:-1]:
            status, said, complained = run(verb, **stand_ins)
            self.assertEqual((status, said), (2, ""), verb)
            self.assertEqual(len(complained.splitlines()), 1, complained)
            self.assertIn(said_part, complained)

    def test_another_kernel(self):
        self.assert_refused("Darwin", commands={"uname": "echo Darwin\n"})

    def test_another_machine(self):
        self.assert_refused("riscv64", commands={"uname": "case $1 in -m) echo riscv64;; *) echo Linux;; esac\n"})

    def test_another_distribution(self):
        self.assert_refused("fedora 40", release='ID=fedora\nVERSION_ID="40"\n')
        self.assert_refused("ubuntu 24.04", release='ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n')
        self.assert_refused("unknown", release="")

    def test_an_older_debian(self):
        self.assert_refused("debian 11", release='ID=debian\nVERSION_ID="11"\n')


class Packages(unittest.TestCase):
    def test_what_is_missing_is_said_and_installed_without_recommends(self):
        with tempfile.TemporaryDirectory() as scratch:
            log = os.path.join(scratch, "log")
            record = f'echo "$0" "$@" >>{log}\n'
            status, said, complained = run("format", commands={
                "dpkg-query": "exit 1\n", "apt-get": record, "sudo": 'while [ "$1" != -- ]; do shift; done; shift; "$@"\n',
                "apt-cache": "exit 0\n", "clang-format-19": "exit 0\n"})
            self.assertEqual((status, complained), (0, ""))
            self.assertIn("installing: clang-format-19", said)
            update, install = pathlib.Path(log).read_text().splitlines()
            self.assertIn(" update", update)
            self.assertIn("--no-install-recommends", install)
            self.assertTrue(install.endswith("install clang-format-19"), install)

    def test_nothing_missing_asks_apt_nothing(self):
        status, said, _ = run("format", commands={
            "dpkg-query": "printf installed\n", "apt-get": "exit 1\n", "clang-format-19": "exit 0\n"})
        self.assertEqual((status, said), (0, ""))

    def test_an_installation_that_fails_says_what_to_install(self):
        status, _, complained = run("format", commands={
            "dpkg-query": "exit 1\n", "sudo": "exit 1\n", "apt-get": "exit 100\n", "apt-cache": "exit 0\n"})
        self.assertEqual(status, 1)
        self.assertIn("clang-format-19", complained)


class Checks(unittest.TestCase):
    def test_last_line_and_status(self):
        status, lines = tally("start_tally; check one true; check two true; finish_tally")
        self.assertEqual((status, lines[-1]), (0, "2 passed, 0 failed"))
        status, lines = tally("start_tally; check one true; check two false; finish_tally")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("FAILED two", lines)

    def test_no_test_is_a_failure(self):
        status, lines = tally("start_tally; finish_tally")
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed"))

    def test_a_build_that_fails_is_a_failed_case(self):
        status, lines = tally("build=/nowhere; root=/nowhere; configure() { return 1; }; "
                              "start_tally; check_build debug; check one true; finish_tally")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("FAILED debug: the build", lines)

    def test_a_build_without_a_report_is_a_failed_case(self):
        status, lines = tally("build=/nowhere; root=/nowhere; configure() { :; }; compile() { :; }; meson() { :; }; "
                              "start_tally; check_build debug 2>&1; check one true; finish_tally")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("FAILED debug: no test was found", lines)


tap.main()
