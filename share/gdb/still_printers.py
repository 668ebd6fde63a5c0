# SPDX-License-Identifier: BSL-1.0
"""Shows Still's containers and versions in gdb as what they hold, not as what they are made of.

To load it: `source .../still_printers.py`, by hand or in ~/.gdbinit. Then

    (gdb) print counts
    $1 = still::map with 2 elements = {["apples"] = 3, ["pears"] = 1}

Nothing in the program is called, so this works on core files too. Elements are read one by one, as far
as gdb's `print elements` wants them, and every number that is read is checked before it is used: of a
damaged version one sees what can be read, and what is wrong with the rest.
"""

import gdb
import gdb.printing

# More than any tree or page table has.
MOST_LEVELS = 64
SIZE_BYTES = 8  # of a branch of a page table, in front of its links


class Damaged(Exception):
    """What the memory holds isn't what the program keeps there."""


# Values and types

def plain(kind):
    """A type without references, const and other names."""
    if kind.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        kind = kind.target()
    return kind.strip_typedefs().unqualified()


def address_of(value):
    """Where a value lies, as a number."""
    if value.address is None:
        raise Damaged("a value outside memory, whose links lead nowhere")
    return int(value.address)


def value_at(address, kind):
    """What lies at an address, seen as a type."""
    return gdb.Value(address).cast(kind.pointer()).dereference()


def has_field(kind, name):
    return any(field.name == name for field in kind.fields())


def number_of(value):
    """An unsigned word, atomic or not."""
    return int(value_at(address_of(value), gdb.lookup_type("unsigned long")))


def linked(link):
    """The pointer that a link, an owned or a borrowed node, or a kept root stands for."""
    kind = plain(link.type)
    for name in ("root_", "link_"):
        if has_field(kind, name):
            return linked(link[name])
    for name in ("target_", "node_"):
        if has_field(kind, name):
            return link[name]
    target = kind.template_argument(0).pointer()
    distance = int(link["distance_"])
    # A distance of one is that to nowhere (core/link.hpp).
    return gdb.Value(0 if distance == 1 else (address_of(link) + distance) % 2 ** 64).cast(target)


