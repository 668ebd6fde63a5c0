# SPDX-License-Identifier: BSL-1.0
"""scripts/undocumented.py against the XML that Doxygen writes, and sources beside it."""

import os
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree
import xml.sax.saxutils

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap

sys.path.insert(0, os.path.join(tap.root(), "scripts"))

import undocumented

SOURCE = """\
/// Elements in order.
iterator begin() const;
iterator end() const;

iterator lonely() const;
"""


def member(name, line, arguments="() const", text="", protection="public"):
    return (f'<memberdef kind="function" prot="{protection}"><name>{name}</name><argsstring>'
            f"{xml.sax.saxutils.escape(arguments)}</argsstring>"
            f"<briefdescription>{text}</briefdescription><detaileddescription/>"
            f'<location file="face.hpp" line="{line}"/></memberdef>')


def findings(*members, owner="still::face"):
    compound = xml.etree.ElementTree.fromstring(
        f'<compounddef kind="class"><compoundname>{owner}</compoundname>{"".join(members)}</compounddef>')
    with tempfile.TemporaryDirectory() as root:
        pathlib.Path(root, "face.hpp").write_text(SOURCE, encoding="utf-8")
        return [line.split()[1] for line in undocumented.undocumented(compound, root)]


class Undocumented(unittest.TestCase):
    def test_a_function_alone_is_found(self):
        self.assertEqual(findings(member("lonely", 5)), ["still::face::lonely()"])

    def test_a_description_of_its_own_or_of_an_overload_suffices(self):
        self.assertEqual(findings(member("lonely", 5, text="Said.")), [])
        self.assertEqual(findings(member("lonely", 5), member("lonely", 9, "() &&", "Said.")), [])

    def test_a_comment_above_the_group_suffices(self):
        self.assertEqual(findings(member("begin", 2), member("end", 3)), [])

    def test_what_tells_itself_needs_none(self):
        self.assertEqual(findings(member("operator==", 5), member("lonely", 5, "()=delete"),
                                  member("face", 5, "(face const &other)"), member("face", 5, "(face &&other)")), [])
        self.assertEqual(findings(member("face", 5, "(int size)")), ["still::face::face(int"])

    def test_what_users_cannot_call_is_left_out(self):
        self.assertEqual(findings(member("lonely", 5, protection="protected")), [])

    def test_engines_are_told_from_faces(self):
        self.assertTrue(undocumented.is_engine("still::tree::cursor"))
        self.assertTrue(undocumented.is_engine("still::tree"))
        self.assertFalse(undocumented.is_engine("still::tree::reader"))
        self.assertFalse(undocumented.is_engine("still::set"))


tap.main()
