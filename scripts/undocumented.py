# SPDX-License-Identifier: BSL-1.0
"""Lists public functions that the reference says nothing about.

usage: undocumented.py INCLUDE_DIRECTORY XML_DIRECTORY

Reads what Doxygen wrote as XML. A function is documented when it, an overload of the same name in the same
class or namespace, or the group it stands in without a blank line between, has a description: `const&` and
`&&` forms share one, and so do `begin` and `end`. What is deleted, defaulted, compares or constructs from its
members needs none. Ends with status 1 where it found any.
"""

import pathlib
import sys
import xml.etree.ElementTree

# Rooms behind the faces: engines, whose readers read the source. The halves of a container that users see
# through `set` and `map` are told apart.
ENGINES = ("still::core::", "still::tree::", "still::radix::", "still::heaps::", "still::formats::", "still::slots::",
           "still::pins::")
FACES = ("still::tree::reader", "still::tree::owner", "still::tree::container")

# What nobody calls by name, and so says all by its signature.
TELL_THEMSELVES = ("operator", "~")


def described(element):
    """True where a member or compound has text of its own."""
    return any("".join(element.find(part).itertext()).strip()
               for part in ("briefdescription", "detaileddescription") if element.find(part) is not None)


def tells_itself(member):
    name = member.findtext("name", "")
    arguments = member.findtext("argsstring", "").rstrip()
    return (name.startswith(TELL_THEMSELVES) or arguments.endswith(("=delete", "=default"))
            or arguments.startswith((f"({name} const &", f"({name} &&")))  # a copy, or a move


def in_described_group(member, root):
    """True where a comment for the reference heads the lines without a gap that the function stands in."""
    place = member.find("location")
    path = pathlib.Path(root, place.get("file"))
    if not path.is_file():
        return False
    lines = path.read_text(encoding="utf-8").split("\n")[:int(place.get("line")) - 1]
    while lines and lines[-1].strip():
        if lines.pop().lstrip().startswith("///"):
            return True
    return False


def is_engine(name):
    return f"{name}::".startswith(ENGINES) and not name.startswith(FACES)


def undocumented(compound, root):
    """Names of public functions in a class or namespace that have no description in any overload."""
    owner = compound.findtext("compoundname", "")
    functions = [member for member in compound.iter("memberdef")
                 if member.get("kind") == "function" and member.get("prot") == "public"]
    documented = {member.findtext("name") for member in functions if described(member)}
    for member in functions:
        if (member.findtext("name") not in documented and not tells_itself(member)
                and not in_described_group(member, root)):
            place = member.find("location")
            yield f"{place.get('file')}:{place.get('line')}: {owner}::{member.findtext('name')}" \
                  f"{member.findtext('argsstring', '')} has no documentation"


def main(root, directory):
    findings = set()
    for path in sorted(pathlib.Path(directory).glob("*.xml")):
        if path.name == "index.xml":
            continue
        for compound in xml.etree.ElementTree.parse(path).getroot().iter("compounddef"):
            if (compound.get("kind") in ("class", "struct", "namespace") and compound.get("prot") != "private"
                    and not is_engine(compound.findtext("compoundname", ""))):
                findings.update(undocumented(compound, root))
    for finding in sorted(findings):
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
