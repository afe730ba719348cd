"""Which line of a TOML text a key stands in."""

from __future__ import annotations

import contextlib
import random
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.config.locate import KeyPath, locate

DOCUMENT = r'''# a comment, with key = "value" in it
domain = "example.org" # and [one] behind it

[listen]
irc = [
  "tcp:6667", # not "this"
  'tls:6697',

  "unix:/run/#1.sock",
]
"native" = ["tcp:4000", "tls:4001"]
'we b' = [[1, 2], [
  3]]

[ accounts . "sub.table" ]
a = { b = 1, "c d" = { e = [ 'x' ] } }
f.g . h = 1979-05-27 07:32:00

[limits]
text = """
[not-a-table]
fake = 1 \" """
other = """two quotes ""inside"" and at the end"""""
raw = \'\'\'
[neither]
x = ' ''
\'\'\'
empty = ""
numbers = +1_000.5e3
yes=true
[[door]]
name = "one"
[[door]]
name = "two"
[[door.guard]]
name = "inner"
[door.lock]
key = 1
'''.replace("\\'", "'")

LINES: dict[KeyPath, int] = {
    ("domain",): 2,
    ("listen",): 4,
    ("listen", "irc"): 5,
    ("listen", "irc", 0): 6,
    ("listen", "irc", 1): 7,
    ("listen", "irc", 2): 9,
    ("listen", "native"): 11,
    ("listen", "native", 0): 11,
    ("listen", "native", 1): 11,
    ("listen", "we b"): 12,
    ("listen", "we b", 0): 12,
    ("listen", "we b", 0, 0): 12,
    ("listen", "we b", 0, 1): 12,
    ("listen", "we b", 1): 12,
    ("listen", "we b", 1, 0): 13,
    ("accounts",): 15,
    ("accounts", "sub.table"): 15,
    ("accounts", "sub.table", "a"): 16,
    ("accounts", "sub.table", "a", "b"): 16,
    ("accounts", "sub.table", "a", "c d"): 16,
    ("accounts", "sub.table", "a", "c d", "e"): 16,
    ("accounts", "sub.table", "a", "c d", "e", 0): 16,
    ("accounts", "sub.table", "f"): 17,
    ("accounts", "sub.table", "f", "g"): 17,
    ("accounts", "sub.table", "f", "g", "h"): 17,
    ("limits",): 19,
    ("limits", "text"): 20,
    ("limits", "other"): 23,
    ("limits", "raw"): 24,
    ("limits", "empty"): 28,
    ("limits", "numbers"): 29,
    ("limits", "yes"): 30,
    ("door",): 31,
    ("door", 0): 31,
    ("door", 0, "name"): 32,
    ("door", 1): 33,
    ("door", 1, "name"): 34,
    ("door", 1, "guard"): 35,
    ("door", 1, "guard", 0): 35,
    ("door", 1, "guard", 0, "name"): 36,
    ("door", 1, "lock"): 37,
    ("door", 1, "lock", "key"): 38,
}


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Every key and list position in what tomllib gave."""
    children: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    for key, child in children:
        yield (*path, key)
        yield from paths(child, (*path, key))


NAMES = st.sampled_from(["a", "b", "c-d", "e_1", "7", "with space", "dot.ted", 'quo"te', "ünï", "#", "[x]", ""])
SCALARS = st.one_of(
    st.integers(-5, 5).map(str),
    st.sampled_from(["true", "1.5", "inf", "1979-05-27 07:32:00", "07:32:00", "0xff"]),
    st.sampled_from(['"x"', "'y'", '"# [a] = \\" "', '"""\n\n[a]\nb = 1\n"""', "'''\n= ] } ,\n'''", '""""q"""""']),
)


class Writer:
    """Writes a TOML text by chance, and notes the line of everything while writing it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.chance = random.Random(draw(st.integers()))
        self.text = ""
        self.lines: dict[KeyPath, int] = {}

    def note(self, *paths: KeyPath) -> None:
        for path in paths:
            self.lines[path] = self.text.count("\n") + 1

    def name(self, key: str) -> str:
        if re.fullmatch(r"[A-Za-z0-9_-]+", key) and self.chance.random() < 0.7:
            return key
        if "'" in key or self.chance.random() < 0.5:
            escaped = key.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        return f"'{key}'"

    def blank(self) -> None:
        self.text += self.chance.choice(["", "", "\n", "# k = 1 [t]\n", " \t", "\n\n  "])

    def value(self, path: KeyPath, depth: int) -> None:
        kind = self.chance.random()
        if depth > 2 or kind < 0.6:
            self.text += self.draw(SCALARS)
        elif kind < 0.8:
            self.elements(path, depth)
        else:
            self.text += "{ "
            for number, key in enumerate(self.draw(st.lists(NAMES, max_size=3, unique=True))):
                self.text += ", " if number else ""
                self.pair(path, key, depth + 1)
            self.text += " }"

    def elements(self, path: KeyPath, depth: int) -> None:
        self.text += "["
        count = self.chance.randrange(4)
        for number in range(count):
            self.blank()
            self.note((*path, number))
            self.value((*path, number), depth + 1)
            self.blank()
            if number < count - 1 or self.chance.random() < 0.5:
                self.text += ","
        self.blank()
        self.text += "]"

    def pair(self, path: KeyPath, key: str, depth: int) -> None:
        self.note((*path, key))
        self.text += self.name(key) + self.chance.choice(["=", " = ", "\t= "])
        self.value((*path, key), depth)

    def pairs(self, path: KeyPath) -> None:
        for key in self.draw(st.lists(NAMES, max_size=4, unique=True)):
            self.blank()
            self.text += "\n"
            if self.chance.random() < 0.2:
                # A dotted key of its own names, so that no table is defined twice.
                first, second = f"dotted-{key}", "in.side"
                self.note((*path, first), (*path, first, second))
                self.text += f"{self.name(first)} . {self.name(second)} = 1"
            else:
                self.pair(path, key, 0)
            self.text += self.chance.choice(["\n", " # [end]\n", "\n\n"])

    def document(self) -> None:
        self.pairs(())
        for table in self.draw(st.lists(NAMES, max_size=3, unique=True)):
            self.blank()
            self.text += "\n"
            self.note((f"t-{table}",), (f"t-{table}", "sub"))
            self.text += f"[ {self.name(f't-{table}')} .sub] # x = 1\n"
            self.pairs((f"t-{table}", "sub"))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """A TOML text and the line of every path in it."""
    writer = Writer(draw)
    writer.document()
    return writer.text, writer.lines


