r"""Strings that try to become more than text, for whatever shows what a peer has said, or says of itself.

markup.txt   one string a line. Lines that begin with ``## `` say what follows, empty lines nothing. ``\u{1b}`` is the
             character of that number, ``\repeat{500:<b>}`` so many times the same; all else is as it stands.

What would run calls ``alert(1)``: whoever is tricked is heard of. No string has CR, LF or NUL in it, which no door
passes on; `LINES` has those that a line of IRC can carry as well.
"""

import re
from pathlib import Path

_CHARACTER = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
_REPEAT = re.compile(r"\\repeat\{(\d+):([^}]*)\}")

#: Bytes of a text that one line of IRC has room for, whatever stands before it.
_LINE = 380


def _read(line: str) -> str:
    line = _CHARACTER.sub(lambda match: chr(int(match[1], 16)), line)
    return _REPEAT.sub(lambda match: match[2] * int(match[1]), line)


#: All of them, in order.
STRINGS: tuple[str, ...] = tuple(
    _read(line)
    for line in (Path(__file__).parent / "markup.txt").read_text("utf-8").split("\n")
    if line and not line.startswith("## ")
)
#: Those that fit into a line of IRC in one piece.
LINES: tuple[str, ...] = tuple(each for each in STRINGS if len(each.encode()) <= _LINE and "\x01" not in each)
