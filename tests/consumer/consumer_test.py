# SPDX-License-Identifier: BSL-1.0
"""Installs Still into a directory that it wasn't configured for, and builds a small program against what
is there: once through pkg-config, once through CMake.

usage: consumer_test.py BUILD_DIRECTORY SCRATCH_DIRECTORY PREFIX LIBDIR COMPILER...
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

HERE = pathlib.Path(__file__).resolve().parent


class Failed(Exception):
    """A command's output."""


def run(*command, **options):
    command = [str(part) for part in command]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, **options)
    if done.returncode != 0:
        raise Failed(f"{shlex.join(command)}\nended with status {done.returncode}\n{done.stdout}")
    return done.stdout


def installed(build, scratch, prefix):
    """An installed tree in a place of its own, moved after the installation."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    run("meson", "install", "-C", build, "--no-rebuild", "--destdir", scratch / "staging")
    tree = scratch / "an installed tree"
    (scratch / "staging" / prefix.lstrip("/")).rename(tree)
    return tree


def through_pkg_config(tree, scratch, libdir, compiler):
    environment = dict(os.environ, PKG_CONFIG_PATH=str(tree / libdir / "pkgconfig"))
    flags = shlex.split(run("pkg-config", "--cflags", "--libs", "still", env=environment))
    # Every path that isn't the system's own is inside the tree, wherever it was moved to.
    for flag in flags:
        if flag[:2] in ("-I", "-L") and not flag[2:].startswith(str(tree)):
            raise Failed(f"still.pc names {flag[2:]}, outside the installed tree {tree}")
    program = scratch / "through_pkg_config"
    run(*compiler, HERE / "consumer.cpp", "-o", program, *flags)
    run(program, env=dict(os.environ, LD_LIBRARY_PATH=str(tree / libdir)))


def through_cmake(tree, scratch, compiler):
    build = scratch / "cmake"
    environment = dict(os.environ, CXX=compiler[-1])
    run("cmake", "-S", HERE, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={tree}", env=environment)
    run("cmake", "--build", build)
    run(build / "consumer")


def complete(tree, libdir):
    for name in ("include/still/bank.hpp", "include/still/core/config.hpp", f"{libdir}/pkgconfig/still.pc",
                 f"{libdir}/cmake/still/stillConfig.cmake", f"{libdir}/cmake/still/stillConfigVersion.cmake",
                 "share/licenses/still/LICENSE", "share/still/gdb/still_printers.py"):
        if not (tree / name).is_file():
            raise Failed(f"{name} wasn't installed")
    strays = [path for path in (tree / "include").rglob("*") if path.is_file() and path.suffix != ".hpp"]
    if strays:
        raise Failed(f"not a header: {strays}")


def cases(build, scratch, prefix, libdir, *compiler):
    scratch = pathlib.Path(scratch)
    tree = None

    def install():
        nonlocal tree
        tree = installed(build, scratch, prefix)

    for name, step in (
            ("installs without root into a staging directory", install),
            ("installs headers, package files and the licence", lambda: complete(tree, libdir)),
            ("a program builds and runs through pkg-config",
             lambda: through_pkg_config(tree, scratch, libdir, compiler)),
            ("a program builds and runs through CMake", lambda: through_cmake(tree, scratch, compiler))):
        problem = None
        try:
            if tree is None and step is not install:
                raise Failed("nothing was installed")
            step()
        except Failed as failure:
            problem = str(failure)
        yield name, problem, None


sys.exit(tap.report(cases(*sys.argv[1:])))