class LocateTests(SynchronousTestCase):
    """The lines of keys."""

    def test_finds_everything(self) -> None:
        """Tables, dotted, quoted and inline keys, lists, and strings that look like TOML themselves."""
        self.assertEqual(set(paths(tomllib.loads(DOCUMENT))), set(LINES))
        self.assertEqual(locate(DOCUMENT), LINES)

    def test_first_mention_counts(self) -> None:
        """A table that only its sub-table names is where that sub-table is."""
        self.assertEqual(locate("[a.b]\nc=1\n[a]\nd=1"), {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 2, ("a", "d"): 4})

    def test_a_comment_right_behind_a_header(self) -> None:
        """What looks like a key in it is none."""
        self.assertEqual(locate("[a]#b = 1\n"), {("a",): 1})
        self.assertEqual(locate("[[a]]#b = 1\n"), {("a",): 1, ("a", 0): 1})

    def test_windows_line_ends(self) -> None:
        """CR LF counts as one line end."""
        self.assertEqual(locate("a = 1\r\n\r\n[b]\r\nc = [\r\n1]\r\n")[("b", "c", 0)], 5)

    @given(documents())
    def test_every_document(self, drawn: tuple[str, dict[KeyPath, int]]) -> None:
        """In any document, every key stands where it was written, and nothing else is found."""
        text, lines = drawn
        self.assertEqual(set(paths(tomllib.loads(text))), set(lines), text)
        self.assertEqual(locate(text), lines, text)

    @given(
        st.lists(st.sampled_from([*"ab=[]{}.,#\n\"' 1\\", '"""', "'''", "\n[[", "]]\n", "=1\n", " = {"])).map("".join)
    )
    def test_whatever_tomllib_accepts(self, text: str) -> None:
        """Of any text that tomllib reads, exactly the keys that it found are located."""
        value: dict[str, Any] | None = None
        with contextlib.suppress(tomllib.TOMLDecodeError):
            value = tomllib.loads(text)
        if value is not None:
            self.assertEqual(set(locate(text)), set(paths(value)))
