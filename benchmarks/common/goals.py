# SPDX-License-Identifier: BSL-1.0
"""What the containers and heaps are to reach, and whether they do.

A goal is met when the whole 95 % interval clears it, and missed when none of it does.
"""

import typing

from samples import Name, level, ratio


class Goal(typing.NamedTuple):
    """`measured`, divided by `beside` where there is one, is at most `limit`; at least, where is_least.
    Both are names with `{keys}` or `{longest}` as the size."""
    program: str
    text: str
    limit: float
    measured: Name
    beside: Name = None
    scale: float = 1.0  # what one unit of the limit is in nanoseconds or bytes
    unit: str = ""
    is_least: bool = False


def beside_absl(program, text, limit, operation, other=None, suffix=""):
    detail = "{keys}" + suffix
    return Goal(program, text, limit, Name(operation, "still", detail), Name(other or operation, "absl", detail))


def beside_ocaml(text, limit, operation, suffix=""):
    detail = "{keys}" + suffix
    return Goal("ocaml", text, limit, Name(operation, "still", detail), Name(operation, "ocaml", detail))


def beside_std_vector(text, limit, operation):
    return Goal("vector", text, limit, Name(operation, "still", "{keys}"), Name(operation, "std", "{keys}"))


def in_region(text, limit, operation, detail, beside):
    return Goal("region", text, limit, Name(operation, "still", detail), Name(operation, beside, detail))


LOADS = [(f"{size}, {share} written", f"{detail}_{share.replace(' ', '')}_written")
         for size, detail in (("1 GiB", "1024_MiB"),) for share in ("1 %", "10 %")]


def beside_fork(text, limit, sizes, operation, other=None):
    """A goal for each of the sizes, given as (text, detail)."""
    return [Goal("heap", f"{text}, {size}, of fork's", limit, Name(operation, "still", detail),
                 Name(other or operation, "fork", detail)) for size, detail in sizes]


def in_capability(text, limit, operation, beside, detail, measured="still"):
    return Goal("capability", text, limit, Name(operation, measured, detail), Name(operation, beside, detail))


def ordered(program):
    """Goals that sets and maps share: each is beside absl's container of its own kind."""
    return [
        beside_absl(program, "lookup, present, of absl's", 0.85, "lookup"),
        beside_absl(program, "lookup, absent, of absl's", 0.85, "lookup_absent"),
        beside_absl(program, "`find_many` in batches of 64, of absl's lookup", 0.4, "find_many", "lookup"),
        beside_absl(program, "insert in place, of absl's", 0.95, "insert_in_place"),
        beside_absl(program, "insert with versions kept, of absl's in place", 3.5, "insert_persistent",
                    "insert_in_place"),
        beside_absl(program, "erase in place, of absl's", 1.0, "erase_in_place"),
        beside_absl(program, "iterate, of absl's", 0.5, "iterate"),
        beside_absl(program, "build from sorted, of absl's", 0.3, "build_sorted"),
        beside_absl(program, "union, of `std::set_union` over absl", 0.2, "union"),
        beside_absl(program, "intersection, of `std::set_intersection` over absl", 0.2, "intersection"),
        beside_absl(program, "difference, of `std::set_difference` over absl", 0.2, "difference"),
        beside_absl(program, "string keys: lookup, of absl's", 1.0, "lookup", suffix="/string"),
        *(Goal(program, f"diff of {changes}, {size} elements", limit, Name(operation, "still", size), scale=scale,
               unit=unit)
          for size in ("{keys}", "{longest}")
          for changes, limit, operation, scale, unit in
          [("1 k changes", 0.4, "diff_1k", 1e6, " ms"), ("one change", 1.0, "diff_1", 1e3, " us")]),
        Goal(program, "charged policy: memory, random-built, of the default's", 1.04,
             Name("memory_random", "still_charged", "{keys}"), Name("memory_random", "still", "{keys}")),
        Goal(program, "charged policy: memory, bulk-built, of the default's", 1.04,
             Name("memory_bulk", "still_charged", "{keys}"), Name("memory_bulk", "still", "{keys}")),
    ]


