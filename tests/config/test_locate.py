"""Which line of a TOML text a key stands in."""

from __future__ import annotations

import contextlib
import random
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


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """A TOML text and the line of every path in it, found while writing it."""
    chance = random.Random(draw(st.integers()))
    lines: dict[KeyPath, int] = {}
    text = ""

    def here() -> int:
        return text.count("\n") + 1

    def name(key: str) -> str:
        if key.isascii() and key.replace("-", "").replace("_", "").isalnum() and chance.random() < 0.7:
            return key
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"' if "'" in key or chance.random() < 0.5 else f"'{key}'"

    def blank() -> str:
        return chance.choice(["", "", "\n", "# k = 1 [t]\n", " \t", "\n\n  "])

    def value(path: KeyPath, depth: int) -> None:
        nonlocal text
        kind = chance.random()
        if depth > 2 or kind < 0.6:
            text += draw(SCALARS)
        elif kind < 0.8:
            text += "["
            count = chance.randrange(4)
            for number in range(count):
                text += blank()
                lines[(*path, number)] = here()
                value((*path, number), depth + 1)
                text += blank()
                if number < count - 1 or chance.random() < 0.5:
                    text += ","
            text += blank() + "]"
        else:
            text += "{ "
            for number, key in enumerate(draw(st.lists(NAMES, max_size=3, unique=True))):
                text += ", " if number else ""
                pair(path, key, depth + 1)
            text += " }"

    def pair(path: KeyPath, key: str, depth: int) -> None:
        nonlocal text
        lines[(*path, key)] = here()
        text += name(key) + chance.choice(["=", " = ", "\t= "])
        value((*path, key), depth)

    def pairs(path: KeyPath) -> None:
        nonlocal text
        for key in draw(st.lists(NAMES, max_size=4, unique=True)):
            text += blank() + "\n"
            if chance.random() < 0.2:
                # A dotted key of its own names, so that no table is defined twice.
                first, second = f"dotted-{key}", "in.side"
                lines[(*path, first)] = lines[(*path, first, second)] = here()
                text += f"{name(first)} . {name(second)} = 1"
            else:
                pair(path, key, 0)
            text += chance.choice(["\n", " # [end]\n", "\n\n"])

    pairs(())
    for table in draw(st.lists(NAMES, max_size=3, unique=True)):
        text += blank() + "\n"
        lines[(f"t-{table}",)] = lines[(f"t-{table}", "sub")] = here()
        text += f"[ {name(f't-{table}')} .sub] # x = 1\n"
        pairs((f"t-{table}", "sub"))
    return text, lines


class LocateTests(SynchronousTestCase):
    """The lines of keys."""

    def test_finds_everything(self) -> None:
        """Tables, dotted, quoted and inline keys, lists, and strings that look like TOML themselves."""
        self.assertEqual(set(paths(tomllib.loads(DOCUMENT))), set(LINES))
        self.assertEqual(locate(DOCUMENT), LINES)

    def test_first_mention_counts(self) -> None:
        """A table that only its sub-table names is where that sub-table is."""
        self.assertEqual(locate("[a.b]\nc=1\n[a]\nd=1"), {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 2, ("a", "d"): 4})

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
