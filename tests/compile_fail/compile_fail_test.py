# SPDX-License-Identifier: BSL-1.0
"""What must not compile doesn't, and says why: nothing on a view owns, copies or shares; nothing points into
a version that is about to go; a version that is made isn't thrown away; keys and values convert implicitly.

usage: compile_fail_test.py SCRATCH_DIRECTORY COMPILER [OPTION...]

Each case is a statement that fails with a message that has the given words in it, and a control, the
statement put right, which compiles. One case a statement, in the Test Anything Protocol. The controls are one
unit together, and only where that fails are they told apart.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import typing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

PRELUDE = """
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "still/map.hpp"
#include "still/set.hpp"

using set = still::set<int>;
using map = still::map<int, int>;
using words = still::map<std::string, int, std::less<std::string>>;
using set_view = still::set_view<int>;
using map_view = still::map_view<int, int>;

set make_set();
map make_map();

struct explicit_key {
    explicit explicit_key(int of) : number(of) { }
    int number;
    friend bool operator<(explicit_key const& one, explicit_key const& other) { return one.number < other.number; }
};

inline auto const any = [](auto const&...) { return true; };
"""
FRAME = """
void case_{number}(set s, map m, words w, set_view sv, map_view mv)
{{
    (void)s, (void)m, (void)w, (void)sv, (void)mv;
    {statement}
}}
"""


class Case(typing.NamedTuple):
    name: str
    wrong: str
    message: str  # a regular expression that g++ and clang++ both answer to
    right: str


DELETED = "deleted"
NO_MEMBER = "no member named '{}'"
NODISCARD = "nodiscard"
CONVERSION = "conver"
NO_FUNCTION = "no matching|no match for|no viable|not declared|undeclared|invalid operands"

CASES = [
    # Views own nothing and make nothing.
    Case("a set isn't made of a view", "set copy = sv; (void)copy;", CONVERSION,
         "set copy(sv.begin(), sv.end()); (void)copy;"),
    Case("a set isn't constructed from a view", "set copy(sv);", NO_FUNCTION, "set copy(s);"),
    Case("a view isn't assigned to a set", "s = sv;", NO_FUNCTION, "s = set(sv.begin(), sv.end());"),
    Case("a map isn't made of a view", "map copy = mv; (void)copy;", CONVERSION,
         "map copy(mv.begin(), mv.end()); (void)copy;"),
    Case("a view isn't assigned to a map", "m = mv;", NO_FUNCTION, "m = map(mv.begin(), mv.end());"),
    Case("a view doesn't insert", "(void)sv.insert(1);", NO_MEMBER.format("insert"), "(void)s.insert(1);"),
    Case("a view doesn't erase", "(void)sv.erase(1);", NO_MEMBER.format("erase"), "(void)s.erase(1);"),
    Case("a view doesn't assign", "(void)mv.insert_or_assign(1, 2);", NO_MEMBER.format("insert_or_assign"),
         "(void)m.insert_or_assign(1, 2);"),
    Case("a view doesn't insert ranges", "(void)sv.insert_range(std::vector{ 1 });",
         NO_MEMBER.format("insert_range"), "(void)s.insert_range(std::vector{ 1 });"),
    Case("a view doesn't erase keys", "(void)mv.erase_keys(std::vector{ 1 });", NO_MEMBER.format("erase_keys"),
         "(void)m.erase_keys(std::vector{ 1 });"),
    Case("a view doesn't split", "(void)sv.split(1);", NO_MEMBER.format("split"), "(void)s.split(1);"),
    Case("a view has no heap to build in", "(void)sv.heap();", NO_MEMBER.format("heap"), "(void)s.heap();"),
    Case("views don't join", "(void)join(sv, sv);", NO_FUNCTION, "(void)join(s, s);"),
    Case("views don't unite", "(void)set_union(sv, sv);", NO_FUNCTION, "(void)set_union(s, s);"),
    Case("a container doesn't unite with a view", "(void)set_union(s, sv);", NO_FUNCTION, "(void)set_union(s, s);"),
    Case("views don't intersect", "(void)set_intersection(mv, mv);", NO_FUNCTION, "(void)set_intersection(m, m);"),
    Case("views have no difference to own", "(void)(sv - sv);", NO_FUNCTION, "(void)(s - s);"),
    Case("views have no union to own", "(void)(sv | sv);", NO_FUNCTION, "(void)(s | s);"),
    Case("views aren't patched", "(void)still::patch(sv, still::diff(s, s));", NO_FUNCTION,
         "(void)still::patch(s, still::diff(s, s));"),
    Case("views aren't merged", "(void)still::merge3(sv, sv, sv);", NO_FUNCTION, "(void)still::merge3(s, s, s);"),
    # Nothing points into what is about to go.
    Case("a temporary has no view", "(void)make_set().view();", DELETED, "(void)s.view();"),
    Case("a temporary map has no view", "(void)make_map().view();", DELETED, "(void)m.view();"),
    Case("a temporary has no beginning", "(void)make_set().begin();", DELETED, "(void)s.begin();"),
    Case("a temporary has no end", "(void)make_map().end();", DELETED, "(void)m.end();"),
    Case("a temporary has no last element to go back from", "(void)make_set().rbegin();", DELETED,
         "(void)s.rbegin();"),
    Case("nothing is found in a temporary", "(void)make_set().find(1);", DELETED, "(void)make_set().contains(1);"),
    Case("no value is found in a temporary", "(void)make_map().find(1);", DELETED, "(void)make_map().at(1);"),
    Case("a temporary has no lower bound", "(void)make_set().lower_bound(1);", DELETED, "(void)s.lower_bound(1);"),
    Case("a temporary has no upper bound", "(void)make_map().upper_bound(1);", DELETED, "(void)m.upper_bound(1);"),
    Case("a temporary has no equal range", "(void)make_set().equal_range(1);", DELETED, "(void)s.equal_range(1);"),
    Case("a temporary has no range of keys", "(void)make_set().range(1, 2);", DELETED, "(void)s.range(1, 2);"),
    Case("a temporary has no partition point", "(void)make_set().partition_point(any);", DELETED,
         "(void)s.partition_point(any);"),
    Case("a temporary has no element by number", "(void)make_map().nth(0);", DELETED, "(void)m.nth(0);"),
    Case("what is moved from has no iterators", "(void)std::move(s).begin();", DELETED, "(void)s.begin();"),
    Case("an element of a temporary is a value", "static_assert(std::same_as<decltype(make_set().front()), int const&>);",
         "static assertion|static_assert", "static_assert(std::same_as<decltype(make_set().front()), int>);"),
    Case("no differences from a temporary", "(void)still::diff(make_set(), s);", DELETED, "(void)still::diff(s, s);"),
    Case("no differences to a temporary", "(void)still::diff(m, make_map());", DELETED, "(void)still::diff(m, m);"),
    Case("no differences between temporaries", "(void)still::diff(make_set(), make_set());", DELETED,
         "(void)still::diff(make_set(), make_set(), any);"),
    # A version that is made isn't thrown away.
    Case("an insert gives a version", "s.insert(1);", NODISCARD, "s = s.insert(1);"),
    Case("an insert in place gives a version", "std::move(s).insert(1);", NODISCARD, "s = std::move(s).insert(1);"),
    Case("an assignment gives a version", "m.insert_or_assign(1, 2);", NODISCARD, "m = m.insert_or_assign(1, 2);"),
    Case("an erase gives a version", "m.erase(1);", NODISCARD, "m = m.erase(1);"),
    Case("a batch gives a version", "s.insert_range(std::vector{ 1 });", NODISCARD,
         "s = s.insert_range(std::vector{ 1 });"),
    Case("a batch of keys gives a version", "s.erase_keys(std::vector{ 1 });", NODISCARD,
         "s = s.erase_keys(std::vector{ 1 });"),
    Case("a split gives versions", "s.split(1);", NODISCARD, "s = s.split(1).below;"),
    Case("a join gives a version", "join(s, s);", NODISCARD, "s = join(s, s);"),
    Case("a union gives a version", "set_union(m, m);", NODISCARD, "m = set_union(m, m);"),
    Case("an operator gives a version", "s | s;", NODISCARD, "s = s | s;"),
    Case("a patch gives a version", "still::patch(s, still::diff(s, s));", NODISCARD,
         "s = still::patch(s, still::diff(s, s));"),
    Case("a merge gives a version", "still::merge3(s, s, s);", NODISCARD, "s = still::merge3(s, s, s);"),
    # Keys, values and orders.
    Case("a number isn't a word to look up", "(void)w.contains(5);", "what is looked up is a key",
         '(void)w.contains("five");'),
    Case("an explicit conversion isn't made for an element",
         "still::set<explicit_key> t; (void)t.insert(5);", "conver|no matching",
         "still::set<explicit_key> t; (void)t.insert(explicit_key(5));"),
    Case("a word isn't a number to insert", '(void)m.insert("five", 5);', "conver|comparison between", "(void)m.insert(5, 5);"),
    Case("an explicit conversion isn't made for a value",
         "still::map<int, explicit_key> t; (void)t.insert(1, 5);", "what a value is made of",
         "still::map<int, explicit_key> t; (void)t.insert(1, explicit_key(5));"),
    Case("versions in different orders don't compare", "(void)(s == still::set<int, std::greater<>>());",
         NO_FUNCTION, "(void)(s == still::set<int>());"),
    Case("a policy is a bundle of choices", "still::set<int, std::less<>, int> t;", "constraint|container_policy",
         "still::set<int, std::less<>, still::local_policy> t;"),
    Case("a set of what can't be copied isn't copied",
         "still::set<std::unique_ptr<int>> t; auto u = t; (void)u;", "delete|copy|constraint",
         "still::set<std::unique_ptr<int>> t; auto u = std::move(t); (void)u;"),
    Case("elements aren't changed where they lie", "*s.begin() = 5;", "read-only|const", "(void)(*s.begin() == 5);"),
    Case("values aren't changed where they lie", "m.begin()->second = 5;", "read-only|const",
         "(void)(m.begin()->second == 5);"),
]


def precompile(scratch, command):
    """The prelude, compiled once: reading the headers is nearly all that a case costs."""
    header = scratch / "prelude.hpp"
    header.write_text(PRELUDE)
    suffix = ".pch" if "clang" in " ".join(command) else ".gch"
    subprocess.run([*command, "-x", "c++-header", str(header), "-o", str(header) + suffix],
                   stdin=subprocess.DEVNULL, check=True)


def compiled(text, unit, command):
    """Compiles a text behind the prelude. Returns whether that went well, and what the compiler said."""
    unit.write_text(text)
    done = subprocess.run([*command, "-include", str(unit.parent / "prelude.hpp"), "-fsyntax-only",
                           "-Werror=unused-result", str(unit)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, env={**os.environ, "LC_ALL": "C"})
    return done.returncode == 0, done.stdout


def check_wrong(number, case, scratch, command):
    text = FRAME.format(number=number, statement=case.wrong)
    passed, said = compiled(text, scratch / f"wrong_{number}.cpp", command)
    problem = None
    if passed:
        problem = f"it compiles:\n{case.wrong}"
    elif not any(re.search(case.message, line) for line in said.splitlines() if re.search(r"error|note", line)):
        problem = f"no line of what the compiler says has {case.message!r}:\n{said[:2000]}"
    return case.name, problem, None


def check_controls(scratch, command):
    """What is put right compiles: all in one unit, or told apart where they don't."""
    frames = [FRAME.format(number=number, statement=case.right) for number, case in enumerate(CASES)]
    passed, said = compiled("".join(frames), scratch / "right.cpp", command)
    if passed:
        return "all put right compile", None, None
    broken = [case.name for case, frame in zip(CASES, frames)
              if not compiled(frame, scratch / "right_alone.cpp", command)[0]]
    return "all put right compile", f"these don't: {', '.join(broken)}\n{said[:3000]}", None


def main(scratch, *command):
    scratch = pathlib.Path(scratch)
    scratch.mkdir(parents=True, exist_ok=True)
    precompile(scratch, command)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = [pool.submit(check_controls, scratch, command)]
        work += [pool.submit(check_wrong, number, case, scratch, command) for number, case in enumerate(CASES)]
        return tap.report(done.result() for done in work)


sys.exit(main(*sys.argv[1:]))