def counted(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# Trees: sets and maps

def element_in(column, index):
    """An element of one of a leaf's columns. Costly elements lie in boxes, and the column keeps links to
    them."""
    cell = column["cells"][index]
    if not (plain(cell.type).name or "").startswith("still::tree::boxed<"):
        return cell
    box = linked(cell["link_"])
    if int(box) == 0:
        raise Damaged("an element without its box")
    return box["object"]


class Tree:
    """The elements below a root: a pointer to a node, or null."""

    def __init__(self, root):
        self.root = root
        node = plain(root.type.target())
        schema = node.template_argument(0)
        self.value_type = schema.template_argument(1)
        self.name = node.name

    def seen_as(self, node, kind):
        """The node as a leaf, branch, middle_branch or high_branch."""
        return value_at(int(node), gdb.lookup_type(self.name.replace("tree::node<", f"tree::{kind}<", 1)))

    def checked(self, node, level):
        """Level and length of a node that should stand on this level; None for a root's."""
        if int(node) == 0:
            raise Damaged("a null child")
        seen = int(node["level"])
        if seen >= MOST_LEVELS or (level is not None and seen != level):
            raise Damaged(f"a node of level {seen}" + ("" if level is None else f" where one of {level} should be"))
        return seen, int(node["length"])

    @staticmethod
    def within(length, array):
        """The length, where an array has that many places."""
        if not 0 < length <= array.type.range()[1] + 1:
            raise Damaged(f"a node of length {length}")
        return length

    def size(self):
        """The number of elements."""
        if int(self.root) == 0:
            return 0
        level, length = self.checked(self.root, None)
        if level == 0:
            return self.within(length, self.seen_as(self.root, "leaf")["keys"]["cells"])
        if level == 1:
            sizes = self.seen_as(self.root, "branch")["leaf_sizes"]
        else:
            sizes = self.seen_as(self.root, "middle_branch" if level == 2 else "high_branch")["sizes"]
        return sum(int(sizes[slot]) for slot in range(self.within(length, sizes)))

    def elements(self, node=None, level=None):
        """Key and value of each element in order."""
        if node is None:
            node = self.root
            if int(node) == 0:
                return
        level, length = self.checked(node, level)
        if level == 0:
            leaf = self.seen_as(node, "leaf")
            for index in range(self.within(length, leaf["keys"]["cells"])):
                yield self.element(leaf, index)
        else:
            children = self.seen_as(node, "branch")["children"]
            for slot in range(self.within(length, children)):
                yield from self.elements(linked(children[slot]), level - 1)

    def element(self, leaf, index):
        """Key and value of one element; None for what a set doesn't have."""
        key = element_in(leaf["keys"], index)
        if plain(self.value_type).name == "still::tree::no_value":
            return key, None
        return key, element_in(leaf["values"], index)


# Page tables

class PageTable:
    """The slots below a root: a pointer to a node, or null."""

    def __init__(self, root):
        self.root = root
        self.node_type = plain(root.type.target())
        self.slot_type = self.node_type.template_argument(0)

    def link_type(self):
        return gdb.lookup_type(self.node_type.name + "::link_type").strip_typedefs()

    def checked(self, node, above):
        """Level and digits in use of a node that should stand below a level; no digits for a uniform node."""
        if int(node) == 0:
            raise Damaged("a null child")
        shape, entries, present = (int(node[name]) for name in ("shape_", "entries_", "present_"))
        level = shape & 0x1f
        digits = [digit for digit in range(64) if present >> digit & 1]
        if level >= above:
            raise Damaged(f"a node of level {level} below one of level {above}")
        if shape & 0x80:
            if entries != 1 or digits:
                raise Damaged(f"a uniform node with {entries} entries and {len(digits)} digits in use")
            return level, None
        if len(digits) != entries or entries == 0:
            raise Damaged(f"a node with {entries} entries and {len(digits)} digits in use")
        return level, digits

    def after_node(self, node, kind, gap=0):
        """Where what follows a node in its block starts, behind a gap."""
        return int(node) + -(-(self.node_type.sizeof + gap) // kind.alignof) * kind.alignof

    def slot(self, node, position):
        """A slot of a leaf or uniform node."""
        kind = plain(self.slot_type)
        return value_at(self.after_node(node, kind) + position * kind.sizeof, kind)

    def child(self, node, position):
        """A child of a branch: links follow the branch's size."""
        kind = plain(self.link_type())
        return linked(value_at(self.after_node(node, kind, SIZE_BYTES) + position * kind.sizeof, kind))

    def span(self, level):
        """The number of indices in a node's span."""
        return 2 ** (int(self.node_type.template_argument(2)) * (level + 1))

    def size(self):
        if int(self.root) == 0:
            return 0
        level, digits = self.checked(self.root, MOST_LEVELS)
        if digits is None:
            return self.span(level)
        if level == 0:
            return len(digits)
        kind = gdb.lookup_type("unsigned long")
        return int(value_at(self.after_node(self.root, kind), kind))

    def entries(self, node=None, above=MOST_LEVELS):
        """Index and slot of each slot in use, in order."""
        if node is None:
            node = self.root
            if int(node) == 0:
                return
        level, digits = self.checked(node, above)
        if digits is None:
            for offset in range(self.span(level)):
                yield int(node["first_"]) + offset, self.slot(node, 0)
            return
        for position, digit in enumerate(digits):
            if level == 0:
                yield int(node["first_"]) + digit, self.slot(node, position)
            else:
                yield from self.entries(self.child(node, position), level)


# Vectors

class Vector:
    """The elements of a version: a table of chunks, and the last chunk."""

    def __init__(self, version):
        self.root, self.last = (self.pointer(version[name]) for name in ("root_", "last_"))
        self.size = int(version["size_"])

    @staticmethod
    def pointer(link):
        return link if plain(link.type).code == gdb.TYPE_CODE_PTR else linked(link)

    def chunks(self):
        for _, slot in PageTable(self.root).entries():
            yield linked(slot["link_"])
        if int(self.last) != 0:
            yield self.last

    def elements(self):
        """Each element in order."""
        seen = 0
        for chunk in self.chunks():
            if int(chunk) == 0:
                raise Damaged("a null chunk")
            size = int(chunk["size_"])
            if not 0 < size <= int(chunk["capacity_"]):
                raise Damaged(f"a chunk with {size} elements")
            elements = linked(chunk["elements_"])
            for position in range(size):
                yield elements[position]
            seen += size
        if seen != self.size:
            raise Damaged(f"{seen} elements where {self.size} should be")


# Printers: a summary from to_string, the elements from children

def readable(pairs):
    """The children, and at the end what hinders reading more."""
    try:
        yield from pairs
    except (Damaged, gdb.error) as problem:
        yield "damaged", f"<{problem}>"


class Printer:
    """What all printers have in common: `text` gives the summary, `pairs` names and values."""

    hint = None

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def text(self):
        """The summary."""
        return f"still::{self.name}"

    def pairs(self):
        """Children: names and values."""
        return iter(())

    def to_string(self):
        """For gdb."""
        try:
            return self.text()
        except (Damaged, gdb.error) as problem:
            return f"still::{self.name}, damaged: {problem}"

    def children(self):
        """For gdb."""
        return readable(self.pairs())

    def display_hint(self):
        """For gdb."""
        return self.hint


class SetPrinter(Printer):
    """A set or set_view: its elements."""

    hint = "array"

    def tree(self):
        return Tree(linked(self.value["core_"]["root_"]))

    def text(self):
        return f"still::{self.name} with {counted(self.tree().size(), 'element')}"

    def pairs(self):
        for number, (key, _) in enumerate(self.tree().elements()):
            yield f"[{number}]", key


def as_map(entries):
    """Children of a map, as gdb wants them: keys and values in turn."""
    number = 0
    try:
        for number, (key, value) in enumerate(entries):
            yield f"[{number}].first", key
            yield f"[{number}].second", value
    except (Damaged, gdb.error) as problem:
        yield "damaged", "damaged"
        yield "why", f"<{problem}>"


class MapPrinter(SetPrinter):
    """A map or map_view: its keys with their values."""

    hint = "map"

    def pairs(self):
        return as_map(self.tree().elements())


class PageTablePrinter(Printer):
    """A page_table: indices with their slots."""

    hint = "map"

    def table(self):
        return PageTable(linked(self.value["root_"]))

    def text(self):
        return f"still::{self.name} with {counted(self.table().size(), 'slot')}"

    def pairs(self):
        return as_map(self.table().entries())


class VectorPrinter(Printer):
    """A vector or vector_view: its elements."""

    hint = "array"

    def text(self):
        return f"still::{self.name} with {counted(int(self.value['core_']['size_']), 'element')}"

    def pairs(self):
        for number, element in enumerate(Vector(self.value["core_"]).elements()):
            yield f"[{number}]", element


class SegmentPrinter(PageTablePrinter):
    """A segment or snapshot: its size, and pages with their frames."""

    def table(self):
        return PageTable(linked(self.value["content_"]["pages"]["root_"]))

    def text(self):
        return (f"still::{self.name} of {counted(int(self.value['content_']['size']), 'byte')}"
                f" with {counted(self.table().size(), 'frame')}")


class PageSlotPrinter(Printer):
    """A slot of a segment: what its word leads to."""

    def text(self):
        word = int(self.value["word_"])
        kind, watched, record = word & 3, word & 4, word & ~7
        if kind == 1:
            content = value_at(record, gdb.lookup_type("still::frame_record"))["bytes"]
            said = f"still::frame with its bytes at {int(content):#x}"
        else:
            said = ("nothing", None, "a mount", "a keeper")[kind]
        return said + ", watched" if watched else said


class FramePrinter(Printer):
    """A frame: where its bytes are."""

    def text(self):
        record = self.value["record_"]
        if int(record) == 0:
            return "still::frame of zeros"
        return f"still::frame with its bytes at {int(record['bytes']):#x}"


class EntryPrinter(Printer):
    """An entry of a map or page table: its key or index, and what belongs to it."""

    names = ("first", "second")

    def text(self):
        return None

    def pairs(self):
        for name in self.names:
            field = self.value[name]
            yield name, field.referenced_value() if field.type.code == gdb.TYPE_CODE_REF else field


class PageEntryPrinter(EntryPrinter):
    names = ("index", "slot")


class ElementChangePrinter(EntryPrinter):
    """A change in a vector: its index, and what happened there."""

    names = ("index", "change")


class EntryPointerPrinter(Printer):
    """A pointer to an entry of a map: the entry."""

    def null(self):
        return int(self.value["key_"]) == 0

    def text(self):
        return "null" if self.null() else None

    def pairs(self):
        if not self.null():
            yield "first", self.value["key_"].dereference()
            yield "second", self.value["value_"].dereference()


class ChangePrinter(Printer):
    """A change: what happened, and the elements before and after where there are any."""

    KINDS = ("added", "removed", "changed")

    def text(self):
        kind = int(self.value["kind"])
        if kind >= len(self.KINDS):
            raise Damaged(f"no kind of change has the number {kind}")
        return self.KINDS[kind]

    def pairs(self):
        for name in ("before", "after"):
            pointer = self.value[name]
            if plain(pointer.type).code != gdb.TYPE_CODE_PTR:
                if int(pointer["key_"]) != 0:
                    yield name, pointer
            elif int(pointer) != 0:
                yield name, pointer.dereference()


class IteratorPrinter(Printer):
    """An iterator of a set or map: the element that it stands at."""

    def place(self):
        """The tree, the leaf and the index in it; None where the iterator stands at an end."""
        position = self.value["at_"]
        leaf = position["leaf_"]
        if int(leaf) == 0 or int(position["index_"]) >= int(leaf["length"]):
            return None
        return Tree(linked(position["root_"])), leaf.dereference(), int(position["index_"])

    def text(self):
        return "the end" if self.place() is None else "at"

    def pairs(self):
        place = self.place()
        if place is not None:
            tree, leaf, index = place
            key, value = tree.element(leaf, index)
            yield "first" if value is not None else "element", key
            if value is not None:
                yield "second", value


class PageIteratorPrinter(Printer):
    """An iterator of a page table: the index and slot that it stands at."""

    def text(self):
        return "the end" if int(self.value["here_"]["leaf"]) == 0 else "at"

    def pairs(self):
        here = self.value["here_"]
        leaf = here["leaf"]
        if int(leaf) != 0:
            table = PageTable(leaf)
            yield "index", int(here["at"])
            yield "slot", table.slot(leaf, int(here["entry"]))


class BankPrinter(Printer):
    """A bank: what of its limit is in use."""

    def text(self):
        record = self.value["record_"]
        if int(record) == 0:
            return "still::bank, none"
        # The number of charges in progress stands above the bytes in use.
        usage = number_of(record["state_"]) % 2 ** 48
        text = f"still::bank with {usage} of {counted(number_of(record['limit_']), 'byte')} in use"
        return text + (" and a bank above it" if int(record["parent_"]) != 0 else "")


class HeapPrinter(Printer):
    """A heap: where it lies."""

    def text(self):
        start = int(self.value["start_"])
        return f"still::heap at {start:#x}" if start != 0 else "still::heap, moved from"


class SlotNamePrinter(Printer):
    """A capability or revoker: whether it names a slot, and which."""

    field = "name_"

    def text(self):
        name = self.value[self.field]
        slot = int(name["slot"])
        if slot == 0 and int(name["generation"]) == 0 and int(name["tag"]) == 0:
            return f"still::{self.name}, null"
        bits = int(name["index_bits"])
        lost = ", attenuated" if slot >> bits != 0 else ""
        return f"still::{self.name} of slot {slot % 2 ** bits:#x}{lost}"


class RevokerPrinter(SlotNamePrinter):
    field = "owned_"


def printers():
    """All printers, as gdb registers them."""
    collection = gdb.printing.RegexpCollectionPrettyPrinter("still")
    for pattern, name, printer in (
            ("set<.*>", "set", SetPrinter),
            ("set_view<.*>", "set_view", SetPrinter),
            ("map<.*>", "map", MapPrinter),
            ("map_view<.*>", "map_view", MapPrinter),
            ("map_entry<.*>", "map_entry", EntryPrinter),
            ("entry_pointer<.*>", "entry_pointer", EntryPointerPrinter),
            ("tree::iterator<.*>", "iterator", IteratorPrinter),
            ("page_table<.*>", "page_table", PageTablePrinter),
            ("page_entry<.*>", "page_entry", PageEntryPrinter),
            ("vector<.*>", "vector", VectorPrinter),
            ("vector_view<.*>", "vector_view", VectorPrinter),
            ("element_change<.*>", "element_change", ElementChangePrinter),
            ("radix::iterator<.*>", "page iterator", PageIteratorPrinter),
            ("change<.*>", "change", ChangePrinter),
            ("segment", "segment", SegmentPrinter),
            ("snapshot", "snapshot", SegmentPrinter),
            ("frame", "frame", FramePrinter),
            ("page_slot", "page_slot", PageSlotPrinter),
            ("bank", "bank", BankPrinter),
            ("heap", "heap", HeapPrinter),
            ("capability<.*>", "capability", SlotNamePrinter),
            ("revoker", "revoker", RevokerPrinter)):
        collection.add_printer(name, f"^still::{pattern}$",
                               lambda value, name=name, printer=printer: printer(name, value))
    return collection


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)
