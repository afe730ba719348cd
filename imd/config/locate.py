r"""In which line of a TOML text each key stands.

tomllib gives values without their places; errors about a setting have to name the line. This reads a text
that tomllib has accepted and notes where each key and each element of a list begins, as in TOML 1.0.0: tables,
dotted and quoted keys, inline tables, lists, all four kinds of string.
"""

from __future__ import annotations

import bisect
import re
import tomllib
from typing import Final

KeyPath = tuple[str | int, ...]
"""Keys from the top, and positions in lists: `("listen", "irc", 0)`."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_STRING: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!"")|""(?!"))*"{3,5}'
    r"|'''(?:[^']|'(?!'')|''(?!'))*'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
# A number, a date (which may hold a space), true or false.
_SCALAR: Final = re.compile(r"[^,\]}#\r\n]+")


def locate(text: str) -> dict[KeyPath, int]:
    """Map every key, table and list element of a valid TOML text to its line, counted from 1.

    A table that is mentioned several times stands where it is mentioned first.
    """
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.newlines = [match.start() for match in re.finditer("\n", text)]
        self.tables: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while True:
            self.skip(_BLANK)
            if self.at >= len(self.text):
                return self.lines
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)

    def header(self) -> KeyPath:
        line = self.line()
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        path = self.inside(self.key(), (), line)
        self.at += 2 if many else 1
        if many:
            # The next element of a list of tables.
            number = self.tables.get(path, 0)
            self.tables[path] = number + 1
            path = (*path, number)
            self.lines.setdefault(path, line)
        return path

    def pair(self, table: KeyPath) -> None:
        line = self.line()
        path = self.inside(self.key(), table, line)
        self.skip(_SPACE)
        self.at += 1  # the equals sign
        self.skip(_SPACE)
        self.value(path)

    def inside(self, key: list[str], table: KeyPath, line: int) -> KeyPath:
        """Note each table on the way to a key, and the key; go into the last element of a list of tables."""
        path = table
        for position, name in enumerate(key):
            path = (*path, name)
            self.lines.setdefault(path, line)
            if path in self.tables and position < len(key) - 1:
                path = (*path, self.tables[path] - 1)
        return path

    def key(self) -> list[str]:
        names = []
        while True:
            self.skip(_SPACE)
            quoted = self.text[self.at] in "\"'"
            name = self.take(_STRING if quoted else _BARE)
            names.append(tomllib.loads(f"name = {name}")["name"] if quoted else name)
            self.skip(_SPACE)
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def value(self, path: KeyPath) -> None:
        match self.text[self.at]:
            case "[":
                self.elements(path)
            case "{":
                self.inline_table(path)
            case '"' | "'":
                self.take(_STRING)
            case _:
                self.take(_SCALAR)

    def elements(self, path: KeyPath) -> None:
        self.at += 1
        number = 0
        while self.more("]"):
            self.lines[(*path, number)] = self.line()
            self.value((*path, number))
            number += 1

    def inline_table(self, path: KeyPath) -> None:
        self.at += 1
        while self.more("}"):
            self.pair(path)

    def more(self, end: str) -> bool:
        """Go to the next element of a list or inline table; False behind its end."""
        self.skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_BLANK)
        if self.text[self.at] == end:
            self.at += 1
            return False
        return True

    def skip(self, pattern: re.Pattern[str]) -> None:
        self.take(pattern)

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"not valid TOML in line {self.line()}")
        self.at = match.end()
        return match.group()

    def line(self) -> int:
        return bisect.bisect_left(self.newlines, self.at) + 1