GOALS = [
    *ordered("set"),
    Goal("set", "memory, random-built", 12.8, Name("memory_random", "still", "{keys}"), unit=" bytes an element"),
    Goal("set", "memory, bulk-built", 8.6, Name("memory_bulk", "still", "{keys}"), unit=" bytes an element"),
    Goal("set", "memory of a version 1 k scattered insertions later", 800, Name("memory_version_1k", "still", "{keys}"),
         scale=1e3, unit=" KB"),
    *ordered("map"),
    beside_ocaml("insert with versions kept, of OCaml's", 0.3, "insert_persistent"),
    beside_ocaml("union with 1 k, of OCaml's", 0.8, "union_1k"),
    beside_ocaml("insert with versions kept, of OCaml's", 0.3, "insert_persistent", "/map"),
    beside_ocaml("union with 1 k, of OCaml's", 0.8, "union_1k", "/map"),
    Goal("parallel", "union on two threads: times one thread's speed", 1.7, Name("union", "still", "{keys}"),
         Name("union", "still_2_threads", "{keys}"), is_least=True),
    beside_ocaml("string keys: insert with versions kept, of OCaml's", 0.6, "insert_persistent", "/string"),
    beside_std_vector("sequential read by iterators, of `std::vector`'s", 1.1, "iterate"),
    beside_std_vector("sequential read by chunks, of `std::vector`'s", 1.1, "iterate_chunks"),
    beside_std_vector("random read, of `std::vector`'s", 2.5, "read_random"),
    beside_std_vector("`push_back` in place, of `std::vector`'s", 3.0, "push_back"),
    *(Goal("page_table", f"lookup among {size} slots, of a flat array's", 2.0, Name("lookup", "still", size),
           Name("lookup", "flat_array", size)) for size in ("4096", "262144")),
    *(Goal("page_table", f"update with versions kept, {size} slots, of still::map's", 0.5, Name("update", "still", size),
           Name("update", "still_map", size)) for size in ("262144", "{keys}")),
    *(Goal("page_table", f"update with versions kept, 262144 slots, of fan-out {other}'s", 1.2,
           Name("update", "still", "262144"), Name("update", f"packed_{other}", "262144")) for other in (16, 64)),
    *beside_fork("99.9 % of the pauses of 1 000 cuts, 30 000 random pages written a second", 0.1,
                 [("1 GiB", "1024_MiB")], "paced_pause_99.9", "paced_pause_median"),
    *beside_fork("median pause, 30 000 random pages written a second", 0.05,
                 [("1 GiB", "1024_MiB"), ("4 GiB", "4096_MiB")], "paced_pause_median"),
    *beside_fork("a writer's cost for each page it dirties", 1 / 3, LOADS, "first_write"),
    *beside_fork("writes and snapshot together, for each page", 0.5, LOADS, "write_and_snapshot"),
    Goal("heap", "restore, 1 GiB, 1 % written, of a scan and a `memcpy` of the pages", 2.0,
         Name("restore", "still", "1024_MiB_1%_written"), Name("restore", "scan_and_memcpy", "1024_MiB_1%_written")),
    *(Goal("heap", f"difference of two snapshots with 1 000 changed pages, {size}", 200,
           Name("diff_1000_pages", "still", f"{detail}_1%_written"), scale=1e3, unit=" us")
      for size, detail in (("64 MiB", "64_MiB"), ("1 GiB", "1024_MiB"))),
    Goal("heap", "ten pages written and a snapshot, 64 MiB", 100,
         Name("write_and_snapshot_10_pages", "still", "64_MiB_1%_written"), scale=1e3, unit=" us"),
    *(Goal("heap", f"{text} a live heap, of plain memory", 1.05, Name(operation, "still", "64_MiB_1%_written"),
           Name(operation, "memory", "64_MiB_1%_written"))
      for text, operation in (("reading", "live_read"), ("writing", "live_write"))),
    Goal("heap", "reading a mapping, of plain memory", 1.05, Name("mapped_read", "still", "64_MiB_1%_written"),
         Name("mapped_read", "memory", "64_MiB_1%_written")),
    Goal("heap", "a guard, taken and let go", 10, Name("guard", "still", "1_thread"), unit=" ns"),
    *(Goal("heap", f"memory with one snapshot, {what}, 1 GiB, 1 % written since", 1.2 * 2**30 / 1e9,
           Name("memory_with_one_snapshot", subject, "1024_MiB_1%_written"), scale=1e9, unit=" GB")
      for what, subject in (("after `rest`", "still_at_rest"), ("as a heap is made by default", "still"))),
    Goal("page_table", "10 slots below 2^52", 800, Name("memory_sparse", "still", "10"), unit=" bytes"),
    *(Goal("segment", f"snapshot of {size.replace('_', ' ')}", 50, Name("snapshot", "still", size), unit=" ns")
      for size in ("1_MiB", "1_GiB", "640_GiB")),
    Goal("segment", "a word in each of 1 000 pages after a snapshot of 1 GiB, of `memcpy` into fresh memory", 1.3,
         Name("page_writes", "still", "1000_of_1024_MiB"), Name("page_writes", "memcpy", "1000_of_1024_MiB")),
    Goal("segment", "diff of 1 000 pages of 64 GiB, one in 256 in use", 200, Name("diff", "still", "64_GiB"), scale=1e3,
         unit=" us"),
    Goal("segment", "the same diff of 640 GiB, of that of 64 GiB", 1.1, Name("diff", "still", "640_GiB"),
         Name("diff", "still", "64_GiB")),
    *(Goal("segment", f"{access} where another page is watched, of where none is", 1.05,
           Name(access, "still_watched_elsewhere", ""), Name(access, "still", "")) for access in ("load", "store")),
    Goal("segment", "a page with data, one in 256 in use", 1.1 * 4096, Name("memory", "still", "one_page_in_256"),
         unit=" bytes"),
    in_region("small objects come and go, one thread, of jemalloc's", 1.5, "replace_object", "1_thread", "jemalloc"),
    in_region("small objects come and go, two threads, of jemalloc's", 1.5, "replace_object", "2_threads", "jemalloc"),
    *(in_region(f"{text}, of the same with `std::allocator`", limit, operation, container, "std_allocator")
      for text, operation in (("fill and empty", "fill_and_empty"), ("find", "find_in_container"))
      for text, limit, container in ((f"`boost::container::map`, raw pointers: {text}", 1.3, "boost_map"),
                                     (f"`std::unordered_map`: {text}", 1.3, "unordered_map"),
                                     (f"`boost::container::map`, offsets: {text}", 1.8, "boost_map_by_offsets"))),
    *(in_region(f"`still::map` with offset links: {text}, of raw links'", 1.3, operation, "by_offsets", "raw_links")
      for text, operation in (("insert in place", "map_insert"), ("versions kept", "map_insert_kept"),
                              ("find", "map_find"))),
    *(in_region(f"`still::map` in a region: {text}, of raw links' outside", 1.3, operation, "in_region", "raw_links")
      for text, operation in (("insert in place", "map_insert"), ("versions kept", "map_insert_kept"),
                              ("find", "map_find"))),
    *(in_capability(f"copy of a capability, {threads.replace('_', ' ')}, of `shared_ptr`'s", 1.0, "copy", "shared_ptr",
                    threads) for threads in ("1_thread", "2_threads")),
    *(in_capability(f"open and close, {threads.replace('_', ' ')}, of `weak_ptr::lock`", 0.25, "open_close", "weak_ptr",
                    threads) for threads in ("1_thread", "2_threads")),
    Goal("capability", "open and close on two threads, of one thread's", 1.2, Name("open_close", "still", "2_threads"),
         Name("open_close", "still", "1_thread")),
    in_capability("open through 64 forwarders, of through one", 1.2, "open_close", "still_1_forwarder", "1_thread",
                  "still_64_forwarders"),
    Goal("capability", "`revoke()`", 100, Name("revoke", "still", "1_thread"), unit=" ns"),
    Goal("capability", "a charge", 5, Name("charge", "still", "1_thread"), unit=" ns"),
    in_capability("insert into a set that a bank pays for, of one that nobody does", 1.08, "insert", "still", "1_thread",
                  "still_charged"),
]


def verdict(goal, found):
    """Of an estimate in the goal's unit; None where nothing was measured."""
    if found is None:
        return "not measured"
    if not found.is_bounded:
        return "too few rounds"
    best, worst = (found.high, found.low) if goal.is_least else (found.low, found.high)
    clears = (lambda value: value >= goal.limit) if goal.is_least else (lambda value: value <= goal.limit)
    if clears(worst):
        return "met"
    return "undecided" if clears(best) else "missed"


def judge(goal, found, keys):
    """(estimate or None, verdict) of a goal. found: program -> samples."""
    sized = lambda name: name._replace(detail=name.detail.format(keys=keys, longest=10 * keys))
    series = found.get(goal.program, {})
    measured = series.get(sized(goal.measured))
    other = series.get(sized(goal.beside)) if goal.beside else None
    if measured is None or (goal.beside and other is None):
        return None, verdict(goal, None)
    result = ratio(measured, other) if goal.beside else level(measured)
    if result is not None:
        result = result._replace(middle=result.middle / goal.scale, low=result.low / goal.scale,
                                 high=result.high / goal.scale)
    return result, verdict(goal, result)
